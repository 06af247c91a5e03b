# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open a page in a real browser, and query its content.

Drives a headless Chromium with the DevTools protocol over two pipes: no port is opened, and only the standard library
is needed.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

# The first is Debian's name. The others are used on other systems.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
SECONDS = 200
_OPTIONS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--password-store=basic",
    "about:blank",
)

Message = dict[str, Any]


def find_chromium() -> str | None:
    return next((path for path in map(shutil.which, NAMES) if path), None)


class BrowserError(Exception):
    """The browser reported an error or did not respond."""


class Browser:
    """A running Chromium, for use in a with statement."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._number = 0
        self._buffer = b""
        self._waiting: list[Message] = []

    def __enter__(self) -> Browser:
        self._home = tempfile.mkdtemp(prefix="npmops-chromium-")
        there, self._to_browser = os.pipe()
        self._from_browser, back = os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (there, back)]
        os.close(there)
        os.close(back)
        # Chromium's sandbox does not work for root. The page under test is trusted.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        environment = {"PATH": os.environ["PATH"], "HOME": self._home, "TMPDIR": self._home, "LANG": "C.UTF-8"}
        silent = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
        self._pid = os.posix_spawn(
            self._program,
            [self._program, f"--user-data-dir={self._home}", *sandbox, *_OPTIONS],
            environment,
            file_actions=[*silent, (os.POSIX_SPAWN_DUP2, ends[0], 3), (os.POSIX_SPAWN_DUP2, ends[1], 4)],
        )
        for end in ends:
            os.close(end)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._to_browser)
        deadline = time.monotonic() + SECONDS
        while os.waitpid(self._pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > deadline:
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)
                break
            time.sleep(0.05)
        os.close(self._from_browser)
        shutil.rmtree(self._home, ignore_errors=True)

    def open_page(self, path: Path, **settings: Any) -> Page:
        """Open a file in a new tab, and wait until it is loaded."""
        return Page(self, path, **settings)

    def ask(self, method: str, session: str | None = None, **parameters: Any) -> Message:
        """Send a command and wait for its answer."""
        self._number += 1
        command: Message = {"id": self._number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        data = json.dumps(command).encode() + b"\0"
        while data:
            data = data[os.write(self._to_browser, data) :]
        deadline = time.monotonic() + SECONDS
        while True:
            message = self._read(deadline, method)
            if message.get("id") != self._number:
                self._waiting.append(message)
            elif "error" in message:
                raise BrowserError(f"{method}: {message['error']['message']}")
            else:
                result: Message = message["result"]
                return result

    def take_events(self, session: str) -> list[Message]:
        """Return the events of a tab since the last call."""
        events = [message for message in self._waiting if message.get("sessionId") == session]
        self._waiting = [message for message in self._waiting if message.get("sessionId") != session]
        return events

    def wait_for_event(self, session: str, method: str) -> Message:
        deadline = time.monotonic() + SECONDS
        while True:
            for message in self._waiting:
                if message.get("sessionId") == session and message.get("method") == method:
                    return message
            self._waiting.append(self._read(deadline, method))

    def _read(self, deadline: float, what: str) -> Message:
        while b"\0" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._from_browser], [], [], left)[0]:
                raise BrowserError(f"{what}: no answer for {SECONDS} seconds")
            data = os.read(self._from_browser, 1 << 20)
            if not data:
                raise BrowserError(f"{what}: the browser has gone")
            self._buffer += data
        line, _zero, self._buffer = self._buffer.partition(b"\0")
        message: Message = json.loads(line)
        return message


class Page:
    """A page in a tab.

    :ivar seconds: how long it took to load.
    """

    def __init__(
        self,
        browser: Browser,
        path: Path,
        *,
        width: int = 1440,
        height: int = 900,
        dark: bool = False,
        script: bool = True,
        scale: float = 1,
    ) -> None:
        self._browser = browser
        target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        self._target = target
        self._session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")
        self.resize(width, height, scale)
        self.set_media(dark=dark)
        self.ask("Emulation.setScriptExecutionDisabled", value=not script)
        browser.take_events(self._session)
        began = time.monotonic()
        self.ask("Page.navigate", url=path.resolve().as_uri())
        browser.wait_for_event(self._session, "Page.loadEventFired")
        self.seconds = time.monotonic() - began
        self._events: list[Message] = []

    def ask(self, method: str, **parameters: Any) -> Message:
        return self._browser.ask(method, self._session, **parameters)

    def close(self) -> None:
        self._browser.ask("Target.closeTarget", targetId=self._target)

    def run(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, or the value to which its promise resolves."""
        done = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise BrowserError(str(done["exceptionDetails"].get("exception", {}).get("description")))
        return done["result"].get("value")

    def resize(self, width: int, height: int, scale: float = 1) -> None:
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )

    def set_media(self, *, dark: bool = False, kind: str = "") -> None:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.ask("Emulation.setEmulatedMedia", media=kind, features=[scheme, still])

    def press(self, key: str, *, code: int, text: str = "", shift: bool = False) -> None:
        """Press and release a key, as a keyboard would."""
        common = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text: str) -> None:
        self.ask("Input.insertText", text=text)

    def take_screenshot(self, path: Path, *, whole: bool = False) -> None:
        shot = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def print(self, path: Path) -> None:
        printed = self.ask("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        path.write_bytes(base64.b64decode(printed["data"]))

    def list_events(self, method: str) -> list[Message]:
        """List the events since the page was opened."""
        self._events += self._browser.take_events(self._session)
        return [event["params"] for event in self._events if event.get("method") == method]

    def list_complaints(self) -> list[str]:
        """List the errors of scripts and of the browser, such as policy violations and missing files."""
        thrown = [event["exceptionDetails"]["text"] for event in self.list_events("Runtime.exceptionThrown")]
        logged = [event["entry"]["text"] for event in self.list_events("Log.entryAdded")]
        said = [str(event["args"]) for event in self.list_events("Runtime.consoleAPICalled")]
        return thrown + logged + said

    def list_requests(self) -> list[str]:
        return [event["request"]["url"] for event in self.list_events("Network.requestWillBeSent")]
