# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated files that set variables: what the real programs export is what is read, or it is said to be unknown.

Then each assignment that is alone on its line is removed: the program exports the others as before.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats import (
    csh,
    dotenv,
    environment_file,
    fish,
    pam_env,
    shell,
    systemd_unit,
)
from ansible_collections.npmops.auth.plugins.module_utils._formats.assignments import (
    Assignment,
    Assignments,
    Syntax,
    remove,
)
from ansible_collections.npmops.auth.plugins.module_utils._formats.new_values import add_behind, replace_value
from tests.conformance import programs_that_export as programs

NAMES = ("A", "B", "NPM_TOKEN")
NEW_VALUE = "npm_new0123456789abcdefghij0123456789abcd"
#: So many files a process of a shell reads.
TOGETHER = 16

# The forms on which the syntaxes differ, two blanks between them.
_FORMS = r"""
    b  'b'  "b"  'b c'  "b c"  b\ c  b'c'"d"  ''  ""  b#  b#c  'b#c'  #  a=b  =b  b=~  ~  ~/x  :~  $  $B  ${B}
    "$B"  "${B}"  "a$B"  $B$B  ${B:-x}  ${B-}  $(echo x)  "$(echo x)"  `echo x`  "`echo x`"  $((1+1))  $'b'  $'b\'c'
    $'\x41'  $"b"  *  [ab]  b?  {a,b}  a{b}  b\\c  'b\c'  "b\c"  "b\\c"  "b\"c"  "b\$c"  "b\`c"  'b"c'  "b'c"  é
    'é'  !  a!b  '!'  %  %%  %h  a%b  a^b  @{A}  \$B  b\t  \x41  "\x41"  'a\nb'  "a\nb"  b;  b;c  b&c  b|c  b>c
    (b)  a(b)  b)  [b]  npm_0123456789abcdefghij0123456789abcdef
"""
VALUES = ("", *re.split(r"\s{2,}", _FORMS.strip()), "'a\nb'", '"a\nb"', '"a\\\nb"', "a\\\nb", "b \\\n", "b\\")


def _lines(*pieces: Sequence[str]) -> st.SearchStrategy[str]:
    return st.tuples(*map(st.sampled_from, pieces)).map("".join)


TAILS = ("\n",) * 8 + (" \n", "\t\n", " # c\n", ";\n", "; # c\n", "#c\n", "\r\n", "\n\n", " \\\n\n")
NOISE = st.text("AB='\"\\$`#;&|(){}<>! \n\t%@~*x", max_size=10).map(lambda text: text + "\n")

POSIX_LINES = st.one_of(
    _lines(
        ("", "", " ", "export ", "export ", "declare -x ", "typeset -x ", "readonly "),
        NAMES,
        ("=", "=", "=", "+=", " = "),
        VALUES,
        TAILS,
    ),
    _lines(("", "export "), NAMES, ("=",), VALUES, (" ",), NAMES, ("=",), VALUES, TAILS),
    _lines(NAMES, ("=",), VALUES, ("; export ", "\nexport ", " && export ", " || export ", " | export "), NAMES, TAILS),
    _lines(
        (
            "if true; then ",
            "if true\nthen\n",
            "{ ",
            "( ",
            "f() { ",
            "true && ",
            "false || ",
            "false && ",
            "true |",
            "! ",
        ),
        ("export ",),
        NAMES,
        ("=",),
        VALUES,
        ("; fi\n", "\nfi\n", "\n}\n", "; }\n", "; )\n", "\n", " &\n"),
    ),
    _lines(
        ("cat <<E >/dev/null\n", "cat <<'E' >/dev/null\n", "cat <<-E >/dev/null\n"),
        ("export A=x\nE\n", "\tE\n", "'\nE\n", "$(\nE\n"),
        ("", "E\n"),
    ),
    _lines(
        ("case a in\n a) ", "case a in (a) ", "for A in b; do ", "while false; do "),
        ("export ",),
        NAMES,
        ("=",),
        VALUES,
        (";; esac\n", "\n;;\nesac\n", "; done\n", "\ndone\n"),
    ),
    _lines(("# ", "#", ":", "true ", "echo ", "env ", "A=b "), ("export ", ""), NAMES, ("=",), VALUES, TAILS),
    _lines(("[ a = a ] && ", "[[ a == a && b == b ]] && ", "test a || "), ("export ",), NAMES, ("=",), VALUES, TAILS),
    _lines(("set -a\n", "unalias x\n", "read A < /dev/null\n", "export A\n", "export B\n")),
)
CSH_LINES = st.one_of(
    _lines(("setenv ", "setenv  ", " setenv\t"), NAMES, (" ",), VALUES, TAILS),
    _lines(("set ",), NAMES, (" = ", "="), VALUES, TAILS),
    _lines(
        ("if (1) ", "if (0) ", "true && ", "true; ", "true || ", "# ", "echo "),
        ("setenv ",),
        NAMES,
        (" ",),
        VALUES,
        TAILS,
    ),
    _lines(("if (1) then\n", "if (0) then\n"), ("setenv ",), NAMES, (" ",), VALUES, ("\nendif\n",)),
)
FISH_LINES = st.one_of(
    _lines(
        ("set ", "set -gx ", "set -x ", "set -g -x ", "set --export ", "set -xg ", "set -Ux ", "set -q "),
        NAMES,
        (" ", "  "),
        VALUES,
        TAILS,
    ),
    _lines(("export ",), NAMES, ("=",), VALUES, TAILS),
    _lines(("set -gx ",), NAMES, (" ",), VALUES, (" ",), VALUES, TAILS),
    _lines(
        ("if true; ", "if false\n", "begin; ", "true; and ", "false; or ", "true && ", "# ", "echo ", "function f\n"),
        ("set -gx ",),
        NAMES,
        (" ",),
        VALUES,
        ("; end\n", "\nend\n", "\n"),
    ),
)
DOTENV_LINES = st.one_of(
    _lines(("", "", "export ", " ", "# ", "#"), NAMES, ("=", "=", " = ", "= "), VALUES, TAILS),
    _lines(("",), NAMES, ("=",), ("'", '"', "`", "'b\n", '"b\n'), ("\n", "'\n", '"\n', "` # c\n")),
    _lines(("junk\n", "=b\n", "A\n", "export A\n")),
)
UNIT_LINES = st.one_of(
    _lines(
        ("Environment=", "Environment=", "Environment = ", " Environment=", "#Environment=", ";Environment="),
        ("", '"', "'"),
        NAMES,
        ("=",),
        VALUES,
        ("", '"', "'"),
        TAILS,
    ),
    _lines(("Environment=",), NAMES, ("=",), VALUES, (" ", " \\\n", " \\\n# c\n"), NAMES, ("=",), VALUES, TAILS),
)
FILE_LINES = st.one_of(
    _lines(("", "", " ", "export ", "# ", ";", "#"), NAMES, ("=", "=", " = "), VALUES, TAILS),
    _lines(("# c\\\n", "junk\n", "A\n"), NAMES, ("=",), VALUES, TAILS),
)
CONF_LINES = st.one_of(
    _lines(NAMES, (" ", "\t"), ("DEFAULT=", "OVERRIDE="), VALUES, TAILS),
    _lines(NAMES, (" DEFAULT=",), VALUES, (" OVERRIDE=",), VALUES, TAILS),
    _lines(("# ", " "), NAMES, (" DEFAULT=",), VALUES, TAILS),
)


@dataclass(frozen=True)
class Reader:
    """A program, the syntax that stands for it, and the lines of which its files are made."""

    program: str
    syntax: Syntax
    run: Callable[[Sequence[bytes]], list[programs.Exported]]
    lines: st.SearchStrategy[str]
    examples: int = 30
    head: str = ""


def _posix(*command: str) -> Callable[[Sequence[bytes]], list[programs.Exported]]:
    return functools.partial(programs.run_posix, command)


def _other(*command: str) -> Callable[[Sequence[bytes]], list[programs.Exported]]:
    return functools.partial(programs.run_other, command)


UNIT_HEAD = "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/true\n"
READERS = {
    "dash": Reader("dash", shell.SH, _posix("dash"), POSIX_LINES),
    "bash as sh": Reader("bash", shell.SH, _posix("bash", "--posix"), POSIX_LINES),
    "bash": Reader("bash", shell.BASH, _posix("bash", "--norc", "-O", "expand_aliases"), POSIX_LINES),
    "zsh": Reader("zsh", shell.BASH, _posix("zsh", "-f"), POSIX_LINES),
    "mksh": Reader("mksh", shell.BASH, _posix("mksh"), POSIX_LINES),
    "ksh93": Reader("ksh93", shell.BASH, _posix("ksh93"), POSIX_LINES),
    "tcsh": Reader("tcsh", csh, _other("tcsh", "-f"), CSH_LINES, 20),
    "fish": Reader("fish", fish, _other("fish", "--no-config"), FISH_LINES, 20),
    "python-dotenv": Reader("python3", dotenv, programs.run_python_dotenv, DOTENV_LINES, 60),
    "npm's dotenv": Reader("node", dotenv, programs.run_node_dotenv, DOTENV_LINES, 20),
    "node's own": Reader("node", dotenv, programs.run_node_own, DOTENV_LINES, 20),
    "environment.d": Reader(
        "/usr/lib/systemd/systemd", environment_file.DIRECTORY, programs.run_environment_directory, FILE_LINES, 20
    ),
    "unit of systemd": Reader("/usr/lib/systemd/systemd", systemd_unit, programs.run_units, UNIT_LINES, 8, UNIT_HEAD),
    "/etc/environment": Reader("dash", pam_env, functools.partial(programs.run_pam, configured=False), FILE_LINES, 40),
    "pam_env.conf": Reader(
        "dash", pam_env.CONFIGURATION, functools.partial(programs.run_pam, configured=True), CONF_LINES, 40
    ),
}


def _file(reader: Reader) -> st.SearchStrategy[bytes]:
    body = st.lists(st.one_of(*[reader.lines] * 7, NOISE), min_size=1, max_size=4)
    return body.map(lambda parts: (reader.head + "".join(parts)).encode())


def _parse(syntax: Syntax, data: bytes) -> Assignments | None:
    try:
        return syntax.parse(data)
    except StoreError:
        # "Cannot be read" is an answer as well.
        return None


def _check(data: bytes, read: Assignments, exported: programs.Exported) -> None:
    if exported is None:
        return
    for name in NAMES:
        found = [item for item in read.found if item.name == name]
        real = exported.get(name.encode())
        last = found[-1] if found else None
        if last is not None and last.certain and last.value is not None:
            assert real == last.value.encode() or (real is None and not last.exported), (data, name, real)
        elif real is not None:
            known = {item.value.encode() for item in found if item.value is not None}
            unknown = any(item.value is None for item in found)
            # zsh exports a variable without a value as an empty one, which holds no secret.
            assert unknown or not real or real in known, (data, name, real)


@pytest.mark.parametrize("name", READERS)
def test_what_a_program_exports_is_what_is_read_or_is_said_to_be_unknown(name: str) -> None:
    reader = READERS[name]
    assert programs.is_there(reader.program)
    counts = {"files": 0, "read": 0, "known": 0}

    @settings(
        max_examples=reader.examples,
        deadline=None,
        database=None,
        derandomize=not os.environ.get("FUZZ_SECONDS"),
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(st.lists(_file(reader), min_size=TOGETHER, max_size=TOGETHER))
    def check(files: list[bytes]) -> None:
        results = reader.run(files)
        for data, exported in zip(files, results, strict=True):
            counts["files"] += 1
            read = _parse(reader.syntax, data)
            if read is not None:
                counts["read"] += exported is not None
                counts["known"] += any(item.value is not None for item in read.found)
                _check(data, read, exported)

    check()
    assert counts["read"] > counts["files"] // 5, counts
    assert counts["known"] > counts["files"] // 5, counts


def _removable(syntax: Syntax, data: bytes) -> list[tuple[Assignment, bytes]]:
    read = _parse(syntax, data)
    found: list[tuple[Assignment, bytes]] = []
    for item in read.found if read else ():
        try:
            found.append((item, remove(data, [item], syntax.parse)))
        except StoreError:
            continue
    return found


@pytest.mark.parametrize("name", READERS)
def test_without_an_assignment_the_program_exports_the_other_variables_as_before(name: str) -> None:
    reader = READERS[name]
    counts = {"removed": 0}

    @settings(
        max_examples=reader.examples,
        deadline=None,
        database=None,
        derandomize=not os.environ.get("FUZZ_SECONDS"),
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(st.lists(_file(reader), min_size=4, max_size=4))
    def check(files: list[bytes]) -> None:
        cases = [(data, *case) for data in files for case in _removable(reader.syntax, data)][:TOGETHER]
        if not cases:
            return
        counts["removed"] += len(cases)
        before = reader.run([data for data, _item, _result in cases])
        after = reader.run([result for _data, _item, result in cases])
        for (data, item, result), old, new in zip(cases, before, after, strict=True):
            assert (old is None) <= (new is None) or old is None, (data, result)
            if old is None or new is None:
                assert old is None, (data, result)
                continue
            for other in NAMES:
                if other != item.name and not _depends(reader.syntax, data, other, item.name):
                    assert old.get(other.encode()) == new.get(other.encode()), (data, result, other)

    check()
    assert counts["removed"] >= 10, counts


def _depends(syntax: Syntax, data: bytes, name: str, on: str) -> bool:
    """May the value of one variable be made from another one's?"""
    read = syntax.parse(data).found
    return any(item.name == name and item.value is None for item in read) or any(
        item.name == on and not item.certain for item in read
    )


@settings(max_examples=60, deadline=None, database=None, derandomize=True, phases=(Phase.generate,))
@given(st.text(string.printable + "\u00e9\U0001f600\\\\\\", min_size=1, max_size=12))
def test_what_fish_keeps_as_a_universal_variable_is_read_as_it_was(value: str) -> None:
    data = programs.write_universal(value)
    (found,) = [item for item in fish.UNIVERSAL.parse(data).found if item.name == "A"]
    assert found.value == value
    assert found.exported
    (exported,) = programs.run_universal([data])
    assert exported is not None
    assert exported[b"A"] == value.encode()
    assert not [
        item for item in fish.UNIVERSAL.parse(remove(data, [found], fish.UNIVERSAL.parse)).found if item.name == "A"
    ]


def _list_replaceable(syntax: Syntax, data: bytes, change: Callable[..., bytes]) -> list[tuple[Assignment, bytes]]:
    """The files with a new value for each assignment that counts: it is certain, and the last one of its name."""
    read = _parse(syntax, data)
    last = {item.name: item for item in (read.found if read else ())}
    found: list[tuple[Assignment, bytes]] = []
    for item in last.values():
        with contextlib.suppress(StoreError):
            if item.value is not None and item.certain and item.exported:
                found.append((item, change(data, item, NEW_VALUE, syntax)))
    return found


@pytest.mark.parametrize("change", [replace_value, add_behind], ids=["in place", "on the next line"])
@pytest.mark.parametrize("name", READERS)
def test_a_new_value_is_exported_and_the_other_variables_are_as_before(name: str, change: Callable[..., bytes]) -> None:
    reader = READERS[name]
    counts = {"changed": 0}

    @settings(
        max_examples=reader.examples if change is add_behind else reader.examples // 2,
        deadline=None,
        database=None,
        derandomize=not os.environ.get("FUZZ_SECONDS"),
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(st.lists(_file(reader), min_size=TOGETHER, max_size=TOGETHER))
    def check(files: list[bytes]) -> None:
        cases = [(data, *case) for data in files for case in _list_replaceable(reader.syntax, data, change)][:TOGETHER]
        if not cases:
            return
        before = reader.run([data for data, _item, _result in cases])
        after = reader.run([result for _data, _item, result in cases])
        for (data, item, result), old, new in zip(cases, before, after, strict=True):
            if old is None or item.name.encode() not in old:
                continue
            counts["changed"] += 1
            assert new is not None, (data, result)
            assert new.get(item.name.encode()) == NEW_VALUE.encode(), (data, result)
            for other in NAMES:
                if other != item.name and not _depends(reader.syntax, data, other, item.name):
                    assert old.get(other.encode()) == new.get(other.encode()), (data, result, other)

    check()
    assert counts["changed"] >= 3, counts


def _write_in(syntax: Syntax, template: str, value: str) -> bytes | None:
    try:
        return template.encode() % syntax.quote(value)
    except StoreError:
        return None


TEMPLATES = {
    "dash": "export A=%b\n",
    "bash": "export A=%b\n",
    "zsh": "export A=%b\n",
    "mksh": "export A=%b\n",
    "ksh93": "export A=%b\n",
    "tcsh": "setenv A %b\n",
    "fish": "set -gx A %b\n",
    "python-dotenv": "A=%b\n",
    "npm's dotenv": "A=%b\n",
    "node's own": "A=%b\n",
    "environment.d": "A=%b\n",
    "unit of systemd": UNIT_HEAD.replace("%", "%%") + "Environment=A=%b\n",
    "/etc/environment": "A=%b\n",
    "pam_env.conf": "A DEFAULT=%b\n",
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_value_that_is_written_is_exported_as_it_is(name: str) -> None:
    reader = READERS[name]

    @settings(max_examples=20, deadline=None, database=None, derandomize=True, phases=(Phase.generate,))
    @given(
        st.lists(
            st.one_of(
                st.text("abcXYZ019_-.+/=", min_size=1, max_size=40),
                st.text("abc '\"\\$`#;&|(){}<>!%@~*:=^", min_size=1, max_size=12),
            ),
            min_size=TOGETHER,
            max_size=TOGETHER,
        )
    )
    def check(values: list[str]) -> None:
        written = [(value, _write_in(reader.syntax, TEMPLATES[name], value)) for value in values]
        cases = [(value, data) for value, data in written if data is not None]
        for (value, data), exported in zip(cases, reader.run([data for _value, data in cases]), strict=True):
            assert exported is not None, data
            assert exported.get(b"A") == value.encode(), data

    check()
