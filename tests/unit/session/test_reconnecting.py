"""Back-off and the reconnect controller: what the vectors do not show."""

from __future__ import annotations

import pytest
from chime_native.session.backoff import FullJitterBackoff
from chime_native.session.reconnect_controller import ReconnectController, ReconnectEvent


def test_thousands_of_attempts_wait_no_longer_than_the_limit() -> None:
    backoff = FullJitterBackoff(0, 1000, 5000, random=lambda: 1.0)
    assert [backoff.next_backoff_amount_ms() for _ in range(5000)][-1] == 5000


def test_the_default_random_source_jitters() -> None:
    backoff = FullJitterBackoff(0, 1000, 1000)
    amounts = {backoff.next_backoff_amount_ms() for _ in range(20)}
    assert len(amounts) > 1
    assert all(0 <= amount < 1000 for amount in amounts)


def test_reset_gives_up_a_waiting_retry() -> None:
    controller = ReconnectController(120_000, FullJitterBackoff(10, 0, 0))
    assert not controller.waits
    assert controller.retry_with_backoff(0)
    assert (controller.waits, controller.next_timeout()) == (True, 10)
    controller.handle_timeout(9)
    assert controller.events() == []
    controller.reset()
    assert controller.events() == [ReconnectEvent.CANCELED]
    assert controller.next_timeout() is None
    assert controller.retry_with_backoff(20)
    controller.handle_timeout(30)
    assert controller.events() == [ReconnectEvent.RETRY]


def test_a_negative_time_out_is_refused() -> None:
    with pytest.raises(ValueError, match="reconnect_timeout_ms"):
        ReconnectController(-1, FullJitterBackoff(0, 0, 0))
