# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that set variables, case by case. The suite `conformance` compares generated files with the real programs."""

from __future__ import annotations

import pytest

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
    MOST_BYTES,
    Assignments,
    Syntax,
    remove,
)
from ansible_collections.npmops.auth.plugins.module_utils._formats.new_values import (
    add_behind,
    replace_value,
    replace_values,
)
from ansible_collections.npmops.auth.plugins.module_utils._login.assigned import NewValues

SYNTAXES: dict[str, Syntax] = {
    "sh": shell.SH,
    "bash": shell.BASH,
    "csh": csh,
    "fish": fish,
    "universal": fish.UNIVERSAL,
    "dotenv": dotenv,
    "unit": systemd_unit,
    "file": environment_file.FILE,
    "directory": environment_file.DIRECTORY,
    "environment": pam_env,
    "pam": pam_env.CONFIGURATION,
}

NPM_NAME = "npm_config_//npm.example.com:8080/a/:_authToken"
#: What is set: name and value, "$(command)" or "${reference}", "?" for what cannot be known.
READ = [
    pytest.param("sh", "T=a\n", ["T=a"], id="sh: plain"),
    pytest.param("sh", "export T='a b' U=\"c d\" V=e\\ f\n", ["T=a b", "U=c d", "V=e f"], id="sh: several, quoted"),
    pytest.param("sh", "export T=a\\\nb\n", ["T=ab"], id="sh: continued line"),
    pytest.param("sh", "# T=a\necho T=a\n", [], id="sh: comment and argument"),
    pytest.param("sh", "cat <<E\nexport T=a\nE\nexport U=b\n", ["U=b"], id="sh: here-document"),
    pytest.param("sh", "export T=$(op read op://a/b)\n", ["T=$(op)"], id="sh: command"),
    pytest.param("sh", 'export T="`/usr/bin/pass npm`"\n', ["T=$(pass)"], id="sh: command in backticks"),
    pytest.param("sh", 'export T="$U"\n', ["T=${U}"], id="sh: reference"),
    pytest.param("sh", "export T=${U:-x}\n", ["T=?"], id="sh: default value"),
    pytest.param("sh", "export T=~/x\n", ["T=?"], id="sh: tilde"),
    pytest.param("sh", "export T=$'a'\n", ["T=?"], id="sh: quotation that only some shells have"),
    pytest.param("bash", "export T=$'a\\'b'\n", ["T=a'b"], id="bash: the same"),
    pytest.param("bash", "declare -x T=a\ntypeset -gx U=b\nV+=c\n", ["T=a", "U=b", "V=?"], id="bash: declared"),
    pytest.param("bash", "declare -ix T=1+1\n", ["T=?"], id="bash: declared as a number"),
    pytest.param("bash", "read T < /dev/null\n", ["T=?"], id="bash: read from a file"),
    pytest.param("csh", "setenv T 'a b'\nset U = c\n", ["T=a b", "U=c"], id="csh"),
    pytest.param("csh", "setenv T `pass npm`\nsetenv U $V\n", ["T=$(pass)", "U=${V}"], id="csh: command and reference"),
    pytest.param("fish", "set -gx T 'a b'\nexport U=c\n", ["T=a b", "U=c"], id="fish"),
    pytest.param("fish", "set -gx T (pass npm)\nset -x U $V\n", ["T=$(pass)", "U=${V}"], id="fish: command, reference"),
    pytest.param("fish", "set -gx T a b\n", ["T=?"], id="fish: list"),
    pytest.param("universal", "SETUVAR --export T:a\\x2db\\u00e9\n", ["T=a-b\u00e9"], id="universal variable of fish"),
    pytest.param("dotenv", "T=a # c\nexport U='b c'\n#V=d\n", ["T=a", "U=b c"], id="dotenv"),
    pytest.param("dotenv", "T=a#b\nU=`c`\n", ["T=?", "U=?"], id="dotenv: read differently by its readers"),
    pytest.param("dotenv", "T=$(op read x)\nU=${V}\n", ["T=$(op)", "U=${V}"], id="dotenv: command and reference"),
    pytest.param("dotenv", "T='{\"a\": 1}'\n", ['T={"a": 1}'], id="dotenv: JSON"),
    pytest.param("dotenv", f"{NPM_NAME}=a\nU=b\n", [f"{NPM_NAME}=a", "U=b"], id="dotenv: a setting of npm's"),
    pytest.param("pam", f"{NPM_NAME} DEFAULT=a\n", [f"{NPM_NAME}=a"], id="pam_env.conf: a setting of npm's"),
    pytest.param("sh", f"env {NPM_NAME}=a U=b npm i\n", [f"{NPM_NAME}=a", "U=b"], id="sh: a setting of npm's"),
    pytest.param("sh", f'env "{NPM_NAME}=a" npm i\n', [f"{NPM_NAME}=a"], id="sh: the same, quoted"),
    pytest.param("sh", f"export {NPM_NAME}=a\n", [], id="sh: no shell sets such a name"),
    pytest.param("unit", '[Service]\nEnvironment="T=a b" U=c\n', ["T=a b", "U=c"], id="unit: several, quoted"),
    pytest.param("unit", "Environment=T=%h\nEnvironment=U=50%%\n", ["T=?", "U=50%"], id="unit: specifier"),
    pytest.param("file", 'T="a b"\nU=$V\n; W=c\n', ["T=a b", "U=$V"], id="file of EnvironmentFile"),
    pytest.param("directory", "T=a\nU=${T}\n", ["T=a", "U=${T}"], id="environment.d"),
    pytest.param("environment", "T=a # c\nexport U='b c'\n", ["T=?", "U=b c"], id="/etc/environment"),
    pytest.param("pam", 'T DEFAULT="a b"\nU DEFAULT=${V}\n', ["T=a b", "U=${V}"], id="pam_env.conf"),
    pytest.param("sh", "cat <<E >f\nexport T=a\nE\nexport U=b\n", ["U=b"], id="sh: redirection after a here-document"),
    pytest.param("sh", "cat <<E\na\\\nE\nT=a\nE\nU=b\n", ["U=b"], id="sh: continued line in a here-document"),
    pytest.param("sh", "cat <<'E'\na\\\nE\nT=a\n", ["T=a"], id="sh: the same, quoted"),
    pytest.param("sh", "cat <<E\n$(echo\n)`a`\\$(\nE\nT=a\n", ["T=a"], id="sh: expansions in a here-document"),
    pytest.param("sh", "export \"T=a b\" 'U=c'\n", ["T=a b", "U=c"], id="sh: quoted with its name"),
    pytest.param("sh", 'export "T"=a U\\V=b\n', ["T=?", "UV=?"], id="sh: name written in another way"),
    pytest.param("sh", "export -- T=a\ncommand -p export U=b\n", ["T=a", "U=b"], id="sh: with options"),
    pytest.param("sh", ': "${T:=a}" ${U:=}\n# ${V=a}\n', ["T=?"], id="sh: set by an expansion"),
    pytest.param("bash", "T[0]=a\n", ["T=?"], id="bash: first item of an array"),
    pytest.param("csh", 'setenv "T" a\n', ["T=a"], id="csh: quoted name"),
    pytest.param("csh", "# c\\\nsetenv T a # c\\\nb\n", ["T=?"], id="csh: backslash at the end of a comment"),
    pytest.param("csh", "eval setenv T a\ntime setenv U b\n", ["T=?", "U=b"], id="csh: run by another command"),
    pytest.param("fish", "set -gx T -a\nset -gx -- U b\n", ["T=-a", "U=b"], id="fish: value like an option"),
    pytest.param("fish", "set -gxa T a\nset U[1] b\n", ["T=?", "U=?"], id="fish: changes what is there"),
    pytest.param("fish", 'export "T=a"\nset -e U\nset -q U a\n', ["T=?"], id="fish: quoted with its name"),
    pytest.param("fish", "set -gx T a\\\nb\nset -gx U b\\ # c\n", ["T=?", "U=?"], id="fish: escaped in a word"),
    pytest.param("fish", "set -gx T \\\n# c\na\n", ["T=a"], id="fish: comment within a command"),
    pytest.param("dotenv", "T=# c\nU= #d\n", ["T=?", "U=?"], id="dotenv: remark for a value"),
    pytest.param("dotenv", "T=a\rU=b\n", ["T=?", "U=?"], id="dotenv: carriage return in a line"),
    pytest.param(
        "dotenv", "T='a\n U=b\nV='c\n", ["T=?", "U=b", "V=?"], id="dotenv: quotation that goes on after its end"
    ),
    pytest.param("dotenv", 'T=`"\nU=b\n', ["T=?", "U=b"], id="dotenv: unclosed quotation"),
    pytest.param("dotenv", "T=\nU= \nV=b\n", ["T=", "U=?", "V=b"], id="dotenv: value on the next line"),
    pytest.param("dotenv", "T=a\nU= \n", ["T=a", "U="], id="dotenv: no next line"),
    pytest.param("dotenv", "T=a\u2028\n", ["T=?"], id="dotenv: white space that not each reader knows"),
    pytest.param("file", "# c\\\nT=a\nU=b\rV=c\n", ["T=a", "U=b", "V=c"], id="file: comment with a backslash"),
    pytest.param("environment", "T=a # c\\\nU=b\n", ["T=?", "U=?"], id="/etc/environment: continued comment"),
    pytest.param("pam", 'T DEFAULT="a";\n U DEFAULT=b\n', ["T=?", "U=?"], id="pam_env.conf: read by some versions"),
    pytest.param("pam", "T DEFAULT=a # c\\\nU DEFAULT=b\n", ["T=?", "U=?"], id="pam_env.conf: continued comment"),
    pytest.param("pam", f"T=a\n{NPM_NAME}=b\nU='c'\n", ["T=a", f"{NPM_NAME}=b", "U=?"], id="pam_env.conf: pairs"),
    pytest.param("unit", "Environment=T=a\\\\\nEnvironment=U=b\n", ["T=a\\", "U=b"], id="unit: escaped backslash"),
]


@pytest.mark.parametrize(("syntax", "text", "expected"), READ)
def test_what_a_file_sets(syntax: str, text: str, expected: list[str]) -> None:
    found = SYNTAXES[syntax].parse(text.encode()).found
    shown = []
    for item in found:
        unknown = f"$({item.command})" if item.command else f"${{{item.reference}}}" if item.reference else "?"
        shown.append(f"{item.name}={unknown if item.value is None else item.value}")
    assert shown == expected


#: The values after which another statement adds to the variable, or takes its place.
PARTS = [
    pytest.param("sh", "T=a\nT=${T}b\n", ["part", "part"], id="sh: braces"),
    pytest.param("sh", 'export T=a\nexport T="b$T"\n', ["part", "part"], id="sh: in front"),
    pytest.param("sh", "T=a\nT=$(echo $T | rev)\n", ["part", "part"], id="sh: changed by a command"),
    pytest.param("sh", "T=a\nT=b$T npm i\n", ["part", "part"], id="sh: for one command"),
    pytest.param("sh", "T=a\nT=${T:-b}c\n", ["part", "part"], id="sh: default value, and more"),
    pytest.param("sh", "T=a\nT=${T:-b$T}\n", ["part", "part"], id="sh: in its default value"),
    pytest.param("sh", 'T=a\nexport T="$T"\n', ["a", "?"], id="sh: passed on"),
    pytest.param("sh", "T=a\nT=${T:-$(op read b)}\n", ["a", "?"], id="sh: default value"),
    pytest.param("sh", 'T=a\nT="${U:-$T}"\n', ["a", "?"], id="sh: default value of another one"),
    pytest.param("sh", "T=a\nT=$(op read b)\n", ["a", "?"], id="sh: set anew by a command"),
    pytest.param("sh", "T=a\nU=${T}b\nT=$Tb\n", ["a", "?", "?"], id="sh: of another name"),
    pytest.param("sh", "T=a\nT=${T}b\nT=c\n", ["part", "part", "c"], id="sh: set anew"),
    pytest.param("bash", "T=a\ndeclare T+=b\n", ["part", "part"], id="bash: added"),
    pytest.param("bash", "T=a\nT+=(b)\n", ["part", "part"], id="bash: added item"),
    pytest.param("bash", "T=a\nT[1]=b\n", ["part", "part"], id="bash: changed item"),
    pytest.param("bash", 'T=a\nT=("$T" b)\n', ["part", "part"], id="bash: array"),
    pytest.param("bash", "T=a\nT=${(L)T}\n", ["part", "part"], id="zsh: flags"),
    pytest.param("csh", "set T = a\nset T = ${T}b\n", ["part", "part"], id="csh: set"),
    pytest.param("csh", "setenv T a\nsetenv T b$T\n", ["part", "part"], id="csh: setenv"),
    pytest.param("csh", "set T = a\nset T = ($T b)\n", ["part", "part"], id="csh: list"),
    pytest.param("csh", "set T=a\nset T=($T b)\n", ["part", "part"], id="csh: list without blanks"),
    pytest.param("csh", "set T = a\nset T[1] = b\n", ["part", "part"], id="csh: changed item"),
    pytest.param("csh", "set T = a\nset T = b U = c\nset\n", ["a", "?"], id="csh: set anew with another one"),
    pytest.param("fish", "set -gx T a\nset --append T b\n", ["part", "part"], id="fish: added"),
    pytest.param("fish", "set -gx T a\nset -gp T b\n", ["part", "part"], id="fish: added in front"),
    pytest.param("fish", "set -gx T a\nset -gx T $T b\n", ["part", "part"], id="fish: list"),
    pytest.param("fish", "set -gx T a\nexport T={$T}b\n", ["part", "part"], id="fish: braces"),
    pytest.param("fish", "set -gx T a\nset T[1] b\n", ["part", "part"], id="fish: changed item"),
    pytest.param("fish", "set -gx T a\nset -gx T $T\nset -gx T b c\n", ["a", "?", "?"], id="fish: set anew"),
    pytest.param("dotenv", "T=a\nT=${T}b\n", ["part", "part"], id="dotenv: braces"),
    pytest.param("dotenv", "T=a\nT+=b\n", ["part", "part"], id="dotenv: added by shells"),
    pytest.param("dotenv", "T=a\nT=${T}\n", ["a", "?"], id="dotenv: passed on"),
    pytest.param("directory", "T=a\nT=${T}b\n", ["part", "part"], id="environment.d"),
    pytest.param("pam", "T DEFAULT=a\nT OVERRIDE=@{T}b\n", ["part", "part"], id="pam_env.conf"),
    pytest.param("environment", "T=a\nT=${T}b\n", ["a", "${T}b"], id="/etc/environment: no references"),
    pytest.param("unit", "Environment=T=a\nEnvironment=T=${T}b\n", ["a", "${T}b"], id="unit: no references"),
]


@pytest.mark.parametrize(("syntax", "text", "expected"), PARTS)
def test_value_to_which_a_later_statement_adds_is_only_a_part(syntax: str, text: str, expected: list[str]) -> None:
    found = SYNTAXES[syntax].parse(text.encode()).found
    assert ["part" if item.is_part else "?" if item.value is None else item.value for item in found] == expected


#: A last value that counts in each case, and those that may not: a program can have another one, or none.
SURE = [
    pytest.param("sh", "export T=a >/dev/null 2>&1\n", id="sh: harmless redirection"),
    pytest.param("sh", "set -a\nT=a\nset +a\n", id="sh: all are exported"),
    pytest.param("bash", "T=a\ntypeset -x T\n", id="bash: exported later"),
    pytest.param("csh", "unsetenv U\nsetenv T a\n", id="csh: another variable unset"),
    pytest.param("fish", "set -e U\nset -gx T a\n", id="fish: another variable erased"),
    pytest.param("unit", "[Service]\nEnvironment=\nEnvironment=T=a\n", id="unit: reset before"),
    pytest.param("directory", "# c\\\\\nT=a\n", id="environment.d: escaped backslash"),
    pytest.param("pam", "# c\n\nT DEFAULT=a OVERRIDE=b\n", id="pam_env.conf: two values"),
]
UNSURE = [
    pytest.param("sh", "export T=a\nunset T\n", id="sh: unset"),
    pytest.param("sh", "export T=a\nexport -n T\n", id="sh: not exported any more"),
    pytest.param("sh", "readonly T=a\nexport T=b\n", id="sh: read-only"),
    pytest.param("sh", "return\nexport T=a\n", id="sh: after the end"),
    pytest.param("sh", "export T=a </none\n", id="sh: redirection that can fail"),
    pytest.param("sh", "time export T=a\n", id="sh: run by another command"),
    pytest.param("sh", "typeset -x T=a\n", id="sh: command that not each shell has"),
    pytest.param("sh", "export T=a &>/dev/null\n", id="sh: redirection that not each shell has"),
    pytest.param("sh", "set -a\nset +o allexport\nT=a\n", id="sh: no more exported"),
    pytest.param("bash", "T=(b)\nexport T=a\n", id="bash: array"),
    pytest.param("bash", "declare -x T=a\n", id="bash: command that not each shell has"),
    pytest.param("bash", "export T=a\ntypeset +x T\n", id="bash: not exported any more"),
    pytest.param("bash", "command export T=a\n", id="bash: not found by each shell"),
    pytest.param("csh", "setenv T a\nunsetenv T\n", id="csh: unset"),
    pytest.param("csh", "setenv T a\nunsetenv *\n", id="csh: all unset"),
    pytest.param("csh", "setenv T a\n!s\n", id="csh: history"),
    pytest.param("csh", "set T = a\n", id="csh: variable of the shell"),
    pytest.param("csh", "exec true\nsetenv T a\n", id="csh: after the end"),
    pytest.param("fish", "set -gx T a\nset -ge T\n", id="fish: erased"),
    pytest.param("fish", "set -lx T a\n", id="fish: local"),
    pytest.param("fish", "set -fx T b\nset -gx T a\n", id="fish: hidden"),
    pytest.param("fish", "exit\nset -gx T a\n", id="fish: after the end"),
    pytest.param("dotenv", "T=a\nT\n", id="dotenv: name alone"),
    pytest.param("dotenv", "'U\nT=a\n", id="dotenv: quoted name"),
    pytest.param("dotenv", "U=b\rV=`c\nT=a\n", id="dotenv: carriage return in a line"),
    pytest.param("dotenv", "export\tT=a\n", id="dotenv: tab after export"),
    pytest.param("unit", "[Service]\nEnvironment=T=a\nEnvironment=\n", id="unit: reset"),
    pytest.param("unit", "[Service]\nEnvironment=T=a\nUnsetEnvironment=U T\n", id="unit: unset"),
    pytest.param("unit", "[Unit]\nEnvironment=T=a\n", id="unit: in another section"),
    pytest.param("directory", "# c\\\nT=a\n", id="environment.d: comment with a backslash"),
    pytest.param("environment", "T=a\nT\n", id="/etc/environment: name alone"),
    pytest.param("pam", "T DEFAULT=a\nT\n", id="pam_env.conf: name alone"),
    pytest.param("pam", "T OVERRIDE=b DEFAULT=a\n", id="pam_env.conf: default value after the other one"),
    pytest.param("pam", "T U\nT DEFAULT=a\n", id="pam_env.conf: after a line that is not understood"),
]


@pytest.mark.parametrize(
    ("syntax", "text", "expected"),
    [
        *(pytest.param(*row.values, True, id=row.id) for row in SURE),
        *(pytest.param(*row.values, False, id=row.id) for row in UNSURE),
    ],
)
def test_whether_a_value_is_sure_to_reach_programs(syntax: str, text: str, expected: bool) -> None:
    last = [item for item in SYNTAXES[syntax].parse(text.encode()).found if item.name == "T"][-1]
    assert (last.value is not None and last.certain and last.exported) is expected


REMOVED = [
    pytest.param("sh", "A=1\nexport T=a # mine\nB=2\n", "A=1\nB=2\n", id="sh: with the comment after it"),
    pytest.param("sh", "T=a; export T\nB=2\n", "B=2\n", id="sh: assigned, then exported"),
    pytest.param("sh", "export T=a\\\nb\nB=2", "B=2", id="sh: over two lines"),
    pytest.param("sh", "if true; then\n  export T=a\n  B=2\nfi\n", "if true; then\n  B=2\nfi\n", id="sh: in a block"),
    pytest.param("sh", "A=1 # \xff\r\nexport T=a\r\nB=2\r\n", None, id="sh: with carriage returns"),
    pytest.param("csh", "setenv T a\nsetenv B 2\n", "setenv B 2\n", id="csh"),
    pytest.param("fish", "set -gx T a\nset -gx B 2\n", "set -gx B 2\n", id="fish"),
    pytest.param("universal", "# c\nSETUVAR --export T:a\nSETUVAR B:2\n", "# c\nSETUVAR B:2\n", id="universal"),
    pytest.param("dotenv", "T='a'\nB=2\n", "B=2\n", id="dotenv"),
    pytest.param("unit", "[Service]\nEnvironment=T=a\nUser=x\n", "[Service]\nUser=x\n", id="unit"),
    pytest.param("directory", "T=a\nB=2\n", "B=2\n", id="environment.d"),
    pytest.param("environment", "T=a\nB=2\n", "B=2\n", id="/etc/environment"),
    pytest.param("pam", "T DEFAULT=a\nB DEFAULT=2\n", "B DEFAULT=2\n", id="pam_env.conf"),
]


@pytest.mark.parametrize(("syntax", "text", "expected"), REMOVED)
def test_an_assignment_that_is_alone_on_its_line_is_removed_with_the_line(
    syntax: str, text: str, expected: str | None
) -> None:
    data = text.encode("latin-1")
    parse = SYNTAXES[syntax].parse
    doomed = [item for item in parse(data).found if item.name == "T"]
    expected_data = data.replace(b"export T=a\r\n", b"") if expected is None else expected.encode()
    assert remove(data, doomed, parse) == expected_data


REFUSED = [
    pytest.param("sh", "A=1; export T=a\n", "line 1: the assignment shares", id="sh: after another command"),
    pytest.param("sh", "export T=a A=1\n", "line 1: the assignment shares", id="sh: beside another one"),
    pytest.param("sh", "true &&\nexport T=a\n", "line 2: the assignment shares", id="sh: in a list"),
    pytest.param("sh", "T=a npm publish\n", "line 1: the assignment shares", id="sh: for one program"),
    pytest.param("sh", "if true; then\nexport T=a\nfi\n", "line 2: the assignment is the only", id="sh: only command"),
    pytest.param("unit", "Environment=T=a U=b\n", "line 1: the assignment shares", id="unit: beside another one"),
    pytest.param("fish", "true; and set -gx T a\n", "line 1: the assignment shares", id="fish: conditional"),
    pytest.param("pam", "T DEFAULT=a OVERRIDE=b\n", "line 1: the assignment shares", id="pam: with a second value"),
    pytest.param("file", "# c\\\nT=a\nU=b\n", "line 2: the assignment shares", id="file: in a continued comment"),
]


@pytest.mark.parametrize(("syntax", "text", "problem"), REFUSED)
def test_an_assignment_that_shares_its_line_is_refused(syntax: str, text: str, problem: str) -> None:
    parse = SYNTAXES[syntax].parse
    doomed = [item for item in parse(text.encode()).found if item.name == "T"]
    with pytest.raises(StoreError, match=problem):
        remove(text.encode(), doomed, parse)


WRITTEN = [
    pytest.param("sh", "export T='a' # c\n", "export T='n w' # c\n", id="sh"),
    pytest.param("csh", "setenv T a\n", "setenv T 'n w'\n", id="csh"),
    pytest.param("fish", "set -gx T a\n", "set -gx T 'n w'\n", id="fish"),
    pytest.param("universal", "SETUVAR --export T:a\n", "SETUVAR --export T:n\\x20w\n", id="universal"),
    pytest.param("dotenv", "T=a\n", "T='n w'\n", id="dotenv"),
    pytest.param("directory", "T=a\n", 'T="n w"\n', id="environment.d"),
]


@pytest.mark.parametrize(("syntax", "text", "expected"), WRITTEN)
def test_a_new_value_takes_the_place_of_the_old_one(syntax: str, text: str, expected: str) -> None:
    (item,) = SYNTAXES[syntax].parse(text.encode()).found
    assert replace_value(text.encode(), item, "n w", SYNTAXES[syntax]) == expected.encode()


SPELLED = [
    pytest.param("sh", 'export T="a"\n', 'export T="n"\n', id="sh: double quotes"),
    pytest.param("sh", "A=1; T=a B=2 npm\n", "A=1; T=n B=2 npm\n", id="sh: shares its line"),
    pytest.param("sh", "export T=a\r\nB=2\r\n", "export T=n\r\nB=2\r\n", id="sh: carriage return"),
    pytest.param("sh", 'export T=b"a"\n', "export T=n\n", id="sh: quoted in part"),
    pytest.param("bash", "export T=$'a'\n", "export T=n\n", id="bash: ANSI quotes"),
    pytest.param("unit", 'Environment="T=a" B=2\n', 'Environment="T=n" B=2\n', id="unit: quoted with its name"),
    pytest.param("unit", "Environment=T='a'\n", "Environment=T='n'\n", id="unit: quoted alone"),
    pytest.param("universal", "SETUVAR T:a\\x2d\n", "SETUVAR T:n\n", id="universal"),
    pytest.param("pam", 'T DEFAULT="a"\n', 'T DEFAULT="n"\n', id="pam_env.conf"),
    pytest.param("environment", "T=a\n", "T=n\n", id="/etc/environment"),
]


@pytest.mark.parametrize(("syntax", "text", "expected"), SPELLED)
def test_quotes_around_a_value_stay(syntax: str, text: str, expected: str) -> None:
    (item,) = [item for item in SYNTAXES[syntax].parse(text.encode()).found if item.name == "T"]
    assert replace_value(text.encode(), item, "n", SYNTAXES[syntax]) == expected.encode()


class Counting:
    """A syntax, and how often it has parsed a file."""

    def __init__(self, name: str) -> None:
        self.syntax = SYNTAXES[name]
        self.parsed = 0

    def parse(self, data: bytes) -> Assignments:
        self.parsed += 1
        return self.syntax.parse(data)

    def quote(self, text: str) -> bytes:
        return self.syntax.quote(text)


ALL = [
    pytest.param("sh", "export T='a' # {n}\n" * 50, "export T='{t}' # {n}\n" * 50, 3, id="sh"),
    pytest.param(
        "sh", "T=a; A=1\n" + "T=$T\nexport T=a\n" * 9, "T={t}; A=1\n" + "T=$T\nexport T={t}\n" * 9, 3, id="sh: mixed"
    ),
    pytest.param("unit", 'Environment="T=a" A=1\n' * 9, 'Environment="T={t}" A=1\n' * 9, 3, id="unit"),
]


@pytest.mark.parametrize(("syntax", "text", "expected", "most"), ALL)
def test_all_values_of_a_variable_are_replaced_at_once(syntax: str, text: str, expected: str, most: int) -> None:
    """To parse a large file takes time, and each assignment must not take it again."""
    counting = Counting(syntax)
    put = NewValues(counting, {"T": "new"}, frozenset({"T"}), keep=False).put(text.encode())
    assert put.data == expected.replace("{t}", "new").encode()
    assert put.keys == ("T",)
    assert counting.parsed <= most


def test_values_that_need_different_spellings_are_replaced_one_by_one() -> None:
    text = b'Environment="T=a" A=1\nEnvironment=T=a\nEnvironment=T="a"\n'
    found = SYNTAXES["unit"].parse(text).found
    chosen = [item for item in found if item.name == "T"]
    result = replace_values(text, found, chosen, "n w", SYNTAXES["unit"])
    assert [item.value for item in SYNTAXES["unit"].parse(result).found] == ["n w", "1", "n w", "n w"]


ADDED = [
    pytest.param("sh", "export T='a' # c\nB=2\n", "export T='a' # c\nexport T='n' # c\nB=2\n", id="sh"),
    pytest.param("sh", "T=a; export T", "T=a; export T\nT=n; export T", id="sh: no last line end"),
    pytest.param("sh", "if x; then\n T=a\nfi\n", "if x; then\n T=a\n T=n\nfi\n", id="sh: only command of its block"),
    pytest.param("sh", "T='a'\r\nB=2\r\n", "T='a'\r\nT='n'\r\nB=2\r\n", id="sh: carriage return"),
    pytest.param("csh", "setenv T a\n", "setenv T a\nsetenv T n\n", id="csh"),
    pytest.param("fish", "set -gx T a\n", "set -gx T a\nset -gx T n\n", id="fish"),
    pytest.param("dotenv", "T=a\r\nB=2\r\n", "T=a\r\nT=n\r\nB=2\r\n", id="dotenv: with carriage returns"),
    pytest.param("unit", "Environment=T=a\n", "Environment=T=a\nEnvironment=T=n\n", id="unit"),
    pytest.param("pam", "T DEFAULT=a\n", "T DEFAULT=a\nT DEFAULT=n\n", id="pam_env.conf"),
]


@pytest.mark.parametrize(("syntax", "text", "expected"), ADDED)
def test_a_second_value_is_set_on_the_line_after_the_first(syntax: str, text: str, expected: str) -> None:
    (item,) = [item for item in SYNTAXES[syntax].parse(text.encode()).found if item.name == "T"]
    assert add_behind(text.encode(), item, "n", SYNTAXES[syntax]) == expected.encode()


@pytest.mark.parametrize(
    ("syntax", "text", "problem"),
    [
        pytest.param("sh", "A=1; export T=a\n", "line 1: the assignment shares", id="after another command"),
        pytest.param("sh", "T=a U=b\n", "line 1: the assignment shares", id="beside another one"),
        pytest.param("sh", "readonly T=a\n", "line 1: the variable is read-only", id="read-only"),
        pytest.param("bash", "declare -x -r T=a\n", "line 1: the variable is read-only", id="declared as read-only"),
    ],
)
def test_a_second_value_is_refused_where_it_would_not_count(syntax: str, text: str, problem: str) -> None:
    (item,) = [item for item in SYNTAXES[syntax].parse(text.encode()).found if item.name == "T"]
    with pytest.raises(StoreError, match=problem):
        add_behind(text.encode(), item, "n", SYNTAXES[syntax])


UNREADABLE = [
    pytest.param(b"export T='a\n", id="a quotation that is not closed"),
    pytest.param(b"export T=$(a\n", id="a command that is not closed"),
    pytest.param(b"cat <<E\n$(\nE\nexport T=a\n", id="an expansion that is open at the end of a here-document"),
    pytest.param(b"cat <<E; export T='\nE\n'\n", id="a here-document within a word"),
    pytest.param(b"true &>/dev/null export T=a\n", id="a redirection that some shells take for the end of a command"),
    pytest.param(b"export T=a\0\n", id="a null byte"),
    pytest.param(b"#" * (MOST_BYTES + 1), id="too large"),
    pytest.param(b"export T=" + b"$(" * 1000, id="nested too deeply"),
    pytest.param(b"{ " * 1000, id="too many blocks"),
]


@pytest.mark.parametrize("data", UNREADABLE)
def test_a_file_that_cannot_be_read_says_so_without_its_text(data: bytes) -> None:
    with pytest.raises(StoreError) as problem:
        shell.SH.parse(data)
    assert "export" not in str(problem.value)


def test_files_that_are_read_by_a_plain_path_are_listed() -> None:
    text = '. ~/.a\n[ -f "$HOME/.b" ] && . "$HOME/.b"\nsource /etc/c\n. $OTHER/d\n. relative\n'
    assert shell.SH.parse(text.encode()).sources == ("~/.a", "~/.b", "/etc/c")


@pytest.mark.parametrize("name", SYNTAXES)
def test_no_name_and_no_value_is_in_a_repr(name: str) -> None:
    texts = {"csh": "setenv T s3cret\n", "fish": "set -gx T s3cret\n", "pam": "T DEFAULT=s3cret\n"}
    texts |= {"universal": "SETUVAR T:s3cret\n", "unit": "Environment=T=s3cret\n"}
    read = SYNTAXES[name].parse(texts.get(name, "T=s3cret\n").encode())
    assert [item.value for item in read.found] == ["s3cret"]
    assert "s3cret" not in repr(read) + repr(read.found)
