# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show the main use case: a home directory with three tokens, three registries, and a playbook that runs four times.

One token is in `.npmrc`. One is in `.bashrc`, and `.npmrc` refers to it. The third is at a registry that answers
"Logged out" and keeps the token. Everything stays on this machine: the home directory is in the checkout, and the
registries listen on loopback. The demo exits with an error if a check fails.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.registry import Behaviour, EmbeddedRegistry  # noqa: E402 - in the tests of the checkout

HOME = ROOT / ".work" / "demo" / "home"
SECONDS_FOR_A_RUN = 60

#: This registry answers {"ok": "Logged out"} and keeps the token. `npm logout` believes it.
KEEPS_TOKENS = Behaviour(logout="logged_out", list="missing", delete="missing")

NPMRC = """\
; Alice's npm settings. The comments, the order and this file's odd spacing are hers.
registry = {company.url}
{company.key}:_authToken = "{company.token}"
{company.key}:email = alice@example.com

# tools come from another team's registry
@tools:registry={tools.url}
{tools.key}:_authToken=${{NPM_TOKEN}}

@legacy:registry={legacy.url}
{legacy.key}:_authToken={legacy.token}
fund=false
save-exact   =   true
"""

LEFT_FIRST = """\
; Alice's npm settings. The comments, the order and this file's odd spacing are hers.
registry = {company.url}

# tools come from another team's registry
@tools:registry={tools.url}

@legacy:registry={legacy.url}
{legacy.key}:_authToken={legacy.token}
fund=false
save-exact   =   true
"""

LEFT_LAST = LEFT_FIRST.replace("{legacy.key}:_authToken={legacy.token}\n", "")

BASHRC = """\
alias ll='ls -l'
export NPM_TOKEN={tools.token}
export EDITOR=vim
"""

BASHRC_LEFT = BASHRC.replace("export NPM_TOKEN={tools.token}\n", "")

NEXT = """
All checks passed. What to try next:

  ansible-playbook npmops.auth.audit -i inventory
      list the npm credentials of your own hosts; changes nothing, and contacts no registry
  ansible-playbook npmops.auth.offboard -i inventory -e npm_auth_users=alice --check --diff
      show what would be revoked and removed for one person

README.md, section Start, describes how to install the collection."""


@dataclass(frozen=True)
class Login:
    """A registry, and Alice's token there."""

    registry: EmbeddedRegistry
    token: str

    @property
    def url(self) -> str:
        return self.registry.url

    @property
    def key(self) -> str:
        return self.url.partition(":")[2]

    @property
    def is_valid(self) -> bool:
        return self.registry.is_valid(self.token)


@dataclass(frozen=True)
class Logins:
    """The three registries of the demo."""

    company: Login
    tools: Login
    legacy: Login

    @property
    def all(self) -> tuple[Login, ...]:
        return self.company, self.tools, self.legacy

    def fill(self, template: str) -> str:
        return template.format(company=self.company, tools=self.tools, legacy=self.legacy)


@dataclass(frozen=True)
class Run:
    """One run of the playbook: what it printed, its exit status, and how many requests the registries received."""

    output: str
    status: int
    requests: int

    @property
    def changed(self) -> int:
        match = re.search(r"changed=(\d+)", self.output)
        return int(match.group(1)) if match else -1


def main() -> None:
    with EmbeddedRegistry() as company, EmbeddedRegistry() as tools, EmbeddedRegistry(KEEPS_TOKENS) as legacy:
        logins = Logins(*(Login(registry, registry.create_token("alice")) for registry in (company, tools, legacy)))
        show(logins)
    print(NEXT)


def show(logins: Logins) -> None:
    npmrc, bashrc = plant_home(logins)
    say("A test home directory with three valid tokens", describe(logins))
    runs = [rehearse(logins, npmrc, bashrc), revoke(logins, npmrc, bashrc)]

    logins.legacy.registry.revoke(logins.legacy.token)
    say("The administrator of the third registry revokes the token there", f"whoami: {ask_who(logins.legacy)}")
    runs += [finish(logins, npmrc), repeat(logins)]

    printed = "".join(run.output for run in runs)
    expect("no run has printed a token", not any(login.token in printed for login in logins.all))
    say(".npmrc afterwards", npmrc.read_text())


def rehearse(logins: Logins, npmrc: Path, bashrc: Path) -> Run:
    run = play(logins, "1. Dry run", "--check", "--diff")
    expect("the playbook succeeds", run.status == 0)
    expect("it reports what it would change", run.changed == 1)
    expect("it sends no requests", run.requests == 0)
    expect("it changes no file", (npmrc.read_text(), bashrc.read_text()) == (logins.fill(NPMRC), logins.fill(BASHRC)))
    return run


def revoke(logins: Logins, npmrc: Path, bashrc: Path) -> Run:
    run = play(logins, "2. Real run")
    expect("the first registry rejects its token", not logins.company.is_valid)
    expect("the token that only .bashrc contains is rejected as well", not logins.tools.is_valid)
    expect("its assignment is removed from .bashrc", bashrc.read_text() == logins.fill(BASHRC_LEFT))
    expect("the third registry has answered 'Logged out' and kept its token", logins.legacy.is_valid)
    expect("the module has noticed: it keeps that line, and the playbook fails", run.status != 0)
    expect("every other byte of .npmrc is preserved", npmrc.read_text() == logins.fill(LEFT_FIRST))
    return run


def finish(logins: Logins, npmrc: Path) -> Run:
    run = play(logins, "3. Run again")
    expect("the playbook succeeds", run.status == 0)
    expect("the last token is removed", npmrc.read_text() == logins.fill(LEFT_LAST))
    return run


def repeat(logins: Logins) -> Run:
    run = play(logins, "4. Run again: nothing is left to do")
    expect("the playbook succeeds", run.status == 0)
    expect("it makes no changes", run.changed == 0)
    expect("it sends no requests", run.requests == 0)
    return run


def plant_home(logins: Logins) -> tuple[Path, Path]:
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    npmrc, bashrc = HOME / ".npmrc", HOME / ".bashrc"
    npmrc.write_text(logins.fill(NPMRC))
    npmrc.chmod(0o600)
    bashrc.write_text(logins.fill(BASHRC))
    return npmrc, bashrc


def describe(logins: Logins) -> str:
    places = {
        logins.company: "token in .npmrc",
        logins.tools: "token in .bashrc, as NPM_TOKEN",
        logins.legacy: "token in .npmrc",
    }
    return "\n".join(f"{login.url} {place:<31} whoami: {ask_who(login)}" for login, place in places.items())


def play(logins: Logins, title: str, *arguments: str) -> Run:
    """Run the playbook as an operator would, in the test home directory."""
    for login in logins.all:
        login.registry.forget_requests()
    command = ["ansible-playbook", "demo/playbook.yml", *arguments]
    say(title, f"$ {' '.join(command)}")
    process = subprocess.run(
        [str(Path(sys.executable).with_name(command[0])), *command[1:]],
        cwd=ROOT,
        env=make_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS_FOR_A_RUN,
        check=False,
    )
    print(f"{process.stdout.strip()}\n")
    return Run(process.stdout, process.returncode, sum(len(login.registry.requests) for login in logins.all))


def make_environment() -> dict[str, str]:
    # A variable of the person who runs the demo, such as XDG_CONFIG_HOME, would lead out of the test home directory.
    kept = {name: value for name, value in os.environ.items() if re.fullmatch(r"PATH|LANG|LC_\w+|TERM|TMPDIR", name)}
    return {
        **kept,
        "HOME": str(HOME),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".work" / "collections"),
        "ANSIBLE_HOME": str(ROOT / ".work" / "demo" / "ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
        "ANSIBLE_NOCOLOR": "1",
    }


def ask_who(login: Login) -> str:
    """Ask the registry itself whose token it is: the user's name in JSON, or the status of the rejection."""
    headers = {"Authorization": f"Bearer {login.token}"}
    request = urllib.request.Request(f"{login.url}-/whoami", headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as refusal:
        return str(refusal.code)


def expect(what: str, truth: bool) -> None:
    print(f"  [{'ok' if truth else 'FAILED'}] {what}", flush=True)
    if not truth:
        raise SystemExit(f"The demo failed: {what}")


def say(title: str, text: str) -> None:
    print(f"\n--- {title}\n{text}", flush=True)


if __name__ == "__main__":
    main()
