# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever Ansible is told to show, no secret is among it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, list_forms
from tests.integration.files import plant
from tests.integration.play import Run, Runner, log_out
from tests.registry import LYING, NPM, EmbeddedRegistry

PASSWORD = "Passw0rd-of-alice-in-the-file"
BASIC = "Passw0rd-of-bob-in-the-file"
PROXY_PASSWORD = "Passw0rd-of-the-proxy"
AWKWARD = 'tok+en/with="quotes"%2F\\back\u00e9'


@dataclass(frozen=True)
class Shown:
    """A run with everything shown, and the secrets that it worked with."""

    run: Run
    secrets: dict[str, str]


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture(scope="module", params=["real", "check"])
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    folder = tmp_path_factory.mktemp("home")
    with EmbeddedRegistry() as good, EmbeddedRegistry(LYING) as lying, EmbeddedRegistry(NPM) as stray:
        secrets = {
            "token": good.create_token("alice"),
            "token of another registry": "npm_otherregistry0123456789abcdefghijkl",
            "token that lives on": lying.create_token("alice"),
            "token of the environment": good.create_token("alice"),
            "token in a comment": "npm_commented0123456789abcdefghijklmnop",
            "token known by value": stray.create_token("alice"),
            "token full of signs": AWKWARD,
            "password": PASSWORD,
            "basic": f"bob:{BASIC}",
            "basic's password": BASIC,
            "proxy's password": PROXY_PASSWORD,
        }
        keys = {name: server.url.removeprefix("http:") for name, server in (("good", good), ("lying", lying))}
        first = plant(
            folder / "first",
            f"{keys['good']}:_authToken={secrets['token']}",
            f"; //old.example.com/:_authToken={secrets['token in a comment']}",
            "@x:registry=https://carol:Passw0rd-in-a-url@x.example.com/",
            f"//other.example.com/:_authToken={secrets['token of another registry']}",
            "//basic.example.com/:username=alice",
            f"//basic.example.com/:_password={encode(PASSWORD)}",
            f"//auth.example.com/:_auth={encode(secrets['basic'])}",
            f"proxy=http://carol:{PROXY_PASSWORD}@127.0.0.1:1/",
            "noproxy=127.0.0.1",
        )
        second = plant(folder / "second", f"{keys['good']}:_authToken=${{NPM_TOKEN}}")
        third = plant(folder / "third", f"{keys['lying']}:_authToken={secrets['token that lives on']}")
        fourth = plant(folder / "fourth", f"{keys['good']}:_authToken={json.dumps(AWKWARD)}")
        common = {"verify_timeout": 0, "retries": 0}
        tasks = [
            log_out("good", {**common, "registry": good.url, "paths": [str(first)]}),
            log_out(
                "environment",
                {**common, "registry": good.url, "paths": [str(second)]},
                environment={"NPM_TOKEN": secrets["token of the environment"]},
            ),
            log_out("fails", {**common, "registry": lying.url, "paths": [str(third)]}),
            log_out("signs", {**common, "registry": good.url, "paths": [str(fourth)]}),
            log_out(
                "by value",
                {**common, "registry": stray.url, "paths": [str(first)], "token": secrets["token known by value"]},
            ),
            log_out(
                "all", {**common, "all_registries": True, "comments": True, "revoke": "never", "paths": [str(first)]}
            ),
        ]
        arguments = ["-vvvv", "--diff", *(["--check"] if request.param == "check" else [])]
        run = Runner(tmp_path_factory.mktemp("run")).run(*tasks, arguments=arguments)
    return Shown(run, secrets)


def find_leaks(text: str, secrets: dict[str, str]) -> list[str]:
    """The names of the secrets that are in the text, in whatever form."""
    return [name for name, value in secrets.items() if any(form in text for form in list_forms(Secret(value)))]


def test_tasks_did_their_work(shown: Shown) -> None:
    """Otherwise there would have been nothing to show."""
    failed = [name for name, result in shown.run.results.items() if result["failed"]]
    assert failed in ([], ["fails"])
    assert shown.run["good"]["diff"]
    assert shown.run["all"]["diff"]


def test_output(shown: Shown) -> None:
    # The environment of a task is for everybody to see who runs ansible-playbook with -vvvv: Ansible's own doing.
    known = {name: value for name, value in shown.secrets.items() if name != "token of the environment"}
    assert find_leaks(shown.run.output, known) == []
    assert "Passw0rd" not in shown.run.output


def test_results(shown: Shown) -> None:
    for name, result in shown.run.results.items():
        assert find_leaks(json.dumps(result, ensure_ascii=False), shown.secrets) == [], name


def test_diff_names_what_it_hides(shown: Shown) -> None:
    before = shown.run["all"]["diff"][0]["before"]
    assert "//other.example.com/:_authToken=<token sha256:" in before
    assert "//basic.example.com/:_password=<password>" in before
    assert "//auth.example.com/:_auth=<basic auth>" in before
    assert "//basic.example.com/:username=alice" in before
