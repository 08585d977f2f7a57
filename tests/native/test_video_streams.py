"""Encoded pictures through sender and receiver of the engine, with a bad network between them."""

import random
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from aiortc.codecs.h264 import H264Encoder
from chime_native._native.video import VideoReceiver, VideoSender
from chime_native.devices import PatternVideoSource
from chime_native.rtc.video_codecs import VideoDecoder, VideoEncoder

PAYLOAD_TYPES = [(96, "VP8", 97), (98, "VP9", 99), (102, "H264", 103)]
FRAME_US = 66_667


class H264:
    """aiortc's encoder with the face of ours."""

    def __init__(self) -> None:
        self._encoder = H264Encoder()

    def encode(self, i420: np.ndarray, timestamp: int, *, key: bool, **_: Any) -> list[bytes]:
        frame = av.VideoFrame.from_ndarray(i420, format="yuv420p")
        frame.pts, frame.time_base = timestamp, Fraction(1, 90_000)
        payloads, _ = self._encoder.encode(frame, force_keyframe=key)
        return payloads


class Vp9:
    """libvpx as a browser sets it up, in packets with the least of descriptors."""

    def __init__(self) -> None:
        self._encoder: Any = av.CodecContext.create("libvpx-vp9", "w")
        self._encoder.width, self._encoder.height, self._encoder.pix_fmt = 320, 180, "yuv420p"
        self._encoder.bit_rate, self._encoder.time_base = 500_000, Fraction(1, 90_000)
        self._encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}

    def encode(self, i420: np.ndarray, timestamp: int, *, key: bool, **_: Any) -> list[bytes]:
        frame = av.VideoFrame.from_ndarray(i420, format="yuv420p")
        frame.pts, frame.time_base = timestamp, Fraction(1, 90_000)
        frame.pict_type = av.video.frame.PictureType.I if key else av.video.frame.PictureType.NONE
        (packet,) = self._encoder.encode(frame)
        data, inter = bytes(packet), 0 if packet.is_keyframe else 0x40
        parts = [data[at : at + 1200] for at in range(0, len(data), 1200)]
        return [bytes([inter | (0x08 if part is parts[0] else 0)]) + part for part in parts]


@pytest.mark.parametrize(
    ("codec", "payload_type", "make"), [("VP8", 96, VideoEncoder), ("VP9", 98, Vp9), ("H264", 102, H264)]
)
@pytest.mark.parametrize("loss", [0.0, 0.1])
def test_pictures_arrive_as_they_were(codec: str, payload_type: int, make: Any, loss: float) -> None:
    source = PatternVideoSource(320, 180)
    encoder, decoder, chance = make(), VideoDecoder(), random.Random(5)
    sender = VideoSender(
        ssrc=7,
        payload_type=payload_type,
        rtx_ssrc=8,
        rtx_payload_type=payload_type + 1,
        first_sequence_number=32760,
    )
    receiver = VideoReceiver(payload_types=PAYLOAD_TYPES, ssrc=7, rtx_ssrc=8)
    receiver.set_watched(True)
    seen: list[int] = []
    key = True

    def deliver(packets: list[bytes], now_us: int) -> None:
        packets = [packet for packet in packets if chance.random() >= loss]
        chance.shuffle(packets)
        for packet in packets:
            for name, _, timestamp, _, data in receiver.push(packet, now_us):
                assert name == codec
                for picture, _ in decoder.decode(name, data, timestamp):
                    number = PatternVideoSource.number_in(picture)
                    error = np.abs(picture[:180].astype(int) - source.picture(number)[:180]).mean()
                    assert error < 6, (number, error)
                    seen.append(number)

    for number in range(60):
        captured_us = number * FRAME_US
        payloads = encoder.encode(
            source.picture(number), captured_us * 9 // 100, size=(320, 180), bitrate=500_000, key=key
        )
        key = False
        assert sender.push(payloads, captured_us)
        for now_us in range(captured_us, captured_us + FRAME_US, 10_000):
            deliver(sender.pull(now_us, bitrate=500_000), now_us)
            wants_key, missing = receiver.poll(now_us)
            key = key or wants_key
            if missing:
                deliver(sender.retransmit(missing), now_us)
    assert seen == sorted(set(seen))
    assert len(seen) >= (59 if not loss else 50)
    stats = receiver.stats()
    if codec != "VP9":  # there the structure, which is optional, says it
        assert (stats["width"], stats["height"]) == (320, 180)
    assert (stats["packets_recovered"] > 0) == (loss > 0)
    assert stats["frames"] == len(seen)


def test_data_that_cannot_be_decoded_is_told() -> None:
    with pytest.raises(ValueError, match="a picture in H264 cannot be decoded"):
        VideoDecoder().decode("H264", b"\x00\x00\x00\x01\x65nothing", 0)


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="codec is 'AV1'"):
        VideoReceiver(payload_types=[(96, "AV1", None)])
    with pytest.raises(TypeError):
        VideoSender(ssrc=1, payload_type=96).push(["text"], 0)  # type: ignore[list-item]
