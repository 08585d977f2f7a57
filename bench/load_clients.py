"""Attendees for load tests: real signaling, ICE, DTLS and SRTP, and nothing decoded of what comes.

Their media sockets carry a kernel filter that lets RTP fall, so that the machine is left to the service; STUN, DTLS and
RTCP get through. A client without the filter counts what it was sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import socket
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import websockets
from chime_native._native.rtp import RtpPacket
from chime_native.audio import AudioSender
from chime_native.rtc import PlayoutClock, RtcPeer, VideoSection
from chime_native.rtc.rtcp import FullIntraRequest, PictureLossIndication
from chime_native.signaling import Dialect, decode_frame, encode_frame
from chime_native.signaling.messages import (
    SdkAudioControlFrame,
    SdkJoinFrame,
    SdkSignalFrame,
    SdkStreamDescriptor,
    SdkSubscribeFrame,
)
from numpy.typing import NDArray
from websockets import Subprotocol

__all__ = ["Attendee", "Camera", "Uplink", "drop_rtp"]

DTX_BLOCKS = 40
"""Blocks of 10 ms between the packets of a silent attendee, as libopus' DTX has it."""
SO_ATTACH_FILTER = 26
UDP_HEADER = 8
"""Octets that a filter sees before a datagram's own."""


def drop_rtp(peer: RtcPeer) -> None:
    """Has the kernel throw away what is neither STUN, DTLS nor RTCP (RFC 5761, section 4)."""
    load, jump_at_least, take = 0x30, 0x35, 0x06
    program = [
        (load, 0, 0, UDP_HEADER),
        (jump_at_least, 0, 3, 128),
        (load, 0, 0, UDP_HEADER + 1),
        (jump_at_least, 0, 2, 192),
        (jump_at_least, 1, 0, 224),
        (take, 0, 0, 0xFFFF),
        (take, 0, 0, 0),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    descriptor = struct.pack("HL", len(program), ctypes.addressof(code))
    connection = peer._connection._active._connection  # type: ignore[union-attr]
    for protocol in connection._protocols:  # type: ignore[union-attr]
        endpoint = protocol.transport.get_extra_info("socket")
        endpoint.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, descriptor)


class Uplink:
    """One attendee's microphone: speech, or the rare packets of silence with DTX."""

    def __init__(self, peer: RtcPeer, speech: NDArray[np.int16] | None, offset: int) -> None:
        assert peer.audio is not None
        self._peer = peer
        self._speech = speech
        self._at = offset
        agreed = peer.audio.parameters
        self._sender = AudioSender(
            ssrc=peer.audio.ssrc,
            opus_payload_type=agreed.opus_payload_type,
            red_payload_type=agreed.red_payload_type,
            mid=agreed.mid,
            mid_id=agreed.mid_id,
            audio_level_id=agreed.audio_level_id,
            complexity=0,
        )
        self._silence = np.zeros((480, 1), np.int16)

    def tick(self, now_us: int) -> None:
        self._at += 1
        if self._speech is not None:
            blocks = len(self._speech) // 480
            at = self._at % blocks * 480
            self._peer.send_rtp(self._sender.push(self._speech[at : at + 480], now_us))
        elif self._at % DTX_BLOCKS < 2:
            self._peer.send_rtp(self._sender.push(self._silence, now_us))


class Camera:
    """Video of 360p by its look on the wire: packets of 1100 octets, a key frame when it is asked for."""

    PAYLOAD_TYPE = 96
    OCTETS = 1100
    FRAME_TICKS = 4
    """25 frames a second."""
    PACKETS = 3
    """A frame: 25 frames of 3 packets are 660 kbit/s, what the SDK sends at 360p."""
    KEY_FRAME_PACKETS = 12

    def __init__(self, peer: RtcPeer, ssrc: int, offset: int) -> None:
        self._peer = peer
        self._ssrc = ssrc
        self._at = offset
        self._sequence_number = offset
        self._timestamp = 0
        self.wants_key_frame = True
        self.packets = 0

    def tick(self, _now_us: int) -> None:
        self._at += 1
        if self._at % self.FRAME_TICKS:
            return
        self._timestamp += 90_000 * self.FRAME_TICKS // 100
        is_key, self.wants_key_frame = self.wants_key_frame, False
        count = self.KEY_FRAME_PACKETS if is_key else self.PACKETS
        self._peer.send_rtp([self._packet(index, count, is_key) for index in range(count)])
        self.packets += count

    def _packet(self, index: int, count: int, is_key: bool) -> bytes:
        if index:
            head = bytes.fromhex("00")
        else:
            # VP8's payload descriptor and frame header (RFC 7741); the key frame says 640 x 360.
            head = bytes.fromhex("101000009d012a80026801" if is_key else "1011000000")
        self._sequence_number = (self._sequence_number + 1) & 0xFFFF
        packet = RtpPacket(
            payload_type=self.PAYLOAD_TYPE,
            sequence_number=self._sequence_number,
            timestamp=self._timestamp & 0xFFFFFFFF,
            ssrc=self._ssrc,
            payload=head.ljust(self.OCTETS, b"\x55"),
            marker=index == count - 1,
        )
        return packet.pack()


class Attendee:
    """One who has joined; made by :meth:`joined`."""

    def __init__(self, socket: websockets.ClientConnection, peer: RtcPeer, token: str) -> None:
        self._socket = socket
        self.peer = peer
        self.token = token
        self.sources: dict[int, Any] = {}
        """What the last INDEX had, by stream."""
        self.packets_received = 0
        self.asked = lambda: None
        """Called when somebody wants a key frame."""
        self._acks: asyncio.Queue[SdkSignalFrame] = asyncio.Queue()
        self._sections = [VideoSection("1")]

    @classmethod
    @asynccontextmanager
    async def joined(cls, url: str, token: str) -> AsyncIterator[Attendee]:
        """An attendee until the end of the context; nothing is subscribed yet."""
        protocols = [Subprotocol("_aws_wt_session"), Subprotocol(token)]
        holder: list[Attendee] = []
        async with (
            websockets.connect(url, subprotocols=protocols, compression=None, max_queue=None) as socket,
            RtcPeer(
                controlling=True, host="127.0.0.1", on_feedback=lambda feedback: holder[0]._fed_back(feedback)
            ) as peer,
        ):
            attendee = cls(socket, peer, token)
            holder.append(attendee)
            reading = asyncio.create_task(attendee._read())
            await attendee._send(SdkSignalFrame.JOIN, join=SdkJoinFrame(audio_session_id=1))
            try:
                yield attendee
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def subscribe(
        self, *, muted: bool, camera_ssrc: int | None = None, streams: Sequence[int] = ()
    ) -> None:
        """Audio, a camera or none, and the video of those streams."""
        direction: Any = "inactive" if camera_ssrc is None else "sendrecv"
        self._sections[0] = VideoSection("1", direction, ssrc=camera_ssrc)
        while len(self._sections) <= len(streams):
            mid = str(len(self._sections) + 1)
            self.peer.set_video_handler(mid, self._count)
            self._sections.append(VideoSection(mid, "recvonly"))
        camera = [] if camera_ssrc is None else [SdkStreamDescriptor(media_type=2, max_bitrate_kbps=700)]
        subscribe = SdkSubscribeFrame(
            sdp_offer=await self.peer.create_offer(video_sections=self._sections),
            send_streams=camera,
            receive_stream_ids=[0, *streams],
            audio_host="x",
            audio_muted=muted,
        )
        await self._send(SdkSignalFrame.SUBSCRIBE, sub=subscribe)
        ack = await self._acks.get()
        await self.peer.apply_answer(ack.suback.sdp_answer)
        await self.peer.connected()
        await self._send(SdkSignalFrame.AUDIO_CONTROL, audio_control=SdkAudioControlFrame(muted=muted))

    async def others_filming(self, count: int) -> list[int]:
        """The streams of all others, as soon as there are that many."""
        while len(self.sources) < count:  # noqa: ASYNC110 - a bench, on the way to its start
            await asyncio.sleep(0.2)
        return sorted(self.sources)

    @staticmethod
    @contextlib.contextmanager
    def ticking(callback: Callable[[int], None]) -> Any:
        """On the playout clock while the context lasts."""
        clock = PlayoutClock.running()
        clock.add(callback)
        try:
            yield
        finally:
            clock.remove(callback)

    def _count(self, _packet: bytes, _arrival_us: int) -> None:
        self.packets_received += 1

    def _fed_back(self, feedback: Any) -> None:
        if isinstance(feedback, PictureLossIndication | FullIntraRequest):
            self.asked()

    async def _send(self, kind: int, **body: Any) -> None:
        frame = SdkSignalFrame(type=kind, timestamp_ms=1, **body)  # type: ignore[arg-type]
        await self._socket.send(encode_frame(frame, Dialect.BROWSER))

    async def _read(self) -> None:
        async for data in self._socket:
            assert isinstance(data, bytes)
            frame = decode_frame(data)
            if frame.type == SdkSignalFrame.SUBSCRIBE_ACK:
                self._acks.put_nowait(frame)
            elif frame.type == SdkSignalFrame.INDEX:
                self.sources = {source.stream_id: source for source in frame.index.sources}
