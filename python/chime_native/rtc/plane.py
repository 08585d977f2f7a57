"""What is hooked into one DTLS transport of an aiortc peer connection: packets in and out, and reports."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Iterable
from typing import Protocol

from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpReceiveParameters
from aiortc.rtp import AnyRtcpPacket, RtpPacket

from chime_native.rtc.connection import REPORT_INTERVAL
from chime_native.rtc.reports import RtcpReporter
from chime_native.rtc.send_queue import SendQueue

__all__ = ["MediaPlane", "PlaneUser"]


class PlaneUser(Protocol):
    """Somebody who takes RTP packets; the private names are those that aiortc's router calls on a receiver."""

    def push_packet(self, packet: bytes, arrival_us: int) -> None: ...
    def _handle_disconnect(self) -> None: ...
    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None: ...
    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None: ...


class MediaPlane:
    """Takes decrypted packets before aiortc does, keeps those of its users, and passes on the rest.

    aiortc's own router finds the owner of a new SSRC; from then on its packets do not reach aiortc. RTCP is seen by
    both. Lives while it has users.
    """

    def __init__(self, dtls: RTCDtlsTransport, cname: str, ssrc: int) -> None:
        self._dtls = dtls
        self._owners: dict[bytes, PlaneUser] = {}
        self._rtp_before, self._rtcp_before = dtls._handle_rtp_data, dtls._handle_rtcp_data
        dtls._handle_rtp_data = self._handle_rtp_data  # type: ignore[method-assign]
        dtls._handle_rtcp_data = self._handle_rtcp_data  # type: ignore[method-assign]
        self._queue = SendQueue(dtls)
        self._queue.start()
        self.reporter = RtcpReporter(cname, ssrc)
        self.users: set[PlaneUser] = set()
        self.is_closed = False
        self._task = asyncio.get_running_loop().create_task(self._report(), name="chime-rtc-reports")

    def send(self, packets: Iterable[bytes]) -> None:
        """Sends RTP or RTCP packets; never waits."""
        for packet in packets:
            self._queue.put(packet)

    def register(
        self, user: PlaneUser, parameters: RTCRtpReceiveParameters, payload_types: frozenset[int]
    ) -> None:
        """Makes aiortc's router hand the first packet of each SSRC to ``user``, with RED among its payload types."""
        parameters = copy.copy(parameters)
        known = {codec.payloadType for codec in parameters.codecs}
        parameters.codecs = parameters.codecs + [
            RTCRtpCodecParameters(mimeType="audio/red", clockRate=48000, channels=2, payloadType=number)
            for number in payload_types - known
        ]
        self._dtls._register_rtp_receiver(user, parameters)

    def unregister(self, user: PlaneUser) -> None:
        """Ends the packets of ``user``."""
        self._dtls._unregister_rtp_receiver(user)
        self._owners = {ssrc: owner for ssrc, owner in self._owners.items() if owner is not user}

    def learn(self, ssrc: int, user: PlaneUser) -> None:
        """From now on packets of the SSRC go to ``user`` directly."""
        self._owners[ssrc.to_bytes(4)] = user

    async def leave(self, user: PlaneUser) -> None:
        """Says goodbye and unhooks when ``user`` was the last one."""
        self.users.discard(user)
        if self.users or self.is_closed:
            return
        self.is_closed = True
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._queue.close()
        await self._queue.send_now(self.reporter.goodbye())
        self._dtls._handle_rtp_data = self._rtp_before  # type: ignore[method-assign]
        self._dtls._handle_rtcp_data = self._rtcp_before  # type: ignore[method-assign]

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:
        owner = self._owners.get(data[8:12])
        if owner is None:
            await self._rtp_before(data, arrival_time_ms)
            owner = self._owners.get(data[8:12])
        if owner is not None:
            owner.push_packet(data, time.monotonic_ns() // 1000)

    async def _handle_rtcp_data(self, data: bytes) -> None:
        self.reporter.handle(data, time.monotonic_ns() // 1000)
        await self._rtcp_before(data)

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_INTERVAL)
            self.send(self.reporter.compounds(time.monotonic_ns() // 1000, time.time()))
