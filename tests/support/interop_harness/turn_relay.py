"""coturn on the loopback, which takes credentials made from a shared secret."""

import asyncio
import contextlib
import shutil
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from interop_harness.ports import lasting_port

START_TIMEOUT_S = 30


class TurnRelay:
    """An asynchronous context manager; its files go to ``folder``."""

    secret = "shared with the relay"
    ports = range(61_000, 61_200)
    """Those of relayed candidates: above what systems give to sockets by themselves."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = lasting_port()

    @property
    def uri(self) -> str:
        return f"turn:127.0.0.1:{self._port}?transport=udp"

    @property
    def secret_file(self) -> Path:
        """For `--turn-secret-file`."""
        file = self._folder / "turn-secret"
        file.write_text(self.secret)
        return file

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            shutil.which("turnserver") or "/usr/bin/turnserver",
            *("-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={self._port}"),
            *("--use-auth-secret", f"--static-auth-secret={self.secret}", "--realm=test"),
            *(f"--min-port={self.ports[0]}", f"--max-port={self.ports[-1]}", "--allow-loopback-peers"),
            *("--no-tls", "--no-dtls", "--no-cli", "--log-file=stdout", "--simple-log"),
            *(f"--pidfile={self._folder / 'pid'}", f"--userdb={self._folder / 'turndb'}"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await self._answers()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _answers(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.close()
                await writer.wait_closed()
                return
            if self._process.returncode is not None or time.monotonic() > deadline:
                raise RuntimeError("coturn does not answer")
            await asyncio.sleep(0.05)

    async def _stop(self) -> None:
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.wait()
