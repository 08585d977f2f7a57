"""The records of meetings and attendees, driven with a clock of the test's own."""

from __future__ import annotations

import pytest
from chime_native.service.errors import LimitExceeded, NotFound
from chime_native.service.model import (
    AttendeeAdded,
    AttendeeDeleted,
    MeetingEnded,
    MeetingRequest,
    MeetingStarted,
    MeetingStore,
)
from chime_native.service.settings import ServiceSettings


def request(token: str = "t1", primary: str | None = None) -> MeetingRequest:
    return MeetingRequest(token, "m1", "us-east-1", primary_meeting_id=primary)


def ended(store: MeetingStore) -> list[tuple[str, str]]:
    events = [event for event in store.events() if isinstance(event, MeetingEnded)]
    return [(event.meeting.meeting_id, event.reason) for event in events]


def test_events_tell_what_connections_must_know() -> None:
    store = MeetingStore()
    meeting = store.create_meeting(request(), 0.0)
    attendee = store.create_attendee(meeting.meeting_id, "alice", None)
    store.create_attendee(meeting.meeting_id, "ALICE", None)
    store.delete_attendee(meeting.meeting_id, attendee.attendee_id)
    store.delete_meeting(meeting.meeting_id, 1.0)
    assert store.events() == [
        MeetingStarted(meeting),
        AttendeeAdded(meeting, attendee),
        AttendeeDeleted(meeting, attendee),
        MeetingEnded(meeting, "deleted"),
    ]
    assert store.events() == []


def test_a_meeting_that_nobody_joins_ends_after_five_minutes() -> None:
    store = MeetingStore()
    meeting = store.create_meeting(request(), 10.0)
    assert store.next_timeout() == 310.0
    store.handle_timeout(309.9)
    assert ended(store) == []
    store.handle_timeout(310.0)
    assert ended(store) == [(meeting.meeting_id, "empty")]


def test_the_five_minutes_begin_when_the_last_one_has_left() -> None:
    store = MeetingStore()
    meeting = store.create_meeting(request(), 0.0)
    for attendee_id in ("a", "b"):
        store.attendee_connected(meeting, attendee_id)
    assert store.next_timeout() == 24 * 3600.0
    store.attendee_disconnected(meeting, "a", 100.0)
    store.attendee_disconnected(meeting, "b", 200.0)
    assert store.next_timeout() == 500.0


def test_a_meeting_ends_after_a_day_and_is_forgotten_a_day_later() -> None:
    store = MeetingStore()
    meeting = store.create_meeting(request(), 0.0)
    store.attendee_connected(meeting, "a")
    store.handle_timeout(86400.0)
    assert ended(store) == [(meeting.meeting_id, "expired")]
    assert store.create_meeting(request(), 86401.0) is meeting
    assert store.next_timeout() == 2 * 86400.0
    store.handle_timeout(2 * 86400.0)
    assert store.create_meeting(request(), 2 * 86400.0) is not meeting


def test_an_empty_replica_lives_as_long_as_its_primary() -> None:
    store = MeetingStore()
    primary = store.create_meeting(request(), 0.0)
    store.attendee_connected(primary, "a")
    replica = store.create_meeting(request("t2", primary.meeting_id), 0.0)
    store.handle_timeout(1000.0)
    assert ended(store) == []
    store.delete_meeting(primary.meeting_id, 2000.0)
    assert ended(store) == [(primary.meeting_id, "deleted"), (replica.meeting_id, "primary_ended")]


def test_join_tokens_are_valid_until_the_attendee_or_the_meeting_goes() -> None:
    store = MeetingStore()
    meeting = store.create_meeting(request(), 0.0)
    alice = store.create_attendee(meeting.meeting_id, "alice", None)
    bob = store.create_attendee(meeting.meeting_id, "bob", None)
    assert alice.join_token != bob.join_token
    assert store.authenticate(alice.join_token) == (meeting, alice)
    store.delete_attendee(meeting.meeting_id, alice.attendee_id)
    assert store.authenticate(alice.join_token) is None
    again = store.create_attendee(meeting.meeting_id, "alice", None)
    assert again.attendee_id != alice.attendee_id
    assert again.join_token != alice.join_token
    store.delete_meeting(meeting.meeting_id, 1.0)
    assert store.authenticate(bob.join_token) is None
    assert store.was_ended(bob.join_token)
    assert not store.was_ended(alice.join_token)
    store.handle_timeout(1.0 + 86400.0)
    assert not store.was_ended(bob.join_token)


def test_secrets_stay_out_of_representations() -> None:
    store = MeetingStore()
    meeting = store.create_meeting(request("secret-token"), 0.0)
    attendee = store.create_attendee(meeting.meeting_id, "alice", None)
    assert attendee.join_token not in repr(meeting)
    assert "secret-token" not in repr(meeting)


def test_quotas_are_kept() -> None:
    store = MeetingStore(ServiceSettings(max_meetings=2, max_attendee_records=1, max_replicas=1))
    meeting = store.create_meeting(request(), 0.0)
    store.create_meeting(request("t2", meeting.meeting_id), 0.0)
    with pytest.raises(LimitExceeded, match="at most 2"):
        store.create_meeting(request("t3"), 0.0)
    store.create_attendee(meeting.meeting_id, "alice", None)
    with pytest.raises(LimitExceeded, match="1 attendees"):
        store.create_attendee(meeting.meeting_id, "bob", None)
    with pytest.raises(NotFound):
        store.create_attendee("none", "bob", None)


def test_pages_stay_right_while_attendees_come_and_go() -> None:
    store = MeetingStore()
    meeting_id = store.create_meeting(request(), 0.0).meeting_id
    people = [store.create_attendee(meeting_id, f"user{n}", None) for n in range(4)]
    first, token = store.list_attendees(meeting_id, 2, None)
    assert first == people[:2]
    store.delete_attendee(meeting_id, people[1].attendee_id)
    store.delete_attendee(meeting_id, people[2].attendee_id)
    late = store.create_attendee(meeting_id, "late", None)
    assert store.list_attendees(meeting_id, 2, token) == ([people[3], late], None)
