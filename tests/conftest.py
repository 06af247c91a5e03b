# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Set up all tests: imports from the checkout, hypothesis profiles, and connections only to loopback."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings
from hypothesis.configuration import set_hypothesis_home_dir

ROOT = Path(__file__).resolve().parents[1]

# Show the values of failed assertions in helper modules too.
pytest.register_assert_rewrite(*(f"tests.{path.parent.name}" for path in ROOT.glob("tests/*/__init__.py")))


# 1. Imports ----------------------------------------------------------------------------------------------------------


def _import_collection_from_checkout() -> None:
    """Make `ansible_collections.npmops.auth.plugins...` importable, whatever the name of the checkout directory.

    The files are imported from the checkout, so that coverage reports their real paths.
    """
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    if "ANSIBLE_CONTROLLER_MIN_PYTHON_VERSION" in os.environ:
        return  # `ansible-test units` imports from its own copy
    parent = None
    for name, path in (
        ("ansible_collections", []),
        ("ansible_collections.npmops", []),
        ("ansible_collections.npmops.auth", [str(ROOT)]),
    ):
        package = types.ModuleType(name)
        package.__path__ = path
        sys.modules[name] = package
        if parent is not None:
            setattr(parent, name.rpartition(".")[2], package)
        parent = package


_import_collection_from_checkout()


# 2. Hypothesis -------------------------------------------------------------------------------------------------------

set_hypothesis_home_dir(ROOT / ".work" / "cache" / "hypothesis")
_COMMON: dict[str, Any] = {
    "deadline": None,  # on a busy machine a slow example is not a failure
    "print_blob": True,
}
settings.register_profile("default", max_examples=100, **_COMMON)
settings.register_profile("long", max_examples=20_000, suppress_health_check=[HealthCheck.too_slow], **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "default")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of pytest-cov, which `ansible-test units` does not install."""
    config.addinivalue_line("markers", "no_cover: do not measure coverage.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Do not measure coverage of generated inputs: it doubles their time, and differs from run to run."""
    for item in items:
        if is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.no_cover)


# 3. Sockets ----------------------------------------------------------------------------------------------------------
# A test that connects to another host by mistake fails at once, independent of name servers.


def _is_loopback(host: Any) -> bool:
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if name in ("", "localhost") or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


_connect, _connect_ex, _getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo


def _refuse_address(sock: socket.socket, address: Any) -> None:
    if sock.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
        raise ConnectionRefusedError(f"tests may only connect to loopback, not to {address[0]}")


def _guarded_connect(self: socket.socket, address: Any) -> None:
    _refuse_address(self, address)
    _connect(self, address)


def _guarded_connect_ex(self: socket.socket, address: Any) -> int:
    _refuse_address(self, address)
    return _connect_ex(self, address)


def _guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    if not _is_loopback(host):
        raise socket.gaierror(socket.EAI_NONAME, f"tests may only look up localhost, not {host}")
    return _getaddrinfo(host, *args, **kwargs)


socket.socket.connect = _guarded_connect  # type: ignore[method-assign]
socket.socket.connect_ex = _guarded_connect_ex  # type: ignore[method-assign]
socket.getaddrinfo = _guarded_getaddrinfo
