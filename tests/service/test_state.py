"""Meetings outlive the service: what is in the state file, and clients that come back."""

from __future__ import annotations

import asyncio
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from chime_native import MeetingSession
from chime_native.errors import ServiceError
from chime_native.service import LocalService, ServiceSettings
from chime_native.service.features import Capabilities, MeetingFeatures
from chime_native.service.model import MeetingRequest, MeetingStore
from chime_native.service.state import StateFile
from interop_harness import lasting_port

NOTHING = Capabilities("None", "None", "None")


def fill(store: MeetingStore, state: StateFile, now: float) -> tuple[str, list[Any]]:
    request = MeetingRequest(
        "token-1",
        "standup",
        "eu-central-1",
        MeetingFeatures(echo_reduction="AVAILABLE", max_count=7),
        "host",
        None,
        ("tenant",),
        {"a": "1"},
        {"SqsQueueArn": "arn:aws:sqs:queue"},
    )
    meeting = store.create_meeting(request, now)
    attendees = [store.create_attendee(meeting.meeting_id, f"User-{n}", None) for n in range(3)]
    store.update_capabilities(meeting.meeting_id, attendees[0].attendee_id, NOTHING)
    store.delete_attendee(meeting.meeting_id, attendees[1].attendee_id)
    store.set_tags(meeting, {"b": "2"})
    ended = store.create_meeting(MeetingRequest("token-2", "over", "eu-central-1"), now)
    store.delete_meeting(ended.meeting_id, now)
    for event in store.events():
        state.write(event)
    return meeting.meeting_id, [attendees[0], attendees[2]]


def restored(path: Path, epoch_s: float, now: float) -> MeetingStore:
    state = StateFile(str(path), epoch_s)
    store = MeetingStore()
    store.restore(state.read(now), now)
    state.close()
    return store


def test_all_records_come_back(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    first = MeetingStore()
    state = StateFile(str(path), 1_000_000.0)
    meeting_id, attendees = fill(first, state, 100.0)
    state.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    # Ten minutes later on a machine whose monotonic clock began anew.
    second = restored(path, 1_000_695.0, 5.0)
    (meeting,) = second.meetings()
    before = first.meeting(meeting_id)
    assert meeting.request == before.request
    assert (meeting.arn, meeting.tags) == (before.arn, {"b": "2"})
    assert meeting.created_at == pytest.approx(5.0 - 600.0)
    assert meeting.empty_since == 5.0
    assert list(meeting.attendees.values()) == attendees
    for attendee in attendees:
        assert second.authenticate(attendee.join_token) == (meeting, attendee)
    assert second.create_meeting(before.request, 6.0) is meeting
    again = second.create_attendee(meeting_id, "user-2", None)
    assert again == attendees[1]
    assert second.create_attendee(meeting_id, "new", None).ordinal == 3


def test_what_expired_meanwhile_ends(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    state = StateFile(str(path), 0.0)
    fill(MeetingStore(), state, 0.0)
    state.close()
    store = restored(path, 0.0, 25 * 3600.0)
    assert store.meetings() == []


def test_a_file_that_is_no_state_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("remember the milk" * 100)
    with pytest.raises(ServiceError, match=r"cannot keep state in .*notes\.txt"):
        StateFile(str(path), 0.0)
    with pytest.raises(ServiceError, match="cannot keep state in"):
        StateFile(str(tmp_path / "missing" / "state"), 0.0)


async def test_a_session_reconnects_into_the_same_meeting_after_a_restart(tmp_path: Path) -> None:
    settings = ServiceSettings(state_file=str(tmp_path / "state.sqlite"))
    port = lasting_port()
    async with LocalService(port=port, settings=settings) as first:
        client = first.boto3_client()
        meeting = await asyncio.to_thread(
            client.create_meeting, MediaRegion="us-east-1", ExternalMeetingId="m1"
        )
        attendee = await asyncio.to_thread(
            client.create_attendee, MeetingId=meeting["Meeting"]["MeetingId"], ExternalUserId="alice"
        )
        client.close()
        session = MeetingSession.join(meeting, attendee)
        await session.__aenter__()
    try:
        async with LocalService(port=port, settings=settings) as second:
            (record,) = second.store.meetings()
            assert record.meeting_id == meeting["Meeting"]["MeetingId"]
            deadline = time.monotonic() + 60
            while attendee["Attendee"]["AttendeeId"] not in record.connected:
                assert time.monotonic() < deadline, "the session did not come back"
                await asyncio.sleep(0.05)
            await session.__aexit__(None, None, None)
    finally:
        await session.__aexit__(None, None, None)
