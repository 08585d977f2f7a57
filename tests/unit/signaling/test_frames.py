"""Frames: the prefix byte, limits, and what is refused."""

from __future__ import annotations

import pytest
from chime_native.errors import FrameError
from chime_native.signaling import Dialect, decode_frame, encode_frame
from chime_native.signaling.messages import SdkPingPongFrame, SdkSignalFrame
from hypothesis import given
from hypothesis import strategies as st

PING = SdkSignalFrame(
    timestamp_ms=5, type=SdkSignalFrame.PING_PONG, ping_pong=SdkPingPongFrame(type=1, ping_id=3)
)


@pytest.mark.parametrize(("dialect", "prefix"), [(Dialect.BROWSER, 5), (Dialect.NATIVE, 2)])
def test_each_dialect_has_its_prefix(dialect: Dialect, prefix: int) -> None:
    data = encode_frame(PING, dialect)
    assert data[0] == prefix
    assert decode_frame(data) == PING


def test_any_prefix_is_accepted() -> None:
    assert decode_frame(b"\x77" + encode_frame(PING)[1:]) == PING


def test_any_kind_of_bytes_is_accepted() -> None:
    data = encode_frame(PING)
    assert decode_frame(bytearray(data)) == decode_frame(memoryview(data)) == PING


def test_a_frame_without_its_required_fields_is_not_sent() -> None:
    with pytest.raises(ValueError, match="required fields"):
        encode_frame(SdkSignalFrame(timestamp_ms=1))


@pytest.mark.parametrize("data", [b"", b"\x05", b"\x05\x08\x05", b"\x05\x08", b"\x05\xff\xff"])
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(FrameError):
        decode_frame(data)


def test_a_frame_over_the_limit_is_refused() -> None:
    data = encode_frame(PING)
    assert decode_frame(data, max_size=len(data)) == PING
    with pytest.raises(FrameError, match="longer than the limit"):
        decode_frame(data, max_size=len(data) - 1)


def test_an_unknown_type_survives() -> None:
    frame = decode_frame(bytes.fromhex("0508051063"))
    assert frame.type == 99
    assert encode_frame(frame).hex() == "0508051063"


def test_absent_enums_read_as_the_first_value_of_the_protocol() -> None:
    frame = SdkSignalFrame()
    assert frame.index.sources.add().media_type == 1
    assert frame.joinack.default_server_side_network_adaption == 1
    assert frame.notification.level == 3
    assert frame.join.protocol_version == 2


@given(st.binary(max_size=200))
def test_random_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        frame = decode_frame(data)
    except FrameError:
        return
    assert decode_frame(encode_frame(frame)) == frame
