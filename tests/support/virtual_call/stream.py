"""A sound as RTP packets."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import cycle

import numpy as np
from chime_native.audio import OpusEncoder
from numpy.typing import NDArray

from virtual_call.sounds import RATE

OPUS, RED = 111, 63


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet before its way: when its sound was complete, and what is in it."""

    sent_us: int
    sequence: int
    timestamp: int
    payload: bytes
    payload_type: int = OPUS
    ssrc: int = 1

    def rtp(self) -> bytes:
        header = struct.pack(
            ">BBHII",
            0x80,
            self.payload_type,
            self.sequence & 0xFFFF,
            self.timestamp & 0xFFFFFFFF,
            self.ssrc,
        )
        return header + self.payload


def to_pcm(sound: NDArray[np.float64]) -> NDArray[np.int16]:
    """Shape (frames, channels), clipped."""
    pcm = np.clip(np.rint(sound * 32768), -32768, 32767).astype(np.int16)
    return pcm.reshape(len(sound), -1)


def encode(
    sound: NDArray[np.float64],
    *,
    frame_ms: float | Iterable[float] = 20,
    application: str = "voip",
    bitrate: int = 40000,
    first_sequence: int = 0,
    first_timestamp: int = 0,
    keep_dtx: bool = False,
    **options: object,
) -> list[Packet]:
    """Opus packets of a sound, shape (frames,) or (frames, 2), at 48 kHz. `frame_ms` may be a sequence to go through in
    turn. With `dtx`, packets that need not be sent are left out unless `keep_dtx`."""
    pcm = to_pcm(sound)
    encoder = OpusEncoder(
        sample_rate=RATE, channels=pcm.shape[1], application=application, bitrate=bitrate, **options
    )
    lengths = cycle([frame_ms] if isinstance(frame_ms, int | float) else frame_ms)
    packets: list[Packet] = []
    at, sequence = 0, first_sequence
    for length in lengths:
        frames = round(length * RATE / 1000)
        if at + frames > len(pcm):
            return packets
        payload = encoder.encode(np.ascontiguousarray(pcm[at : at + frames]))
        at += frames
        if len(payload) <= 2 and options.get("dtx") and not keep_dtx:
            continue
        packets.append(Packet(at * 1_000_000 // RATE, sequence, first_timestamp + at - frames, payload))
        sequence += 1
    return packets


def with_red(packets: Sequence[Packet], distances: Sequence[int] = (2,)) -> list[Packet]:
    """The packets as RED (RFC 2198), each with copies of those so many before it."""
    out = []
    for index, packet in enumerate(packets):
        headers, blocks = b"", b""
        for distance in sorted(distances, reverse=True):
            if index < distance:
                continue
            copy = packets[index - distance]
            offset = packet.timestamp - copy.timestamp
            if offset >= 1 << 14 or len(copy.payload) >= 1 << 10:
                continue
            headers += bytes([0x80 | OPUS]) + (offset << 10 | len(copy.payload)).to_bytes(3, "big")
            blocks += copy.payload
        payload = headers + bytes([OPUS]) + blocks + packet.payload
        out.append(replace(packet, payload=payload, payload_type=RED))
    return out
