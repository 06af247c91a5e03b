# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What npm reads where a setting contains ${VAR}."""

from __future__ import annotations

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading, expand, read_settings

ENVIRONMENT = {
    "TOKEN": "t0ken",
    "HOST": "npm.example.com",
    "EMPTY": "",
    "A B": "blank",
    "SLASH": "a\\",
    "NESTED": "${TOKEN}",
}


@pytest.mark.parametrize(
    ("text", "expected", "references", "unset"),
    [
        pytest.param("abc", "abc", (), (), id="no reference"),
        pytest.param("${TOKEN}", "t0ken", ("TOKEN",), (), id="set"),
        pytest.param("a${TOKEN}b${HOST}", "at0kenbnpm.example.com", ("TOKEN", "HOST"), (), id="inside a text"),
        pytest.param("${EMPTY}", "", ("EMPTY",), (), id="set to nothing"),
        pytest.param("${NONE}", "${NONE}", ("NONE",), ("NONE",), id="unset: stays as it is"),
        pytest.param("${TOKEN?}", "t0ken", ("TOKEN",), (), id="with a question mark, set"),
        pytest.param("${A B}", "blank", ("A B",), (), id="a name with a blank"),
        pytest.param("${NESTED}", "${TOKEN}", ("NESTED",), (), id="what comes out is not looked at again"),
        pytest.param("${${TOKEN}}", "${t0ken}", ("TOKEN",), (), id="one inside another"),
        pytest.param("$TOKEN", "$TOKEN", (), (), id="no braces"),
        pytest.param("${}", "${}", (), (), id="no name"),
        pytest.param("${TOKEN", "${TOKEN", (), (), id="no end"),
        pytest.param("${TO$KEN}", "${TO$KEN}", (), (), id="dollar in a name"),
        pytest.param("${TOKEN?x}", "${TOKEN?x}", (), (), id="question mark inside a name"),
        pytest.param(r"\${TOKEN}", "${TOKEN}", (), (), id="one backslash keeps it literal"),
        pytest.param(r"\\${TOKEN}", r"\t0ken", ("TOKEN",), (), id="two are one backslash"),
        pytest.param(r"\\\${TOKEN}", r"\${TOKEN}", (), (), id="three are one, and literal"),
        pytest.param(r"\\${SLASH}", "\\a\\", ("SLASH",), (), id="a backslash that comes out stays"),
        pytest.param("${TOKEN}${TOKEN}", "t0kent0ken", ("TOKEN", "TOKEN"), (), id="twice"),
        pytest.param("${NONE:-f-1}", "f-1", (), (), id="pnpm's fallback"),
        pytest.param("x${NONE-f}", "xf", (), (), id="pnpm's fallback without a colon"),
        pytest.param("${TOKEN:-f}", "t0ken", ("TOKEN",), (), id="set, so that the fallback does not count"),
        pytest.param("${EMPTY:-f}", "f", (), (), id="set to nothing: the fallback counts"),
        pytest.param("${EMPTY-f}", "", ("EMPTY",), (), id="set to nothing: the fallback without a colon does not"),
        pytest.param("${NONE:-}", "${NONE:-}", ("NONE:-",), ("NONE:-",), id="no text in the fallback"),
        pytest.param(r"\${NONE:-f}", "${NONE:-f}", (), (), id="a fallback behind a backslash"),
    ],
)
def test_replaces_references(text: str, expected: str, references: tuple[str, ...], unset: tuple[str, ...]) -> None:
    expansion = expand(text, ENVIRONMENT)
    assert (expansion.text, expansion.references, expansion.unset) == (expected, references, unset)


def test_an_unset_reference_with_a_question_mark_is_empty() -> None:
    assert expand("a${NONE?}b", ENVIRONMENT).text == "ab"


def read(line: str) -> Reading:
    (reading,) = read_settings(line.encode(), npmrc, ENVIRONMENT)
    return reading


@pytest.mark.parametrize(
    ("line", "value"),
    [
        pytest.param("a=b", "b", id="text"),
        pytest.param('a="  b  "', "b", id="white space inside quotes goes"),
        pytest.param('a="\u00a0b\ufeff"', "b", id="white space beyond ASCII goes"),
        pytest.param("a", "true", id="a key alone"),
        pytest.param("a=true", "true", id="true"),
        pytest.param("a=", None, id="nothing"),
        pytest.param('a="  "', None, id="white space"),
        pytest.param("a=false", None, id="false"),
        pytest.param("a=null", None, id="null"),
        pytest.param("a=undefined", None, id="undefined"),
        pytest.param('a=" false "', None, id="false in white space"),
        pytest.param("a='0'", None, id="the number 0"),
        pytest.param("a='-0.0'", None, id="the number -0"),
        pytest.param("a=0", "0", id="the digit 0 is text"),
        pytest.param("a='12'", "12", id="a number"),
        pytest.param("a='[1,2]'", "1,2", id="a list"),
        pytest.param("a='{\"b\":1}'", None, id="a mapping is nested data"),
        pytest.param("a=${TOKEN}", "t0ken", id="a reference"),
        pytest.param("a=${EMPTY}", None, id="a reference to nothing"),
        pytest.param("a=${NONE}", "${NONE}", id="an unset reference"),
        pytest.param("a=${NONE?}", None, id="an unset reference with a question mark"),
    ],
)
def test_reads_values_as_npm_does(line: str, value: str | None) -> None:
    assert read(line).value == value


@pytest.mark.parametrize(
    ("line", "fallback"),
    [
        pytest.param("a=${TOKEN:-f}", "f", id="one that does not count here"),
        pytest.param("a=x${EMPTY-f}", "xf", id="one for a variable that is set to nothing"),
        pytest.param("a=${NONE:-f}", None, id="one that counts is the value"),
        pytest.param("a=${TOKEN:-t0ken}", None, id="the value of the variable"),
        pytest.param("a=${TOKEN:-f}${HOST}", None, id="beside a reference without one"),
        pytest.param("a=t-${TOKEN}", None, id="none"),
    ],
)
def test_knows_what_counts_without_the_variable(line: str, fallback: str | None) -> None:
    assert read(line).fallback == fallback


@pytest.mark.parametrize(
    ("line", "references", "unset"),
    [
        pytest.param("a=b", (), (), id="none"),
        pytest.param("a=${TOKEN}", ("TOKEN",), (), id="set"),
        pytest.param("a=${NONE}", ("NONE",), ("NONE",), id="unset"),
        pytest.param("a=${TOKEN}${NONE}", ("TOKEN", "NONE"), ("NONE",), id="one of two unset"),
        pytest.param("a=${NONE?}", ("NONE",), ("NONE",), id="unset, with a question mark"),
        pytest.param("a=${EMPTY}", ("EMPTY",), ("EMPTY",), id="set to nothing is as good as unset"),
        pytest.param("a=b${EMPTY}", ("EMPTY",), (), id="set to nothing beside a text"),
        pytest.param("a=b${NONE?}", ("NONE",), (), id="unset, with a question mark, beside a text: the text is it"),
        pytest.param("a=false", (), (), id="no value"),
    ],
)
def test_knows_what_a_value_depends_on(line: str, references: tuple[str, ...], unset: tuple[str, ...]) -> None:
    assert (read(line).references, read(line).unset) == (references, unset)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        pytest.param("//${HOST}/:_authToken=t", "//npm.example.com/:_authToken", id="set"),
        pytest.param("//${NONE}/:_authToken=t", "//${NONE}/:_authToken", id="unset"),
        pytest.param("//${NONE?}npm.example.com/:_authToken=t", "//npm.example.com/:_authToken", id="question mark"),
        pytest.param("${HOST}=false", "npm.example.com", id="beside a value that is none"),
    ],
)
def test_replaces_references_in_names(line: str, name: str) -> None:
    assert read(line).name == name


def test_shows_no_value() -> None:
    reading = read("//npm.example.com/:_authToken=t0p-s3cret")
    shown = f"{reading!r} {reading} {expand('t0p-s3cret ${TOKEN} ${s3cret}', ENVIRONMENT)!r}"
    assert "s3cret" not in shown
    assert "t0ken" not in shown
    assert repr(reading) == "Reading(line=1)"
