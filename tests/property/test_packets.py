"""RTP, RED and Opus framing: what is written is read again, and nothing that comes from a network does harm."""

from typing import Any

import pytest
from chime_native.audio import RedEncoder, RtpPacket, opus_packet_info, pack_red, split_red
from hypothesis import given
from hypothesis import strategies as st
from oracle import libopus

timestamps = st.integers(0, 2**32 - 1)
headers = st.fixed_dictionaries(
    {
        "payload_type": st.integers(0, 127),
        "sequence_number": st.integers(0, 2**16 - 1),
        "timestamp": timestamps,
        "ssrc": st.integers(0, 2**32 - 1),
        "marker": st.booleans(),
        "payload": st.binary(max_size=40),
        "csrcs": st.lists(st.integers(0, 2**32 - 1), max_size=15),
        "extensions": st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=5)
        | st.dictionaries(st.integers(1, 255), st.binary(max_size=255), max_size=3),
        "padding_size": st.integers(0, 255),
    }
)


@given(headers)
def test_rtp_round_trip(fields: dict[str, Any]) -> None:
    packet = RtpPacket.parse(RtpPacket(**fields).pack())
    assert {name: getattr(packet, name) for name in fields} == fields


@given(st.binary(max_size=80))
def test_rtp_from_anywhere(data: bytes) -> None:
    """Refused, or read and written again without loss (of what the format says)."""
    try:
        packet = RtpPacket.parse(data)
    except ValueError:
        return
    again = RtpPacket(
        payload_type=packet.payload_type,
        sequence_number=packet.sequence_number,
        timestamp=packet.timestamp,
        ssrc=packet.ssrc,
        marker=packet.marker,
        payload=packet.payload,
        csrcs=packet.csrcs,
        extensions={number: value for number, value in packet.extensions.items() if number != 0},
        padding_size=packet.padding_size,
    )
    assert RtpPacket.parse(again.pack()).payload == packet.payload
    assert len(packet.payload) + packet.padding_size + 12 + 4 * len(packet.csrcs) <= len(data)


@given(
    st.lists(st.tuples(st.integers(0, 127), st.integers(0, 2**14 - 1), st.binary(max_size=60)), max_size=32),
    st.binary(min_size=1, max_size=60),
    timestamps,
)
def test_red_round_trip(copies: list[tuple[int, int, bytes]], primary: bytes, timestamp: int) -> None:
    status, blocks = split_red(pack_red([*copies, (111, 0, primary)]), timestamp)
    assert status == "ok"
    assert [(block.payload_type, block.timestamp, block.data) for block in blocks] == [
        (payload_type, (timestamp - offset) % 2**32, data)
        for payload_type, offset, data in [*copies, (111, 0, primary)]
    ]
    assert [block.redundant for block in blocks] == [True] * len(copies) + [False]


@given(st.binary(max_size=80))
def test_red_from_anywhere(payload: bytes) -> None:
    status, blocks = split_red(payload, 0)
    if status == "ok":
        assert sum(len(block.data) for block in blocks) + 4 * (len(blocks) - 1) + 1 == len(payload)
        assert blocks[-1].data
    else:
        assert blocks == []


@given(
    st.integers(0, 2),
    timestamps,
    st.lists(
        st.tuples(st.sampled_from([960, 960, 960, 1920, 480, 100_000]), st.integers(1, 700)), max_size=30
    ),
)
def test_red_encoder_repeats_what_was_sent(copies: int, start: int, frames: list[tuple[int, int]]) -> None:
    encoder = RedEncoder()
    encoder.set_copies(copies)
    sent: dict[int, bytes] = {}
    timestamp = start
    for number, (step, size) in enumerate(frames):
        timestamp = (timestamp + step) % 2**32
        packet = bytes([31 << 3]) + bytes([number]) * size
        payload = encoder.encode(packet, timestamp)
        assert payload is not None
        assert len(payload) <= 1000
        _, blocks = split_red(payload, timestamp)
        assert blocks[-1].data == packet
        assert len(blocks) - 1 <= copies
        for block in blocks[:-1]:
            assert sent[block.timestamp] == block.data
            assert (timestamp - block.timestamp) % 2**32 in (1920, 2880, 3840, 4800)
        sent[timestamp] = packet


opus_packets = st.builds(
    lambda toc, count, body: bytes([toc]) + bytes([count]) + body,
    st.integers(0, 255),
    st.integers(0, 255) | st.sampled_from([1, 2, 3, 0x81, 0x42, 0xC3]),
    st.binary(max_size=60),
) | st.binary(min_size=1, max_size=30)


@given(opus_packets)
def test_opus_framing_is_that_of_libopus(packet: bytes) -> None:
    info, parsed = opus_packet_info(packet), libopus.parse(packet)
    assert info.valid == (parsed is not None)
    if parsed is not None:
        assert info.frames == parsed.frames
        assert info.payload_offset == parsed.payload_offset
        assert info.samples == parsed.samples


@given(opus_packets)
def test_opus_flags_are_consistent(packet: bytes) -> None:
    info = opus_packet_info(packet)
    assert (info.flags is None) == (not info.valid or info.mode == "celt")
    for flags in info.flags or []:
        if flags is None:
            continue
        voice, lbrr = flags
        assert len(voice) == len(lbrr) == info.channels
        assert all(len(bits) == info.silk_frames for bits in voice)
    if info.voice_activity is not None:
        spoken = any(any(any(bits) for bits in flags[0]) for flags in info.flags or [] if flags)
        assert info.voice_activity == spoken
    assert info.worth_repeating == (info.mode == "celt" or bool(info.voice_activity))


def test_an_empty_packet_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one byte"):
        opus_packet_info(b"")
