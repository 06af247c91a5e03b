# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where do tokens of an account lie about that no client reads: logs, editors' files, environments of processes?

Private to this collection. Everything is looked at with the account's powers; names are told, values never.
"""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, acting_as
from ansible_collections.npmops.auth.plugins.module_utils._findings import Finding, make_finding
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show_url, show_variable
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, list_forms

_LOGS = ".npm/_logs/*.log"
_SWAP_FILES = (".npmrc.swp", "..npmrc.swp", "..yarnrc.yml.swp", "..yarnrc.swp", "..bunfig.toml.swp")
_MOST_LOGS = 200
_MOST_BYTES = 4 * 1024 * 1024
# npm masks a token of its own form in its logs, and no other; a logout's URL ends in the token.
_TOKEN_IN_LOG = re.compile(
    rb"npms?_[0-9A-Za-z]{36}|/-/user/token/(?!\*+|\[|<)[^\s\"'*]{8,}|_authToken\s*[=:]\s*[^\s*$(<\[]{8,}"
)
_TELLING_NAME = re.compile(
    r"(?i)(?:npm_config_|pnpm_config_|yarn_)?.*(?:_auth_?token|_auth_?ident|_auth|_password)\Z"
    r"|(?:npm|node_auth|npm_auth|yarn|bun_auth|pnpm)_token\Z"
)
_TELLING_PREFIX = re.compile(r"(?i)npm|node_auth|pnpm|yarn|bun|//")
_NPM_TOKEN = re.compile(rb"npms?_[0-9A-Za-z]{36}\Z")


def find_residue(
    account: Account, secrets: Iterable[Secret], conceal: Callable[[str], str] = str
) -> tuple[Finding, ...]:
    """What lies about of an account.

    :param secrets: those that its stores hold, to be looked for as well.
    :param conceal: takes secrets out of names.
    """
    known = tuple(form.encode("utf-8", "replace") for secret in secrets for form in list_forms(secret))
    with acting_as(account):
        return (
            *_find_in_logs(account, known),
            *_find_swap_files(account),
            *_find_in_processes(account, known, conceal),
        )


def _find_in_logs(account: Account, known: tuple[bytes, ...]) -> Iterator[Finding]:
    for path in sorted(glob.glob(os.path.join(glob.escape(account.home), _LOGS)))[-_MOST_LOGS:]:
        data = _read(path)
        match = _TOKEN_IN_LOG.search(data)
        places = [data.find(form) for form in known]
        found = [place for place in (match.start() if match else -1, *places) if place >= 0]
        if found:
            yield make_finding("token_in_log", path, data.count(b"\n", 0, min(found)) + 1)


def _find_swap_files(account: Account) -> Iterator[Finding]:
    for name in _SWAP_FILES:
        path = os.path.join(account.home, name)
        if os.path.lexists(path):
            yield make_finding("backup_copy", path)


def _find_in_processes(account: Account, known: tuple[bytes, ...], conceal: Callable[[str], str]) -> Iterator[Finding]:
    """One finding for each set of variables, however many processes of the account have it."""
    seen: set[tuple[str, ...]] = set()
    for number in sorted(int(name) for name in _list_folder("/proc") if name.isdigit()):
        if number == os.getpid() or not _belongs_to(f"/proc/{number}", account):
            continue
        names = tuple(sorted({name for name, value in _read_environment(number) if _is_telling(name, value, known)}))
        if names and names not in seen:
            seen.add(names)
            shown = ", ".join(_show_name(conceal(name)) for name in names)
            yield make_finding("token_in_environment", f"/proc/{number}/environ", names=shown)


def _read_environment(number: int) -> Iterator[tuple[str, bytes]]:
    for entry in _read(f"/proc/{number}/environ").split(b"\0"):
        name, equals, value = entry.partition(b"=")
        if equals and value:
            yield name.decode("utf-8", "replace"), value


def _is_telling(name: str, value: bytes, known: tuple[bytes, ...]) -> bool:
    if _TELLING_PREFIX.match(name) and _TELLING_NAME.match(name):
        return True
    return bool(_NPM_TOKEN.match(value)) or value in known


def _show_name(name: str) -> str:
    return show_url(name) if "//" in name else show_variable(name)


def _belongs_to(folder: str, account: Account) -> bool:
    try:
        return os.stat(folder).st_uid == account.uid
    except OSError:
        return False


def _list_folder(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _read(path: str) -> bytes:
    """The beginning of a regular file, or of one of the kernel's; nothing where it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (OSError, ValueError):
        return b""
    try:
        return _read_some(descriptor) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def _read_some(descriptor: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while size < _MOST_BYTES:
        piece = os.read(descriptor, 256 * 1024)
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)
