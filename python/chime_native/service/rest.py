"""The operations of chime-sdk-meetings: members in, members out, over a `MeetingStore`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chime_native.service.errors import ApiError, ResourceNotFound, TooManyTags
from chime_native.service.features import Capabilities, MeetingFeatures
from chime_native.service.model import Attendee, Meeting, MeetingRequest, MeetingStore
from chime_native.service.settings import ServiceSettings

__all__ = ["Endpoint", "MeetingsApi", "MeetingsCall"]

DEFAULT_PAGE = 100
"""Attendees on one page of ListAttendees when MaxResults is left out (also the most)."""

Members = Mapping[str, Any]
Output = dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How the caller reached the service; what it is told to connect to must be reachable the same way."""

    host: str
    """Host and port, as in the Host header."""
    secure: bool = False

    def media_placement(self, meeting_id: str) -> dict[str, str]:
        http, ws = ("https", "wss") if self.secure else ("http", "ws")
        return {
            # No scheme: clients send this back as SUBSCRIBE's audio_host. The media's ports are in the SDP answer.
            "AudioHostUrl": self.host,
            "AudioFallbackUrl": f"{ws}://{self.host}/calls/{meeting_id}",
            "SignalingUrl": f"{ws}://{self.host}/control/{meeting_id}",
            "TurnControlUrl": f"{http}://{self.host}/v2/turn_sessions",
            "EventIngestionUrl": f"{http}://{self.host}/v1/client-events",
        }


@dataclass(frozen=True, slots=True)
class MeetingsCall:
    """One call of an operation, its members already checked against the model."""

    members: Members
    endpoint: Endpoint
    now: float


class MeetingsApi:
    """Carries out checked calls; raises `ApiError`."""

    def __init__(self, store: MeetingStore, settings: ServiceSettings) -> None:
        self._store = store
        self._settings = settings
        self._operations: dict[str, Callable[[MeetingsCall], Output]] = {
            "CreateMeeting": self._create_meeting,
            "CreateMeetingWithAttendees": self._create_meeting_with_attendees,
            "GetMeeting": self._get_meeting,
            "DeleteMeeting": self._delete_meeting,
            "CreateAttendee": self._create_attendee,
            "BatchCreateAttendee": self._batch_create_attendee,
            "GetAttendee": self._get_attendee,
            "ListAttendees": self._list_attendees,
            "DeleteAttendee": self._delete_attendee,
            "UpdateAttendeeCapabilities": self._update_capabilities,
            "BatchUpdateAttendeeCapabilitiesExcept": self._update_capabilities_except,
            "StartMeetingTranscription": self._start_transcription,
            "StopMeetingTranscription": self._stop_transcription,
            "ListTagsForResource": self._list_tags,
            "TagResource": self._tag,
            "UntagResource": self._untag,
        }

    @property
    def operations(self) -> frozenset[str]:
        return frozenset(self._operations)

    def call(self, operation: str, call: MeetingsCall) -> Output:
        """The output's members, or None for an operation without output."""
        return self._operations[operation](call)

    # --- meetings ---

    def _make(self, call: MeetingsCall) -> Meeting:
        members = call.members
        features = MeetingFeatures.from_api(members.get("MeetingFeatures") or {})
        request = MeetingRequest(
            members["ClientRequestToken"],
            members["ExternalMeetingId"],
            members["MediaRegion"],
            features,
            members.get("MeetingHostId"),
            members.get("PrimaryMeetingId"),
            tuple(members.get("TenantIds") or ()),
            {tag["Key"]: tag["Value"] for tag in members.get("Tags") or ()},
            dict(members.get("NotificationsConfiguration") or {}),
        )
        return self._store.create_meeting(request, call.now)

    def _create_meeting(self, call: MeetingsCall) -> Output:
        return {"Meeting": _meeting(self._make(call), call.endpoint)}

    def _create_meeting_with_attendees(self, call: MeetingsCall) -> Output:
        meeting = self._make(call)
        attendees, errors = self._attendees(meeting.meeting_id, call.members["Attendees"])
        return {"Meeting": _meeting(meeting, call.endpoint), "Attendees": attendees, "Errors": errors}

    def _get_meeting(self, call: MeetingsCall) -> Output:
        return {"Meeting": _meeting(self._store.meeting(call.members["MeetingId"]), call.endpoint)}

    def _delete_meeting(self, call: MeetingsCall) -> Output:
        self._store.delete_meeting(call.members["MeetingId"], call.now)
        return None

    # --- attendees ---

    def _create_attendee(self, call: MeetingsCall) -> Output:
        meeting_id, user = call.members["MeetingId"], call.members["ExternalUserId"]
        return {
            "Attendee": _attendee(self._store.create_attendee(meeting_id, user, _capabilities(call.members)))
        }

    def _batch_create_attendee(self, call: MeetingsCall) -> Output:
        self._store.meeting(call.members["MeetingId"])
        attendees, errors = self._attendees(call.members["MeetingId"], call.members["Attendees"])
        return {"Attendees": attendees, "Errors": errors}

    def _attendees(self, meeting_id: str, wanted: list[Members]) -> tuple[list[Output], list[Output]]:
        """Creates each; what is refused becomes an entry of Errors, the others are still made."""
        made: list[Output] = []
        refused: list[Output] = []
        for item in wanted:
            user = item["ExternalUserId"]
            try:
                made.append(_attendee(self._store.create_attendee(meeting_id, user, _capabilities(item))))
            except ApiError as error:
                refused.append(
                    {"ExternalUserId": user, "ErrorCode": error.code, "ErrorMessage": error.message}
                )
        return made, refused

    def _get_attendee(self, call: MeetingsCall) -> Output:
        return {
            "Attendee": _attendee(self._store.attendee(call.members["MeetingId"], call.members["AttendeeId"]))
        }

    def _list_attendees(self, call: MeetingsCall) -> Output:
        count = call.members.get("MaxResults", DEFAULT_PAGE)
        attendees, token = self._store.list_attendees(
            call.members["MeetingId"], count, call.members.get("NextToken")
        )
        output: dict[str, Any] = {"Attendees": [_attendee(attendee) for attendee in attendees]}
        return output if token is None else output | {"NextToken": token}

    def _delete_attendee(self, call: MeetingsCall) -> Output:
        self._store.delete_attendee(call.members["MeetingId"], call.members["AttendeeId"])
        return None

    def _update_capabilities(self, call: MeetingsCall) -> Output:
        wanted = Capabilities.from_api(call.members["Capabilities"])
        attendee = self._store.update_capabilities(
            call.members["MeetingId"], call.members["AttendeeId"], wanted
        )
        return {"Attendee": _attendee(attendee)}

    def _update_capabilities_except(self, call: MeetingsCall) -> Output:
        excluded = [item["AttendeeId"] for item in call.members["ExcludedAttendeeIds"]]
        wanted = Capabilities.from_api(call.members["Capabilities"])
        self._store.update_capabilities_except(call.members["MeetingId"], excluded, wanted)
        return None

    # --- transcription ---

    def _start_transcription(self, call: MeetingsCall) -> Output:
        self._store.start_transcription(call.members["MeetingId"], call.members["TranscriptionConfiguration"])
        return None

    def _stop_transcription(self, call: MeetingsCall) -> Output:
        self._store.stop_transcription(call.members["MeetingId"])
        return None

    # --- tags ---

    def _tagged(self, arn: str) -> Meeting:
        meeting = self._store.meeting_of_arn(arn)
        if meeting is None:
            raise ResourceNotFound(f"ResourceARN: no meeting has the ARN {arn}", ResourceName=arn)
        return meeting

    def _list_tags(self, call: MeetingsCall) -> Output:
        tags = self._tagged(call.members["ResourceARN"]).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tag(self, call: MeetingsCall) -> Output:
        arn = call.members["ResourceARN"]
        meeting = self._tagged(arn)
        tags = meeting.tags | {tag["Key"]: tag["Value"] for tag in call.members["Tags"]}
        if len(tags) > self._settings.max_tags:
            message = f"Tags: {len(tags)} on one resource, at most {self._settings.max_tags} are allowed"
            raise TooManyTags(message, ResourceName=arn)
        self._store.set_tags(meeting, tags)
        return {}

    def _untag(self, call: MeetingsCall) -> Output:
        meeting = self._tagged(call.members["ResourceARN"])
        removed = set(call.members["TagKeys"])
        self._store.set_tags(meeting, {key: tag for key, tag in meeting.tags.items() if key not in removed})
        return {}


def _capabilities(members: Members) -> Capabilities | None:
    given = members.get("Capabilities")
    return None if given is None else Capabilities.from_api(given)


def _meeting(meeting: Meeting, endpoint: Endpoint) -> dict[str, Any]:
    request = meeting.request
    output: dict[str, Any] = {
        "MeetingId": meeting.meeting_id,
        "ExternalMeetingId": request.external_meeting_id,
        "MediaRegion": request.media_region,
        "MediaPlacement": endpoint.media_placement(meeting.meeting_id),
        "MeetingFeatures": request.features.to_api(),
        "MeetingArn": meeting.arn,
        "TenantIds": list(request.tenant_ids),
    }
    optional = {"MeetingHostId": request.meeting_host_id, "PrimaryMeetingId": request.primary_meeting_id}
    return output | {name: value for name, value in optional.items() if value is not None}


def _attendee(attendee: Attendee) -> dict[str, Any]:
    return {
        "ExternalUserId": attendee.external_user_id,
        "AttendeeId": attendee.attendee_id,
        "JoinToken": attendee.join_token,
        "Capabilities": attendee.capabilities.to_api(),
    }
