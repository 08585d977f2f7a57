"""Media past aiortc: after the handshake, SRTP and datagrams are C++'s, where the machine lets them be.

aiortc and aioice keep what is theirs: connectivity checks and consent come back to them as they came, DTLS too. Both
sides use the same SRTP state, so that packets may go either way at any time (through a TURN server, for one).
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence

from aioice.ice import CandidatePair, StunProtocol
from aiortc import RTCDtlsTransport
from pylibsrtp import Error as SrtpError

from chime_native.rtc.ice import GuardedConnection

try:
    from chime_native._native import net
except ImportError:  # built without libsrtp
    HAS_FAST_PATH = False
else:
    from chime_native.rtc.media_poller import MediaPoller

    HAS_FAST_PATH = True

__all__ = ["HAS_FAST_PATH", "FastPath"]

logger = logging.getLogger(__name__)

SWITCH = "CHIME_NATIVE_FAST_PATH"
"""Environment variable: 0 keeps media on aiortc's way."""

PacketHandler = Callable[[bytes, int], None]


class FastPath:
    """The native path of one connected bundle.

    ``on_rtp`` and ``on_rtcp`` get a decrypted packet and when the kernel had it, in microseconds of the monotonic clock.
    """

    def __init__(
        self,
        path: net.MediaPath,
        connection: GuardedConnection,
        protocols: Sequence[StunProtocol],
        on_rtp: PacketHandler,
        on_rtcp: PacketHandler,
    ) -> None:
        self._path = path
        self._connection = connection
        self._protocols = tuple(protocols)
        self._on_rtp, self._on_rtcp = on_rtp, on_rtcp
        self._pair: CandidatePair | None = None
        self._carries = False
        self._poller = MediaPoller.running()
        self._number: int | None = self._poller.add(path, self._received)

    @classmethod
    def take_over(
        cls,
        dtls: RTCDtlsTransport,
        connection: GuardedConnection,
        on_rtp: PacketHandler,
        on_rtcp: PacketHandler,
    ) -> FastPath | None:
        """The path of a transport that has just connected; None where it has to stay as it is.

        That is: without libsrtp, on an event loop that does not give sockets away, with a TURN server only, or when
        the environment says ``CHIME_NATIVE_FAST_PATH=0``.
        """
        if not HAS_FAST_PATH or os.environ.get(SWITCH) == "0":
            return None
        protocols = [p for p in connection._protocols if p.transport.get_extra_info("socket") is not None]
        loop = asyncio.get_running_loop()
        let_go = getattr(loop, "_remove_reader", None)
        if not protocols or let_go is None:
            return None
        descriptors = [p.transport.get_extra_info("socket").fileno() for p in protocols]
        try:
            path = _make_path(dtls, descriptors)
        except (RuntimeError, ValueError) as error:
            logger.warning("media stays on the slow path: %s", error)
            return None
        for descriptor in descriptors:
            let_go(descriptor)
        session = _Session(path)
        dtls._rx_srtp = dtls._tx_srtp = session  # type: ignore[assignment]
        return cls(path, connection, protocols, on_rtp, on_rtcp)

    def send(self, packets: Sequence[bytes]) -> bool:
        """Sends RTP or RTCP without waiting; False when ICE has chosen a way that is not ours, and nothing was sent."""
        pair = self._connection._nominated.get(1)
        if pair is not self._pair:
            self._follow(pair)
        if self._carries:
            self._poller.send(self._path, packets)
        return self._carries

    def close(self) -> None:
        """Reads no more; idempotent. The sockets are ICE's to close."""
        if self._number is not None:
            self._poller.remove(self._number)
            self._number = None
            self._path.close()
        self._carries = False

    def stats(self) -> dict[str, int]:
        """`net.MediaPath.stats`."""
        return self._path.stats()

    def _follow(self, pair: CandidatePair | None) -> None:
        """Goes on where ICE says."""
        self._pair = pair
        self._carries = False
        if pair is None or pair.protocol not in self._protocols or self._number is None:
            return
        host, port = pair.remote_addr[:2]
        if "%" not in host:
            self._path.select(self._protocols.index(pair.protocol), host, port)
            self._carries = True

    def _received(
        self, kind: int, data: bytes, arrival_us: int, socket: int, sender: tuple[str, int] | None
    ) -> None:
        if kind == 0:
            self._on_rtp(data, arrival_us)
        elif kind == 1:
            self._on_rtcp(data, arrival_us)
        else:
            assert sender is not None
            self._protocols[socket].datagram_received(data, sender)


class _Session:
    """Stands in for aiortc's two pylibsrtp sessions."""

    def __init__(self, path: net.MediaPath) -> None:
        self._path = path

    def protect(self, packet: bytes) -> bytes:
        return _or_error(self._path.protect(packet))

    def unprotect(self, packet: bytes) -> bytes:
        return _or_error(self._path.unprotect(packet))

    protect_rtcp, unprotect_rtcp = protect, unprotect


def _or_error(packet: bytes) -> bytes:
    if not packet:
        raise SrtpError(7)  # srtp_err_status_auth_fail; aiortc logs it
    return packet


def _make_path(dtls: RTCDtlsTransport, descriptors: Sequence[int]) -> net.MediaPath:
    """The keys are exported as aiortc does it for its own sessions (RFC 5764, section 4.2)."""
    assert dtls._ssl is not None
    chosen = dtls._ssl.get_selected_srtp_profile()
    profile = next(item for item in dtls._srtp_profiles if item.openssl_profile == chosen)
    material = dtls._ssl.export_keying_material(
        b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length)
    )
    ours = 1 if dtls._role == "server" else 0
    return net.MediaPath(
        chosen.decode(),
        receive_key=profile.get_key_and_salt(material, 1 - ours),
        send_key=profile.get_key_and_salt(material, ours),
        descriptors=descriptors,
    )
