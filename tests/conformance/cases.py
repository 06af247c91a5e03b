# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the cases: an .npmrc, the expected result of the module, and the known differences of npm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.registry import LYING, NO_ENDPOINTS, NPM, VERDACCIO, Behaviour

from .world import ANONYMOUSLY, HOME, UNTOUCHED, Case, Deviation, Site, revoke

# Long enough to be identified by the few characters that a token list shows.
ONE = "first-token-of-alice"
TWO = "second-token-of-alice"
SPECIAL = "a/b+c=d%2Fe!'()*~=="
LATIN_1 = "t\u00f6ken-of-alice"
OF_NPMS_SHAPE = "npm_" + "A" * 36
FIRST, SECOND, BOTH = frozenset({ONE}), frozenset({TWO}), frozenset({ONE, TWO})

REGISTRY = "registry=http://main.example/\n"
TOKEN = f"//main.example/:_authToken={ONE}\n"
LOGIN = REGISTRY + TOKEN
OTHER_TOKEN = f"//other.example/:_authToken={TWO}\n"
LINK = "@team:registry=http://other.example/\n"
AUTH = "_auth=YWxpY2U6c2VjcmV0\n"  # alice:secret
PASSWORD = "_password=c2VjcmV0\n"
CERTIFICATE = f"//main.example/:certfile={HOME}/client.pem\n//main.example/:keyfile={HOME}/client-key.pem\n"

REPO = "main.example/npm/repo"
REPO_REGISTRY = f"registry=http://{REPO}/\n"

MAIN_OPTION = {"registry": "http://main.example/"}
OTHER_OPTION = {"registry": "http://other.example/"}
SCOPE_OPTION = {"scope": "@team"}


# Shapes of cases and of deviations -----------------------------------------------------------------------------------


def revoking_one(name: str, text: str, left: str | None, *npm: Deviation, **more: Any) -> Case:
    """Make a case that revokes the first token at the main registry, at the root of its host unless `main` is given."""
    site: Site = more.pop("main", Site((ONE,)))
    sent = (revoke(ONE, f"main.example{site.path[:-1]}"),)
    return Case(name, text, left, sent=sent, revoked=FIRST, main=site, npm=npm, **more)


def revoking_other(name: str, text: str, left: str | None, *npm: Deviation, **more: Any) -> Case:
    """Make a case that revokes the second token at the other registry. The first token stays valid."""
    sites: dict[str, Any] = {"main": Site((ONE,)), "other": Site((TWO,))}
    return Case(name, text, left, sent=(revoke(TWO, "other.example"),), revoked=SECOND, npm=npm, **sites, **more)


def revoking_nothing(name: str, text: str, left: str | None, *npm: Deviation, **more: Any) -> Case:
    """Make a case without a request. The first token is valid at the main registry."""
    return Case(name, text, left, npm=npm, **{"main": Site((ONE,)), **more})


def at_repo(*tokens: str) -> Site:
    return Site(tokens or (ONE,), path="/npm/repo/")


def refused(name: str, behaviour: Behaviour, *npm: Deviation) -> Case:
    """Make a case in which the registry does not revoke the token: the module fails and keeps the file, as npm does."""
    sent = (revoke(ONE),)
    return Case(name, LOGIN, LOGIN, sent=sent, failed=True, main=Site((ONE,), behaviour, listed=False), npm=npm)


def gives_up(name: str, sent: tuple[str, ...] = (), majors: tuple[int, ...] | None = None) -> Deviation:
    """Make a deviation in which npm exits 1, revokes nothing, and does not change the file."""
    return Deviation(name, sent=sent, revoked=frozenset(), failed=True, left=UNTOUCHED, majors=majors)


def rewrites(*lost: str) -> Deviation:
    """Make a deviation in which npm keeps the same settings but writes other text."""
    return Deviation("file_is_written_anew", lost=lost)


# Ordinary ones -------------------------------------------------------------------------------------------------------

ORDINARY = (
    revoking_one("token", LOGIN, REGISTRY),
    revoking_one("registry_option", TOKEN, None, options=MAIN_OPTION),
    revoking_one("registry_option_without_last_slash", TOKEN, None, options={"registry": "http://main.example"}),
    revoking_one(
        "registry_with_a_path",
        f"{REPO_REGISTRY}//{REPO}/:_authToken={ONE}\n",
        REPO_REGISTRY,
        main=at_repo(),
    ),
    revoking_one(
        "registry_without_last_slash_as_npm_logs_in",
        f"registry=http://{REPO}\n//main.example/npm/:_authToken={ONE}\n",
        f"registry=http://{REPO}\n",
        main=at_repo(),
    ),
    revoking_one(
        "registry_without_last_slash",
        f"registry=http://{REPO}\n//{REPO}/:_authToken={ONE}\n",
        f"registry=http://{REPO}\n",
        gives_up("url_without_last_slash_is_another"),
        main=at_repo(),
    ),
    Case(
        "registry_with_two_slashes",  # a different path, where nothing exists
        f"registry=http://main.example//npm/\n//main.example//npm/:_authToken={ONE}\n",
        f"registry=http://main.example//npm/\n//main.example//npm/:_authToken={ONE}\n",
        sent=(revoke(ONE, "main.example//npm"),),
        failed=True,
        main=Site((ONE,)),
    ),
    revoking_one("two_registries_the_default", LOGIN + OTHER_TOKEN, REGISTRY + OTHER_TOKEN, other=Site((TWO,))),
    revoking_other("two_registries_the_option", LOGIN + OTHER_TOKEN, LOGIN, options=OTHER_OPTION),
    Case(
        "all_registries",
        LOGIN + LINK + OTHER_TOKEN,
        REGISTRY + LINK,
        sent=(revoke(ONE), revoke(TWO, "other.example")),
        revoked=BOTH,
        options={"all_registries": True},
        main=Site((ONE,)),
        other=Site((TWO,)),
        npm=(
            Deviation(
                "one_registry_a_run",
                sent=(revoke(ONE),),
                revoked=FIRST,
                left=REGISTRY + LINK + OTHER_TOKEN,
            ),
        ),
    ),
    revoking_nothing("not_logged_in", REGISTRY, REGISTRY, Deviation("not_logged_in_is_an_error", failed=True)),
    revoking_nothing(
        "empty_token",
        f"{REGISTRY}//main.example/:_authToken=\n",
        f"{REGISTRY}//main.example/:_authToken=\n",
        Deviation("not_logged_in_is_an_error", failed=True),
    ),
)

# Scopes --------------------------------------------------------------------------------------------------------------

SCOPED = LOGIN + LINK + OTHER_TOKEN
TO_DEFAULT = gives_up("scope_token_goes_to_the_default", sent=(revoke(TWO, authorization=f"Bearer {ONE}"),))
TEAM_LINK = "@team:registry=http://main.example/team/\n"
DEFAULT_LOGIN = f"registry=http://main.example/default/\n//main.example/default/:_authToken={ONE}\n"

SCOPES = (
    revoking_other("scope", SCOPED, LOGIN, TO_DEFAULT, options=SCOPE_OPTION),
    revoking_other("scope_without_its_sign", SCOPED, LOGIN, TO_DEFAULT, options={"scope": "team"}),
    revoking_other("scope_and_its_registry", SCOPED, LOGIN, options={**SCOPE_OPTION, **OTHER_OPTION}),
    revoking_one(
        "scope_and_another_registry",
        SCOPED,
        REGISTRY + LINK + OTHER_TOKEN,
        TO_DEFAULT,
        Deviation(
            "link_beats_the_option",
            sent=(revoke(TWO, "other.example"),),
            revoked=SECOND,
            left=LOGIN,
        ),
        options={**SCOPE_OPTION, **MAIN_OPTION},
        other=Site((TWO,)),
    ),
    revoking_one(
        "scope_of_the_default_registry",
        LOGIN + "@team:registry=http://main.example/\n",
        REGISTRY,
        options=SCOPE_OPTION,
    ),
    revoking_nothing(
        "scope_on_the_second_run",
        LOGIN,
        LOGIN,
        Deviation("unlinked_scope_is_the_default", sent=(revoke(ONE),), revoked=FIRST, left=REGISTRY),
        options=SCOPE_OPTION,
    ),
    revoking_nothing(
        "scope_without_login_elsewhere",
        LOGIN + LINK,
        LOGIN,
        gives_up("not_logged_in_is_an_error"),
        options=SCOPE_OPTION,
    ),
    revoking_nothing(
        "scope_without_login_below_the_default",
        LOGIN + TEAM_LINK,
        LOGIN,
        gives_up("not_logged_in_is_an_error", majors=(6,)),
        Deviation("default_token_is_revoked_for_the_scope", sent=(revoke(ONE),), revoked=FIRST),
        gives_up("default_token_goes_to_the_scope", sent=(revoke(ONE, "main.example/team"),)),
        options=SCOPE_OPTION,
    ),
    revoking_nothing(
        "scope_without_login_beside_the_default",
        DEFAULT_LOGIN + TEAM_LINK,
        DEFAULT_LOGIN,
        gives_up("not_logged_in_is_an_error", majors=(6,)),
        Deviation("default_token_is_revoked_for_the_scope", sent=(revoke(ONE, "main.example/default"),), revoked=FIRST),
        gives_up("default_token_goes_to_the_scope", sent=(revoke(ONE, "main.example/team", ANONYMOUSLY),)),
        main=Site((ONE,), path="/default/"),
        options=SCOPE_OPTION,
    ),
)

# Keys ----------------------------------------------------------------------------------------------------------------

KEYS = (
    revoking_one(
        "key_found_by_walking_up",
        REPO_REGISTRY + TOKEN,
        REPO_REGISTRY,
        gives_up("one_key_is_looked_at"),
        Deviation("key_found_by_walking_up_stays", left=UNTOUCHED),
        main=at_repo(),
    ),
    revoking_one(
        "key_without_last_slash",
        f"{REPO_REGISTRY}//{REPO}:_authToken={ONE}\n",
        REPO_REGISTRY,
        gives_up("one_key_is_looked_at"),
        Deviation("key_without_last_slash_stays", left=UNTOUCHED),
        main=at_repo(),
    ),
    revoking_one(
        "key_of_the_host_without_last_slash",
        f"{REGISTRY}//main.example:_authToken={ONE}\n",
        REGISTRY,
        gives_up("one_key_is_looked_at"),
        Deviation("key_without_last_slash_stays", left=UNTOUCHED),
    ),
    Case(
        "two_tokens_on_the_way_up",
        f"{REPO_REGISTRY}//{REPO}/:_authToken={ONE}\n//main.example/:_authToken={TWO}\n",
        REPO_REGISTRY,
        sent=(revoke(ONE, REPO), revoke(TWO, REPO)),
        revoked=BOTH,
        main=at_repo(ONE, TWO),
        npm=(
            Deviation(
                "one_login_of_the_path_goes",
                sent=(revoke(ONE, REPO),),
                revoked=FIRST,
                left=f"{REPO_REGISTRY}//main.example/:_authToken={TWO}\n",
            ),
        ),
    ),
    Case(
        "duplicates",
        f"{LOGIN}//main.example/:_authToken={TWO}\n",
        REGISTRY,
        sent=(revoke(ONE), revoke(TWO)),
        revoked=BOTH,
        main=Site((ONE, TWO)),
        npm=(Deviation("shadowed_duplicate_stays_valid", sent=(revoke(TWO),), revoked=SECOND),),
    ),
)

# Kinds of credentials, and what is beside them -------------------------------------------------------------------

KINDS = (
    revoking_nothing(
        "auth_alone",
        f"{REGISTRY}//main.example/:{AUTH}",
        REGISTRY,
        gives_up("auth_alone_is_no_login"),
        Deviation("auth_stays", left=UNTOUCHED),
    ),
    revoking_one(
        "auth_beside_a_token",
        f"{LOGIN}//main.example/:{AUTH}",
        REGISTRY,
        Deviation("auth_stays", left=f"{REGISTRY}//main.example/:{AUTH}"),
    ),
    revoking_nothing(
        "username_and_password",
        f"{REGISTRY}//main.example/:username=alice\n//main.example/:{PASSWORD}",
        REGISTRY,
    ),
    revoking_one(
        "username_and_password_beside_a_token",
        f"{LOGIN}//main.example/:username=alice\n//main.example/:{PASSWORD}",
        REGISTRY,
    ),
    revoking_nothing("certificate_alone", REGISTRY + CERTIFICATE, REGISTRY, gives_up("certificate_alone_is_no_login")),
    revoking_one(
        "certificate_beside_a_token",
        LOGIN + CERTIFICATE,
        REGISTRY,
        Deviation("certificate_stays", left=REGISTRY + CERTIFICATE),
    ),
    revoking_one(
        "unscoped_token",
        f"{REGISTRY}_authToken={ONE}\n",
        REGISTRY,
        Deviation("unscoped_stays", left=UNTOUCHED),
        gives_up("unscoped_is_refused"),
    ),
    revoking_nothing(
        "unscoped_auth",
        REGISTRY + AUTH,
        REGISTRY,
        Deviation("unscoped_stays", left=UNTOUCHED),
        gives_up("unscoped_is_refused"),
    ),
    revoking_nothing(
        "unscoped_username_and_password",
        f"{REGISTRY}username=alice\n{PASSWORD}",
        REGISTRY,
        Deviation("unscoped_stays", left=UNTOUCHED),
        gives_up("unscoped_is_refused"),
    ),
    revoking_one(
        "unscoped_email",
        f"{LOGIN}email=alice@example.com\n",
        f"{REGISTRY}email=alice@example.com\n",
        gives_up("unscoped_email_is_refused"),
    ),
    revoking_one(
        "email",
        f"{LOGIN}//main.example/:email=alice@example.com\n",
        REGISTRY,
        Deviation("email_becomes_unscoped", left=f"{REGISTRY}email=alice@example.com\n"),
    ),
    revoking_one(
        "always_auth",
        f"{LOGIN}//main.example/:always-auth=true\n",
        REGISTRY,
        Deviation("always_auth_stays", left=f"{REGISTRY}//main.example/:always-auth=true\n"),
    ),
    revoking_other(
        "always_auth_of_another_registry",
        f"{LOGIN}{OTHER_TOKEN}//other.example/:always-auth=true\n",
        LOGIN,
        Deviation("always_auth_stays", left=f"{LOGIN}//other.example/:always-auth=true\n"),
        options=OTHER_OPTION,
    ),
)

# The file's text -----------------------------------------------------------------------------------------------------

RICH = (
    "; alice's settings\n\n"
    "# the company's registry\n"
    f"{REGISTRY}"
    "init-license = MIT ; ours\n"
    f"  {TOKEN}"
    'init-author-name="Alice"\n'
    "# that is all"
)
RICH_LEFT = RICH.replace(f"  {TOKEN}", "")
RICH_CASE = revoking_one(
    "comments_quotes_and_no_last_newline",
    RICH,
    RICH_LEFT,
    rewrites("; alice's settings\n\n", "# the company's registry\n", " = MIT ; ours", '"Alice"', "# that is all"),
)


def with_crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


TEXTS = (
    RICH_CASE,
    revoking_one(
        "crlf",
        with_crlf(LOGIN + "init-license=MIT\n"),
        with_crlf(REGISTRY + "init-license=MIT\n"),
        rewrites("\r\n"),
    ),
    revoking_one(
        "order",
        f"{TOKEN}init-license=MIT\nomit[]=dev\n{REGISTRY}omit[]=optional\n",
        f"init-license=MIT\nomit[]=dev\n{REGISTRY}omit[]=optional\n",
        rewrites(f"omit[]=dev\n{REGISTRY}"),
    ),
    revoking_one(
        "duplicate_settings",
        f"init-license=ISC\n{LOGIN}init-license=MIT\n",
        f"init-license=ISC\n{REGISTRY}init-license=MIT\n",
        rewrites("ISC"),
    ),
    revoking_one("file_with_blank_lines_alone_goes", f"\n{TOKEN}\n\n", None, options=MAIN_OPTION),
    revoking_one("mode", LOGIN, REGISTRY, Deviation("file_gets_mode_0600", mode=0o600), mode=0o640),
    Case(
        "section",
        f"{LOGIN}[other]\n//main.example/:_authToken={TWO}\n",
        f"{REGISTRY}[other]\n",
        sent=(revoke(ONE), revoke(TWO)),
        revoked=BOTH,
        main=Site((ONE, TWO)),
        npm=(
            Deviation(
                "setting_in_a_section_stays",
                sent=(revoke(ONE),),
                revoked=FIRST,
                left=f"{REGISTRY}[other]\n//main.example/:_authToken={TWO}\n",
            ),
        ),
    ),
    revoking_one(
        "section_alone",
        f"{REGISTRY}[other]\n{TOKEN}",
        f"{REGISTRY}[other]\n",
        gives_up("setting_in_a_section_stays"),
    ),
    revoking_one("quoted_key", f'{REGISTRY}"//main.example/:_authToken"={ONE}\n', REGISTRY),
    revoking_one("quoted_value", f'{REGISTRY}//main.example/:_authToken="{ONE}"\n', REGISTRY),
    revoking_one("single_quotes", f"{REGISTRY}'//main.example/:_authToken' = '{ONE}'\n", REGISTRY),
    revoking_one("comment_behind_the_token", f"{REGISTRY}//main.example/:_authToken={ONE} ; mine\n", REGISTRY),
    Case(
        "comment_behind_a_quoted_token",
        f'{REGISTRY}//main.example/:_authToken="{ONE}" ; mine\n',
        REGISTRY,
        sent=(revoke(f'"{ONE}"'), revoke(ONE)),
        revoked=frozenset({f'"{ONE}"', ONE}),
        main=Site((ONE, f'"{ONE}"')),
        npm=(
            Deviation("quotes_before_a_comment_go", sent=(revoke(ONE),), revoked=FIRST),
            Deviation("quotes_before_a_comment_stay", sent=(revoke(f'"{ONE}"'),), revoked=frozenset({f'"{ONE}"'})),
        ),
    ),
    Case(
        "key_alone_is_the_token_true",
        f"{REGISTRY}//main.example/:_authToken\n",
        REGISTRY,
        sent=(revoke("true"),),
        revoked=frozenset({"true"}),
        main=Site(("true",)),
    ),
    revoking_nothing(
        # If a key with a dot has an object as its value, ini returns nested data.
        "object_in_place_of_a_token",
        f"{REGISTRY}//main.example/:_authToken='{{\"{ONE}\":1}}'\n",
        f"{REGISTRY}//main.example/:_authToken='{{\"{ONE}\":1}}'\n",
        Deviation("not_logged_in_is_an_error", failed=True),
    ),
    revoking_one("list_in_place_of_a_token", f"{REGISTRY}//main.example/:_authToken='[\"{ONE}\"]'\n", REGISTRY),
    Case(
        "token_of_latin_1",  # sent as Latin-1 in the header by Node.js, as UTF-8 in the URL
        f"{REGISTRY}//main.example/:_authToken={LATIN_1}\n",
        REGISTRY,
        sent=(revoke(LATIN_1),),
        revoked=frozenset({LATIN_1}),
        main=Site((LATIN_1,)),
    ),
    Case(
        "token_with_special_characters",
        f"{REGISTRY}//main.example/:_authToken={SPECIAL}\n",
        REGISTRY,
        sent=(revoke(SPECIAL),),
        revoked=frozenset({SPECIAL}),
        main=Site((SPECIAL,)),
    ),
)

# References to the environment ---------------------------------------------------------------------------------------

REFERENCE = f"{REGISTRY}//main.example/:_authToken=${{NPM_TOKEN}}\n"
OPTIONAL = f"{REGISTRY}//main.example/:_authToken=${{NPM_TOKEN?}}\n"
LITERAL, LITERAL_OPTIONAL = "${NPM_TOKEN}", "${NPM_TOKEN?}"
# No other case sets this variable: the module also searches the processes of the account, including the tests.
UNSET, UNSET_OPTIONAL = "${UNSET_TOKEN}", "${UNSET_TOKEN?}"

REFERENCES = (
    revoking_one("reference", REFERENCE, REGISTRY, environment={"NPM_TOKEN": ONE}),
    revoking_nothing(
        "unset_reference",
        REFERENCE.replace(LITERAL, UNSET),
        REGISTRY,
        gives_up("unset_reference_is_sent", sent=(revoke(UNSET),)),
        Deviation("unset_reference_stops_npm", left=UNTOUCHED),
    ),
    revoking_one(
        "optional_reference",
        OPTIONAL,
        REGISTRY,
        Deviation("optional_reference_is_unknown", sent=(), revoked=frozenset(), left=UNTOUCHED, majors=(6,)),
        gives_up("optional_reference_is_unknown", sent=(revoke(LITERAL_OPTIONAL),), majors=(7, 8, 9, 10)),
        environment={"NPM_TOKEN": ONE},
    ),
    revoking_nothing(
        "unset_optional_reference",
        OPTIONAL.replace(LITERAL_OPTIONAL, UNSET_OPTIONAL),
        REGISTRY,
        Deviation("optional_reference_is_unknown", left=UNTOUCHED, majors=(6,)),
        gives_up("optional_reference_is_unknown", sent=(revoke(UNSET_OPTIONAL),), majors=(7, 8, 9, 10)),
        gives_up("not_logged_in_is_an_error", majors=(11, 12)),
    ),
    Case(
        "escaped_reference",
        f"{REGISTRY}//main.example/:_authToken=\\{LITERAL}\n",
        REGISTRY,
        sent=(revoke(LITERAL),),
        revoked=frozenset({LITERAL}),
        environment={"NPM_TOKEN": ONE},
        main=Site((ONE, LITERAL)),
        npm=(gives_up("backslash_stays", sent=(revoke(f"\\{LITERAL}"),)),),
    ),
    revoking_one(
        "reference_in_the_key",
        f"registry=http://${{HOST}}/\n//${{HOST}}/:_authToken={ONE}\n",
        "registry=http://${HOST}/\n",
        Deviation("values_are_written_expanded", left=REGISTRY),
        Deviation("key_with_a_reference_stays", left=UNTOUCHED),
        environment={"HOST": "main.example"},
    ),
    revoking_one(
        "reference_elsewhere",
        f"{LOGIN}init-module=${{HOME}}/init.js\n",
        f"{REGISTRY}init-module=${{HOME}}/init.js\n",
        Deviation("values_are_written_expanded", left=f"{REGISTRY}init-module={HOME}/init.js\n"),
    ),
)

# What the registry answers -------------------------------------------------------------------------------------------

LOGIN_GOES = Deviation("success_is_believed", failed=False, left=REGISTRY)
LIST_KEY = f"DELETE main.example/-/npm/v1/tokens/token/{ONE} Bearer {ONE}"

ANSWERS = (
    revoking_nothing(
        "token_is_revoked",
        LOGIN,
        REGISTRY,
        gives_up("refusal_keeps_the_login", sent=(revoke(ONE),)),
        main=Site(()),
    ),
    refused("answer_401", replace(NPM, logout="unauthorized")),
    refused("answer_403", replace(NPM, logout="forbidden")),
    refused("answer_404", NO_ENDPOINTS),
    refused("answer_405", replace(NO_ENDPOINTS, logout="not_allowed")),
    refused("answer_500", replace(NPM, logout="server_error")),
    refused("no_answer", replace(NPM, logout="reset")),
    Case(
        "answer_404_but_the_list_ends_it",
        LOGIN,
        REGISTRY,
        sent=(revoke(ONE), LIST_KEY),
        revoked=FIRST,
        main=Site((ONE,), replace(NPM, logout="missing", key="token")),
        npm=(gives_up("refusal_keeps_the_login", sent=(revoke(ONE),)),),
    ),
    revoking_one(
        "answer_is_lost",
        LOGIN,
        REGISTRY,
        Deviation("refusal_keeps_the_login", failed=True, left=UNTOUCHED),
        main=Site((ONE,), replace(NPM, logout="cut_after_work")),
    ),
    refused("answer_200_is_cut_and_the_token_lives", replace(NPM, logout="cut"), LOGIN_GOES),
    refused("answer_200_says_no", replace(NPM, logout="ok_false"), LOGIN_GOES),
    refused("answer_200_is_a_lie", LYING, LOGIN_GOES),
    refused("verdaccio_login_token", VERDACCIO, LOGIN_GOES),
    Case(
        "verdaccio_login_token_accepted",
        LOGIN,
        REGISTRY,
        sent=(revoke(ONE),),
        options={"revoke": "accepted"},
        main=Site((ONE,), VERDACCIO, listed=False),
    ),
    Case(
        "verdaccio_listed_token",
        LOGIN,
        REGISTRY,
        sent=(revoke(ONE), LIST_KEY),
        revoked=FIRST,
        # The response to a revoked token is 401, not 403, because the run waits only as long as npm.
        main=Site((ONE,), replace(VERDACCIO, key="token", revoked="unauthorized")),
        npm=(Deviation("success_is_believed", sent=(revoke(ONE),), revoked=frozenset()),),
    ),
)

# Other files ---------------------------------------------------------------------------------------------------------

PROJECT = f"//main.example/:_authToken={TWO}\n"
USER_FILE_CHANGES = Deviation(
    "project_token_is_revoked_and_user_file_changes", left=REGISTRY, project_left=UNTOUCHED, majors=(6, 9)
)
LOGGED = frozenset({ONE})

OTHER_FILES = (
    Case(
        "project_and_user",
        LOGIN,
        LOGIN,
        sent=(revoke(TWO),),
        revoked=SECOND,
        options=MAIN_OPTION,
        main=Site((ONE, TWO)),
        project=PROJECT,
        project_left=None,
        npm=(USER_FILE_CHANGES, replace(USER_FILE_CHANGES, left=REGISTRY + PROJECT, majors=(7, 8))),
    ),
    revoking_one(
        "logs",
        LOGIN,
        REGISTRY,
        Deviation("token_is_in_the_logs", logged=LOGGED, majors=(8, 9, 10, 11, 12)),
        logs=True,
    ),
    replace(refused("logs_of_a_refusal", NO_ENDPOINTS, Deviation("token_is_in_the_logs", logged=LOGGED)), logs=True),
    Case(
        "logs_and_a_token_of_npms_shape",
        f"{REGISTRY}//main.example/:_authToken={OF_NPMS_SHAPE}\n",
        REGISTRY,
        sent=(revoke(OF_NPMS_SHAPE),),
        revoked=frozenset({OF_NPMS_SHAPE}),
        main=Site((OF_NPMS_SHAPE,)),
        logs=True,
    ),
)

CASES = (*ORDINARY, *SCOPES, *KEYS, *KINDS, *TEXTS, *REFERENCES, *ANSWERS, *OTHER_FILES)
