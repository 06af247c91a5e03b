# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports between the packages of plugins/module_utils go one way, and no two files import each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
COLLECTION = "ansible_collections.npmops.auth.plugins"

#: Packages, and the files beside them, from the lowest up: each may import those above its own line, and no others.
LAYERS = (
    {"_errors"},
    {"_values", "_secrets", "_outcomes", "_accounts"},
    {"_npm"},
    {"_redaction"},
    {"_formats", "_files"},
    {"_clients", "_selection"},
    {"_plan"},
    {"_options"},
    {"_module", "_stores"},
    {"_registry"},
    {"_logout", "_login", "_info"},
)

Graph = Mapping[str, "set[str]"]


def list_imports(path: Path) -> Iterator[str]:
    """The modules of the collection that a file imports, late ones and those for types alone included."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: an import that does not name the collection"
            # What is imported from a package may be a file of it.
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def draw_files(root: Path, prefix: str) -> Graph:
    """Which file imports which, by their names below the root."""
    files = {path.relative_to(root).with_suffix("").as_posix(): path for path in sorted(root.rglob("*.py"))}
    modules = {f"{prefix}.{name.replace('/', '.')}": name for name in files}
    return {name: {modules[each] for each in list_imports(path) if each in modules} for name, path in files.items()}


def draw_packages(files: Graph) -> Graph:
    """The same for packages; a file beside the packages is one by itself."""
    graph: dict[str, set[str]] = {}
    for name, imported in files.items():
        package = name.partition("/")[0]
        graph.setdefault(package, set()).update({each.partition("/")[0] for each in imported} - {package})
    return graph


def find_circle(graph: Graph) -> list[str]:
    """The names along one circle; empty where there is none."""
    done: set[str] = set()

    def follow(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for each in sorted(graph[name]):
            if circle := follow(each, [*way, name]):
                return circle
        done.add(name)
        return []

    return next((circle for name in sorted(graph) if (circle := follow(name, []))), [])


def find_upward(graph: Graph, layers: tuple[set[str], ...]) -> list[str]:
    """Each import that goes to the importer's own layer, or to a higher one."""
    place = {name: number for number, names in enumerate(layers) for name in names}
    return [
        f"{name} imports {each}"
        for name in sorted(graph)
        for each in sorted(graph[name])
        if each in place and name in place and place[each] >= place[name]
    ]


FILES = draw_files(PLUGINS / "module_utils", f"{COLLECTION}.module_utils")


def test_imports_go_one_way() -> None:
    assert find_upward(draw_packages(FILES), LAYERS) == []


def test_each_package_has_its_layer() -> None:
    """A package, or a file beside the packages, that is new takes its place in LAYERS."""
    assert set(draw_packages(FILES)) == set().union(*LAYERS)


@pytest.mark.parametrize("name", sorted(set().union(*LAYERS)))
def test_each_package_is_on_the_map(name: str) -> None:
    text = (PLUGINS.parent / "CONTRIBUTING.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `_")]
    assert [row for row in rows if f"`{name}`" in row or f"`{name}/`" in row], (
        f"CONTRIBUTING.md does not explain {name}"
    )


def test_no_two_files_import_each_other() -> None:
    assert find_circle(FILES) == []
    assert find_circle(draw_files(PLUGINS / "plugin_utils", f"{COLLECTION}.plugin_utils")) == []


def test_what_runs_on_hosts_imports_nothing_of_the_controller() -> None:
    for path in (PLUGINS / "module_utils").rglob("*.py"):
        assert [name for name in list_imports(path) if name.startswith(f"{COLLECTION}.plugin_utils")] == [], path


# The graph sees what it is to see -------------------------------------------------------------------------------------


def make_tree(root: Path, files: Mapping[str, str]) -> Graph:
    for name, text in files.items():
        path = root / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return draw_files(root, "c")


LATE = "def run():\n    from c._high.b import x\n"
TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import c._high.b\n"


@pytest.mark.parametrize(
    ("files", "upward", "circle"),
    [
        pytest.param({"_low/a": "", "_high/b": "from c._low.a import x"}, [], [], id="downward"),
        pytest.param({"_low/a": "from c._high import b", "_high/b": ""}, ["_low imports _high"], [], id="upward"),
        pytest.param({"_low/a": LATE, "_high/b": ""}, ["_low imports _high"], [], id="upward and late"),
        pytest.param({"_low/a": TYPES, "_high/b": ""}, ["_low imports _high"], [], id="upward for types"),
        pytest.param({"_low": "import c._high.b", "_high/b": ""}, ["_low imports _high"], [], id="a file by itself"),
        pytest.param({"_high/b": "", "_peer/c": "import c._high.b"}, ["_peer imports _high"], [], id="sideways"),
        pytest.param(
            {"_low/a": "import c._low.b", "_low/b": "from c._low import a"},
            [],
            ["_low/a", "_low/b", "_low/a"],
            id="two files of a package",
        ),
    ],
)
def test_graph(tmp_path: Path, files: dict[str, str], upward: list[str], circle: list[str]) -> None:
    graph = make_tree(tmp_path, files)
    assert find_upward(draw_packages(graph), ({"_low"}, {"_high", "_peer"})) == upward
    assert find_circle(graph) == circle
