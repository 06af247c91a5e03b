# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read registry URLs and registry keys, and match them as npm does.

Private to this collection. Pure. A registry key is npm's "nerf dart", ``//host[:port]/path/``. URLs are parsed like
JavaScript's ``new URL()`` (WHATWG URL Standard); the walk up is that of ``npm-registry-fetch``, ``lib/auth.js``.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import quote, unquote

from ansible_collections.npmops.auth.plugins.module_utils._errors import InvalidUrl

#: npm's public registry, the documented default of npm's ``registry``.
PUBLIC_REGISTRY = "https://registry.npmjs.org/"

_LONGEST = 2048
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_URL = re.compile(r"(?i)(https?):[/\\]*([^/\\?#]*)([^?#]*)")
# Those of the URL standard, and characters of an unresolved reference like ${HOST}, which no resolver knows.
_FORBIDDEN_IN_HOST = re.compile(r"[\x00-\x20#%/:<>?@\[\\\]^|\x7f${}\"'`]")
# The URL standard does not encode these in a path, nor anything that is percent-encoded already.
_SAFE_IN_PATH = "%/!$&'()*+,;=:@[]|~^\\"
_SCOPE_OF_KEY = re.compile(r":@[^:/]*\Z|(?<=[^/]/)@[^:/]+/?\Z")
# IDNA 2003, which Python implements, and the current rules map these to different hosts.
_AMBIGUOUS_IN_HOST = re.compile("[\u00df\u03c2\u1e9e\u200c\u200d]")


class Registry(NamedTuple):
    """A registry's base URL, in parts.

    :ivar scheme: ``http`` or ``https``.
    :ivar host: lower case, with ``:port`` if it is not the scheme's default port.
    :ivar path: begins and ends with ``/``.
    """

    scheme: str
    host: str
    path: str

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}"

    @property
    def key(self) -> str:
        return f"//{self.host}{self.path}"

    @property
    def hostname(self) -> str:
        """The host without port and brackets."""
        return re.sub(r":\d+\Z", "", self.host).strip("[]")

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address."""
        try:
            return bool(ipaddress.ip_address(self.hostname))
        except ValueError:
            return False

    @property
    def is_loopback(self) -> bool:
        try:
            return ipaddress.ip_address(self.hostname).is_loopback
        except ValueError:
            return self.hostname == "localhost" or self.hostname.endswith(".localhost")


def parse_registry(url: str) -> Registry:
    """Parse a registry's URL. User name, password, query and fragment are dropped; a missing last slash is added.

    :raises InvalidUrl: not an http or https URL with a host.
    """
    if len(url) > _LONGEST:
        raise InvalidUrl("is too long for a URL")
    if _LONE_SURROGATE.search(url):
        raise InvalidUrl("contains an incomplete Unicode character")
    match = _URL.match(_clean(url))
    if not match:
        raise InvalidUrl("must start with http:// or https://")
    scheme = match.group(1).lower()
    address = match.group(2).rpartition("@")[2]
    host, port = _split_port(address)
    port = _normalize_port(port)
    host = _normalize_host(host)
    if port and port != _DEFAULT_PORTS[scheme]:
        host = f"{host}:{port}"
    return Registry(scheme, host, _normalize_path(match.group(3)))


def try_parse_registry(url: str | None) -> Registry | None:
    """Parse a registry's URL; return None for anything else."""
    try:
        return parse_registry(url) if url else None
    except InvalidUrl:
        return None


def has_userinfo(url: str) -> bool:
    """Return whether the URL contains a user name or a password."""
    match = _URL.match(_clean(url))
    return bool(match and "@" in match.group(2))


def walk_up(key: str) -> tuple[str, ...]:
    """Return all keys under which npm looks for a registry's credentials, nearest first.

    :param key: a registry key, ``//host/path/``.
    :returns: ``//host/a/``, ``//host/a``, ``//host/``, ``//host`` for ``//host/a/``.
    """
    keys: list[str] = []
    while len(key) > len("//"):
        keys.append(key)
        key = key[:-1] if key.endswith("/") else key[: key.rindex("/") + 1]
    return tuple(keys)


def is_on_walk(key: str, registry_key: str) -> bool:
    """Return whether the key is in ``walk_up(registry_key)``, without building all keys."""
    rest = registry_key[len(key) : len(key) + 1]
    return len(key) > len("//") and registry_key.startswith(key) and (key.endswith("/") or rest in ("", "/"))


def is_key_of(key: str, registry: Registry) -> bool:
    """Return whether a client would look under this key for a login of this registry.

    Besides npm's own walk up, accepts what pnpm, Bun or npm 6 accept: the host in another case, the default port.

    :param key: a registry key as in a file, without a scope.
    """
    return is_on_walk(key, registry.key) or is_on_walk(_fold_key(key, registry.scheme), registry.key)


def is_same_key(key: str, registry: Registry) -> bool:
    """Return whether this is the registry's own key, not one above it."""
    return any(_end_key(item) == registry.key for item in (key, _fold_key(key, registry.scheme)))


def is_same_host(key: str, registry: Registry) -> bool:
    """Return whether the key and the registry have the same host and port."""
    return host_of(_fold_key(key, registry.scheme)) == registry.host


def hostname_of(key: str) -> str:
    """Return the host of a registry key in lower case, without its port."""
    return re.sub(r":\d*\Z", "", host_of(key)).lower()


def is_read_key(key: str) -> bool:
    """Return whether a client can use this key: its host is valid, and a registry URL can have this key."""
    try:
        return any(
            parse_registry(f"{scheme}:{key}").key == _end_key(_fold_key(key, scheme)) for scheme in _DEFAULT_PORTS
        )
    except InvalidUrl:
        return False


def host_of(key: str) -> str:
    """Return the host of a registry key, with its port."""
    return key[len("//") :].partition("/")[0]


def split_name(name: str) -> tuple[str, str] | None:
    """Split a setting's name into registry key and field; return None if it has no key.

    pnpm's ``//host/:@org:_authToken`` has the key ``//host/:@org``. ``:@org:_authToken`` is a scope's login at the
    default registry, which Yarn's ``npmScopes`` can contain.
    """
    if not name.startswith(("//", ":@")):
        return None
    key, colon, field = name.rpartition(":")
    return (key, field) if colon and len(key) > len("//") else None


def registry_key_of(key: str) -> str:
    """Return the key without its scope; empty for the default registry.

    pnpm writes ``//host/:@org`` and also reads ``//host/@org/``.
    """
    return _SCOPE_OF_KEY.sub("", key)


def scope_of_key(key: str) -> str:
    """Return the scope at the end of a key, with its ``@``; empty if there is none."""
    match = _SCOPE_OF_KEY.search(key)
    return match.group().strip(":/") if match else ""


def parse_key(key: str, scheme: str = "https") -> Registry:
    """Return the registry of a key. npm's keys contain no scheme.

    :raises InvalidUrl: the key does not contain a valid host.
    """
    return parse_registry(f"{scheme}:{key}")


def _fold_key(key: str, scheme: str) -> str:
    """Return the key with its host in lower case and without the scheme's default port."""
    host, slash, path = key[len("//") :].partition("/")
    host = host.lower()
    port = f":{_DEFAULT_PORTS[scheme]}"
    return f"//{host[: -len(port)] if host.endswith(port) else host}{slash}{path}"


def _end_key(key: str) -> str:
    return key if key.endswith("/") else f"{key}/"


def _clean(url: str) -> str:
    return re.sub(r"[\t\r\n]", "", url.strip(" \x00\t\r\n"))


def _split_port(address: str) -> tuple[str, str]:
    if address.startswith("["):
        host, bracket, rest = address.partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise InvalidUrl("has an IPv6 address without a closing bracket")
        return host + "]", rest[1:]
    host, _colon, port = address.partition(":")
    return host, port


def _normalize_port(port: str) -> str:
    digits = port.lstrip("0") or port[:1]
    if port and not (re.match(r"[0-9]{1,5}\Z", digits) and int(digits) <= 65535):
        raise InvalidUrl("has a port that is not a number from 0 to 65535")
    return digits


def _normalize_host(host: str) -> str:
    if host.startswith("["):
        try:
            address = ipaddress.IPv6Address(host[1:-1].replace("%", "!"))  # URLs have no zones
        except ValueError:
            raise InvalidUrl("has an invalid IPv6 address") from None
        if address.ipv4_mapped:
            # Unlike the standard, Python 3.13 writes the last part with dots.
            high, low = divmod(int(address.ipv4_mapped), 0x10000)
            return f"[::ffff:{high:x}:{low:x}]"
        return f"[{address}]"
    host = unquote(host)
    if not host.isascii():
        host = _to_ascii(host)
    if not host or _FORBIDDEN_IN_HOST.search(host):
        raise InvalidUrl("has no host name, or one with invalid characters")
    return host.lower()


def _to_ascii(host: str) -> str:
    if _AMBIGUOUS_IN_HOST.search(host):
        raise InvalidUrl("has a host name that can be read as two different hosts: write its ASCII form (xn--...)")
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise InvalidUrl("has an invalid international host name") from None


def _normalize_path(path: str) -> str:
    segments: list[str] = []
    for segment in quote(path.replace("\\", "/"), safe=_SAFE_IN_PATH).split("/")[1:]:
        plain = re.sub(r"(?i)%2e", ".", segment)
        if plain == "..":
            del segments[-1:]
        elif plain != ".":
            segments.append(segment)
    joined = "/".join(segments)
    return f"/{joined}" if not joined or joined.endswith("/") else f"/{joined}/"
