"""What happens in meetings, in the words of Amazon Chime's EventBridge notifications (developer guide)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from chime_native.service.conference import AttendeeJoined, AttendeeLeft
from chime_native.service.model import (
    Attendee,
    AttendeeAdded,
    AttendeeDeleted,
    CapabilitiesUpdated,
    Meeting,
    MeetingEnded,
    MeetingStarted,
    StoreEvent,
    TagsChanged,
    TranscriptionStarted,
    TranscriptionStopped,
)

__all__ = ["envelope", "presence_notification", "store_notifications"]

Notification = Mapping[str, Any]

_OF_MEETING: Final = {MeetingStarted: "chime:MeetingStarted", MeetingEnded: "chime:MeetingEnded"}
_OF_ATTENDEE: Final = {AttendeeAdded: "chime:AttendeeAdded", AttendeeDeleted: "chime:AttendeeDeleted"}


def store_notifications(event: StoreEvent) -> Iterator[Notification]:
    """The notifications of one change of the records: none, one, or one for each attendee concerned."""
    match event:
        case MeetingStarted(meeting) | MeetingEnded(meeting):
            yield _detail(_OF_MEETING[type(event)], meeting)
        case AttendeeAdded(meeting, attendee) | AttendeeDeleted(meeting, attendee):
            yield _detail(_OF_ATTENDEE[type(event)], meeting, _attendee(attendee))
        case CapabilitiesUpdated(meeting, attendees):
            for attendee in attendees:
                yield _detail("chime:AttendeeCapabilitiesUpdated", meeting, _attendee(attendee))
        case TranscriptionStarted() | TranscriptionStopped() | TagsChanged():
            pass


def presence_notification(meeting: Meeting, change: AttendeeJoined | AttendeeLeft) -> Notification:
    """An attendee, or its content share, came or went."""
    kind = "AttendeeContent" if change.is_content else "Attendee"
    what = "Joined" if isinstance(change, AttendeeJoined) else "Dropped" if change.dropped else "Left"
    who = {"attendeeId": change.attendee_id, "externalUserId": change.external_user_id, "networkType": "Voip"}
    return _detail(f"chime:{kind}{what}", meeting, who)


def envelope(detail: Notification, region: str, account_id: str, targets: Mapping[str, str]) -> Notification:
    """A notification as EventBridge delivers it; ``targets`` is the meeting's NotificationsConfiguration."""
    time_s = detail["timestamp"] / 1000
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Chime Meeting State Change",
        "source": "aws.chime",
        "account": account_id,
        "time": datetime.fromtimestamp(time_s, UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "region": region,
        "resources": list(targets.values()),
        "detail": detail,
    }


def _attendee(attendee: Attendee) -> dict[str, str]:
    return {"attendeeId": attendee.attendee_id, "externalUserId": attendee.external_user_id}


def _detail(event_type: str, meeting: Meeting, more: Mapping[str, str] | None = None) -> Notification:
    return {
        "version": "0",
        "eventType": event_type,
        "timestamp": int(time.time() * 1000),
        "meetingId": meeting.meeting_id,
        "externalMeetingId": meeting.request.external_meeting_id,
        "mediaRegion": meeting.request.media_region,
        **(more or {}),
    }
