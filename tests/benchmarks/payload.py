# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build what Ansible sends to a host for a module, and run it as the host does, without a connection."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.tools.paths import PYTHON, WORK

PING = "ansible.builtin.ping"
LOGOUT = "npmops.auth.npm_logout"

_ARCHIVE = re.compile(rb"(?:ZIPDATA|zip_data) ?= ?'([A-Za-z0-9+/=]+)'")

# Does what the action plugins do. The collection is the checkout under its own name.
_BUILD = """
import json, sys, time
from ansible.executor.module_common import modify_module
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, module_loader
from ansible.template import Templar
init_plugin_loader()
name, arguments = json.load(sys.stdin)
found = module_loader.find_plugin_with_context(name)
started = time.process_time()
built = modify_module(
    module_name=found.resolved_fqcn,
    module_path=found.plugin_resolved_path,
    module_args=arguments,
    templar=Templar(loader=DataLoader()),
    task_vars={"ansible_python_interpreter": sys.executable, "inventory_hostname": "host"},
    module_compression="ZIP_DEFLATED",
)
print(time.process_time() - started, flush=True)
sys.stdout.buffer.write(built.b_module_data)
"""

# A small process between this one and the module: its forks have little memory, and the usage of its children is that
# of the module.
_RUN = """
import json, os, resource, subprocess, sys, time
started = time.monotonic()
done = subprocess.run([sys.argv[1]], stdin=open(sys.argv[2], "rb"), capture_output=True)
wall = time.monotonic() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
sys.stdout.write(json.dumps([wall, used.ru_utime + used.ru_stime, used.ru_maxrss, done.stdout.decode()]))
"""


@dataclass(frozen=True)
class Payload:
    """The data sent to a host, and the processor time in seconds in which the controller packs it."""

    data: bytes
    packing: float

    @property
    def files(self) -> list[str]:
        """List the names of the files in its archive."""
        match = _ARCHIVE.search(self.data)
        assert match, "there is no archive in the payload"
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(match[1]))) as archive:
            return archive.namelist()


@dataclass(frozen=True)
class Cost:
    """The resource usage of a run, and its result."""

    wall: float
    processor: float
    peak: float
    result: Mapping[str, Any]

    @property
    def sample(self) -> dict[str, float]:
        return {"wall": self.wall, "processor": self.processor, "peak": self.peak}


def build_payload(module: str, arguments: Mapping[str, Any] | None = None) -> Payload:
    """Build what Ansible sends for a module of this checkout or of ansible-core."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(WORK), "LANG": "C.UTF-8"}
    environment |= {"ANSIBLE_COLLECTIONS_PATH": str(WORK / "typing"), "ANSIBLE_HOME": str(WORK / "ansible")}
    done = subprocess.run(
        [str(PYTHON), "-c", _BUILD],
        input=json.dumps([module, dict(arguments or {})]).encode(),
        capture_output=True,
        check=False,
        timeout=120,
        env=environment,
    )
    assert done.returncode == 0, done.stderr.decode()
    seconds, _end, data = done.stdout.partition(b"\n")
    return Payload(data, float(seconds))


def run_payload(payload: Payload, home: Path, python: Path = PYTHON) -> Cost:
    """Run a payload as a host does with pipelining: an interpreter reads it from standard input."""
    file = home.parent / f"{home.name}.payload"
    file.write_bytes(payload.data)
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _RUN, str(python), str(file)],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        env={"PATH": os.defpath, "HOME": str(home), "LANG": "C.UTF-8"},
    )
    wall, processor, peak, output = json.loads(ran.stdout)
    result = json.loads(output)
    assert not result.get("failed"), result.get("msg")
    return Cost(wall, processor, peak, result)
