"""Meetings and attendees as the REST API knows them: no I/O, the time is passed in (seconds on any monotonic clock).

Drain `MeetingStore.events` after every call before the next one: they say what live connections must be told.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chime_native.service.errors import BadRequest, Forbidden, LimitExceeded, NotFound, Unprocessable
from chime_native.service.features import Capabilities
from chime_native.service.meeting import Attendee, Meeting, MeetingRequest
from chime_native.service.meeting_events import (
    AttendeeAdded,
    AttendeeDeleted,
    CapabilitiesUpdated,
    MeetingEnded,
    MeetingStarted,
    StoreEvent,
    TagsChanged,
    TranscriptionStarted,
    TranscriptionStopped,
)
from chime_native.service.paging import page
from chime_native.service.settings import ServiceSettings

__all__ = [
    "Attendee",
    "AttendeeAdded",
    "AttendeeDeleted",
    "CapabilitiesUpdated",
    "Meeting",
    "MeetingEnded",
    "MeetingRequest",
    "MeetingStarted",
    "MeetingStore",
    "StoreEvent",
    "TagsChanged",
    "TranscriptionStarted",
    "TranscriptionStopped",
]


def _new_id() -> str:
    return str(uuid.uuid4())


def _new_token() -> str:
    # 256 random bits. Letters and digits only: the token travels as a WebSocket subprotocol, which is an HTTP token.
    return secrets.token_hex(32)


class MeetingStore:
    """All meetings of one service."""

    def __init__(
        self,
        settings: ServiceSettings | None = None,
        *,
        new_id: Callable[[], str] = _new_id,
        new_token: Callable[[], str] = _new_token,
    ) -> None:
        self._settings = settings or ServiceSettings()
        self._new_id = new_id
        self._new_token = new_token
        self._meetings: dict[str, Meeting] = {}
        self._by_request_token: dict[str, Meeting] = {}
        self._by_join_token: dict[str, tuple[Meeting, Attendee]] = {}
        self._ended_join_tokens: dict[str, Meeting] = {}
        self._events: list[StoreEvent] = []

    def events(self) -> list[StoreEvent]:
        """What happened since the last call, oldest first."""
        events, self._events = self._events, []
        return events

    # --- meetings ---

    def create_meeting(self, request: MeetingRequest, now: float) -> Meeting:
        """A new meeting, or the one that this ClientRequestToken made before, ended or not."""
        known = self._by_request_token.get(request.client_request_token)
        if known is not None:
            return known
        if len(self._meetings) >= self._settings.max_meetings:
            raise LimitExceeded(
                f"{len(self._meetings)} meetings are active, at most {self._settings.max_meetings} may be"
            )
        if request.primary_meeting_id is not None:
            self._check_replica(request.primary_meeting_id)
        meeting_id = self._new_id()
        arn = f"arn:aws:chime:{self._settings.region}:{self._settings.account_id}:meeting/{meeting_id}"
        meeting = Meeting(meeting_id, arn, request, now, dict(request.tags), empty_since=now)
        self._meetings[meeting_id] = meeting
        self._by_request_token[request.client_request_token] = meeting
        self._events.append(MeetingStarted(meeting))
        return meeting

    def _check_replica(self, primary_meeting_id: str) -> None:
        primary = self._meetings.get(primary_meeting_id.lower())
        if primary is None:
            raise BadRequest(f"PrimaryMeetingId: no active meeting {primary_meeting_id}")
        if primary.request.primary_meeting_id is not None:
            raise BadRequest(f"PrimaryMeetingId: {primary_meeting_id} is a replica itself")
        if len(self._replicas(primary)) >= self._settings.max_replicas:
            raise LimitExceeded(
                f"meeting {primary_meeting_id} has {self._settings.max_replicas} replicas already"
            )

    def primary(self, meeting: Meeting) -> Meeting:
        """The meeting whose replica this one is; itself if it is none, or if that one has ended before it."""
        wanted = meeting.request.primary_meeting_id
        return meeting if wanted is None else self._meetings.get(wanted.lower(), meeting)

    def _replicas(self, primary: Meeting) -> list[Meeting]:
        def of_primary(meeting: Meeting) -> bool:
            wanted = meeting.request.primary_meeting_id
            return wanted is not None and wanted.lower() == primary.meeting_id

        return [meeting for meeting in self._meetings.values() if of_primary(meeting)]

    def restore(self, meetings: Iterable[Meeting], now: float) -> None:
        """Takes meetings of a service that ended, and ends those whose time has come meanwhile."""
        for meeting in meetings:
            self._meetings[meeting.meeting_id] = meeting
            self._by_request_token[meeting.request.client_request_token] = meeting
            for attendee in meeting.attendees.values():
                self._by_join_token[attendee.join_token] = (meeting, attendee)
        self.handle_timeout(now)

    def set_tags(self, meeting: Meeting, tags: Mapping[str, str]) -> None:
        """Replaces the tags of a meeting."""
        meeting.tags = dict(tags)
        self._events.append(TagsChanged(meeting))

    def meeting(self, meeting_id: str) -> Meeting:
        meeting = self._meetings.get(meeting_id.lower())
        if meeting is None:
            raise NotFound(f"no meeting {meeting_id}")
        return meeting

    def meetings(self) -> list[Meeting]:
        """The active meetings, oldest first."""
        return list(self._meetings.values())

    def meeting_of_arn(self, arn: str) -> Meeting | None:
        return next((meeting for meeting in self._meetings.values() if meeting.arn == arn), None)

    def delete_meeting(self, meeting_id: str, now: float) -> None:
        """Ends the meeting; a second call finds nothing (404), as the API's model has it."""
        self._end(self.meeting(meeting_id), "deleted", now)

    def _end(self, meeting: Meeting, reason: str, now: float) -> None:
        meeting.ended_at = now
        del self._meetings[meeting.meeting_id]
        for attendee in meeting.attendees.values():
            del self._by_join_token[attendee.join_token]
            self._ended_join_tokens[attendee.join_token] = meeting
        self._events.append(MeetingEnded(meeting, reason))
        for replica in self._replicas(meeting):
            self._end(replica, "primary_ended", now)

    # --- attendees ---

    def create_attendee(
        self, meeting_id: str, external_user_id: str, capabilities: Capabilities | None
    ) -> Attendee:
        """A new attendee, or the one with this ExternalUserId (compared without case) that exists already."""
        meeting = self.meeting(meeting_id)
        granted = meeting.features.capabilities(capabilities)
        known = meeting.by_external_user_id.get(external_user_id.casefold())
        if known is not None:
            return known
        if len(meeting.attendees) >= self._settings.max_attendee_records:
            raise LimitExceeded(
                f"the meeting has {self._settings.max_attendee_records} attendees, which is the most"
            )
        attendee = Attendee(
            self._new_id(), external_user_id, self._new_token(), granted, meeting.next_ordinal
        )
        meeting.next_ordinal += 1
        meeting.attendees[attendee.attendee_id] = attendee
        meeting.by_external_user_id[external_user_id.casefold()] = attendee
        self._by_join_token[attendee.join_token] = (meeting, attendee)
        self._events.append(AttendeeAdded(meeting, attendee))
        return attendee

    def attendee(self, meeting_id: str, attendee_id: str) -> Attendee:
        attendee = self.meeting(meeting_id).attendees.get(attendee_id.lower())
        if attendee is None:
            raise NotFound(f"no attendee {attendee_id} in meeting {meeting_id}")
        return attendee

    def list_attendees(
        self, meeting_id: str, count: int, next_token: str | None
    ) -> tuple[list[Attendee], str | None]:
        """Up to ``count`` attendees in the order of their creation, and the token of the next page if there is one."""
        meeting = self.meeting(meeting_id)
        return page(
            list(meeting.attendees.values()), lambda a: a.ordinal, count, next_token, meeting.meeting_id
        )

    def delete_attendee(self, meeting_id: str, attendee_id: str) -> None:
        """Revokes the join token; the attendee's connections are to be ended."""
        meeting = self.meeting(meeting_id)
        attendee = self.attendee(meeting_id, attendee_id)
        del meeting.attendees[attendee.attendee_id]
        del meeting.by_external_user_id[attendee.external_user_id.casefold()]
        del self._by_join_token[attendee.join_token]
        self._events.append(AttendeeDeleted(meeting, attendee))

    def update_capabilities(self, meeting_id: str, attendee_id: str, capabilities: Capabilities) -> Attendee:
        attendee = self.attendee(meeting_id, attendee_id)
        self._set_capabilities(self.meeting(meeting_id), [attendee], capabilities)
        return attendee

    def update_capabilities_except(
        self, meeting_id: str, excluded_ids: list[str], capabilities: Capabilities
    ) -> None:
        """Changes everybody who is not listed; 404 when an id is unknown."""
        excluded = {self.attendee(meeting_id, attendee_id).attendee_id for attendee_id in excluded_ids}
        meeting = self.meeting(meeting_id)
        others = [attendee for attendee in meeting.attendees.values() if attendee.attendee_id not in excluded]
        self._set_capabilities(meeting, others, capabilities)

    def _set_capabilities(
        self, meeting: Meeting, attendees: list[Attendee], capabilities: Capabilities
    ) -> None:
        granted = meeting.features.capabilities(capabilities)
        changed = [attendee for attendee in attendees if attendee.capabilities != granted]
        for attendee in changed:
            attendee.capabilities = granted
        if changed:
            self._events.append(CapabilitiesUpdated(meeting, tuple(changed)))

    def authenticate(self, join_token: str) -> tuple[Meeting, Attendee] | None:
        """Whose join token this is, or None when it was never given out or is revoked."""
        return self._by_join_token.get(join_token)

    def was_ended(self, join_token: str) -> bool:
        """Whether this join token was valid until its meeting ended (as far back as ended meetings are remembered)."""
        return join_token in self._ended_join_tokens

    # --- transcription ---

    def start_transcription(self, meeting_id: str, configuration: Mapping[str, Any]) -> None:
        """Starts, or restarts with another configuration."""
        engines = [
            name
            for name in ("EngineTranscribeSettings", "EngineTranscribeMedicalSettings")
            if name in configuration
        ]
        if len(engines) != 1:
            raise BadRequest(
                "TranscriptionConfiguration: must hold exactly one of EngineTranscribeSettings and "
                "EngineTranscribeMedicalSettings"
            )
        meeting = self.meeting(meeting_id)
        if meeting.request.primary_meeting_id is not None:
            raise Forbidden("transcription of a replica meeting is started at its primary meeting")
        meeting.transcription = configuration
        self._events.append(TranscriptionStarted(meeting, configuration))

    def stop_transcription(self, meeting_id: str) -> None:
        meeting = self.meeting(meeting_id)
        if meeting.transcription is None:
            raise Unprocessable("no transcription is running in this meeting")
        self._events.append(TranscriptionStopped(meeting, meeting.transcription))
        meeting.transcription = None

    # --- life time ---

    def attendee_connected(self, meeting: Meeting, attendee_id: str) -> None:
        meeting.connected.add(attendee_id)
        meeting.empty_since = None

    def attendee_disconnected(self, meeting: Meeting, attendee_id: str, now: float) -> None:
        meeting.connected.discard(attendee_id)
        if not meeting.connected and meeting.empty_since is None:
            meeting.empty_since = now

    def next_timeout(self) -> float | None:
        """When `handle_timeout` has something to do; None while there is nothing to wait for."""
        times = [self._end_time(meeting)[0] for meeting in self._meetings.values()]
        times += [
            meeting.ended_at + self._settings.meeting_lifetime_s
            for meeting in self._by_request_token.values()
            if meeting.ended_at is not None
        ]
        return min(times, default=None)

    def _end_time(self, meeting: Meeting) -> tuple[float, str]:
        expiry = meeting.created_at + self._settings.meeting_lifetime_s
        # A replica does not end by being empty: it lives as long as its primary (developer guide).
        if meeting.empty_since is None or meeting.request.primary_meeting_id is not None:
            return expiry, "expired"
        return min((expiry, "expired"), (meeting.empty_since + self._settings.empty_meeting_s, "empty"))

    def handle_timeout(self, now: float) -> None:
        """Ends meetings whose time has come and forgets those that ended long ago."""
        for meeting in list(self._meetings.values()):
            due, reason = self._end_time(meeting)
            if due <= now and meeting.ended_at is None:
                self._end(meeting, reason, now)
        for token, meeting in list(self._by_request_token.items()):
            if meeting.ended_at is not None and meeting.ended_at + self._settings.meeting_lifetime_s <= now:
                del self._by_request_token[token]
                for attendee in meeting.attendees.values():
                    self._ended_join_tokens.pop(attendee.join_token, None)
