# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and edit the settings of Yarn's ``.yarnrc.yml``.

Private to this collection. Pure. The rules are those of Yarn 4: ``yarnpkg-parsers/sources/syml.ts`` (js-yaml's failsafe
schema: all scalars are text, there are no merge keys, the last of two equal keys wins), ``yarnpkg-core/sources``
``Configuration.ts`` (references are replaced in values, not in keys), ``configUtils.ts`` (``resolveRcFiles``) and
``miscUtils.ts`` (``replaceEnvVariables``), ``plugin-npm/sources`` ``index.ts``, ``npmConfigUtils.ts`` and
``npmHttpUtils.ts``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError, UnreadStore
from ansible_collections.npmops.auth.plugins.module_utils._formats.yaml_reader import (
    MAPPING,
    SCALAR,
    SEQUENCE,
    Document,
    Entry,
    Node,
    list_pairs,
    parse,
)
from ansible_collections.npmops.auth.plugins.module_utils._formats.yaml_settings import (
    Dialect,
    Link,
    Section,
    list_values,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import PUBLIC_REGISTRY
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import PUBLISH, Expansion, make_key
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import write_quoted as write_value

__all__ = [
    "ONE_LINE_EACH",
    "expand",
    "list_environment_files",
    "list_values",
    "parse_all",
    "parse_settings",
    "remove",
    "write_value",
]

#: See ``_npm.settings.Format``.
ONE_LINE_EACH = False

# Keys in double quotes can be written with escapes.
_HINT = re.compile(rb"npmAuth(?:Token|Ident)|\$\{|//[^/\\?#\r\n]*@|\\[xuU/]")
_SECRETS = {"npmAuthToken": "_authToken", "npmAuthIdent": "_auth"}
_LOGIN = {**_SECRETS, "npmAlwaysAuth": "always-auth"}
_TOP = {
    **_LOGIN,
    "npmRegistryServer": "registry",
    "npmPublishRegistry": PUBLISH,
    # Unlike npm's "proxy", used for http only.
    "httpProxy": "http-proxy",
    "httpsProxy": "https-proxy",
    "httpsCaFilePath": "cafile",
    "caFilePath": "cafile",
    "enableStrictSsl": "strict-ssl",
}
# In ``{onConflict: ..., value: ...}``, says how the value is merged with those of other files.
_MERGE = "onConflict"
_ENVIRONMENT_FILES = "injectEnvironmentFiles"
# Yarn reads such a file as a lock file of Yarn 1, which is not YAML.
_LEGACY = re.compile(rb"(?i)(?:#.*\r?\n)*?#\s+yarn\s+lockfile\s+v1\r?\n")
_MAY_EXPAND = re.compile(r"[$\\]")
_REFERENCE = re.compile(
    r"\\(?P<escaped>[\\$}])|\$\{(?P<name>[a-zA-Z]\w*)(?P<operator>:-|-|(?=\}))|(?P<unknown>\$\{)|\}", re.A
)


def expand(text: str, environment: Mapping[str, str]) -> Expansion:
    """Replace ``${VAR}``, ``${VAR-default}`` and ``${VAR:-default}``, also within defaults.

    A default that is used is in the file, so it is not a reference. Text that Yarn refuses stays unchanged.
    """
    pieces: list[str] = []
    references: list[str] = []
    unset: list[str] = []
    with_default: list[str] = []
    position = depth = 0
    tokens = _REFERENCE.finditer(text)
    for token in tokens:
        pieces.append(text[position : token.start()])
        position = token.end()
        name, operator = token["name"], token["operator"]
        value = environment.get(name) if name else None
        if token["escaped"]:
            pieces.append(token["escaped"])
        elif token["unknown"]:
            return Expansion(text)
        elif name is None:
            if depth:
                depth -= 1
            else:
                pieces.append("}")
        elif value is not None and (value or operator != ":-"):
            references.append(name)
            pieces.append(value)
            position = _skip_default(text, tokens)
        else:
            depth += 1
            if not operator:
                references.append(name)
                unset.append(name)
                pieces.append("${%s}" % name)
            else:
                with_default.append(name)
    if depth:
        return Expansion(text)
    pieces.append(text[position:])
    expanded = "".join(pieces)
    # An empty result counts as a reference to all of the variables.
    return Expansion(expanded, tuple(references if expanded else [*references, *with_default]), tuple(unset))


def _skip_default(text: str, tokens: Iterator[re.Match[str]]) -> int:
    """Return the end of the reference whose name was the last token."""
    depth = 1
    for token in tokens:
        depth += 1 if token["name"] else -1 if token.group() == "}" else 0
        if not depth:
            return token.end()
    return len(text)


def list_environment_files(data: bytes) -> tuple[str, ...]:
    """Return the paths in ``injectEnvironmentFiles``, relative to the directory of the file.

    :raises StoreError: a path is not known, or the file is not valid.
    """
    paths: list[str] = []
    root = parse(data).root if _ENVIRONMENT_FILES.encode() in data else None
    for name, entry in list_pairs(_unwrap(root)) if root else ():
        if name == _ENVIRONMENT_FILES:
            value = _unwrap(entry.value).resolved
            items = [item.value.resolved for item in value.entries] if value.kind == SEQUENCE else [value]
            texts = [item.text or "" for item in items if item.kind == SCALAR]
            if len(texts) < len(items) or any(map(_MAY_EXPAND.search, texts)):
                raise StoreError(f"line {entry.head.line}: {_ENVIRONMENT_FILES} contains a path that is not known")
            # Yarn reads a text as a list with commas.
            texts = texts if value.kind == SEQUENCE else texts[0].split(",")
            paths += [text[:-1] if text.endswith("?") else text for text in texts if text]
    return tuple(paths)


def _list_places(document: Document) -> Iterator[Section | Link]:
    if _LEGACY.match(document.data):
        raise StoreError("it is a lock file of Yarn 1")
    root = _unwrap(document.root) if document.root else None
    _require_mapping(root, "it is not a list of settings")
    _require_registry(document.root, root)
    yield Section(root, (), _TOP)
    for name, entry in list_pairs(root):
        for key, child in _list_entries(name, entry) if name in ("npmRegistries", "npmScopes") else ():
            fields = _unwrap(child.value)
            _require_mapping(fields, f"line {child.head.line}: an entry of {name} is not a mapping")
            if name == "npmRegistries":
                prefix = _escape(make_key(key))
                yield Link(f"{prefix}:registry", (name, key), child.head.resolved)
                names = _name_fields(prefix)
            else:
                is_reset = _is_reset(child.value) or (_is_reset(entry.value) and _find_mode(child.value) != "extend")
                names = _name_scope(_escape(key.lstrip("@")), fields, is_reset=is_reset)
            yield Section(fields, (name, key), names, child.head.end)


def _list_entries(name: str, entry: Entry) -> Iterator[tuple[str, Entry]]:
    node = _unwrap(entry.value)
    _require_mapping(node, f"line {entry.head.line}: the value of {name} is not a mapping")
    for key, child in list_pairs(node):
        if key != _MERGE or child.value.resolved.kind != SCALAR:
            yield key, child


def _unwrap(node: Node) -> Node:
    """Return the value of ``{onConflict: ..., value: ...}``. Without ``value``, the other entries are the value."""
    found = dict(list_pairs(node))
    if _find_mode(node) is None or "value" not in found:
        return node
    if node.resolved.entries[2:]:
        raise UnreadStore(
            f"line {node.resolved.line}: Yarn ignores the other entries of a mapping with onConflict and value: remove "
            "them by hand"
        )
    return found["value"].value


def _find_mode(node: Node) -> str | None:
    """Return how Yarn merges a value with those of files with lower precedence, if the file says it."""
    modes = [entry.value.resolved for key, entry in list_pairs(node) if key == _MERGE]
    mode = modes[-1].text if modes and modes[-1].kind == SCALAR else None
    if mode == "hardReset":
        raise UnreadStore(f"line {modes[-1].line}: onConflict: hardReset is not supported: edit the file by hand")
    return mode


def _is_reset(node: Node) -> bool:
    """Return whether Yarn ignores the entries of files with lower precedence."""
    return _find_mode(node) == "reset"


def _require_registry(root: Node | None, settings: Node | None) -> None:
    """:raises UnreadStore: a file with a login hides the registry that other files name, and names none itself."""
    keys = {key for key, _entry in list_pairs(settings)}
    if root and _is_reset(root) and not keys.isdisjoint(_SECRETS) and "npmRegistryServer" not in keys:
        raise UnreadStore(
            f"line {root.line}: because of onConflict, Yarn ignores the npmRegistryServer of other files, and this "
            "file has none: add it"
        )


def _find_value(name: str, node: Node) -> Node:
    """Return the node of a setting's value.

    :raises StoreError: it is a list or a mapping, with which Yarn does not run.
    """
    value = _unwrap(node)
    if value.resolved.kind != SCALAR:
        raise StoreError(f"line {node.line}: the value of {name} is not a text")
    return value


def _require_mapping(node: Node | None, problem: str) -> None:
    """:raises StoreError: the node is neither empty nor a mapping."""
    if node and node.resolved.kind != MAPPING and (node.resolved.text or node.resolved.entries):
        raise StoreError(problem)


def _name_fields(prefix: str) -> Mapping[str, str]:
    return {field: f"{prefix}:{name}" for field, name in _LOGIN.items()}


def _name_scope(scope: str, node: Node, *, is_reset: bool) -> Mapping[str, str]:
    servers = [_unwrap(entry.value).resolved.text for key, entry in list_pairs(node) if key == "npmRegistryServer"]
    # The last one counts; without one, it is that of another file, or the default registry.
    server = servers[-1] if servers else PUBLIC_REGISTRY if is_reset else ""
    # A reference can be any part of the URL, so that only the value of the scope mapping contains the registry.
    prefix = make_key(server) if server and not _MAY_EXPAND.search(server) else ""
    return {
        **_name_fields(f"{prefix}:@{scope}"),
        "npmRegistryServer": f"@{scope}:registry",
        "npmPublishRegistry": f"@{scope}:publish:registry",
    }


def _escape(key: str) -> str:
    """Escape a key so that ``expand`` does not change it."""
    return key.replace("\\", "\\\\").replace("$", "\\$")


_DIALECT = Dialect(_HINT, _list_places, _SECRETS, _find_value, (_MERGE,))
#: See ``settings.Format``; ``parse_all`` also reads files without credentials.
parse_settings, parse_all, remove = _DIALECT.parse_settings, _DIALECT.parse_all, _DIALECT.remove
