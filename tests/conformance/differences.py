# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the only permitted differences between npm and the module."""

from __future__ import annotations

from dataclasses import dataclass

from tests.tools.paths import NPM_MAJORS


@dataclass(frozen=True)
class Difference:
    """A behavior of these versions of npm that the module does not have."""

    name: str
    majors: tuple[int, ...]
    sentence: str


_ALL = NPM_MAJORS

_LIST = (
    # The file.
    Difference("file_is_written_anew", _ALL, "Comments, spacing, quotes, CRLF and the missing last newline are lost."),
    Difference("file_gets_mode_0600", _ALL, "The file written anew has mode 0600, whatever it had before."),
    Difference("values_are_written_expanded", (6, 7, 8), "${VAR} is replaced in what is written back."),
    Difference("email_becomes_unscoped", (7, 8, 9, 10, 11), "//host/:email turns into a top-level email, and stays."),
    Difference("always_auth_stays", (6, 9, 10, 11, 12), "Only npm 7 and 8 remove //host/:always-auth."),
    # The registry's response.
    Difference(
        "refusal_keeps_the_login",
        _ALL,
        "Any other status than 2xx stops the command, and the credentials stay: a revoked token cannot be logged out,"
        " and another way to revoke a valid one is not tried.",
    ),
    Difference("success_is_believed", _ALL, "Any 2xx is success, also where the token stays valid."),
    # Selection of credentials.
    Difference("not_logged_in_is_an_error", _ALL, "Where nothing is to be done, npm exits 1 (ENEEDAUTH)."),
    Difference(
        "key_found_by_walking_up_stays",
        (7, 8, 9, 10, 11, 12),
        "The token of a key further up is revoked, and stays in the file.",
    ),
    Difference(
        "key_without_last_slash_stays",
        (7, 8, 9, 10, 11, 12),
        "The token of a key without trailing slash is revoked, and stays in the file.",
    ),
    Difference(
        "one_key_is_looked_at", (6,), "npm 6 does not walk up: any key but that of the URL's directory is not found."
    ),
    Difference(
        "url_without_last_slash_is_another",
        _ALL,
        "https://h/a/b does not find the key //h/a/b/: npm starts at //h/a/b and goes up.",
    ),
    Difference("one_login_of_the_path_goes", _ALL, "Of several logins on the way up, only the nearest is revoked."),
    Difference("shadowed_duplicate_stays_valid", _ALL, "Of a key that is there twice, only the last is revoked."),
    Difference("auth_alone_is_no_login", (7, 8, 9, 10, 11, 12), "//host/:_auth alone is ENEEDAUTH, and stays."),
    Difference("auth_stays", (6,), "npm 6 takes _auth for a login, reports success, and removes nothing of it."),
    Difference("certificate_alone_is_no_login", _ALL, "A certificate and its key alone are ENEEDAUTH, and stay."),
    Difference("certificate_stays", (6, 7), "A certificate beside a token stays."),
    Difference(
        "unscoped_is_refused", (9, 10, 11, 12), "With unscoped credentials in the file npm does not run at all."
    ),
    Difference("unscoped_email_is_refused", (12,), "With a top-level email in the file npm does not run at all."),
    Difference("unscoped_stays", (6,), "An unscoped token is revoked, and no unscoped credential is removed."),
    Difference("setting_in_a_section_stays", _ALL, "Only pnpm reads a setting below the header of a section."),
    Difference("one_registry_a_run", _ALL, "There is no logging out of everything."),
    # Scopes.
    Difference("unlinked_scope_is_the_default", _ALL, "A scope without a mapping logs out of the default registry."),
    Difference("link_beats_the_option", (10, 11, 12), "A scope's mapping is followed, whatever --registry says."),
    Difference(
        "scope_token_goes_to_the_default",
        (6, 7, 8, 9),
        "The token of the scope's registry is sent in a URL to the default registry.",
    ),
    Difference(
        "default_token_is_revoked_for_the_scope",
        (7, 8, 9),
        "Where the scope's registry has no login of its own, the one of the default registry on its host is revoked.",
    ),
    Difference(
        "default_token_goes_to_the_scope",
        (10, 11, 12),
        "Where the scope's registry has no login of its own, the token of the default registry on its host is sent in"
        " a URL of the scope's.",
    ),
    # References and quotes.
    Difference(
        "unset_reference_is_sent", (7, 8, 9, 10, 11, 12), "The text ${VAR} itself is sent as a token; the line stays."
    ),
    Difference("unset_reference_stops_npm", (6,), "npm 6 does not run where a variable is not set."),
    Difference("optional_reference_is_unknown", (6, 7, 8, 9, 10), "${VAR?} is a variable of the name VAR?."),
    Difference(
        "key_with_a_reference_stays", (9, 10, 11, 12), "The token of //${HOST}/ is revoked, and stays in the file."
    ),
    Difference("backslash_stays", (6,), "npm 6 keeps the backslash before a literal ${VAR}."),
    # The module revokes what npm 6 reads, and what the others read.
    Difference("quotes_before_a_comment_go", (6,), "npm 6 takes the quotes off a value with a comment behind it."),
    Difference("quotes_before_a_comment_stay", (7, 8, 9, 10, 11, 12), "Newer ones take the quotes for a part of it."),
    # Other files.
    Difference(
        "project_token_is_revoked_and_user_file_changes",
        (6, 7, 8, 9),
        "Where the project's file and the user's hold a token, the project's is revoked and the user's file edited; 7"
        " and 8 even write the project's token into it.",
    ),
    Difference(
        "token_is_in_the_logs",
        _ALL,
        "The URL with the token goes to npm's own logs (6 and 7: where the registry said no), but for npm_ tokens.",
    ),
)

KNOWN_DIFFERENCES = {difference.name: difference for difference in _LIST}
