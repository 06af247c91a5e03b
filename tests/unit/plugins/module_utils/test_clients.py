# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of each client, by the table of clients."""

from __future__ import annotations

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._clients import (
    CLIENTS,
    LEVELS,
    choose_clients,
    choose_levels,
    guess_client,
    list_file_names,
    list_places,
)


@pytest.mark.parametrize(
    ("path", "client", "form"),
    [
        pytest.param("/home/a/.npmrc", "npm", "npmrc", id="npm"),
        pytest.param("/etc/npmrc", "npm", "npmrc", id="npm, global"),
        pytest.param("/home/a/.config/pnpm/rc", "pnpm", "npmrc", id="pnpm, rc"),
        pytest.param("/home/a/.config/pnpm/auth.ini", "pnpm", "npmrc", id="pnpm, auth.ini"),
        pytest.param("/home/a/.config/pnpm/config.yaml", "pnpm", "pnpm_config", id="pnpm, config.yaml"),
        pytest.param("/srv/x/pnpm-workspace.yaml", "pnpm", "pnpm_config", id="pnpm, a project"),
        pytest.param("/srv/x/config.yaml", "yarn", "yarnrc_yml", id="config.yaml of another directory"),
        pytest.param("/srv/x/rc", "npm", "npmrc", id="rc of another directory"),
        pytest.param("/home/a/.yarnrc.yml", "yarn", "yarnrc_yml", id="Yarn"),
        pytest.param("/srv/team.yarnrc.yml", "yarn", "yarnrc_yml", id="Yarn, renamed"),
        pytest.param("/home/a/.yarnrc", "yarn_classic", "yarnrc", id="Yarn 1"),
        pytest.param("/etc/yarnrc", "yarn_classic", "yarnrc", id="Yarn 1, global"),
        pytest.param("/srv/x/bunfig.toml", "bun", "bunfig", id="Bun"),
        pytest.param("/home/a/.bunfig.toml", "bun", "bunfig", id="Bun, in a home"),
        pytest.param("/srv/npmrc-of-ci", "npm", "npmrc", id="anything"),
        pytest.param(".npmrc", "npm", "npmrc", id="no directory"),
    ],
)
def test_guesses_whose_file_it_is(path: str, client: str, form: str) -> None:
    assert guess_client(path) == (client, form)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        pytest.param(["npm"], ("npm",), id="one"),
        pytest.param(["bun", "npm"], ("npm", "bun"), id="in the table's order"),
        pytest.param(["all"], tuple(CLIENTS), id="all"),
        pytest.param(["npm", "all"], tuple(CLIENTS), id="all and one"),
        pytest.param([], (), id="none"),
    ],
)
def test_chooses_clients(names: list[str], chosen: tuple[str, ...]) -> None:
    assert choose_clients(names) == chosen


def test_chooses_levels() -> None:
    assert choose_levels(["project", "builtin"]) == ("builtin", "project")
    assert choose_levels(["all"]) == LEVELS


def test_new_accounts_get_copies_of_what_is_in_a_home() -> None:
    paths = {place.path for client in CLIENTS for place in list_places(client, "global")}
    assert {"/etc/skel/.npmrc", "/etc/skel/.yarnrc.yml", "/etc/skel/.config/pnpm/auth.ini"} <= paths


def test_every_place_says_whose_it_is() -> None:
    """A file of an account, of the host, or of any directory: nothing else would be looked up in the right place."""
    for client, entry in CLIENTS.items():
        for place in entry.places:
            of_account = place.path.startswith(("~/", "{config}/"))
            assert place.level in LEVELS, client
            assert ("/" not in place.path) == (place.level == "project"), place.path
            assert of_account or place.path.startswith("/") or place.level == "project", place.path


def test_projects_have_files_of_all_clients() -> None:
    assert set(list_file_names(tuple(CLIENTS))) == {
        ".npmrc",
        "pnpm-workspace.yaml",
        ".yarnrc.yml",
        ".yarnrc",
        "bunfig.toml",
    }
    assert list_file_names(["yarn"]).keys() == {".yarnrc.yml"}
