"""Pings: timing, missed pongs, clock skew."""

from __future__ import annotations

import pytest
from chime_native.signaling.events import PongReceived, PongsMissed
from chime_native.signaling.ping_pong import PingPong, SentPing, SentPong


def test_a_late_timer_sends_one_ping_and_goes_on_from_there() -> None:
    pings = PingPong(10)
    pings.start(0)
    assert pings.pings_to_send() == [SentPing(1)]
    pings.handle_timeout(9)
    assert pings.pings_to_send() == []
    pings.handle_timeout(35)
    assert pings.pings_to_send() == [SentPing(2)]
    assert pings.events() == [PongsMissed(1)]
    assert pings.next_timeout() == 45


def test_timers_do_not_drift() -> None:
    pings = PingPong(10)
    pings.start(0)
    pings.handle_timeout(12)
    assert pings.next_timeout() == 20


def test_only_the_latest_pong_counts() -> None:
    pings = PingPong(10)
    pings.start(100)
    pings.handle_pong(7, 0, 105)
    assert pings.events() == []
    pings.handle_pong(1, 1103, 106)
    assert pings.events() == [PongReceived(1, -1000, 6)]


def test_nothing_after_stop_and_ids_begin_anew() -> None:
    pings = PingPong(10)
    pings.start(0)
    pings.stop()
    pings.handle_pong(0, 0, 1)
    pings.handle_timeout(100)
    assert (pings.next_timeout(), pings.events()) == (None, [])
    pings.start(200)
    assert pings.pings_to_send() == [SentPing(1), SentPing(1)]


def test_a_ping_is_answered() -> None:
    pings = PingPong()
    pings.handle_ping(4_294_967_295)
    assert pings.pings_to_send() == [SentPong(4_294_967_295)]


def test_an_interval_is_needed() -> None:
    with pytest.raises(ValueError, match="interval_ms"):
        PingPong(0)
