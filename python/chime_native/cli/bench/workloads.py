"""The same work by the engine and by its peers: each function makes a fresh run over two seconds of speech."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import av
import numpy as np
from aiortc.codecs.opus import OpusDecoder as AiortcDecoder
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import RtpPacket as AiortcPacket

from chime_native.audio import AudioReceiver, OpusDecoder, OpusEncoder, Resampler
from chime_native.cli.bench.material import (
    BLOCK,
    FRAME,
    RATE,
    Pcm,
    frames_of,
    opus_packets,
    rtp_packets,
)
from chime_native.cli.bench.measuring import Run

__all__ = [
    "MIX_FITS", "MIX_TICKS", "RESAMPLED_RATE", "av_frame", "decode_ours", "decode_pyav", "depacketized", "encode_ours",
    "encode_pyav", "mix_streams", "mix_ticks", "numpy_mix_minus", "push_aiortc", "push_ours", "receive_aiortc", "receive_ours", "resample_ours", "resample_pyav",
]  # fmt: skip

PACKET_US = 20_000
MIX_STREAMS = 50
MIX_TICKS = 20
# The sum of 50 has 5000 then: it fits.
MIX_FITS = 700.0

RESAMPLED_RATE = 16000


def decode_ours() -> Run:
    decode, packets = OpusDecoder().decode, opus_packets()

    def run() -> None:
        for packet in packets:
            decode(packet)

    return run


def decode_pyav() -> Run:
    codec = av.CodecContext.create("libopus", "r")
    codec.format, codec.layout, codec.sample_rate = av.AudioFormat("s16"), av.AudioLayout("mono"), RATE
    packets = opus_packets()

    def run() -> None:
        for packet in packets:
            for frame in codec.decode(av.Packet(packet)):
                frame.to_ndarray()

    return run


def encode_ours() -> Run:
    encode, frames = OpusEncoder().encode, frames_of(FRAME)

    def run() -> None:
        for frame in frames:
            encode(frame)

    return run


def encode_pyav() -> Run:
    codec = av.CodecContext.create("libopus", "w")
    codec.format, codec.layout, codec.sample_rate = av.AudioFormat("s16"), av.AudioLayout("mono"), RATE
    codec.bit_rate = 32000
    codec.options = {"application": "voip", "compression_level": "5"}
    frames = frames_of(FRAME)

    def run() -> None:
        for frame in frames:
            codec.encode(av_frame(frame))

    return run


def av_frame(pcm: Pcm) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = RATE
    return frame


def receive_ours(red: bool = True) -> Run:
    """Push a packet, pull two blocks into the same array, as the playout clock does."""
    packets = rtp_packets(red=red)
    receiver = AudioReceiver(red_payload_type=63, audio_level_id=1)
    push, pull = receiver.push, receiver.pull
    out = np.empty((BLOCK, 1), np.int16)

    def run() -> None:
        now_us = 0
        for packet in packets:
            push(packet, now_us)
            pull(out, now_us=now_us)
            pull(out, now_us=now_us + PACKET_US // 2)
            now_us += PACKET_US

    return run


def receive_aiortc() -> Run:
    """aiortc's parts in the order of its receiver; it knows no RED and always decodes to stereo."""
    packets = rtp_packets(red=False)
    buffer, decoder = JitterBuffer(capacity=16, prefetch=4), AiortcDecoder()

    def run() -> None:
        for data in packets:
            _, frame = buffer.add(depacketized(data))
            if frame is not None:
                for decoded in decoder.decode(frame):
                    cast(av.AudioFrame, decoded).to_ndarray()

    return run


def push_ours() -> Run:
    """Parsing, RED and the buffer, without taking anything out."""
    packets = rtp_packets()
    push = AudioReceiver(red_payload_type=63, audio_level_id=1).push

    def run() -> None:
        now_us = 0
        for packet in packets:
            push(packet, now_us)
            now_us += PACKET_US

    return run


def push_aiortc() -> Run:
    packets = rtp_packets(red=False)
    buffer = JitterBuffer(capacity=16, prefetch=4)

    def run() -> None:
        for data in packets:
            buffer.add(depacketized(data))

    return run


def depacketized(data: bytes) -> AiortcPacket:
    """A packet as aiortc's receiver hands it to the jitter buffer."""
    packet = AiortcPacket.parse(data)
    packet._data = packet.payload  # type: ignore[attr-defined]
    return packet


def resample_ours(quality: int = 4) -> Run:
    process, blocks = Resampler(RATE, RESAMPLED_RATE, quality=quality).process, frames_of(BLOCK)

    def run() -> None:
        for block in blocks:
            process(block)

    return run


def resample_pyav() -> Run:
    resampler, blocks = av.AudioResampler(format="s16", layout="mono", rate=RESAMPLED_RATE), frames_of(BLOCK)

    def run() -> None:
        for block in blocks:
            for frame in resampler.resample(av_frame(block)):
                frame.to_ndarray()

    return run


def mix_streams(amplitude: float) -> Pcm:
    """Noise of that standard deviation, shape (streams, frames)."""
    noise = np.random.default_rng(4).standard_normal((MIX_STREAMS, BLOCK))
    return np.rint(noise * amplitude).astype(np.int16)


def numpy_mix_minus(blocks: Pcm) -> Pcm:
    total = blocks.sum(axis=0, dtype=np.int32)
    mixed: Pcm = np.clip(total - blocks, -32768, 32767).astype(np.int16)
    return mixed


def mix_ticks(mix: Callable[[Pcm], Pcm], amplitude: float = MIX_FITS) -> Run:
    blocks = mix_streams(amplitude)

    def run() -> None:
        for _ in range(MIX_TICKS):
            mix(blocks)

    return run
