# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read files with real programs and return the exported variables: shells, loaders of .env files, systemd, pam_env."""

from __future__ import annotations

import ctypes
import json
import logging
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.tools import paths

#: The variables that a program exports from a file; None if it rejects the file.
Exported = Mapping[bytes, bytes] | None

#: The limit for programs that hang. All of them take less than a second.
SECONDS = 300
#: A shell can wait forever for the end of an unclosed construct. This also ends its subshells.
_LIMIT = ("timeout", "10")
_TIMED_OUT = 124

_MARK = b"==end of file=="
_BEGIN = b"==environment=="
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
_POSIX = 'for file; do (. "$file" >/dev/null 2>&1 </dev/null && env -0); printf "%s" "==end of file=="; done'
_PAM_NAMES = "svc"


def run_posix(command: Sequence[str], files: Sequence[bytes]) -> list[Exported]:
    """Read each file in its own subshell of a shell."""
    with tempfile.TemporaryDirectory() as folder:
        names = _write(Path(folder), files)
        script = [*_LIMIT, *command, "-c", _POSIX, "sh", *names]
        done = subprocess.run(script, capture_output=True, timeout=SECONDS, env=_ENVIRONMENT, cwd=folder, check=False)
        if done.returncode == _TIMED_OUT and len(files) > 1:
            return [run_posix(command, [data])[0] for data in files]
        parts = [_split(part) for part in done.stdout.split(_MARK)[:-1]]
        # One file can end the shell, also for all files after it.
        return parts + [None] * (len(files) - len(parts))


def run_other(command: Sequence[str], files: Sequence[bytes]) -> list[Exported]:
    """Read each file in its own shell: csh and fish have no subshells."""
    with tempfile.TemporaryDirectory() as folder:
        found: list[Exported] = []
        for name in _write(Path(folder), files):
            # In csh, output of the file's commands goes to the output of the shell.
            script = [*command, "-c", f"source {name} >/dev/null; printf %s '{_BEGIN.decode()}'; env -0"]
            done = subprocess.run(
                script,
                capture_output=True,
                timeout=SECONDS,
                env={**_ENVIRONMENT, "HOME": folder},
                stdin=subprocess.DEVNULL,
                cwd=folder,
                check=False,
            )
            # These shells stop reading after an error.
            found.append(None if done.stderr else _split(done.stdout.partition(_BEGIN)[2]))
        return found


def run_universal(variables: Sequence[bytes]) -> list[Exported]:
    """Read each file with fish as its universal variables."""
    found: list[Exported] = []
    for data in variables:
        with tempfile.TemporaryDirectory() as home:
            place = Path(home, ".config/fish")
            place.mkdir(parents=True)
            (place / "fish_variables").write_bytes(data)
            done = subprocess.run(
                ["fish", "-c", "env -0"],
                capture_output=True,
                timeout=SECONDS,
                env={**_ENVIRONMENT, "HOME": home},
                check=False,
            )
            found.append(_split(done.stdout))
    return found


def write_universal(value: str) -> bytes:
    """Return the file that fish writes when it stores a value."""
    with tempfile.TemporaryDirectory() as home:
        subprocess.run(
            ["fish", "-c", "set -Ux A $argv[1]", "--", value],
            capture_output=True,
            timeout=SECONDS,
            env={**_ENVIRONMENT, "HOME": home},
            check=True,
        )
        return Path(home, ".config/fish/fish_variables").read_bytes()


def run_python_dotenv(files: Sequence[bytes]) -> list[Exported]:
    from io import StringIO

    from dotenv import dotenv_values

    logging.getLogger("dotenv").setLevel(logging.CRITICAL)
    found: list[Exported] = []
    for data in files:
        values = dotenv_values(stream=StringIO(data.decode("utf-8", "surrogateescape"), newline=None))
        found.append({key.encode(): (value or "").encode() for key, value in values.items() if value is not None})
    return found


_NODE_DOTENV = """
const dotenv = require(process.argv[1]);
const fs = require("fs");
console.log(JSON.stringify(process.argv.slice(2).map((name) => dotenv.parse(fs.readFileSync(name)))));
"""
_NODE_OWN = """
const util = require("util");
const fs = require("fs");
console.log(JSON.stringify(process.argv.slice(1).map((name) => util.parseEnv(fs.readFileSync(name, "utf8")))));
"""


def run_node_dotenv(files: Sequence[bytes]) -> list[Exported]:
    return _run_node([_NODE_DOTENV, str(paths.NODE_MODULES / "dotenv")], files)


def run_node_own(files: Sequence[bytes]) -> list[Exported]:
    """Read each file with ``util.parseEnv``, which ``node --env-file`` uses."""
    return _run_node([_NODE_OWN], files)


def _run_node(arguments: Sequence[str], files: Sequence[bytes]) -> list[Exported]:
    with tempfile.TemporaryDirectory() as folder:
        names = _write(Path(folder), files)
        script = [str(paths.NODE), "-e", arguments[0], *arguments[1:], *names]
        done = subprocess.run(script, capture_output=True, timeout=SECONDS, check=True, env=_ENVIRONMENT)
        return [{key.encode(): value.encode() for key, value in item.items()} for item in json.loads(done.stdout)]


_GENERATOR = "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator"
_SYSTEMD = "/usr/lib/systemd/systemd"
_EMPTY_UNIT = "[Unit]\nDefaultDependencies=no\n"


def run_environment_directory(files: Sequence[bytes]) -> list[Exported]:
    """Read each file with systemd's own program for environment.d."""
    found: list[Exported] = []
    for data in files:
        with tempfile.TemporaryDirectory() as home:
            place = Path(home, ".config/environment.d")
            place.mkdir(parents=True)
            (place / "a.conf").write_bytes(data)
            done = subprocess.run(
                [_GENERATOR], capture_output=True, timeout=SECONDS, env={"HOME": home, "LC_ALL": "C.UTF-8"}, check=False
            )
            found.append(None if done.stderr else dict(_read_generated(done.stdout)))
    return found


def _read_generated(output: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Parse the output of the program. A quoted value has C escapes."""
    for line in output.splitlines():
        name, _equals, value = line.partition(b"=")
        if value.startswith(b'"'):
            value = re.sub(rb"\\([$`])", rb"\1", value[1:-1])
            value = value.decode("latin-1").encode("latin-1").decode("unicode_escape").encode("latin-1")
        yield name, value


def run_units(files: Sequence[bytes]) -> list[Exported]:
    """Read the ``Environment=`` lines of each unit with systemd, which loads the units but does not start them."""
    names = [f"unit{number}.service" for number in range(len(files))]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        runtime = Path(folder, "runtime")
        runtime.mkdir()
        runtime.chmod(0o777)
        for name, data in zip(names, files, strict=True):
            Path(folder, name).write_bytes(data)
        for name in ("basic", "shutdown", "exit"):
            Path(folder, f"{name}.target").write_text(_EMPTY_UNIT)
        Path(folder, "default.target").write_text(f"{_EMPTY_UNIT}Wants={' '.join(names)}\n")
        done = subprocess.run(
            [_SYSTEMD, "--test", "--user", "--log-target=null", "--unit=default.target"],
            capture_output=True,
            timeout=SECONDS,
            env={"SYSTEMD_UNIT_PATH": folder, "XDG_RUNTIME_DIR": str(runtime), "HOME": folder, "LC_ALL": "C.UTF-8"},
            check=False,
            **({"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}),
        )
    dumps = {dump.partition(b":")[0].decode(): dump for dump in done.stdout.split(b"\t-> Unit ")[1:]}
    return [_read_dump(dumps[name]) for name in names]


def _read_dump(dump: bytes) -> Exported:
    """Parse the variables in systemd's dump of one unit."""
    found: dict[bytes, bytes] = {}
    name = b""
    for line in dump.split(b"\n"):
        if line.startswith(b"\t\tEnvironment: "):
            name, _equals, value = line[len(b"\t\tEnvironment: ") :].partition(b"=")
            found[name] = value
        elif name and not line.startswith(b"\t"):
            found[name] += b"\n" + line
        else:
            name = b""
    return found


class _Conversation(ctypes.Structure):
    _fields_ = (("conv", ctypes.c_void_p), ("data", ctypes.c_void_p))


def run_pam(files: Sequence[bytes], *, configured: bool) -> list[Exported]:
    """Read each file with pam_env, as ``/etc/environment`` or as ``pam_env.conf``."""
    library = ctypes.CDLL("libpam.so.0")
    library.pam_getenvlist.restype = ctypes.POINTER(ctypes.c_char_p)
    found: list[Exported] = []
    for data in files:
        with tempfile.TemporaryDirectory() as folder:
            conf, env = Path(folder, "conf"), Path(folder, "env")
            conf.write_bytes(data if configured else b"")
            env.write_bytes(b"" if configured else data)
            options = f"conffile={conf} envfile={env} readenv=1"
            Path(folder, _PAM_NAMES).write_text(f"session required pam_env.so {options}\n")
            handle, conversation = ctypes.c_void_p(), _Conversation()
            started = library.pam_start_confdir(
                _PAM_NAMES.encode(), b"root", ctypes.byref(conversation), folder.encode(), ctypes.byref(handle)
            )
            assert started == 0
            opened = library.pam_open_session(handle, 0)
            found.append(_read_list(library.pam_getenvlist(handle)) if opened == 0 else None)
            library.pam_end(handle, 0)
    return found


def _read_list(items: ctypes._Pointer[ctypes.c_char_p]) -> Exported:
    found: dict[bytes, bytes] = {}
    index = 0
    while items[index]:
        name, _equals, value = (items[index] or b"").partition(b"=")
        found[name] = value
        index += 1
    return found


def is_there(program: str) -> bool:
    return shutil.which(program) is not None or os.path.exists(program)


def _write(folder: Path, files: Sequence[bytes]) -> list[str]:
    names = [str(folder / f"{number}.file") for number in range(len(files))]
    for name, data in zip(names, files, strict=True):
        Path(name).write_bytes(data)
    return names


def _split(output: bytes) -> Exported:
    if not output:
        return None
    pairs = [entry.partition(b"=") for entry in output.split(b"\0") if entry]
    return {name: value for name, _equals, value in pairs}


Run = Callable[[Sequence[bytes]], list[Exported]]
