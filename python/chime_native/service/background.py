"""The service on a thread of its own, for programs and tests that do not use asyncio."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Self

from chime_native.service.app import LocalService
from chime_native.service.settings import ServiceSettings

__all__ = ["BackgroundService"]


class BackgroundService:
    """``with BackgroundService() as service: client = service.boto3_client()``.

    Gives the `LocalService`, which runs on another thread's event loop: use its ``url`` and ``boto3_client`` only.
    Raises `chime_native.errors.ServiceError` when it cannot listen.
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, settings: ServiceSettings | None = None
    ) -> None:
        self.service = LocalService(host, port, settings)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="chime-local-service", daemon=True)

    def __enter__(self) -> LocalService:
        self.start()
        return self.service

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> Self:
        """Returns when the service listens."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def close(self) -> None:
        """Returns when the service has stopped; does nothing the second time."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 (raised again in the caller's thread)
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        async with self.service:
            self._ready.set()
            await self._stop.wait()
