# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace references to environment variables (``${VAR}``) in settings, as npm and pnpm do.

Private to this collection. Pure. The rules are those of npm's ``@npmcli/config`` (``lib/env-replace.js`` and
``lib/parse-field.js``), and for ``${VAR-fallback}`` those of pnpm, which reads the same files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Dict, NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import (
    PUBLISH,
    WITH_FALLBACK,
    Expansion,
    Format,
    Setting,
)
from ansible_collections.npmops.auth.plugins.module_utils._values import WHITE_SPACE, to_text, to_utf_8

_REFERENCE = re.compile(r"(?<!\\)(\\*)\$\{([^${}?]+)(\?)?\}")

_REGISTRY = re.compile(r"(?i)(?:(?:p?npm|bun)_config|yarn)_((?:@[^:]+:)?registry)\Z")
_YARN_REGISTRY = re.compile(r"(?i)yarn_npm_(registry_server|publish_registry)\Z")


class Reading(NamedTuple):
    """A setting as npm reads it.

    :ivar name: the key, references replaced.
    :ivar value: the text that npm would use, references replaced; None if npm reads it as false, null or empty.
    :ivar references: variables that the value refers to.
    :ivar unset: those of them that are empty or not set.
    :ivar of_host: the setting is in a system-wide file that the account neither owns nor chose.
    :ivar of_project: its references were resolved from files of its own project.
    :ivar set_in: paths and lines that set the variables to this value; no line for the environment of a process.
    :ivar set_by: what sets a variable to an unknown value, each as a part of a sentence.
    :ivar fallback: the text that applies if no variable is set; None if the file has none, or the same as ``value``.
    :ivar of_default: a login without a registry that goes to the default registry only, not to those of scopes.
    :ivar parts: those of the variables whose values are only a part of this one.
    :ivar referrer: for a variable, ``Setting.shown`` of the setting that refers to it.
    :ivar others: the texts that other clients read instead, references replaced.
    """

    setting: Setting
    name: str
    value: str | None
    references: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    of_host: bool = False
    fallback: str | None = None
    of_project: bool = False
    set_in: tuple[tuple[str, int | None], ...] = ()
    set_by: tuple[str, ...] = ()
    of_default: bool = False
    parts: tuple[str, ...] = ()
    referrer: str = ""
    others: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Reading(line={self.setting.line})"


def expand(text: str, environment: Mapping[str, str]) -> Expansion:
    """Replace ``${VAR}``, ``${VAR?}``, ``${VAR-fallback}`` and ``${VAR:-fallback}``.

    An odd number of backslashes before a reference keeps it literal. A fallback that applies is in the file and does
    not count as a reference. npm itself has no fallbacks: it sends the whole reference, which is not a token.
    """
    if "${" not in text:
        return Expansion(text)
    references: list[str] = []
    unset: list[str] = []
    empty: list[str] = []

    def replace(match: re.Match[str]) -> str:
        escapes, name, optional = match.groups()
        if len(escapes) % 2:
            return match.group()[(len(escapes) + 1) // 2 :]
        fallback = None if optional or name in environment else WITH_FALLBACK.match(name)
        if fallback:
            name, colon, default = fallback.groups()
            if not environment.get(name) if colon else name not in environment:
                empty.extend([] if default else [name])
                return escapes[len(escapes) // 2 :] + default
        references.append(name)
        if name not in environment and not optional:
            unset.append(name)
        return escapes[len(escapes) // 2 :] + environment.get(name, "" if optional else "${%s}" % name)

    expanded = _REFERENCE.sub(replace, text)
    # If nothing is left, variables with an empty fallback count as references, too.
    return Expansion(expanded, tuple(references if expanded else [*references, *empty]), tuple(unset))


def read_registries(environment: Mapping[str, str | None], *, is_yarn: bool, line: int = 0) -> tuple[Reading, ...]:
    """Return the registries that environment variables name, as settings.

    :param environment: None for a variable whose value is not known.
    :param is_yarn: for Yarn 4, which ignores the variables of the other clients.
    :param line: the line that sets them.
    """
    found: list[Reading] = []
    for variable, value in environment.items():
        match = (_YARN_REGISTRY if is_yarn else _REGISTRY).match(variable)
        if match and value != "":
            name = match.group(1).lower()
            if is_yarn:
                name = PUBLISH if name.startswith("publish") else "registry"
            unset = () if value else (variable,)
            found.append(
                Reading(Setting(name, value, line, 0, 0, 0, 0, shown=variable), name, value or "?", unset=unset)
            )
    return tuple(found)


def resolve(reading: Reading, form: Format, environment: Mapping[str, str]) -> Reading:
    """Return the same setting with its references replaced from another environment."""
    return _read(reading.setting, form, environment)


class _Anything(Dict[str, str]):
    """An environment in which every variable is set."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and not re.search("[:-]", name)

    def get(self, name: str, default: Any = None) -> Any:
        return "x" if name in self else default

    def __getitem__(self, name: str) -> str:
        return "x"


def list_variables(reading: Reading, form: Format) -> tuple[str, ...]:
    """Return the variables that a value refers to, even if a fallback applies without them."""
    value = reading.setting.value
    if reading.references or not isinstance(value, str) or "${" not in value:
        return reading.references
    return form.expand(value, _Anything()).references


def read_settings(
    data: bytes, form: Format, environment: Mapping[str, str], *, whole: bool = False
) -> tuple[Reading, ...]:
    """Read a file as its client does.

    :param data: the file. For a file in UTF-16, the offsets of the settings are those in its UTF-8 text.
    :param form: the file's format.
    :param whole: parse all of the file even if it contains no credential, which is detected without a full parse.
    :raises StoreError: the file is not in this format, or in an encoding that no client reads.
    """
    parse = getattr(form, "parse_all", form.parse_settings) if whole else form.parse_settings
    return tuple(_read(setting, form, environment) for setting in parse(to_utf_8(data)))


def _read(setting: Setting, form: Format, environment: Mapping[str, str]) -> Reading:
    found = _read_own(setting, form, environment)
    if not setting.others:
        return found
    others = [form.expand(text, environment) for text in setting.others]
    return found._replace(others=tuple(item.text for item in others if item.text and not item.unset))


def _read_own(setting: Setting, form: Format, environment: Mapping[str, str]) -> Reading:
    name = form.expand(setting.name, environment).text
    # npm cannot send a mapping.
    if setting.value in (None, False, 0) or isinstance(setting.value, dict):
        return Reading(setting, name, None)
    text = to_text(setting.value).strip(WHITE_SPACE)
    if text in ("false", "null", "undefined"):
        return Reading(setting, name, None)
    value = form.expand(text, environment)
    # An empty variable contains no token, just like an unset one.
    unset = value.unset if value.text else value.references
    fallback = _find_fallback(text, form, value.text) if value.references and "-" in text else None
    return Reading(setting, name, value.text or None, value.references, unset, fallback=fallback)


def _find_fallback(text: str, form: Format, value: str) -> str | None:
    """Return what the client reads if no variable is set; None if not all of it is in the file."""
    alone = form.expand(text, {})
    return alone.text if alone.text and not alone.references and alone.text != value else None
