"""The bindings of RTP packets and audio levels."""

import numpy as np
import pytest
from chime_native.audio import RtpPacket, read_audio_level, write_audio_level


def test_all_fields_come_back() -> None:
    packet = RtpPacket(
        payload_type=63,
        sequence_number=65535,
        timestamp=2**32 - 1,
        ssrc=5,
        marker=True,
        payload=b"abc",
        csrcs=[1, 2],
        extensions={1: b"\x80", 20: b""},
        padding_size=4,
    )
    again = RtpPacket.parse(packet.pack())
    for name in (
        "payload_type",
        "sequence_number",
        "timestamp",
        "ssrc",
        "marker",
        "payload",
        "csrcs",
        "extensions",
        "padding_size",
    ):
        assert getattr(again, name) == getattr(packet, name), name


def test_any_buffer_is_parsed() -> None:
    data = RtpPacket(payload_type=0, sequence_number=1, timestamp=2, ssrc=3, payload=b"x").pack()
    for kind in (bytes, bytearray, memoryview, lambda octets: np.frombuffer(octets, np.uint8)):
        assert RtpPacket.parse(kind(data)).payload == b"x"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "shorter than an RTP header"),
        (bytes(12), "not RTP version 2"),
        (b"\x8f" + bytes(11), "CSRC list runs past the end"),
        (b"\x90" + bytes(11), "header extension runs past the end"),
        (b"\xa0" + bytes(12), "padding does not fit"),
    ],
)
def test_malformed_packets_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        RtpPacket.parse(data)


def test_what_cannot_be_packed_is_refused() -> None:
    for options in ({"csrcs": [0] * 16}, {"extensions": {0: b"x"}}, {"extensions": {1: bytes(256)}}):
        packet = RtpPacket(payload_type=0, sequence_number=0, timestamp=0, ssrc=0, **options)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="packet cannot be packed"):
            packet.pack()


def test_audio_levels() -> None:
    assert write_audio_level(12, True) == b"\x8c"
    assert read_audio_level(b"\x8c") == (12, True)
    with pytest.raises(ValueError, match="level must be 0 to 127, got 128"):
        write_audio_level(128, False)
    with pytest.raises(ValueError, match="at least one byte"):
        read_audio_level(b"")
