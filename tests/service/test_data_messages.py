"""Data messages: checks, limits, storage."""

from __future__ import annotations

import pytest
from chime_native.service.conference.data_messages import DataMessageLimits, DataMessageRelay, Sender
from chime_native.signaling.messages import SdkDataMessagePayload

ALICE = Sender("alice", "Alice")
EPOCH = 1_700_000_000.0


def message(topic: str = "chat", data: bytes = b"hello", lifetime_ms: int = 0) -> SdkDataMessagePayload:
    return SdkDataMessagePayload(topic=topic, data=data, lifetime_ms=lifetime_ms)


def test_a_message_is_given_its_sender_and_a_rising_time() -> None:
    relay = DataMessageRelay(EPOCH, 0.0)
    first = relay.relay(ALICE, message(), 1.0)
    second = relay.relay(ALICE, message(), 1.0)
    assert first is not None
    assert second is not None
    assert not first.throttled
    payload = first.payload
    assert (payload.topic, payload.data, payload.sender_attendee_id) == ("chat", b"hello", "alice")
    assert payload.sender_external_user_id == "Alice"
    assert payload.ingest_time_ns == int((EPOCH + 1.0) * 1e9)
    assert second.payload.ingest_time_ns > payload.ingest_time_ns


@pytest.mark.parametrize(
    "bad",
    [message(topic=""), message(topic="a" * 37), message(topic="aws:chime:x"), message(data=b"x" * 2049)],
)
def test_malformed_messages_are_counted(bad: SdkDataMessagePayload) -> None:
    relay = DataMessageRelay(EPOCH, 0.0)
    assert relay.relay(ALICE, bad, 1.0) is None
    assert relay.counters["malformed"] == 1


def test_beyond_the_soft_limit_senders_get_their_message_back_without_a_time() -> None:
    relay = DataMessageRelay(EPOCH, 0.0, DataMessageLimits(soft_rate=1.0, soft_burst=2))
    results = [relay.relay(ALICE, message(lifetime_ms=1000), 0.0) for _ in range(3)]
    assert [result is not None and result.throttled for result in results] == [False, False, True]
    assert results[2] is not None
    assert results[2].payload.HasField("ingest_time_ns")
    assert results[2].payload.ingest_time_ns == 0
    assert len(relay.stored(0.5)) == 2
    after = relay.relay(ALICE, message(), 1.0)
    assert after is not None
    assert not after.throttled


def test_beyond_the_hard_limits_messages_are_dropped() -> None:
    relay = DataMessageRelay(EPOCH, 0.0, DataMessageLimits(attendee_burst=1, attendee_rate=0.0))
    assert relay.relay(ALICE, message(), 0.0) is not None
    assert relay.relay(ALICE, message(), 9.0) is None
    assert relay.relay(Sender("bob", "Bob"), message(), 9.0) is not None
    assert relay.counters["dropped"] == 1


def test_messages_with_a_lifetime_wait_for_late_joiners() -> None:
    relay = DataMessageRelay(EPOCH, 0.0, DataMessageLimits(max_stored=2, soft_burst=10))
    for data, lifetime_ms in ((b"1", 10_000), (b"2", 1000), (b"3", 10**9), (b"4", 0)):
        relay.relay(ALICE, message(data=data, lifetime_ms=lifetime_ms), 0.0)
    assert [payload.data for payload in relay.stored(0.5)] == [b"2", b"3"]
    assert [payload.data for payload in relay.stored(1.0)] == [b"3"]
    # However long the sender wants, five minutes are the most.
    assert relay.stored(300.0) == []
