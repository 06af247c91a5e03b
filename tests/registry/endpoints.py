# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Implement the endpoints of the embedded registry."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from .behaviour import FIXED, Answer, Behaviour, Reply, make_json
from .loopback import Request
from .tokens import Book, Token, make_token

CREATED = "2026-01-01T00:00:00.000Z"
ROUTES = (
    ("GET", "whoami", r"-/whoami"),
    ("GET", "user", r"-/npm/v1/user"),
    ("DELETE", "logout", r"-/user/token/([^/]+)"),
    ("GET", "list", r"-/npm/v1/tokens"),
    ("POST", "create", r"-/npm/v1/tokens"),
    ("DELETE", "delete", r"-/npm/v1/tokens/token/([^/]+)"),
    ("PUT", "login", r"-/user/org\.couchdb\.user:([^/]+)"),
    ("GET", "ping", r"-/ping"),
    ("GET", "package", r"(?!-/)([^/]+|@[^/]+/[^/]+)"),
)


@dataclass(frozen=True)
class Visit:
    """A request to an endpoint, with all data that the response depends on."""

    request: Request
    endpoint: str | None  # None: no endpoint has this path
    argument: str  # the token, key, user or package the path names, percent-decoded
    book: Book
    behaviour: Behaviour
    answer: Answer
    origin: str  # the scheme, host and port of the registry's URL
    base: str  # its path, with a slash at both ends


def find_endpoint(method: str, target: str, base: str) -> tuple[str | None, str]:
    """Return the endpoint of a request, and the argument in its path."""
    path = target.partition("?")[0]
    if path.startswith(base):
        for verb, endpoint, pattern in ROUTES:
            match = re.fullmatch(pattern, path[len(base) :])
            if match and verb == method:
                return endpoint, unquote(match.group(1)) if match.groups() else ""
    return None, ""


def read_authorization(request: Request) -> tuple[str, str]:
    """Return the scheme in lower case, and the rest; for Basic, decode it."""
    scheme, secret = request.headers.get("authorization", "").partition(" ")[::2]
    if scheme.lower() == "basic":
        try:
            secret = base64.b64decode(secret.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            secret = ""
    return scheme.lower(), secret.strip()


def find_token(visit: Visit) -> Token | None:
    """Return the token that the caller sends, valid or not."""
    scheme, secret = read_authorization(visit.request)
    return visit.book.tokens.get(secret) if scheme == "bearer" else None


def find_user(visit: Visit) -> str | None:
    """Return the user of the caller; None if the registry rejects the caller's credential."""
    token = find_token(visit)
    if token:
        return token.user if token.is_valid() else None
    scheme, secret = read_authorization(visit.request)
    name, password = secret.partition(":")[::2]
    return name if scheme == "basic" and visit.book.passwords.get(name) == password else None


def deny(visit: Visit, unknown: str = "unauthorized") -> Reply:
    """Reject the caller. The response for a revoked token can differ from that for an unknown one."""
    return FIXED[visit.behaviour.revoked if find_token(visit) else unknown]


def tell_identity(visit: Visit) -> Reply:
    user, token = find_user(visit), find_token(visit)
    if token:
        visit.book.count_ask(token)
    if user is None:
        return deny(visit, visit.behaviour.whoami_unknown if visit.endpoint == "whoami" else "unauthorized")
    return make_json(200, {"username": user} if visit.endpoint == "whoami" else {"name": user, "tfa": None})


def revoke_token(visit: Visit, token: Token) -> None:
    if visit.answer.kind == "forget":
        visit.book.hide(token)
    else:
        visit.book.revoke(token, visit.answer.get_seconds() if visit.answer.kind == "lag" else 0.0, visit.answer.asks)


def log_out(visit: Visit) -> Reply:
    user, behaviour, shown = find_user(visit), visit.behaviour, find_token(visit)
    if not behaviour.logout_revokes:
        # This logout revokes nothing, and checks the caller as any endpoint does.
        refused = shown and (not shown.is_valid() or (shown.readonly and not behaviour.readonly_may_delete))
        return FIXED["forbidden" if refused else "logged_out"]
    if user is None:
        return FIXED[visit.behaviour.logout_denied]
    token = visit.book.tokens.get(visit.argument)
    if token is None or token.user != user or not token.is_valid():
        return FIXED[visit.behaviour.logout_unknown]
    revoke_token(visit, token)
    return make_json(200, {"ok": visit.behaviour.logout_ok})


def describe_token(token: Token, behaviour: Behaviour) -> dict[str, object]:
    return {
        "token": token.mask(*behaviour.mask),
        "key": token.make_key(behaviour.key),
        "cidr_whitelist": None,
        "readonly": token.readonly,
        "created": CREATED,
        "updated": CREATED,
    }


def list_tokens(visit: Visit) -> Reply:
    user = find_user(visit)
    if user is None:
        return deny(visit)
    found, behaviour = visit.book.list_tokens(user), visit.behaviour
    query = parse_qs(visit.request.path.partition("?")[2])
    wanted = {name: int(values[0]) for name, values in query.items() if values[0].isdigit()}
    page, size = wanted.get("page", 0), max(1, min(wanted.get("perPage", 10), behaviour.page_size))
    urls = {}
    if not behaviour.next_page:
        page, size, urls = 0, max(1, len(found)), {"next": ""}
    elif found[(page + 1) * size :]:
        urls["next"] = behaviour.next_page.format(
            origin=visit.origin,
            base=visit.base[:-1],
            next=f"/-/npm/v1/tokens?page={page + 1}&perPage={size}",
            target=visit.request.path,
        )
    shown = [describe_token(token, behaviour) for token in found[page * size : (page + 1) * size]]
    return make_json(200, {"objects": shown, "total": len(found), "urls": urls})


def delete_token(visit: Visit) -> Reply:
    user, behaviour, shown = find_user(visit), visit.behaviour, find_token(visit)
    if user is None:
        return deny(visit)
    if shown and shown.readonly and not behaviour.readonly_may_delete:
        return FIXED["forbidden"]
    for token in visit.book.list_tokens(user):
        by_value = behaviour.delete_by_value and visit.argument == token.value
        if by_value or visit.argument == token.make_key(behaviour.key):
            revoke_token(visit, token)
            return FIXED[behaviour.deleted]
    return FIXED[behaviour.delete_unknown]


def read_object(request: Request) -> dict[str, object]:
    """Return the JSON object in the body of a request; empty if there is none."""
    try:
        value = json.loads(request.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def is_password_of(book: Book, user: str, password: object) -> bool:
    """Check a password. A user without a password accepts any."""
    return isinstance(password, str) and book.passwords.get(user, password) == password


def create_token(visit: Visit) -> Reply:
    user, wish = find_user(visit), read_object(visit.request)
    if user is None:
        return deny(visit)
    if not is_password_of(visit.book, user, wish.get("password")):
        return FIXED["unauthorized"]
    token = visit.book.add(Token(make_token(), user, readonly=wish.get("readonly") is True))
    return make_json(200, {**describe_token(token, visit.behaviour), "token": token.value})


def log_in(visit: Visit) -> Reply:
    user, wish = visit.argument, read_object(visit.request)
    if not is_password_of(visit.book, user, wish.get("password")):
        return FIXED["unauthorized"]
    visit.book.passwords[user] = str(wish["password"])
    token = visit.book.add(Token(make_token(), user, listed=False))
    name = f"org.couchdb.user:{user}"
    return make_json(201, {"ok": f"you are authenticated as '{user}'", "id": name, "token": token.value})


def show_package(visit: Visit) -> Reply:
    """Show a package. Every package exists and is restricted."""
    if find_user(visit) is None:
        return deny(visit)
    name = visit.argument
    tarball = f"{visit.origin}/{name}/-/{name.rpartition('/')[2]}-1.0.0.tgz"
    version = {"name": name, "version": "1.0.0", "dist": {"tarball": tarball}}
    return make_json(200, {"_id": name, "name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}})


def ping(visit: Visit) -> Reply:
    return FIXED["empty"]


WORK = {
    "whoami": tell_identity,
    "user": tell_identity,
    "logout": log_out,
    "list": list_tokens,
    "delete": delete_token,
    "create": create_token,
    "login": log_in,
    "ping": ping,
    "package": show_package,
}


def do_work(visit: Visit) -> Reply:
    return WORK[visit.endpoint](visit) if visit.endpoint else FIXED["missing"]
