# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the assignments that the references of a credential file lead to, and puts a new value into them.

Private to this collection. Imported only where a file refers to a variable for the registry of the new login. A value
is replaced only where that gives the new login to this registry and to nobody else: in a file of the same account, in
place of the one plain value that the variable has. A reference in a project's file leads to the project's own files.
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
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import Store
from ansible_collections.npmops.auth.plugins.module_utils._stores.variables import (
    BASH,
    CSH,
    FISH,
    FISH_VARIABLES,
    SH,
    VariableFile,
    VariableFiles,
    load_syntax,
)

_PROBE = "value-of-the-variable"
#: Nobody sets a variable so often by hand, and each one takes a look at the whole file.
_MOST_ASSIGNMENTS = 50
_SHELLS = frozenset({SH, BASH, CSH, FISH})
# No program loads them: they show what a file could look like, and are often shared.
_PATTERNS_OF_FILES = re.compile(r"\.(?:example|sample|template|tmpl|tpl|dist|defaults?|schema)\b", re.I)


@dataclass(frozen=True)
class NewValues:
    """The new values of variables in one file.

    :ivar texts: of each variable, its new value.
    :ivar tokens: those of the variables that hold tokens.
    :ivar keep: the old value stays, and the new one is set on the line after it.
    """

    syntax: Syntax
    texts: Mapping[str, str] = field(repr=False)
    tokens: frozenset[str]
    keep: bool

    def put(self, data: bytes) -> Put:
        """Put them into the file.

        :raises StoreError: that is not possible; the message is the end of a sentence.
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
        """:param found: the assignments of one variable."""
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
        """What the variables are set to."""
        found = self.values.syntax.parse(self.content.data).found
        values = [(item.value or "").strip() for item in found if item.name in self.values.texts]
        return [Secret(value) for value in values if value]


def _require_plain_values(found: Sequence[Assignment], text: str, *, keep: bool) -> list[str]:
    """The values that a variable has besides the new one.

    :param keep: they may be several, since they stay.
    :raises StoreError: there is one that is not plain text, or one too many.
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
    """Whether a variable has this value. White space around a value that is in the file is not a part of a login."""
    return value is not None and (value in (text, f"{text}\r") or value.strip() == text)


def find_assigned(
    opened: OpenStore, login: Login, fields: Mapping[str, Sequence[Reading]], of_run: Iterable[OpenStore], torn: Torn
) -> list[AssignedFile]:
    """The files that are to have the new login instead of the credential file.

    :param fields: the settings of the login's registry in the credential file, by their field.
    :param of_run: the credential files of the run.
    :param torn: finishes what killed runs have begun to write.
    :returns: none where the file does not refer to a variable that a file sets: then the login goes into the file.
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
    """The settings that refer to variables; with the old login kept, the last one of each name alone counts."""
    counting = [item for item in found if not item.setting.appends]
    if keep:
        counting = [*{item.name: item for item in counting}.values()]
    return [item for item in counting if list_variables(item, opened.store.form)]


def _follow(
    opened: OpenStore, reading: Reading, text: str, files: VariableFiles, *, keep: bool
) -> tuple[str, list[VariableFile]]:
    """The variable that a setting refers to, and the files that set it."""
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
                raise StoreError(f"{where} puts a value together from variables: replace it by hand.")
            _require_plain(found, name, text, said, store, keep=keep)
            # An argument in a unit or the like is for one program.
            _require_no_hint([item for item in candidates if item.store.format in _SHELLS], name, said)
            _require_counting(found, candidates, name, said)
            return name, found
        _require_no_hint([*candidates, *around], name, said)
    return "", []


def _list_entries(read: Assignments, name: str) -> list[Assignment]:
    """The assignments of a variable that do not just pass on what is set elsewhere."""
    return [entry for entry in read.found if entry.name == name and entry.reference != name]


def _require_readable(files: Iterable[VariableFile], name: str, said: str) -> None:
    for item in files:
        if item.problem and item.mentions(name):
            raise StoreError(
                f"{said}, which {show(item.store.path)} may set, but the file cannot be read: {item.problem}. "
                "The login was not written."
            )


def _require_not_outside(files: Iterable[VariableFile], name: str, said: str) -> None:
    for item in files:
        for entry in _list_entries(item.read, name):
            raise StoreError(
                f"{said}, which is set outside of this project ({locate(item, entry)}): a project's file cannot "
                "change it. The login was not written."
            )


def _require_no_hint(files: Iterable[VariableFile], name: str, said: str) -> None:
    """:raises StoreError: a line may set or unset the variable in a text of ``eval``, an alias or the like."""
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
                        f"{said}, which {show(item.store.path)} line {number} may set or unset in a way that cannot be "
                        "followed: replace that line with a plain assignment. The login was not written."
                    )
            offset += len(line) + 1


def _require_counting(found: Iterable[VariableFile], files: Iterable[VariableFile], name: str, said: str) -> None:
    """:raises StoreError: npm does not get the variable, as far as that can be seen in files of shells."""
    entries = [(item, entry) for item in found for entry in _list_entries(item.read, name)]
    is_exported = any(_exports(item, name) for item in files)
    if not any(_is_counting(item, entry, is_exported=is_exported) for item, entry in entries):
        raise StoreError(
            f"{said}, which {locate(*entries[0])} sets for one command only, on a condition or without export: npm "
            "may not read it there. The login was not written."
        )


def _exports(item: VariableFile, name: str) -> bool:
    """Whether a file exports the variable, or all variables. Another file can have set it before."""
    for line in item.content.data.decode("latin-1").split("\n") if item.content else ():
        if line.lstrip().startswith("#"):
            continue
        if re.search(r"\bset[ \t]+-a\b|\ballexport\b", line):
            return True
        if name in line and re.search(r"\b(?:export|setenv)\b|(?<=\s)-\w*x", line):
            return True
    return False


def _is_counting(item: VariableFile, entry: Assignment, *, is_exported: bool) -> bool:
    """Whether it is for the programs that are started later. In a block, a statement of its own counts."""
    if item.store.format not in _SHELLS:
        return True
    return (entry.exported or is_exported) and (entry.certain or entry.alone)


def _require_plain(files: Sequence[VariableFile], name: str, text: str, said: str, store: Store, *, keep: bool) -> None:
    """:raises StoreError: the variable is not set to one plain value, in files of the account."""
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
                raise StoreError(f"{said}, which {place} sets: {_say_unknown(entry)}. The login was not written.")
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
        return f"the value comes from the command {show(entry.command)}: change it where the command gets it"
    if entry.reference:
        return f"the value is that of the variable {show_variable(entry.reference)}, which may have other uses"
    return "the value is not plain text: change it by hand"


def show_statements(store: Store, data: bytes, names: Collection[str], *, are_tokens: bool) -> str:
    """The statements that set these variables, for a diff: nothing else of such a file is shown."""
    lines: list[str] = []
    for item in load_syntax(store.format).parse(data).found:
        if item.name in names and item.reference != item.name:
            shown = f"<token {fingerprint(Secret((item.value or '').strip()))}>" if are_tokens else "<password>"
            lines.append(f"{show_variable(item.name)}={shown} (line {item.line})\n")
    return "".join(lines)
