"""Data messages: what may be sent, how values are encoded, and the exchange."""

from __future__ import annotations

import json
import math

import pytest
from chime_native.realtime import DataMessage, DataMessageExchange, RealtimeController
from chime_native.realtime.data_message import check_data_message, encode_data, received_data_message
from chime_native.signaling.events import DataMessage as WireDataMessage
from chime_native.signaling.events import DataMessagesReceived
from hypothesis import given
from hypothesis import strategies as st


class AudioInput:
    active = False

    def set_enabled(self, _enabled: bool) -> None: ...


class Transport:
    def __init__(self) -> None:
        self.ready = True
        self.sent: list[tuple[str, bytes, int | None]] = []

    def send_data_message(self, topic: str, data: bytes, lifetime_ms: int | None) -> None:
        self.sent.append((topic, data, lifetime_ms))


@pytest.mark.parametrize(
    ("data", "encoded"),
    [
        (b"\x00\xff", b"\x00\xff"),
        (bytearray(b"x"), b"x"),
        (memoryview(b"y"), b"y"),
        ("smörgås", "smörgås".encode()),
        ("\ud83d\ude00 \ud83d", "\U0001f600 \ufffd".encode()),
        ({"a": [1.0, 2.5, None, True]}, b'{"a":[1,2.5,null,true]}'),
        ((math.nan, math.inf, -0.0), b"[null,null,0]"),
        (1e21, b"1e+21"),
    ],
)
def test_encoding(data: object, encoded: bytes) -> None:
    assert encode_data(data) == encoded


def test_what_json_cannot_say_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        encode_data(object())


@pytest.mark.parametrize(
    ("topic", "size", "lifetime_ms", "match"),
    [
        ("", 0, None, "Invalid topic"),
        ("a" * 37, 0, None, "Invalid topic"),
        ("a\n", 0, None, "Invalid topic"),
        ("aws:chime:transcription", 0, None, "Invalid topic"),
        ("ok", 2049, None, "2048"),
        ("ok", 1, -1, "life time"),
        ("ok", 1, math.nan, "life time"),
    ],
)
def test_what_may_not_be_sent(topic: str, size: int, lifetime_ms: float | None, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        check_data_message(topic, bytes(size), lifetime_ms)


def test_received_messages() -> None:
    message = received_data_message(WireDataMessage("t", b"\xef\xbb\xbf[1]", "a", "x", 1_500_000, 0))
    assert message == DataMessage(1.5, "t", b"\xef\xbb\xbf[1]", "a", "x")
    assert (message.text(), message.json()) == ("[1]", [1])
    assert received_data_message(WireDataMessage("t", b"", "a", "x", 0, 0)).throttled
    unmarked = received_data_message(WireDataMessage("t", b"\xff", "a", "x", None, 0))
    assert (unmarked.throttled, unmarked.timestamp_ms, unmarked.text()) == (False, 0.0, "\ufffd")
    with pytest.raises(ValueError, match="Expecting value"):
        unmarked.json()


def test_the_exchange_sends_while_it_runs_and_raises_to_the_caller(caplog: pytest.LogCaptureFixture) -> None:
    controller, transport = RealtimeController(AudioInput()), Transport()
    exchange = DataMessageExchange(controller, transport)
    seen: list[DataMessage] = []
    controller.realtime_subscribe_to_receive_data_message("t", seen.append)
    arrived = DataMessagesReceived((WireDataMessage("t", b"x", "a", "y", 1, 0),))
    exchange.handle_data_messages(arrived)
    controller.realtime_send_data_message("t", "before")
    exchange.start()
    exchange.start()
    controller.realtime_send_data_message("t", "hello", 5)
    with pytest.raises(ValueError, match="Invalid topic"):
        controller.realtime_send_data_message("no topic", "x")
    exchange.handle_data_messages(arrived)
    transport.ready = False
    controller.realtime_send_data_message("t", "while reconnecting")
    exchange.stop()
    controller.realtime_send_data_message("t", "after")
    assert transport.sent == [("t", b"hello", 5)]
    assert len(seen) == 1
    assert "not open" in caplog.text


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)))
def test_json_round_trips(value: object) -> None:
    if not isinstance(value, str):
        assert json.loads(encode_data(value)) == value
