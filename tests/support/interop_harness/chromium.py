"""A headless Chromium with a profile of its own, reached through its DevTools address."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from types import TracebackType
from typing import Self

FLAGS = (
    "--headless=new",
    "--no-sandbox",  # root, as in most containers
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",  # a machine with nothing but lo has no other candidate
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--remote-debugging-port=0",
)
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 15
_ADDRESS_LINE = "DevTools listening on "


class Chromium:
    """A context manager; ``devtools_url`` is the browser's WebSocket address while it runs.

    Raises ``RuntimeError`` when there is no Chromium or when it doesn't start.
    """

    def __init__(self) -> None:
        self.devtools_url = ""
        self._last_lines: list[str] = []
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        program = shutil.which("chromium")
        if program is None:
            raise RuntimeError("no chromium (tools/system-packages.sh test installs it)")
        self._profile = tempfile.TemporaryDirectory(prefix="chime-chromium-", ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={self._profile.name}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # its helpers end with it: they share its process group
        )
        self._reader = threading.Thread(target=self._read_messages, name="chromium-messages", daemon=True)
        self._reader.start()
        if not self._ready.wait(START_TIMEOUT_S) or not self.devtools_url:
            said = "".join(self._last_lines)
            self.__exit__(None, None, None)
            raise RuntimeError(f"chromium did not start:\n{said}")
        return self

    def _read_messages(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._last_lines = [*self._last_lines[-19:], line]
            if line.startswith(_ADDRESS_LINE):
                self.devtools_url = line.removeprefix(_ADDRESS_LINE).strip()
                self._ready.set()
        self._ready.set()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, sign)
                self._process.wait(STOP_TIMEOUT_S)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self._process.wait(STOP_TIMEOUT_S)
        self._reader.join(STOP_TIMEOUT_S)
        assert self._process.stderr is not None
        self._process.stderr.close()
        self._profile.cleanup()
