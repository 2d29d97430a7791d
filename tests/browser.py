"""Headless Chromium for tests of pages, driven through its DevTools protocol: no driver program, no download.

`open_browser(folder)` gives a `Page`; `chromium()` is None and `NO_BROWSER` says why where a test has to be skipped.
One browser serves a module, as in tests/jobs/review/test_review_page.py: starting it takes longer than a test.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 60.0
NOBODY = 2**30
NO_BROWSER = "needs Chromium: install it (Debian: apt install chromium), or name it in TASKMILL_CHROMIUM"
# No sandbox: it needs rights that containers rarely give, and pages here are the tests' own.
SWITCHES = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-extensions", "--hide-scrollbars", "--remote-debugging-port=0",
)  # fmt: skip


def chromium() -> str | None:
    """The program, or None where there is none."""
    named = os.environ.get("TASKMILL_CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass
class Page:
    """One tab.

    Attributes:
        dialogs: texts of alerts, prompts and the like that the page opened; each was dismissed.
        errors: what it threw, refused by its policy or logged as an error.
        requests: addresses it asked for over a network.
    """

    socket: ClientConnection
    session: str = ""
    downloads: Path = Path()
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    loaded: int = 0
    _sent: int = 0

    def open(self, path: Path, wait: float = SECONDS) -> None:
        """Loads a file, or loads it again."""
        loads = self.loaded
        self.send("Page.navigate", url=path.resolve().as_uri())
        self.wait(lambda: self.loaded > loads, wait)

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page."""
        found = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise AssertionError(f"{script}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def text(self, selector: str) -> str:
        return str(self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent"))

    def click(self, selector: str) -> None:
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def press(self, key: str, ctrl: bool = False) -> None:
        """One key, as `a` or `Enter`, down and up."""
        code = {"Enter": 13, "Escape": 27, "Tab": 9}.get(key, ord(key[0].upper()))
        values: dict[str, Any] = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 2 if ctrl else 0}
        if len(key) == 1 and not ctrl:
            values["text"] = key
        self.send("Input.dispatchKeyEvent", type="keyDown", **values)
        self.send("Input.dispatchKeyEvent", type="keyUp", **values)

    def write(self, text: str) -> None:
        """Text into whatever has the focus."""
        self.send("Input.insertText", text=text)

    def resize(self, width: int, height: int = 900, dark: bool = False) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))

    def downloaded(self) -> Path:
        """The one file that was downloaded, when it is whole."""

        def finished() -> list[Path]:
            return [one for one in self.downloads.iterdir() if one.suffix != ".crdownload" and one.stat().st_size]

        self.wait(lambda: bool(finished()))
        (found,) = finished()
        return found

    def wait(self, until: Callable[[], bool], seconds: float = SECONDS) -> None:
        """Lets the page go on until the condition holds."""
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s; the page said {self.errors}")
            self.evaluate("1")
            time.sleep(0.02)

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the protocol, and its answer; what happens meanwhile is noted."""
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": params}
        self.socket.send(json.dumps(message | ({"sessionId": self.session} if self.session else {})))
        while True:
            found = json.loads(self.socket.recv(timeout=SECONDS))
            if found.get("id") == self._sent:
                if "error" in found:
                    raise AssertionError(f"{method}: {found['error']}")
                return dict(found["result"])
            self._note(found.get("method"), found.get("params", {}))

    def _note(self, event: str | None, params: dict[str, Any]) -> None:
        if event == "Page.loadEventFired":
            self.loaded += 1
        elif event == "Page.javascriptDialogOpening":
            self.dialogs.append(params["message"])
            # Its answer has an id that nobody waits for.
            close = {"id": NOBODY, "method": "Page.handleJavaScriptDialog", "params": {"accept": False}}
            self.socket.send(json.dumps(close | {"sessionId": self.session}))
        elif event == "Runtime.exceptionThrown":
            self.errors.append(params["exceptionDetails"].get("exception", {}).get("description", "exception"))
        elif event == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"])
        elif event == "Network.requestWillBeSent" and not params["request"]["url"].startswith(
            ("file:", "data:", "blob:")
        ):
            self.requests.append(params["request"]["url"])


@contextmanager
def open_browser(folder: Path) -> Iterator[Page]:
    """A tab of a browser of its own, which keeps its profile and downloads under `folder`."""
    program = chromium()
    assert program is not None, NO_BROWSER
    profile, downloads = folder / "profile", folder / "downloads"
    downloads.mkdir(parents=True)
    process = subprocess.Popen(
        [program, *SWITCHES, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with connect(_address(profile, process), max_size=None, compression=None, open_timeout=SECONDS) as socket:
            page = Page(socket, downloads=downloads)
            page.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))
            target = page.send("Target.createTarget", url="about:blank")["targetId"]
            page.session = page.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                page.send(f"{domain}.enable")
            yield page
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(profile: Path, process: subprocess.Popen[bytes]) -> str:
    """Where the browser listens, as it writes it down once it does."""
    written, end = profile / "DevToolsActivePort", time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        parts = written.read_text().split("\n") if written.exists() else []
        if len(parts) > 1:
            return f"ws://127.0.0.1:{parts[0]}{parts[1]}"
        time.sleep(0.05)
    raise AssertionError(f"Chromium did not start (exit code {process.poll()})")
