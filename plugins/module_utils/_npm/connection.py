# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose how a registry is reached: CA certificates, client certificate and proxy.

Private to this collection. Pure. The module's options come first, then the credential file, then lower levels, in
npm's order of precedence. The options have the names of those of ``ansible.builtin.uri``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Tuple

from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import ConnectionOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry, walk_up
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret

#: The settings of the credential file, then those of lower levels.
_Levels = Tuple[Tuple[Reading, ...], ...]


class Connection(NamedTuple):
    """How to reach one registry, according to one credential file.

    :ivar ca_path: file or directory of CA certificates that the playbook names.
    :ivar ca_file: the file's ``cafile``, to be read with the account's privileges.
    :ivar ca_texts: the file's ``ca`` and ``ca[]``, PEM.
    :ivar cert_file: path of the certificate (``key_file``: of its key), to be read with the account's privileges.
    :ivar cert_text: certificate (``key_text``: its key) whose text is in the file, PEM.
    :ivar proxy: URL of the file's proxy, which may contain a password.
    :ivar no_proxy: the file's ``noproxy``.
    :ivar owner: the account whose own files chose a proxy, CA certificates or not to validate, or None. The account
        may control what answers there, so that the answer applies only to its own copies of a token.
    """

    options: ConnectionOptions
    validate: bool = True
    ca_path: str | None = None
    ca_file: str | None = None
    ca_texts: tuple[str, ...] = ()
    cert_file: str | None = None
    key_file: str | None = None
    cert_text: str | None = None
    key_text: Secret | None = None
    proxy: Secret | None = None
    no_proxy: str | None = None
    owner: str | None = None


class _Certificate(NamedTuple):
    """The fields of ``Connection`` with the same names."""

    cert_file: str | None = None
    key_file: str | None = None
    cert_text: str | None = None
    key_text: Secret | None = None


_NO_CERTIFICATE = _Certificate()


def choose_connection(
    registry: Registry, options: ConnectionOptions, readings: Sequence[Reading], defaults: Sequence[Reading] = ()
) -> Connection:
    """Choose how to reach a registry.

    :param readings: the settings of the credential file.
    :param defaults: those of lower levels.
    """
    effective = [item for item in readings if not item.setting.commented]
    levels = (tuple(effective), tuple(defaults))
    values = _last_values([*defaults, *effective])
    certificate = _NO_CERTIFICATE if options.client_cert else _find_certificate(registry, values)
    ca_file, ca_texts = (None, ()) if options.ca_path else _find_authorities(levels)
    return Connection(
        options=options,
        validate=_choose_validate(options, levels),
        ca_path=options.ca_path,
        ca_file=ca_file,
        ca_texts=ca_texts,
        cert_file=certificate.cert_file,
        key_file=certificate.key_file,
        cert_text=certificate.cert_text,
        key_text=certificate.key_text,
        proxy=_choose_proxy(registry, values) if options.use_proxy else None,
        no_proxy=_find_no_proxy(levels),
    )


def is_own(
    registry: Registry, connection: Connection, readings: Sequence[Reading], defaults: Sequence[Reading] = ()
) -> bool:
    """Return whether the account's files chose this connection's proxy, CA certificates, or not to validate.

    A connection that would be the same with only the options and the system-wide files is not the account's own.
    """
    neutral = choose_connection(
        registry,
        connection.options,
        [item for item in readings if item.of_host],
        [item for item in defaults if item.of_host],
    )
    if connection.proxy and connection.proxy != neutral.proxy:
        return True
    if registry.scheme != "https":
        return False
    if not connection.validate:
        return neutral.validate
    authorities = (connection.ca_file, connection.ca_texts)
    return any(authorities) and authorities != (neutral.ca_file, neutral.ca_texts)


def _choose_validate(options: ConnectionOptions, levels: _Levels) -> bool:
    if options.validate_certs is not None:
        return options.validate_certs
    for level in levels:
        said = [item for item in level if item.name == "strict-ssl"]
        if said:
            # npm reads an empty value as true, "false" and "null" as false.
            text = said[-1].setting.value
            return said[-1].value is not None or (isinstance(text, str) and not text.strip())
    return True


def _find_certificate(registry: Registry, values: dict[str, str | None]) -> _Certificate:
    """Return the registry's certificate, else the top-level one, which npm presents to every registry."""
    for prefix in (*(f"{key}:" for key in walk_up(registry.key)), ""):
        cert_file, key_file = values.get(f"{prefix}certfile"), values.get(f"{prefix}keyfile")
        if prefix and cert_file and key_file:
            return _Certificate(cert_file, key_file)
        cert_text, key_text = values.get(f"{prefix}cert"), values.get(f"{prefix}key")
        if cert_text and key_text:
            return _Certificate(cert_text=cert_text, key_text=Secret(key_text))
    return _NO_CERTIFICATE


def _find_authorities(levels: _Levels) -> tuple[str | None, tuple[str, ...]]:
    """Return ``cafile`` and the texts of ``ca`` from the highest level that sets one of them."""
    for level in levels:
        files = [item.value for item in level if item.name == "cafile"]
        texts = [item.value for item in level if item.name == "ca"]
        if files or texts:
            return (files[-1] if files else None), tuple(text for text in texts if text)
    return None, ()


def _find_no_proxy(levels: _Levels) -> str | None:
    for level in levels:
        # An empty value overrides the lower levels.
        said = [item for item in level if item.name in ("noproxy", "no-proxy")]
        if said:
            hosts = [item for item in said if item.setting.appends] or said[-1:]
            return ",".join(item.value or "" for item in hosts)
    return None


def _choose_proxy(registry: Registry, values: dict[str, str | None]) -> Secret | None:
    names = ("https-proxy", "proxy") if registry.scheme == "https" else ("proxy", "http-proxy")
    url = next((values[name] for name in names if values.get(name)), None)
    return Secret(url) if url else None


def _last_values(readings: Sequence[Reading]) -> dict[str, str | None]:
    """Return the effective values; ``readings`` start with the lowest level. None: unset by a higher level."""
    return {item.name: item.value for item in readings}
