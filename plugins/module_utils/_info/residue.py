# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find tokens outside credential files: in logs, editors' swap files and environments of processes.

Private to this collection. Everything is read with the account's privileges. Names are reported, but never values.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, acting_as
from ansible_collections.npmops.auth.plugins.module_utils._errors import NpmopsError
from ansible_collections.npmops.auth.plugins.module_utils._info.findings import Finding, make_finding
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show_variable
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint, list_forms, to_bytes

_LOGS = ".npm/_logs/*.log"
# Vim puts a dot before a name that has none; nano always does.
_SWAP_FILES = tuple(
    f"{dot}{name}.swp" for name in (".npmrc", ".yarnrc.yml", ".yarnrc", ".bunfig.toml") for dot in ("", ".")
)
_MOST_LOGS = 200
_MOST_BYTES = 4 * 1024 * 1024
# Per account, for its logs and for its processes' environments, so that a user cannot block the run.
_MOST_BYTES_IN_ALL = 32 * 1024 * 1024
# More secrets are searched for only as whole words, so that the time does not grow with their number.
_MOST_SEARCHED = 200
# npm masks only tokens of its own format in its logs; a logout's URL ends in the token.
_TOKEN_IN_LOG = re.compile(
    rb"npms?_[0-9A-Za-z]{36}|/-/user/token/(?!\*+|\[|<)[^\s\"'*]{8,}|_authToken\s*[=:]\s*[^\s*$(<\[]{8,}"
)
_TELLING_NAME = re.compile(
    r"(?i)(?:npm_config_|pnpm_config_|yarn_)?.*(?:_auth_?token|_auth_?ident|_auth|_password)\Z"
    r"|(?:npm|node_auth|npm_auth|yarn|bun_auth|pnpm)_token\Z"
)
_TELLING_PREFIX = re.compile(r"(?i)npm|node_auth|pnpm|yarn|bun|//")
_NPM_TOKEN = re.compile(rb"npms?_[0-9A-Za-z]{36}\Z")
_WORD_IN_LOG = re.compile(rb"[^\s\"'=:,;&?<>()\[\]{}|]{8,}")


def find_residue(
    accounts: Iterable[Account],
    secrets: Iterable[Secret],
    conceal: Callable[[str], str] = str,
    tokens: Iterable[Secret] = (),
) -> Iterator[Finding]:
    """Find tokens of accounts outside credential files.

    :param secrets: the secrets in credential files, to search for.
    :param conceal: removes secrets from names.
    :param tokens: those of the secrets that have a fingerprint.
    """
    fingerprints = {to_bytes(token): fingerprint(token) for token in tokens}
    known = frozenset(form.encode("utf-8", "replace") for secret in secrets for form in list_forms(secret))
    search = _make_search(known)
    processes = _list_processes()
    for account in accounts:
        found: tuple[Finding, ...] = ()
        # An account that the process cannot act as is reported elsewhere.
        with contextlib.suppress(NpmopsError), acting_as(account):
            found = (
                *_find_in_logs(account, search),
                *_find_swap_files(account),
                *_find_in_processes(processes.get(account.uid, ()), known, conceal, fingerprints),
            )
        yield from found


def _make_search(known: frozenset[bytes]) -> Callable[[bytes], int]:
    """Return a function that finds the first of these in a log; -1 if none."""
    if len(known) <= _MOST_SEARCHED:
        return lambda data: min((place for place in map(data.find, known) if place >= 0), default=-1)
    words = frozenset(form.rstrip(b"=") for form in known)

    def search(data: bytes) -> int:
        for match in _WORD_IN_LOG.finditer(data):
            word = match.group()
            if word in words or (b"/" in word and not words.isdisjoint(word.split(b"/"))):
                return match.start()
        return -1

    return search


def _find_in_logs(account: Account, search: Callable[[bytes], int]) -> Iterator[Finding]:
    paths = sorted(glob.glob(os.path.join(glob.escape(account.home), _LOGS)))[-_MOST_LOGS:]
    left = _MOST_BYTES_IN_ALL
    for path in reversed(paths):
        data = _read(path, left)
        left -= len(data)
        match = _TOKEN_IN_LOG.search(data)
        found = [place for place in (match.start() if match else -1, search(data)) if place >= 0]
        if found:
            yield make_finding("token_in_log", path, data.count(b"\n", 0, min(found)) + 1)


def _find_swap_files(account: Account) -> Iterator[Finding]:
    for name in _SWAP_FILES:
        path = os.path.join(account.home, name)
        if os.path.lexists(path):
            yield make_finding("backup_copy", path)


def _find_in_processes(
    numbers: Iterable[int],
    known: frozenset[bytes],
    conceal: Callable[[str], str],
    fingerprints: Mapping[bytes, str],
) -> Iterator[Finding]:
    """Yield one finding for each set of variables, even if several processes of the account have it."""
    seen: set[tuple[tuple[str, str], ...]] = set()
    left = _MOST_BYTES_IN_ALL
    for number in numbers:
        path = f"/proc/{number}/environ"
        data = _read(path, left)
        left -= len(data)
        telling = {
            (name, fingerprints.get(value, ""))
            for name, value in _split_environment(data)
            if _is_telling(name, value, known)
        }
        names = tuple(sorted(telling))
        if names and names not in seen:
            seen.add(names)
            shown = ", ".join(show_variable(conceal(name)) + (f" ({mark})" if mark else "") for name, mark in names)
            yield make_finding("token_in_environment", path, names=shown)


def _list_processes() -> dict[int, list[int]]:
    """Return the processes of each user, except this one."""
    found: dict[int, list[int]] = {}
    for number in sorted(int(name) for name in _list_folder("/proc") if name.isdigit()):
        if number != os.getpid():
            with contextlib.suppress(OSError):
                found.setdefault(os.stat(f"/proc/{number}").st_uid, []).append(number)
    return found


def _split_environment(data: bytes) -> Iterator[tuple[str, bytes]]:
    for entry in data.split(b"\0"):
        name, equals, value = entry.partition(b"=")
        if equals and value:
            yield name.decode("utf-8", "replace"), value


def _is_telling(name: str, value: bytes, known: frozenset[bytes]) -> bool:
    if _TELLING_PREFIX.match(name) and _TELLING_NAME.match(name):
        return True
    return bool(_NPM_TOKEN.match(value)) or value in known


def _list_folder(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _read(path: str, most: int) -> bytes:
    """Return the beginning of a regular file or a file in /proc; nothing if it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (OSError, ValueError):
        return b""
    try:
        return _read_some(descriptor, min(most, _MOST_BYTES)) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def _read_some(descriptor: int, most: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while size < most:
        piece = os.read(descriptor, min(most - size, 256 * 1024))
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)
