# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send one request to a registry and read its answer.

Private to this collection. The only file that uses ``requests``; import it only when there is something to ask. The
exceptions of ``requests`` contain URLs, which can contain tokens: no text of such an exception leaves this file.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import os
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies

from ansible_collections.npmops.auth.plugins.module_utils._errors import MissingLibrary, NoAnswer
from ansible_collections.npmops.auth.plugins.module_utils._files.linux import readable_once
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection import Connection
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.clock import SYSTEM_CLOCK, Clock
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Pair, Secret, to_bytes

try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter

    HAS_REQUESTS = True
    _OLD_URLLIB3 = str(vars(urllib3)["__version__"]).startswith("1.")
except ImportError:
    HAS_REQUESTS = False
    HTTPAdapter = object  # type: ignore[misc,assignment]

_T = TypeVar("_T")

_MOST_BYTES = 1024 * 1024
_MOST_REDIRECTS = 3
_LONGEST_RETRY_AFTER = 30
_FIRST_PAUSE = 0.5
_BUSY = frozenset({429, 502, 503, 504})
# These keep the method for GET and DELETE, except that 303 turns a DELETE into a GET, and is then not followed.
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

# The headers that tell the kind of the registry, and when it accepts further requests.
_TOLD_HEADERS = (
    "retry-after",
    "server",
    "x-artifactory-id",
    "x-github-enterprise-version",
    "x-gitlab-meta",
    "x-powered-by",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
)

# White space and byte order marks, and the zero bytes of UTF-16.
_BLANKS = b" \t\r\n\x00\xef\xbb\xbf\xfe\xff"

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----", re.A)

# Our own words for OpenSSL's X509_V_ERR_*, since OpenSSL's text is not under our control.
_CERTIFICATE_PROBLEMS = {
    9: "is not valid yet",
    10: "has expired",
    18: "is self-signed",
    19: "is signed by a CA that is not trusted here",
    20: "is signed by a CA that is not trusted here",
    21: "is signed by a CA that is not trusted here",
    62: "is for another host name",
    64: "is for another address",
}


class Answer(NamedTuple):
    """A registry's answer.

    :ivar status: HTTP status.
    :ivar body: its JSON object, or None for anything else.
    :ivar challenge: the ``WWW-Authenticate`` header, or an empty text.
    :ivar is_empty: whether it has no content.
    :ivar is_page: whether it is a web page, or unreadable.
    :ivar headers: those of ``_TOLD_HEADERS`` that it has, by their names in lower case.
    :ivar is_repeated: whether the request was sent before and the connection broke: it may have taken effect then.
    """

    status: int
    body: dict[str, Any] | None
    challenge: str = ""
    is_empty: bool = False
    is_page: bool = False
    is_repeated: bool = False
    headers: Mapping[str, str] = MappingProxyType({})

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


class Trust(NamedTuple):
    """The contents of the files that a connection names, read with the account's privileges.

    :ivar ca_texts: PEM of the CA certificates to trust instead of the system's; empty for the system's.
    :ivar certificate: PEM of a client certificate followed by its key, if any.
    """

    ca_texts: tuple[str, ...] = ()
    certificate: Secret | None = None


class RegistryClient:
    """One session with one registry."""

    def __init__(self, registry: Registry, connection: Connection, trust: Trust, clock: Clock = SYSTEM_CLOCK) -> None:
        """:raises NoAnswer: the certificates cannot be used.

        :raises MissingLibrary: requests is not installed.
        """
        require_requests()
        # The libraries log URLs, and the host may have logging enabled for all Python programs.
        logging.disable(logging.CRITICAL)
        self.registry = registry
        self._options = connection.options
        self._clock = clock
        self._connection, self._trust = connection, trust
        self._issuers: dict[str, RegistryClient] = {}
        self._proxies = _choose_proxies(registry, connection)
        # Not a session of requests, which reads netrc, keeps cookies, and reads the whole body of a redirect, however
        # long, before it reports the redirect.
        self._adapter = _Adapter(_make_context(registry, connection, trust) if registry.scheme == "https" else None)

    def ask(
        self,
        method: str,
        target: str,
        token: Secret,
        deadline: float,
        *,
        issuer: str = "",
        scheme: str = "Bearer",
        accept: str = "application/json",
        body: Mapping[str, Sequence[Secret]] | None = None,
    ) -> Answer:
        """Send one request, and repeat it if the registry is busy or the connection breaks.

        :param target: a URL relative to the registry; a path of its origin; or any URL of the same origin.
        :param deadline: the time on the clock by which to finish.
        :param issuer: the host to ask instead of the registry, fixed in a driver.
        :param scheme: how to send the token: the scheme of the Authorization header, the name of another header, or
            empty for not at all.
        :param body: sent as JSON.
        :raises NoAnswer: no answer, or a redirect elsewhere.
        """
        if issuer:
            return self._reach(issuer).ask(method, target, token, deadline, scheme=scheme, accept=accept, body=body)
        message = _make_message(method, token, scheme, accept, body)
        has_broken = False
        for attempt in range(self._options.retries + 1):
            last = attempt == self._options.retries
            pause = _FIRST_PAUSE * 2**attempt
            try:
                answer, retry_after = self._ask_once(message, target, deadline)
            except _Broken as broken:
                if last or self._clock.now() + pause > deadline:
                    raise NoAnswer(str(broken)) from None
                has_broken = True
            else:
                answer = answer._replace(is_repeated=has_broken)
                if retry_after is not None:
                    pause = retry_after
                if answer.status not in _BUSY or last or pause > _LONGEST_RETRY_AFTER:
                    return answer
                if self._clock.now() + pause > deadline:
                    return answer
            self._clock.sleep(pause)
        raise NoAnswer("it was not asked")  # pragma: no cover - retries is never negative

    def close(self) -> None:
        self._adapter.close()
        for client in self._issuers.values():
            client.close()

    def _reach(self, host: str) -> RegistryClient:
        """Return the client of an issuer: over https, with its certificate validated whatever an account's files say,
        and without the registry's client certificate."""
        if host not in self._issuers:
            options = self._connection.options._replace(client_cert=None, client_key=None)
            connection = self._connection._replace(
                options=options,
                validate=options.validate_certs is not False,
                cert_file=None,
                key_file=None,
            )
            trust = self._trust._replace(certificate=None)
            self._issuers[host] = RegistryClient(Registry("https", host, "/"), connection, trust, self._clock)
        return self._issuers[host]

    def _ask_once(self, message: _Message, target: str, deadline: float) -> tuple[Answer, float | None]:
        url = self._locate(target)
        for _hop in range(_MOST_REDIRECTS + 1):
            if not is_same_origin(url, self.registry.url):
                raise NoAnswer("it redirects to another origin, where the token must not be sent")
            status, headers, body = self._send(message, url, deadline)
            location = headers.get("Location")
            if status not in _REDIRECTS or not location or (status == 303 and message.method != "GET"):
                return _make_answer(status, headers, body), _read_retry_after(headers.get("Retry-After"))
            try:
                url = urljoin(url, location)
            except ValueError:
                raise NoAnswer("it redirects to an invalid URL") from None
        raise NoAnswer("it redirects in a loop")

    def _locate(self, target: str) -> str:
        # urljoin() would fold slashes in the registry's own path, and read two leading slashes as a host.
        if target.startswith("-/"):
            return self.registry.url + target
        if target.startswith("/"):
            return f"{self.registry.scheme}://{self.registry.host}{target}"
        return urljoin(self.registry.url, target)

    def _send(self, message: _Message, url: str, deadline: float) -> tuple[int, Any, bytes]:
        seconds = min(float(self._options.timeout), deadline - self._clock.now())
        if seconds <= 0:
            raise NoAnswer("time limit for this credential reached")

        def exchange() -> tuple[int, Any, bytes]:
            prepared = requests.Request(message.method, url, headers=message.headers, data=message.data).prepare()
            # Unchanged: requests would decode and fold parts of the path.
            prepared.url = url
            response = self._adapter.send(prepared, stream=True, timeout=seconds, proxies=self._proxies)
            with contextlib.closing(response):
                return response.status_code, response.headers, _read_body(response)

        return _run_within(seconds, exchange)


class _Message(NamedTuple):
    """A request without its URL."""

    method: str
    headers: dict[str, Any]
    data: bytes | None

    def __repr__(self) -> str:
        return f"_Message({self.method})"


def _make_message(
    method: str, token: Secret, scheme: str, accept: str, body: Mapping[str, Sequence[Secret]] | None
) -> _Message:
    headers: dict[str, Any] = {
        "Accept": accept,
        "Accept-Encoding": "identity",
        "Cache-Control": "no-cache",
        "User-Agent": "npmops.auth",
    }
    # In Latin-1, as node writes headers.
    shown = token.reveal().encode("latin-1")
    if scheme.startswith("X-"):
        headers[scheme] = shown
    elif scheme:
        headers["Authorization"] = (b"Basic " if isinstance(token, Pair) else f"{scheme} ".encode("ascii")) + shown
    if body is None:
        return _Message(method, headers, None)
    headers["Content-Type"] = "application/json"
    text = json.dumps({name: [secret.reveal() for secret in secrets] for name, secrets in body.items()})
    return _Message(method, headers, text.encode("ascii"))


def require_requests() -> None:
    """:raises MissingLibrary: requests is not installed on this host."""
    if not HAS_REQUESTS:
        raise MissingLibrary("requests")


class _Broken(Exception):
    """The connection broke. Repeating the request may help."""


class _Adapter(HTTPAdapter):
    """Uses our own TLS context and sends the URL's path unchanged."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        # Debian's urllib3 would validate with the system's CA certificates if these two are not given.
        mode = ssl.CERT_NONE if context is None else context.verify_mode
        self._tls: dict[str, Any] = {"ssl_context": context, "cert_reqs": mode, "ca_certs": None}
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **{**self._tls, **kwargs})

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, **{**self._tls, **kwargs})

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Do nothing: requests would add its own CA certificates to the context."""

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        parts = urlsplit(request.url)
        return {"scheme": parts.scheme, "host": parts.hostname, "port": parts.port}, {}

    def request_url(self, request: Any, proxies: Any) -> str:
        url = super().request_url(request, proxies)
        if url.startswith("/"):
            # Up to 2.33 requests folds a path's leading slashes into one.
            return str(request.url)[len("://".join(urlsplit(request.url)[:2])) :]
        return str(url)


def is_same_origin(url: str, other: str) -> bool:
    """Return whether two URLs have the same scheme, host and port (RFC 6454)."""
    try:
        return _origin_of(url) == _origin_of(other)
    except ValueError:
        return False


def _origin_of(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    if "@" in parts.netloc or re.search(r"[\\\s]", url):
        # A user name would replace our own header; a backslash is ambiguous.
        raise ValueError
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _run_within(seconds: float, work: Callable[[], _T]) -> _T:
    """Do the work in a thread with a time limit: a socket's own timeout restarts with each byte.

    :raises _Broken: the connection broke.
    :raises NoAnswer: anything else went wrong.
    """
    results: list[_T] = []
    problems: list[NoAnswer | _Broken] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as problem:  # noqa: BLE001 - whatever the libraries below raise, it may hold the token
            problems.append(_explain(problem))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if problems:
        raise problems[0]
    if results:
        return results[0]
    raise NoAnswer(f"no complete response within {seconds:.0f} s")


def _explain(problem: BaseException) -> NoAnswer | _Broken:
    """Describe an exception of the libraries in our own words."""
    causes = list(_walk_causes(problem))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            flaw = _CERTIFICATE_PROBLEMS.get(getattr(cause, "verify_code", 62), "is not valid")
            return NoAnswer(f"its TLS certificate {flaw}")
        if isinstance(cause, socket.gaierror):
            return _Broken("host name cannot be resolved")
        if isinstance(cause, ConnectionRefusedError):
            return _Broken("connection refused")
    if any(isinstance(cause, (requests.exceptions.Timeout, socket.timeout)) for cause in causes):
        return NoAnswer("no response in time")
    if any(isinstance(cause, requests.exceptions.ProxyError) for cause in causes):
        return _Broken("the proxy rejected the connection")
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return NoAnswer("TLS handshake failed")
    broken = (requests.exceptions.ConnectionError, http.client.HTTPException)
    if any(isinstance(cause, broken) for cause in causes) or isinstance(problem, OSError):
        return _Broken("connection closed unexpectedly")
    return NoAnswer("the request failed")


def _walk_causes(problem: BaseException) -> Iterator[BaseException]:
    waiting: list[Any] = [problem]
    seen: set[int] = set()
    while waiting:
        item = waiting.pop()
        if isinstance(item, BaseException) and id(item) not in seen:
            seen.add(id(item))
            yield item
            waiting += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]


def _make_answer(status: int, headers: Any, body: bytes) -> Answer:
    value = _read_object(body)
    is_page = value is None and _is_page(headers, body)
    told = {name: headers[name] for name in _TOLD_HEADERS if name in headers}
    return Answer(status, value, headers.get("WWW-Authenticate", ""), not body.strip(), is_page, headers=told)


def _is_page(headers: Any, body: bytes) -> bool:
    """Return whether an answer is HTML or XML, compressed without a request for that, or too long."""
    if len(body) > _MOST_BYTES:
        return True
    if headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        return True
    is_html = "html" in headers.get("Content-Type", "").lower()
    return body.lstrip(_BLANKS).startswith(b"<") or (is_html and b"<" in body)


def _read_object(body: bytes) -> dict[str, Any] | None:
    if len(body) > _MOST_BYTES:
        return None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _read_body(response: requests.Response) -> bytes:
    """Read no more of an answer than is needed.

    :raises ConnectionResetError: it is shorter than its header says.
    """
    buffer = bytearray(_MOST_BYTES + 1)
    view = memoryview(buffer)
    size = 0
    # Directly from http.client: urllib3 requests as many bytes as a chunk's header says, which can be any number.
    source: Any = getattr(response.raw, "_original_response", None) or response.raw
    while size < len(buffer):
        count = source.readinto(view[size:])
        if not count:
            break
        size += count
    length = response.headers.get("Content-Length", "0")
    if not re.match(r"[0-9]{1,15}\Z", length) or size < min(int(length), len(buffer)):
        raise ConnectionResetError
    if source is not response.raw and source.isclosed():
        # urllib3 does not know that the answer is complete: allow the next request to use the connection.
        response.raw.release_conn()
    return bytes(buffer[:size])


def _read_retry_after(value: str | None) -> float | None:
    """Return the seconds. A date (RFC 9110, 10.2.3) is ignored: registries do not send one."""
    return float(value) if value and re.match(r"[0-9]{1,9}\Z", value) else None


def _choose_proxies(registry: Registry, connection: Connection) -> dict[str, str]:
    if not connection.options.use_proxy:
        return {}
    if requests.utils.should_bypass_proxies(registry.url, no_proxy=connection.no_proxy):
        return {}
    if connection.proxy:
        url = connection.proxy.reveal()
        return {"http": url, "https": url}
    return getproxies()


def _make_context(registry: Registry, connection: Connection, trust: Trust) -> ssl.SSLContext:
    options = connection.options
    try:
        if connection.ca_path and os.path.isdir(connection.ca_path):
            context = ssl.create_default_context(capath=connection.ca_path)
        elif connection.ca_path:
            context = ssl.create_default_context(cafile=connection.ca_path)
        elif trust.ca_texts:
            context = ssl.create_default_context(cadata=_find_certificates(trust.ca_texts))
        else:
            context = ssl.create_default_context()
    except (OSError, ValueError):
        raise NoAnswer("the CA certificates cannot be read") from None
    if registry.is_address and _OLD_URLLIB3:
        # urllib3 1 does not tell the context which name to check, and checks an address itself.
        context.check_hostname = False
    if not connection.validate:
        # Our own warning appears once; urllib3 would warn for each request.
        urllib3.disable_warnings()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        if options.client_cert:
            context.load_cert_chain(options.client_cert, options.client_key, password="")
        elif trust.certificate:
            _load_certificate(context, trust.certificate)
    except (OSError, ValueError):
        raise NoAnswer("the client certificate cannot be used") from None
    return context


def _find_certificates(texts: tuple[str, ...]) -> str:
    """Return the certificates without the text between them: ``ssl`` accepts only ASCII."""
    found = [match for text in texts for match in _CERTIFICATE.findall(text)]
    if not found:
        raise ValueError
    return "\n".join(found)


def _load_certificate(context: ssl.SSLContext, certificate: Secret) -> None:
    """Pass certificate and key to OpenSSL, which accepts only file names, without writing them to disk."""
    data = to_bytes(certificate)
    with readable_once(data) as certificate_path, readable_once(data) as key_path:
        context.load_cert_chain(certificate_path, key_path, password="")
