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
import secrets
import string
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
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

#: With FUZZ_SECONDS, each test goes on with new files for so long; FUZZ_SEED makes the files of a run that failed.
SECONDS = int(os.environ.get("FUZZ_SECONDS") or 0)
SEED = int(os.environ.get("FUZZ_SEED") or 0)

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
    _lines(
        ("cat <<E\n", "cat <<E >/dev/null\n", "cat <<E; export A=x\n"),
        ("$(", "${", "`", "\\$(", "$(echo", "'", '"', "", "E\\\n", "b\\\n", "$A"),
        (")", "}", "`", "", "\nE\n)", "\nE\n`"),
        ("\nE\n", "\nE\nE\n", "\n"),
    ),
    _lines(("cat <<'E' <<F\n",), ("x\n", "$(\n", "'\n"), ("E\n", "F\nE\n"), ("$A\n", "E\n", "x\\\nF\n"), ("F\n",)),
    _lines(
        ("export -- ", "command export ", "builtin export ", "time export ", "command -p export ", "local "),
        NAMES,
        ("=",),
        VALUES,
        TAILS,
    ),
    _lines(("export ", "readonly "), ('"', "'"), NAMES, ("=b c", "=b", "=$A"), ('"\n', "'\n", "\"b'\n")),
    _lines(
        ("export ",), NAMES, ("=b ",), ("</none", ">/none/b", "2>&1", ">/dev/null", "&>/dev/null"), ("\n", " B=c\n")
    ),
    _lines(("A=b; set -a; ", "set -o allexport; ", "set -a\n"), NAMES, ("=",), VALUES, ("\nset +a\n", "; set +a\n")),
    _lines(("unset ", "export -n ", "typeset +x ", "export ", "readonly ", ": "), NAMES, ("\n",)),
    _lines((": ${A:=b}\n", "A[0]=b\n", "return\n", "set -a\n", "unalias x\n", "read A < /dev/null\n")),
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
    _lines(("eval ", "time ", "# c\\\n", "echo b # c\\\n"), ("setenv ",), NAMES, (" ",), VALUES, TAILS),
    _lines(('setenv "A" b\n', "unsetenv A\n", "unsetenv [AB]\n", "unset B\n", "exit\n", "!s\n", "setenv A\n")),
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
    _lines(
        ("set -lx ", "set -gu ", "set -gxa ", "set -gx -- ", "set --path ", "set -fx "), NAMES, (" ",), VALUES, TAILS
    ),
    _lines(("set -e ", "set -ge ", "set -q ", "set -S ", 'export "A=b" '), NAMES, ("\n",)),
    _lines(("set -gx A -b\n", "set -gx 'A' b\n", "set A[1] c\n", "exit\n", "export A\n")),
)
DOTENV_LINES = st.one_of(
    _lines(("", "", "export ", " ", "# ", "#"), NAMES, ("=", "=", " = ", "= "), VALUES, TAILS),
    _lines(("",), NAMES, ("=",), ("'", '"', "`", "'b\n", '"b\n'), ("\n", "'\n", '"\n', "` # c\n")),
    _lines(("",), NAMES, ("=#", "= #", "=\t", "=\u3000", "='b' "), VALUES, TAILS),
    _lines(("A=c\rB=", "\rA=", "x\r\n", '"', "'", "`", "export\tA="), VALUES, ("\r", "\n")),
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
    _lines(("Environment=\n", "UnsetEnvironment=A\n", "[Unit]\n", "[Service]\n", "Environment=A=b\\\\\n")),
)
FILE_LINES = st.one_of(
    _lines(("", "", " ", "export ", "# ", ";", "#"), NAMES, ("=", "=", " = "), VALUES, TAILS),
    _lines(("# c\\\n", "# c\\\\\n", "junk\n", "A\n"), NAMES, ("=",), VALUES, TAILS),
    _lines(("A=b\r", "# c\r"), NAMES, ("=",), VALUES, ("\r", "\n")),
    _lines(NAMES, ("=b",), (" # c", "#c", ""), ("\\\n", " \\\n"), NAMES, ("=c\n",)),
)
CONF_LINES = st.one_of(
    _lines(NAMES, (" ", "\t"), ("DEFAULT=", "OVERRIDE="), VALUES, TAILS),
    _lines(NAMES, (" DEFAULT=",), VALUES, (" OVERRIDE=",), VALUES, TAILS),
    _lines(NAMES, ("=", " =", "= "), VALUES, ("\n", "\n", " \n", " DEFAULT=b\n", "# c\n")),
    _lines(NAMES, (" DEFAULT=b",), (" # c", "#c", ""), ("\\\n", " \\\n"), NAMES, (" DEFAULT=c\n", "=c\n")),
    _lines(NAMES, (" OVERRIDE=",), VALUES, (" DEFAULT=",), VALUES, TAILS),
    _lines(("# ", " "), NAMES, (" DEFAULT=",), VALUES, TAILS),
    _lines(NAMES, ("\n", " \n", " DEFAULT=\n", " DEFAULT= OVERRIDE=\n", " DEFAULT=b \\\nOVERRIDE=c\n")),
)


@dataclass(frozen=True)
class Reader:
    """A program, the syntax that stands for it, and the lines of which its files are made.

    :ivar tail: without it, a last command that fails looks like a file that is refused.
    """

    program: str
    syntax: Syntax
    run: Callable[[Sequence[bytes]], list[programs.Exported]]
    lines: st.SearchStrategy[str]
    examples: int = 30
    head: str = ""
    tail: str = ""


def _posix(*command: str) -> Callable[[Sequence[bytes]], list[programs.Exported]]:
    return functools.partial(programs.run_posix, command)


def _other(*command: str) -> Callable[[Sequence[bytes]], list[programs.Exported]]:
    return functools.partial(programs.run_other, command)


TRUE = "true\n"
UNIT_HEAD = "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/true\n"
READERS = {
    "dash": Reader("dash", shell.SH, _posix("dash"), POSIX_LINES, tail=TRUE),
    "bash as sh": Reader("bash", shell.SH, _posix("bash", "--posix"), POSIX_LINES, tail=TRUE),
    "bash": Reader("bash", shell.BASH, _posix("bash", "--norc", "-O", "expand_aliases"), POSIX_LINES, tail=TRUE),
    "zsh": Reader("zsh", shell.BASH, _posix("zsh", "-f"), POSIX_LINES, tail=TRUE),
    "mksh": Reader("mksh", shell.BASH, _posix("mksh"), POSIX_LINES, tail=TRUE),
    "ksh93": Reader("ksh93", shell.BASH, _posix("ksh93"), POSIX_LINES, tail=TRUE),
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
    return body.map(lambda parts: "".join((reader.head, *parts, reader.tail)).encode())


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


def _list_seeds() -> Iterator[int]:
    """Always the same one; with FUZZ_SECONDS new ones for so long; with FUZZ_SEED the one of a run that failed."""
    if SEED or not SECONDS:
        yield SEED or 1
        return
    end = time.monotonic() + SECONDS
    while True:
        yield secrets.randbelow(2**32) + 1
        if time.monotonic() > end:
            return


def _generate(examples: int) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Run a check with so many examples for each seed. A failure names its seed."""
    chosen = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )

    def prepare(check: Callable[[], None]) -> Callable[[], None]:
        check = chosen(check)

        def run() -> None:
            count = 0
            for number in _list_seeds():
                count += 1
                try:
                    seed(number)(check)()
                except AssertionError as problem:
                    problem.add_note(f"Repeat this with FUZZ_SEED={number} in the environment.")
                    raise
            print(f"no difference with {count} seeds")

        return run

    return prepare


#: What a program exports, None where it exports no such variable. Each of these files was once read otherwise.
NAMED = [
    pytest.param("bash", "cat <<E >/dev/null\na\\\nE\nexport A=b\nE\n", {"A": None}, id="bash: here-document"),
    pytest.param("bash", "export \"A=b c\" 'B=d'\n", {"A": "b c", "B": "d"}, id="bash: quoted with its name"),
    pytest.param("dash", "export \"A=b c\" 'B=d'\n", {"A": "b c", "B": "d"}, id="dash: quoted with its name"),
    pytest.param("dash", "command -p export A=b\nexport -- B=c\n", {"A": "b", "B": "c"}, id="dash: with options"),
    pytest.param("dash", ': "${A:=b}"\nexport A\n', {"A": "b"}, id="dash: set by an expansion"),
    pytest.param("dash", "export A=b\nunset A\n", {"A": None}, id="dash: unset"),
    pytest.param("dash", "typeset -x A=b\ntrue\n", {"A": None}, id="dash: command that it does not have"),
    pytest.param("dash", "set -a\nset +a\nA=b\n", {"A": None}, id="dash: no more exported"),
    pytest.param("bash", "export A=b </none\ntrue\n", {"A": None}, id="bash: redirection that fails"),
    pytest.param("bash", "A[0]=b\nexport A=c\n", {"A": None}, id="bash: array"),
    pytest.param("bash", "return\nexport A=b\n", {"A": None}, id="bash: after the end"),
    pytest.param("mksh", "declare -x A=b\ntrue\n", {"A": None}, id="mksh: command that it does not have"),
    pytest.param("zsh", "command export A=b\ntrue\n", {"A": None}, id="zsh: command that it does not have"),
    pytest.param("tcsh", "echo A=b 'b\\c'\neval setenv B c\n", {"A": None, "B": "c"}, id="tcsh: eval"),
    pytest.param("tcsh", "setenv A b\nsetenv B c\nunsetenv [AB]\n", {"A": None, "B": None}, id="tcsh: unset"),
    pytest.param("tcsh", "setenv A b\nset A = c\n", {"A": "b"}, id="tcsh: variable of the shell"),
    pytest.param("tcsh", "# c\\\nsetenv A b\n", {"A": "b"}, id="tcsh: backslash at the end of a comment"),
    pytest.param("fish", "set -gx A b\nset -e A\n", {"A": None}, id="fish: erased"),
    pytest.param("fish", "set -gx A b\nset -gu A c\nset -gxa B d\n", {"A": None, "B": "d"}, id="fish: changed"),
    pytest.param("fish", 'export "A=b"\nset -gx B -c\n', {"A": "b", "B": "-c"}, id="fish: quoted, like an option"),
    pytest.param("fish", "set -lx A b\n", {"A": None}, id="fish: local"),
    pytest.param("fish", "set -gx B a \\\n # c\nset -gx A b\n", {"A": None}, id="fish: comment in a command"),
    pytest.param("fish", "set -gx A a\\\nb\nexport B=b\\ # c\n", {"A": "ab", "B": "b # c"}, id="fish: escaped"),
    pytest.param("python-dotenv", 'A=#b\nB=`"\n', {"A": "#b", "B": '`"'}, id="python-dotenv: remark for a value"),
    pytest.param("npm's dotenv", "A=#b\n", {"A": ""}, id="npm's dotenv: remark for a value"),
    pytest.param("python-dotenv", "A=b\rB=c\n", {"A": "b", "B": "c"}, id="python-dotenv: carriage return"),
    pytest.param("node's own", "A=b\rB=c\n", {"A": "bB=c"}, id="node's own: carriage return"),
    pytest.param("node's own", "A= \nB=c\n", {"A": "B=c", "B": None}, id="node's own: value on the next line"),
    pytest.param("environment.d", "A=b\rB=c\n", {"A": "b", "B": "c"}, id="environment.d: carriage return"),
    pytest.param("unit of systemd", "Environment=A=b\nEnvironment=\n", {"A": None}, id="unit: reset"),
    pytest.param("unit of systemd", "[Unit]\nEnvironment=A=b\n", {"A": None}, id="unit: in another section"),
    pytest.param(
        "unit of systemd", "Environment=A=b\\\\\nEnvironment=B=c\n", {"A": "b\\", "B": "c"}, id="unit: escaped"
    ),
    pytest.param("/etc/environment", "A=b # c\\\nB=c\n", {"A": "b ", "B": "c"}, id="/etc/environment: continued"),
    pytest.param("pam_env.conf", "A=b\nB DEFAULT=c\n", {"A": "b", "B": "c"}, id="pam_env.conf: pair"),
    pytest.param("pam_env.conf", 'A DEFAULT=b\nA DEFAULT="";\n', {"A": "b"}, id="pam_env.conf: text after quotes"),
    pytest.param("pam_env.conf", "A DEFAULT=b\nA\n", {"A": None}, id="pam_env.conf: name alone"),
    pytest.param("pam_env.conf", "A OVERRIDE=b DEFAULT=c\n", {"A": "b"}, id="pam_env.conf: two values"),
]


@pytest.mark.parametrize(("name", "text", "expected"), NAMED)
def test_what_a_program_makes_of_a_file_that_is_easily_read_otherwise(
    name: str, text: str, expected: dict[str, str | None]
) -> None:
    reader = READERS[name]
    data = (reader.head + text).encode()
    (exported,) = reader.run([data])
    assert exported is not None
    found = {variable: exported.get(variable.encode()) for variable in expected}
    assert found == {variable: None if value is None else value.encode() for variable, value in expected.items()}
    _check(data, reader.syntax.parse(data), exported)


@pytest.mark.parametrize("name", READERS)
def test_what_a_program_exports_is_what_is_read_or_is_said_to_be_unknown(name: str) -> None:
    reader = READERS[name]
    assert programs.is_there(reader.program)
    counts = {"files": 0, "read": 0, "known": 0}

    @_generate(reader.examples)
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

    @_generate(reader.examples)
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


def test_what_fish_keeps_as_a_universal_variable_is_read_as_it_was() -> None:
    @_generate(60)
    @given(st.text(string.printable + "\u00e9\U0001f600\\\\\\", min_size=1, max_size=12))
    def check(value: str) -> None:
        data = programs.write_universal(value)
        (found,) = [item for item in fish.UNIVERSAL.parse(data).found if item.name == "A"]
        assert found.value == value
        assert found.exported
        (exported,) = programs.run_universal([data])
        assert exported is not None
        assert exported[b"A"] == value.encode()
        left = fish.UNIVERSAL.parse(remove(data, [found], fish.UNIVERSAL.parse)).found
        assert not [item for item in left if item.name == "A"]

    check()


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

    @_generate(reader.examples if change is add_behind else reader.examples // 2)
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
            # To a shell, the carriage return of a line's end is a part of the value.
            is_part = (item.value or "").endswith("\r") and data[: item.value_end].endswith(b"\r")
            end = b"\r" if is_part else b""
            assert new.get(item.name.encode()) == NEW_VALUE.encode() + end, (data, result)
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

    @_generate(20)
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
