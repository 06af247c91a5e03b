# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the assignments to which a credential file refers, and put a new value into them.

Private to this collection. Imported only if a file refers to a variable for the registry of the new login. A value is
replaced only if this registry alone gets the new login: in a file of the same account, in place of the variable's only
plain value. A reference in a project's file leads to the project's own files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.npmops.auth.plugins.module_utils._clients import PROJECT
from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError, show
from ansible_collections.npmops.auth.plugins.module_utils._files.read import Content
from ansible_collections.npmops.auth.plugins.module_utils._formats.assignments import (
    Assignment,
    Assignments,
    Syntax,
)
from ansible_collections.npmops.auth.plugins.module_utils._formats.new_values import add_behind, replace_values
from ansible_collections.npmops.auth.plugins.module_utils._login.put import Login, Put, list_wanted
from ansible_collections.npmops.auth.plugins.module_utils._login.sole_use import SoleUse, list_outside, locate
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading, list_variables, resolve
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show_variable
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import OpenStore, Torn
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import (
    BASH,
    CSH,
    FISH,
    FISH_VARIABLES,
    SH,
    Store,
)
from ansible_collections.npmops.auth.plugins.module_utils._stores.variables import (
    VariableFile,
    VariableFiles,
    load_syntax,
)

_PROBE = "value-of-the-variable"
#: Limits the run time: each assignment requires reading the whole file.
_MOST_ASSIGNMENTS = 50
_SHELLS = frozenset({SH, BASH, CSH, FISH})
# Templates: no program loads them, and they are often shared.
_PATTERNS_OF_FILES = re.compile(r"\.(?:example|sample|template|tmpl|tpl|dist|defaults?|schema)\b", re.I)


@dataclass(frozen=True)
class NewValues:
    """The new values of variables in one file.

    :ivar texts: the new value of each variable.
    :ivar tokens: the variables that contain tokens.
    :ivar keep: the old value stays, and the new one is set on the line after it.
    """

    syntax: Syntax
    texts: Mapping[str, str] = field(repr=False)
    tokens: frozenset[str]
    keep: bool

    def put(self, data: bytes) -> Put:
        """Put the values into the file.

        :raises StoreError: this is not possible; the message completes a sentence.
        """
        keys: list[str] = []
        replaced: list[str] = []
        read = self.syntax.parse(data)
        for name, text in self.texts.items():
            found = _list_entries(read, name)
            old = _require_plain_values(found, text, keep=self.keep)
            if not (_is_same(found[-1].value, text) if self.keep else not old):
                keys.append(name)
                data = self._put_one(data, read, found, text)
                read = self.syntax.parse(data)
            replaced += [fingerprint(Secret(value)) for value in old if value and name in self.tokens]
        return Put(data, tuple(keys), tuple(dict.fromkeys(replaced)))

    def _put_one(self, data: bytes, read: Assignments, found: Sequence[Assignment], text: str) -> bytes:
        """:param found: the assignments of the variable."""
        if self.keep and (found[-1].value or "").strip():
            return add_behind(data, found[-1], text, self.syntax, read.found)
        changed = found[-1:] if self.keep else [item for item in found if not _is_same(item.value, text)]
        return replace_values(data, read.found, changed, text, self.syntax)


@dataclass(frozen=True)
class AssignedFile:
    """A file that sets variables to which a credential file refers, and their new values."""

    store: Store
    content: Content
    values: NewValues

    def foresee(self) -> Put:
        """:raises StoreError: the file cannot get the new values."""
        try:
            return self.values.put(self.content.data)
        except StoreError as problem:
            raise StoreError(f"{show(self.store.path)}, {problem}. The login was not written.") from None

    @property
    def secrets(self) -> list[Secret]:
        """The current values of the variables."""
        found = self.values.syntax.parse(self.content.data).found
        values = [(item.value or "").strip() for item in found if item.name in self.values.texts]
        return [Secret(value) for value in values if value]


def _require_plain_values(found: Sequence[Assignment], text: str, *, keep: bool) -> list[str]:
    """Return the values of a variable other than the new one.

    :param keep: several are allowed, because they stay.
    :raises StoreError: a value is not plain text, or there are several.
    """
    if not found:
        raise StoreError("the assignment was removed during the run")
    old: dict[str, int] = {}
    for item in found:
        if item.value is None:
            raise StoreError(f"line {item.line}: {_say_unknown(item)}")
        if not _is_same(item.value, text):
            old.setdefault(item.value.strip(), item.line)
    if len(old) > 1 and not keep:
        raise StoreError(f"lines {' and '.join(map(str, old.values()))} set it to different values")
    return [*old]


def _is_same(value: str | None, text: str) -> bool:
    """Return whether a variable has this value. White space around a value is not part of a login."""
    return value is not None and (value in (text, f"{text}\r") or value.strip() == text)


def find_assigned(
    opened: OpenStore, login: Login, fields: Mapping[str, Sequence[Reading]], of_run: Iterable[OpenStore], torn: Torn
) -> list[AssignedFile]:
    """Find the files that get the new login instead of the credential file.

    :param fields: the settings of the login's registry in the credential file, by field.
    :param of_run: the credential files of the run.
    :param torn: completes the writes of interrupted runs.
    :returns: empty if the file refers to no variable that a file sets; then the file itself gets the login.
    :raises StoreError: a variable is set, but cannot get the new value; the message is a sentence.
    """
    files = VariableFiles(torn)
    chosen: dict[str, VariableFile] = {}
    texts: dict[str, dict[str, str]] = {}
    tokens: set[str] = set()
    for field_name, text in list_wanted(login, opened.store.form).items():
        for reading in _list_counting(opened, fields.get(field_name, ()), login.keep):
            name, found = _follow(opened, reading, text, files, keep=login.keep)
            for item in found:
                chosen[item.store.path] = item
                texts.setdefault(item.store.path, {})[name] = text
            tokens |= {name} if login.token else set()
            if found:
                SoleUse(opened, of_run, files).require(login, reading, name)
    return [
        AssignedFile(item.store, item.content, NewValues(item.syntax, texts[path], frozenset(tokens), keep=login.keep))
        for path, item in chosen.items()
        if item.content
    ]


def _list_counting(opened: OpenStore, found: Iterable[Reading], keep: bool) -> list[Reading]:
    """List the settings that refer to variables; if the old login is kept, only the last one of each name."""
    counting = [item for item in found if not item.setting.appends]
    if keep:
        counting = [*{item.name: item for item in counting}.values()]
    return [item for item in counting if list_variables(item, opened.store.form)]


def _follow(
    opened: OpenStore, reading: Reading, text: str, files: VariableFiles, *, keep: bool
) -> tuple[str, list[VariableFile]]:
    """Return the variable to which a setting refers, and the files that set it."""
    store = opened.store
    where = f"{show(store.path)} line {reading.setting.line}"
    around = list_outside(store, files)
    candidates = around
    if store.level == PROJECT:
        beside = files.list_beside(store)
        candidates = [item for item in beside if not _PATTERNS_OF_FILES.search(os.path.basename(item.store.path))]
    for name in dict.fromkeys(list_variables(reading, store.form)):
        said = f"{where} refers to {show_variable(name)}"
        _require_readable(candidates, name, said)
        found = [item for item in candidates if _list_entries(item.read, name)]
        if not found and store.level == PROJECT:
            _require_not_outside(around, name, said)
        if found:
            if resolve(reading, store.form, {name: _PROBE}).value != _PROBE:
                raise StoreError(
                    f"{where} combines several parts into one value: replace the value by hand. The login was not "
                    "written."
                )
            _require_plain(found, name, text, said, store, keep=keep)
            # An argument in a unit or the like is for one program only.
            _require_no_hint([item for item in candidates if item.store.format in _SHELLS], name, said)
            _require_counting(found, candidates, name, said)
            return name, found
        _require_no_hint([*candidates, *around], name, said)
    return "", []


def _list_entries(read: Assignments, name: str) -> list[Assignment]:
    """List the assignments of a variable, except those that only pass on its value."""
    return [entry for entry in read.found if entry.name == name and entry.reference != name]


def _require_readable(files: Iterable[VariableFile], name: str, said: str) -> None:
    for item in files:
        if item.problem and item.mentions(name):
            raise StoreError(
                f"{said}. {show(item.store.path)} may set this variable, but cannot be read: {item.problem}. The login "
                "was not written. Fix that file, or set the new value there by hand."
            )


def _require_not_outside(files: Iterable[VariableFile], name: str, said: str) -> None:
    for item in files:
        for entry in _list_entries(item.read, name):
            raise StoreError(
                f"{said}, which is set outside of this project ({locate(item, entry)}). A login for a "
                "project's file does not change it. The login was not written. Set the new value there by hand."
            )


def _require_no_hint(files: Iterable[VariableFile], name: str, said: str) -> None:
    """:raises StoreError: a line may set or unset the variable through ``eval``, an alias or the like."""
    word = re.escape(name)
    hint = re.compile(
        rf"""(?x)
        (?<![\w$.-]) {word} :?= (?! ["']?\$\{{?{word}\b )
        | -v [ \t]+ {word} \b
        | (?P<unset> \b (?: unset | unsetenv | export[ \t]+-n | set[ \t]+-(?=\w*e)\w+ ) \b
            (?: [ \t]+[\w-]+ ){{0,9}}? [ \t]+ {word} \b )
        """
    )
    for item in files:
        own = [entry for entry in item.read.found if entry.name == name]
        offset = 0
        # Latin-1 keeps the offsets, which count bytes.
        for number, line in enumerate((item.content.data if item.content else b"").decode("latin-1").split("\n"), 1):
            for match in hint.finditer(line) if name in line and not line.lstrip().startswith("#") else ():
                start, end = offset + match.start(), offset + match.end()
                is_early = match.group("unset") and own and end <= own[0].start
                if not is_early and not any(entry.start <= start < max(entry.value_end, entry.end) for entry in own):
                    raise StoreError(
                        f"{said}. {show(item.store.path)} line {number} may set or unset this variable in a way that "
                        "cannot be read. The login was not written. Replace that line with a plain assignment, then "
                        "run again."
                    )
            offset += len(line) + 1


def _require_counting(found: Iterable[VariableFile], files: Iterable[VariableFile], name: str, said: str) -> None:
    """:raises StoreError: according to the shell files, npm does not get the variable."""
    entries = [(item, entry) for item in found for entry in _list_entries(item.read, name)]
    is_exported = any(_exports(item, name) for item in files)
    if not any(_is_counting(item, entry, is_exported=is_exported) for item, entry in entries):
        raise StoreError(
            f"{said}. {locate(*entries[0])} sets this variable for one command only, on a condition or without export, "
            "so npm may not get it. The login was not written. Export the variable in a separate statement, then run "
            "again."
        )


def _exports(item: VariableFile, name: str) -> bool:
    """Return whether a file exports the variable or all variables. Another file may set it."""
    for line in item.content.data.decode("latin-1").split("\n") if item.content else ():
        if line.lstrip().startswith("#"):
            continue
        if re.search(r"\bset[ \t]+-a\b|\ballexport\b", line):
            return True
        if name in line and re.search(r"\b(?:export|setenv)\b|(?<=\s)-\w*x", line):
            return True
    return False


def _is_counting(item: VariableFile, entry: Assignment, *, is_exported: bool) -> bool:
    """Return whether programs that start later get the value. In a block, a separate statement counts."""
    if item.store.format not in _SHELLS:
        return True
    return (entry.exported or is_exported) and (entry.certain or entry.alone)


def _require_plain(files: Sequence[VariableFile], name: str, text: str, said: str, store: Store, *, keep: bool) -> None:
    """:raises StoreError: the variable is not set to one plain value in files of the account."""
    first: tuple[str, str] | None = None
    for item in files:
        if len(_list_entries(item.read, name)) > _MOST_ASSIGNMENTS:
            raise StoreError(
                f"{said}, which {show(item.store.path)} sets more than {_MOST_ASSIGNMENTS} times: remove all but one. "
                "The login was not written."
            )
        for entry in _list_entries(item.read, name):
            place = locate(item, entry)
            if entry.value is None:
                raise StoreError(
                    f"{said}. {place} sets this variable, but {_say_unknown(entry)}. The login was not written."
                )
            value = entry.value.strip()
            if _is_same(entry.value, text):
                continue
            if first and first[0] != value and not keep:
                raise StoreError(
                    f"{said}, which is set to two different values ({first[1]} and {place}): remove one of them. "
                    "The login was not written."
                )
            first = (value, place)
            if item.content and item.content.owner != store.account.uid:
                raise StoreError(
                    f"{said}, which is set in a file that does not belong to {show(store.account.name)} ({place}): set "
                    "the new value there by hand. The login was not written."
                )
            if keep and item.store.format == FISH_VARIABLES:
                raise StoreError(
                    f"{said}, which is a universal variable of fish ({place}) and can have one value only: run without "
                    "keep_replaced. The login was not written."
                )


def _say_unknown(entry: Assignment) -> str:
    if entry.command:
        return (
            f"the value comes from the command {show(entry.command)}: change the value where the command gets it from"
        )
    if entry.reference:
        return (
            f"the value is that of the variable {show_variable(entry.reference)}, which may have other uses: set the "
            "new value by hand"
        )
    return "the value is not plain text: change it by hand"


def show_statements(store: Store, data: bytes, names: Collection[str], *, are_tokens: bool) -> str:
    """Return the statements that set these variables, for a diff that shows nothing else of the file."""
    lines: list[str] = []
    for item in load_syntax(store.format).parse(data).found:
        if item.name in names and item.reference != item.name:
            shown = f"<token {fingerprint(Secret((item.value or '').strip()))}>" if are_tokens else "<password>"
            lines.append(f"{show_variable(item.name)}={shown} (line {item.line})\n")
    return "".join(lines)
