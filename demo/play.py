# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show the main use case: a home directory with credentials, a registry, and a playbook that runs three times.

All of it stays on this machine: the home directory is in the checkout, and the registries listen on loopback. The
demo exits with an error if a check fails.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.registry import EmbeddedRegistry  # noqa: E402 - in the tests of the checkout

HOME = ROOT / ".work" / "demo" / "home"
SECONDS_FOR_A_RUN = 60

NPMRC = """\
; Alice's npm settings. The comments, the order and this file's odd spacing are hers.
registry = {company}
{company_key}:_authToken = "{company_token}"
{company_key}:email = alice@example.com

# tools come from another team's registry
@tools:registry={tools}
{tools_key}:_authToken={tools_token}

fund=false
save-exact   =   true
"""

LEFT = """\
; Alice's npm settings. The comments, the order and this file's odd spacing are hers.
registry = {company}

# tools come from another team's registry
@tools:registry={tools}
{tools_key}:_authToken={tools_token}

fund=false
save-exact   =   true
"""


@dataclass(frozen=True)
class Run:
    """One run of the playbook: what it printed, and how many requests the company registry got."""

    output: str
    requests: int

    @property
    def changed(self) -> int:
        match = re.search(r"changed=(\d+)", self.output)
        return int(match.group(1)) if match else -1


def main() -> None:
    with EmbeddedRegistry() as company, EmbeddedRegistry() as tools:
        words = {
            "company": company.url,
            "company_key": company.url.partition(":")[2],
            "company_token": company.create_token("alice"),
            "tools": tools.url,
            "tools_key": tools.url.partition(":")[2],
            "tools_token": tools.create_token("alice"),
        }
        store = plant_home(words)
        say("Created a test home directory with a working token", f"whoami at {company.url}: {ask_who(company, words)}")

        dry = play(company, "1. The dry run: --check --diff", "--check", "--diff")
        expect("reports the planned change", dry.changed == 1)
        expect("sends no requests", dry.requests == 0)
        expect("writes nothing", store.read_text() == NPMRC.format(**words))
        expect("the token is still valid", company.is_alive(words["company_token"]))

        real = play(company, "2. The real run", "--diff")
        expect("changes the file", real.changed == 1)
        expect("preserves every other byte of the file", store.read_text() == LEFT.format(**words))
        expect("the registry rejects the token", ask_who(company, words) == "401")
        expect("the token of the other registry is still valid", tools.is_alive(words["tools_token"]))

        again = play(company, "3. Second run (idempotent)")
        expect("makes no changes", again.changed == 0)
        expect("sends no requests", again.requests == 0)

        shown = dry.output + real.output + again.output
        expect("no run shows a token", not any(words[name] in shown for name in ("company_token", "tools_token")))
        say("The file afterwards", store.read_text().replace(words["tools_token"], "<the other token>"))
    print("\nAll checks passed. Next, try it on your own hosts: README.md, section Start.")


def plant_home(words: Mapping[str, str]) -> Path:
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    store = HOME / ".npmrc"
    store.write_text(NPMRC.format(**words))
    store.chmod(0o600)
    return store


def play(registry: EmbeddedRegistry, title: str, *arguments: str) -> Run:
    """Run the playbook as an operator would, in the test home directory."""
    registry.forget_requests()
    command = ["ansible-playbook", "demo/playbook.yml", *arguments]
    say(title, f"$ {' '.join(command)}")
    process = subprocess.run(
        [str(Path(sys.executable).with_name(command[0])), *command[1:], "-e", f"company_registry={registry.url}"],
        cwd=ROOT,
        env={**os.environ, **make_environment()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS_FOR_A_RUN,
        check=False,
    )
    print(process.stdout.strip())
    expect("the playbook succeeds", process.returncode == 0)
    return Run(process.stdout, len(registry.requests))


def make_environment() -> dict[str, str]:
    return {
        "HOME": str(HOME),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".work" / "collections"),
        "ANSIBLE_HOME": str(ROOT / ".work" / "demo" / "ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        "ANSIBLE_NOCOLOR": "1",
    }


def ask_who(registry: EmbeddedRegistry, words: Mapping[str, str]) -> str:
    """Ask the registry itself whose token it is; the user's name in JSON, or the status with which it refuses."""
    headers = {"Authorization": f"Bearer {words['company_token']}"}
    request = urllib.request.Request(f"{registry.url}-/whoami", headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as refusal:
        return str(refusal.code)


def expect(what: str, truth: bool) -> None:
    print(f"  [{'ok' if truth else 'FAILED'}] {what}")
    if not truth:
        raise SystemExit(f"The demo failed: {what}")


def say(title: str, text: str) -> None:
    print(f"\n--- {title}\n{text}", flush=True)


if __name__ == "__main__":
    main()
