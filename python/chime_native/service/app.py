"""The local service as one object: ``async with LocalService() as service: ...``."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from chime_native.errors import ServiceError
from chime_native.service.model import MeetingStore
from chime_native.service.rest import MeetingsApi
from chime_native.service.settings import ServiceSettings
from chime_native.service.web import MAX_BODY, MeetingsWeb

__all__ = ["LocalService"]

logger = logging.getLogger(__name__)


class LocalService:
    """A Chime-compatible meeting service on this machine.

    ``port`` 0 takes a free one; it listens on the loopback address only unless told otherwise. Use as an asynchronous
    context manager, or `start` and `close`. Errors: `ServiceError` when it cannot listen.
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, settings: ServiceSettings | None = None
    ) -> None:
        if not 0 <= port <= 65535:
            raise ValueError(f"port {port} is not between 0 and 65535")
        self.host = host
        self.port = port
        self.settings = settings or ServiceSettings()
        self.store = MeetingStore(self.settings)
        self._runner: web.AppRunner | None = None
        self._expiry: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def url(self) -> str:
        """Where the REST API is, for boto3's ``endpoint_url``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def boto3_client(self) -> Any:
        """An ordinary boto3 chime-sdk-meetings client of this service (blocking: call it from a thread)."""
        import boto3

        return boto3.client(
            "chime-sdk-meetings",
            endpoint_url=self.url,
            region_name=self.settings.region,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    async def start(self) -> None:
        """Listens; `port` is the real one afterwards."""
        web_app = web.Application(client_max_size=self.settings.max_body_bytes)
        web_app[MAX_BODY] = self.settings.max_body_bytes
        meetings = MeetingsWeb(MeetingsApi(self.store, self.settings), self._drain)
        web_app.router.add_route("*", "/{path:.*}", meetings.handle)
        runner = web.AppRunner(web_app, access_log=None, handle_signals=False)
        await runner.setup()
        self._runner = runner
        site = web.TCPSite(runner, self.host, self.port)
        try:
            await site.start()
        except OSError as error:
            await self.close()
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise ServiceError(f"cannot listen on {self.host} port {self.port}: {reason}") from error
        self.port = runner.addresses[0][1]
        self._drain()

    async def close(self) -> None:
        """Ends all meetings' connections and listens no more; does nothing the second time."""
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def _drain(self) -> None:
        for event in self.store.events():
            logger.info("%s", type(event).__name__)
        self._arm()

    def _arm(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        due = self.store.next_timeout()
        if due is not None and self._runner is not None:
            delay = max(0.0, due - time.monotonic())
            self._expiry = asyncio.get_running_loop().call_later(delay, self._expire)

    def _expire(self) -> None:
        self.store.handle_timeout(time.monotonic())
        self._drain()
