"""The transport of a peer over its life: coming up, being replaced, ending."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

from chime_native.errors import RtcError
from chime_native.rtc.agreement import RemoteTransport
from chime_native.rtc.impairment import Impairment
from chime_native.rtc.negotiation import LocalTransport
from chime_native.rtc.options import IceServer
from chime_native.rtc.reports import RtcpReporter
from chime_native.rtc.transport import BundleTransport, PacketHandler

__all__ = ["PeerConnection"]

logger = logging.getLogger(__name__)

#: Seconds between reports. Browsers add redundancy only for loss that reports tell them of.
REPORT_INTERVAL = 1.0


class PeerConnection:
    """Brings transports up in the background, says when they are, and sends the reports while they are.

    There is one transport, except while a peer restarts ICE: then the old one carries the media until the new one is
    up. Failure of the first one, or loss of the one in use, ends the connection.
    """

    def __init__(
        self,
        *,
        controlling: bool,
        host: str | None,
        ice_servers: Sequence[IceServer],
        impairment: Impairment | None,
        on_rtp: PacketHandler,
        reporter: RtcpReporter,
    ) -> None:
        self._controlling, self._host, self._ice_servers = controlling, host, tuple(ice_servers)
        self._impairment = impairment
        self._on_rtp = on_rtp
        self._reporter = reporter
        self._active: BundleTransport | None = None
        self._newest: BundleTransport | None = None
        self._local: LocalTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._close_task: asyncio.Task[None] | None = None
        self._ice_up, self._up, self._ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.failure: RtcError | None = None
        """Why the connection could not be made or was lost."""

    @property
    def is_closing(self) -> bool:
        """Whether the end has begun."""
        return self._close_task is not None

    async def local(self) -> LocalTransport:
        """Our end as it goes into the SDP; gathers candidates the first time. Raises RtcError."""
        if self._local is None:
            await self.renew()
        assert self._local is not None
        return self._local

    async def renew(self) -> None:
        """Makes a new transport, which the next :meth:`start` brings up; :meth:`local` then describes it."""
        transport = BundleTransport(
            controlling=self._controlling,
            host=self._host,
            ice_servers=self._ice_servers,
            impairment=self._impairment,
            on_rtp=self._on_rtp,
            on_rtcp=self._reporter.handle,
            on_lost=lambda reason: self._lost(transport, reason),
        )
        try:
            local = await transport.gather()
        except BaseException:
            await transport.close()
            raise
        if self.is_closing:
            await transport.close()
            raise RtcError("the peer was closed")
        if self._newest is not None and self._newest is not self._active:
            self._spawn(self._newest.close(), "chime-rtc-discard")
        self._newest, self._local = transport, local
        self._active = self._active or transport

    def start(self, remote: RemoteTransport, setup: str) -> None:
        """Connects the newest transport in the background; ``setup`` is our DTLS role, ``active`` or ``passive``."""
        assert self._newest is not None
        self._spawn(self._connect(self._newest, remote, setup), "chime-rtc-connect")

    def send(self, packets: Iterable[bytes]) -> None:
        """Sends RTP or RTCP; never blocks."""
        if self._active is not None:
            self._active.send(packets)

    async def wait_for_ice(self) -> None:
        """Returns when ICE has a pair; raises RtcError with what failed."""
        await self._wait(self._ice_up)

    async def wait(self) -> None:
        """Returns when ICE and DTLS are up; raises RtcError with what failed."""
        await self._wait(self._up)

    async def wait_closed(self) -> None:
        """Returns when the connection has ended and nothing of it is left."""
        await self._ended.wait()

    async def close(self) -> None:
        """Says goodbye and ends all transports; idempotent, and goes on when its caller is cancelled."""
        if self._close_task is None:
            self._close_task = asyncio.get_running_loop().create_task(self._close(), name="chime-rtc-close")
        await asyncio.shield(self._close_task)

    def stats(self) -> dict[str, Any]:
        """The counters of the transport in use."""
        return self._active.stats() if self._active is not None else {}

    # --- in the background ---

    async def _connect(self, transport: BundleTransport, remote: RemoteTransport, setup: str) -> None:
        try:
            await transport.connect_ice(remote)
            self._ice_up.set()
            await transport.connect_dtls(remote, setup)
        except Exception as error:  # noqa: BLE001 - whatever it was, the connection has failed
            failure = error if isinstance(error, RtcError) else RtcError(f"the connection failed: {error!r}")
            if transport is self._active:
                self._fail(failure)
            else:
                logger.warning("the new transport did not come up, the old one stays: %s", failure)
                await transport.close()
            return
        old, self._active = self._active, transport
        if not self._up.is_set():
            self._up.set()
            self._spawn(self._report(), "chime-rtc-reports")
        if old is not None and old is not transport:
            await old.close()

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_INTERVAL)
            self.send(self._reporter.compounds(time.monotonic_ns() // 1000, time.time()))

    def _lost(self, transport: BundleTransport, reason: str) -> None:
        if transport is self._active and self._newest is transport:
            self._fail(RtcError(f"the connection was lost: {reason}"))

    def _fail(self, failure: RtcError) -> None:
        if self.failure is None and not self.is_closing:
            self.failure = failure
            self._close_task = asyncio.get_running_loop().create_task(self._close(), name="chime-rtc-close")

    async def _close(self) -> None:
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._active is not None:
            await self._active.send_last(self._reporter.goodbye())
        for transport in {self._active, self._newest} - {None}:
            assert transport is not None
            await transport.close()
        self.failure = self.failure or (None if self._up.is_set() else RtcError("the peer was closed"))
        for event in (self._ice_up, self._up, self._ended):
            event.set()

    async def _wait(self, event: asyncio.Event) -> None:
        await event.wait()
        if self.failure is not None:
            raise RtcError(str(self.failure)) from self.failure
        if self._ended.is_set():
            raise RtcError("the peer was closed")

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
