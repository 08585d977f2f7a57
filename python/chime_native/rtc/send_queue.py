"""Packets on their way out: taken without waiting, sent by one task."""

from __future__ import annotations

import asyncio
from collections import deque

from aiortc import RTCDtlsTransport
from pylibsrtp import Error as SrtpError

__all__ = ["SendQueue"]

#: Packets that wait to be sent: about half a second of a big mix, after which old ones are of no use.
MAX_QUEUED = 512


class SendQueue:
    """Encrypts and sends RTP and RTCP over a DTLS transport; when it is full the oldest packet goes and is counted."""

    def __init__(self, dtls: RTCDtlsTransport) -> None:
        self._dtls = dtls
        self._packets: deque[bytes] = deque()
        self._filled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.packets_sent = self.bytes_sent = self.packets_discarded = 0

    def start(self) -> None:
        """Begins to send; what was put before is kept."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="chime-rtp-send")

    def put(self, packet: bytes) -> None:
        """Takes a packet; never waits."""
        if len(self._packets) >= MAX_QUEUED:
            self._packets.popleft()
            self.packets_discarded += 1
        self._packets.append(packet)
        self._filled.set()

    async def send_now(self, packet: bytes) -> None:
        """Sends one packet past the queue; what cannot be sent is counted."""
        try:
            await self._dtls._send_rtp(packet)
        except (ConnectionError, SrtpError, ValueError):
            self.packets_discarded += 1
        else:
            self.packets_sent += 1
            self.bytes_sent += len(packet)

    async def close(self) -> None:
        """Ends the task; idempotent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._packets:
                await self.send_now(self._packets.popleft())
