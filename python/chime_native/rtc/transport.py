"""One bundle: ICE, DTLS and SRTP of aiortc, with packets instead of streams at its upper side.

aiortc has no public way to get at decrypted packets, so private names of it are used; docs/topics/transport.md lists
them with the reason for each, and a test fails when one moves.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceTransport
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceParameters

from chime_native.errors import RtcError
from chime_native.rtc.agreement import RemoteTransport
from chime_native.rtc.fast_path import FastPath
from chime_native.rtc.ice import GuardedConnection, local_candidates, make_gatherer, resolve_host, to_aiortc
from chime_native.rtc.impairment import ImpairedLink, Impairment
from chime_native.rtc.negotiation import LocalTransport
from chime_native.rtc.options import IceServer
from chime_native.rtc.sdp import Fingerprint
from chime_native.rtc.send_queue import SendQueue

__all__ = ["BundleTransport"]

logger = logging.getLogger(__name__)

#: Seconds. The SDK gives its own start 15 s; DTLS has retransmissions at 1, 3 and 7 s.
ICE_TIMEOUT = 15.0
DTLS_TIMEOUT = 10.0

PacketHandler = Callable[[bytes, int], None]


class BundleTransport:
    """Connects once, then carries RTP and RTCP; every packet in or out passes the impairment, if there is one.

    ``on_rtp`` and ``on_rtcp`` get the decrypted packet and the monotonic time in microseconds; they must not raise.
    ``on_lost`` is called once with the reason when the connection ends without :meth:`close`.
    """

    def __init__(
        self,
        *,
        controlling: bool,
        host: str | None,
        ice_servers: Sequence[IceServer],
        impairment: Impairment | None,
        on_rtp: PacketHandler,
        on_rtcp: PacketHandler,
        on_lost: Callable[[str], None],
    ) -> None:
        self._controlling = controlling
        self._host = host
        self._ice_servers = ice_servers
        self._on_rtp, self._on_rtcp, self._on_lost = on_rtp, on_rtcp, on_lost
        self._link_in = impairment.link("in") if impairment else None
        self._link_out = impairment.link("out") if impairment else None
        self._held: set[asyncio.TimerHandle] = set()
        self._connection: GuardedConnection | None = None
        self._ice: RTCIceTransport | None = None
        self._dtls: RTCDtlsTransport | None = None
        self._queue: SendQueue | None = None
        self._fast: FastPath | None = None
        self._closing = False
        self.ice_is_up = False
        self.dtls_is_up = False
        self.packets_received = self.bytes_received = 0
        self._packets_too_early = 0

    async def gather(self) -> LocalTransport:
        """Opens sockets and gathers candidates; once. Raises RtcError when there is none."""
        addresses = await resolve_host(self._host)
        gatherer, connection = make_gatherer(
            controlling=self._controlling, addresses=addresses, ice_servers=self._ice_servers
        )
        self._connection = connection
        self._ice = RTCIceTransport(gatherer)
        self._dtls = RTCDtlsTransport(self._ice, [RTCCertificate.generateCertificate()])
        self._queue = SendQueue(self._dtls)
        self._dtls._handle_rtp_data = self._handle_rtp_data  # type: ignore[method-assign]
        self._dtls._handle_rtcp_data = self._handle_rtcp_data  # type: ignore[method-assign]
        self._dtls.on("statechange", self._dtls_state_changed)
        await gatherer.gather()
        candidates = local_candidates(gatherer)
        if not candidates:
            where = "from the TURN server" if self._ice_servers else f"on {self._host or 'this machine'}"
            raise RtcError(f"ICE found no candidate {where}")
        digest = next(f for f in self._dtls.getLocalParameters().fingerprints if f.algorithm == "sha-256")
        return LocalTransport(
            ice_ufrag=connection.local_username,
            ice_pwd=connection.local_password,
            fingerprint=Fingerprint("sha-256", digest.value),
            candidates=candidates,
        )

    async def connect_ice(self, remote: RemoteTransport) -> None:
        """Checks connectivity until a pair is nominated; raises RtcError after 15 s."""
        assert self._ice is not None
        # The end of the candidates is never signalled: many offers name one that cannot be reached, or none, and the
        # pair that works is then found by the peer's own checks.
        try:
            async with asyncio.timeout(ICE_TIMEOUT):
                for candidate in remote.candidates:
                    if (usable := to_aiortc(candidate)) is not None:
                        await self._ice.addRemoteCandidate(usable)
                await self._ice.start(RTCIceParameters(remote.ice_ufrag, remote.ice_pwd, remote.ice_lite))
        except TimeoutError:
            raise RtcError(
                f"ICE did not connect within {ICE_TIMEOUT:.0f} s; candidates here: {self._shown_candidates()}, "
                f"of the peer: {', '.join(f'{c.address}:{c.port}' for c in remote.candidates) or 'none'}"
            ) from None
        if self._ice.state != "completed":
            raise RtcError("ICE failed: no pair of candidates can be used")
        self.ice_is_up = True

    async def connect_dtls(self, remote: RemoteTransport, setup: str) -> None:
        """Makes the DTLS handshake in the role ``setup`` (``active`` or ``passive``); raises RtcError after 10 s."""
        assert self._dtls is not None
        self._dtls._set_role("client" if setup == "active" else "server")
        prints = [RTCDtlsFingerprint(item.algorithm, item.value) for item in remote.fingerprints]
        try:
            async with asyncio.timeout(DTLS_TIMEOUT):
                await self._dtls.start(RTCDtlsParameters(fingerprints=prints))
        except TimeoutError:
            raise RtcError(f"the DTLS handshake did not end within {DTLS_TIMEOUT:.0f} s") from None
        if self._dtls.state != "connected":
            raise RtcError(f"the DTLS handshake failed: {self._handshake_failure()}")
        self.dtls_is_up = True
        assert self._queue is not None
        assert self._connection is not None
        self._queue.start()
        self._fast = FastPath.take_over(self._dtls, self._connection, self._take_rtp, self._take_rtcp)

    def send(self, packets: Iterable[bytes]) -> None:
        """Sends RTP or RTCP packets, or queues them; never blocks. They are dropped while not connected."""
        packets = tuple(packets)
        if not self.dtls_is_up:
            self._packets_too_early += len(packets)
        elif self._link_out is None:
            self._put(packets)
        else:
            for packet in packets:
                self._impaired(self._link_out, lambda data, _due: self._put((data,)), packet, 0)

    def _put(self, packets: Sequence[bytes]) -> None:
        assert self._queue is not None
        if self._fast is None or not self._fast.send(packets):
            for packet in packets:
                self._queue.put(packet)

    async def send_last(self, packet: bytes) -> None:
        """Sends one packet past queue and impairment, as the last one."""
        if not self.dtls_is_up or self._queue is None:
            return
        if self._fast is None or not self._fast.send((packet,)):
            await self._queue.send_now(packet)

    async def close(self) -> None:
        """Ends DTLS and ICE and closes the sockets; idempotent."""
        self._closing = True
        self.dtls_is_up = self.ice_is_up = False
        for handle in self._held:
            handle.cancel()
        self._held.clear()
        if self._fast is not None:
            self._fast.close()
        if self._queue is not None:
            await self._queue.close()
        if self._dtls is not None:
            pump = self._dtls._task
            await self._dtls.stop()
            if pump is not None:
                await asyncio.gather(pump, return_exceptions=True)
        if self._ice is not None:
            # aiortc's monitor task has to have run once, or it never sees the end.
            await asyncio.sleep(0)
            await self._ice.stop()

    def stats(self) -> dict[str, Any]:
        """Counters and the selected pair, by their W3C webrtc-stats names in snake_case where there is one."""
        connection = self._connection
        pair = connection.selected_pair if connection is not None else None
        fast = self._fast.stats() if self._fast is not None else {}
        stats: dict[str, Any] = {
            "ice_state": self._ice.state if self._ice is not None else "new",
            "media_path": "native" if self._fast is not None else "aiortc",
            "dtls_state": self._dtls.state if self._dtls is not None else "new",
            "packets_sent": fast.get("packets_sent", 0) + (self._queue.packets_sent if self._queue else 0),
            "bytes_sent": fast.get("bytes_sent", 0) + (self._queue.bytes_sent if self._queue else 0),
            "packets_received": self.packets_received,
            "bytes_received": self.bytes_received,
            "packets_discarded_on_send": self._packets_too_early
            + fast.get("packets_discarded_on_send", 0)
            + (self._queue.packets_discarded if self._queue else 0),
            "packets_rejected": fast.get("packets_rejected", 0),
            "datagrams_dropped": fast.get("datagrams_oversized", 0)
            + (connection.datagrams_dropped if connection is not None else 0),
            "selected_pair": None if pair is None else {"local": pair[0], "remote": pair[1]},
        }
        if self._link_in is not None and self._link_out is not None:
            stats["impairment"] = {"in": self._link_in.stats(), "out": self._link_out.stats()}
        return stats

    # --- packets in ---

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:  # noqa: ARG002 - aiortc's signature
        self._take_rtp(data, _now_us())

    async def _handle_rtcp_data(self, data: bytes) -> None:
        self._take_rtcp(data, _now_us())

    def _take_rtp(self, data: bytes, arrival_us: int) -> None:
        if self._link_in is None:
            self._deliver_rtp(data, arrival_us)
        else:
            self._impaired(self._link_in, self._deliver_rtp, data, arrival_us)

    def _take_rtcp(self, data: bytes, arrival_us: int) -> None:
        if self._link_in is None:
            self._deliver_rtcp(data, arrival_us)
        else:
            self._impaired(self._link_in, self._deliver_rtcp, data, arrival_us)

    def _deliver_rtp(self, data: bytes, arrival_us: int) -> None:
        self.packets_received += 1
        self.bytes_received += len(data)
        self._on_rtp(data, arrival_us)

    def _deliver_rtcp(self, data: bytes, arrival_us: int) -> None:
        self.packets_received += 1
        self.bytes_received += len(data)
        self._on_rtcp(data, arrival_us)

    def _impaired(self, link: ImpairedLink, then: PacketHandler, packet: bytes, arrival_us: int) -> None:
        """Gives the packet on with its time of arrival, or later with that of then, or not at all."""
        delay = link.delay()
        if delay == 0.0:
            then(packet, arrival_us)
        elif delay is not None:

            def release() -> None:
                self._held.discard(handle)
                then(packet, _now_us())

            handle = asyncio.get_running_loop().call_later(delay, release)
            self._held.add(handle)

    # --- ends ---

    def _dtls_state_changed(self) -> None:
        assert self._dtls is not None
        if self._dtls.state in ("closed", "failed") and self.dtls_is_up and not self._closing:
            self.dtls_is_up = False
            alive = self._ice is not None and self._ice.state == "completed"
            self._on_lost(
                "the peer closed the DTLS connection"
                if alive
                else "the peer does not answer any more (ICE consent)"
            )

    def _handshake_failure(self) -> str:
        assert self._dtls is not None
        if not self._dtls.encrypted:
            return "the peer refused it or went away"
        if self._dtls._ssl is None or not self._dtls._ssl.get_selected_srtp_profile():
            return "no SRTP profile in common"
        return "the peer's certificate does not have the fingerprint that its SDP says"

    def _shown_candidates(self) -> str:
        assert self._ice is not None
        return ", ".join(f"{c.address}:{c.port}" for c in local_candidates(self._ice.iceGatherer)) or "none"


def _now_us() -> int:
    return time.monotonic_ns() // 1000
