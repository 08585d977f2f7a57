"""What a meeting session is made from (SDK: ``src/meetingsession/MeetingSessionConfiguration.ts``)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Final

from chime_native.errors import ConfigurationError
from chime_native.realtime.connection_health_data import ConnectionHealthPolicyConfiguration
from chime_native.realtime.modality import Modality
from chime_native.signaling.dialect import Dialect

from .application_metadata import ApplicationMetadata
from .credentials import MeetingSessionCredentials
from .meeting_features import MeetingFeatures, VideoQualitySettings
from .urls import MeetingSessionURLs

__all__ = ["MeetingSessionConfiguration"]

_RESOLUTIONS: Final[Mapping[object, VideoQualitySettings]] = {
    "None": VideoQualitySettings.DISABLED,
    "HD": VideoQualitySettings.HD,
    "FHD": VideoQualitySettings.FHD,
    "UHD": VideoQualitySettings.UHD,
}


class MeetingSessionConfiguration:
    """A meeting, an attendee, and how the session behaves.

    The two responses are those of CreateMeeting and CreateAttendee as boto3 returns them, or only their ``Meeting`` and
    ``Attendee`` members; member names are compared without regard to case, at every depth. A part that is not given is
    None; what is missing for joining is named by ``require_joinable``, since an application may fill it in later.

    Raises ``ConfigurationError`` (a ``ValueError``) for a meeting without MediaPlacement and for members that are not of
    the kind that the API gives.
    """

    def __init__(
        self,
        create_meeting_response: Mapping[str, object] | None = None,
        create_attendee_response: Mapping[str, object] | None = None,
    ) -> None:
        self.meeting_id: str | None = None
        self.external_meeting_id: str | None = None
        self.urls: MeetingSessionURLs | None = None
        self.credentials: MeetingSessionCredentials | None = None
        self.meeting_features = MeetingFeatures()
        self.application_metadata: ApplicationMetadata | None = None
        self.signaling_dialect = Dialect.BROWSER
        # Limits and back-off in milliseconds, with the SDK's defaults.
        self.connection_timeout_ms = 15_000
        self.attendee_presence_timeout_ms = 0  # 0: the start does not wait for the own presence
        self.reconnect_timeout_ms = 120_000
        self.reconnect_fixed_wait_ms = 0
        self.reconnect_short_back_off_ms = 1_000
        self.reconnect_long_back_off_ms = 5_000
        self.connection_health_policy_configuration = ConnectionHealthPolicyConfiguration()
        self.keep_last_frame_when_paused = False
        self.disable_periodic_keyframe_request_on_content_sender = False
        if create_meeting_response is not None:
            self._read_meeting(_unwrap(create_meeting_response, "CreateMeeting", "meeting"))
        if create_attendee_response is not None:
            self._read_attendee(_unwrap(create_attendee_response, "CreateAttendee", "attendee"))

    def require_joinable(self) -> None:
        """Raises ``ConfigurationError`` naming everything without which no meeting can be joined."""
        credentials = self.credentials or MeetingSessionCredentials()
        needed = {
            "Meeting.MeetingId": self.meeting_id,
            "Meeting.MediaPlacement.SignalingUrl": self.urls.signaling_url if self.urls else None,
            "Attendee.AttendeeId": credentials.attendee_id,
            "Attendee.JoinToken": credentials.join_token,
        }
        if missing := [name for name, value in needed.items() if not value]:
            raise ConfigurationError(f"the meeting cannot be joined without {', '.join(missing)}")

    def for_content_share(self) -> MeetingSessionConfiguration:
        """The configuration of the attendee's content share: an attendee of its own, with the suffix ``#content``."""
        content = copy.copy(self)
        credentials = self.credentials or MeetingSessionCredentials()
        suffix = f"#{Modality.CONTENT}"
        content.credentials = MeetingSessionCredentials(
            attendee_id=(credentials.attendee_id or "") + suffix,
            external_user_id=credentials.external_user_id,
            join_token=(credentials.join_token or "") + suffix,
        )
        return content

    def _read_meeting(self, meeting: Mapping[str, object]) -> None:
        placement = meeting.get("mediaplacement")
        if not isinstance(placement, Mapping):
            raise ConfigurationError(
                "the CreateMeeting response has no Meeting.MediaPlacement; pass the response of CreateMeeting or "
                "GetMeeting as it is"
            )
        self.meeting_id = _text(meeting, "MeetingId")
        self.external_meeting_id = _text(meeting, "ExternalMeetingId")
        self.urls = MeetingSessionURLs(
            audio_host_url=_text(placement, "AudioHostUrl"),
            signaling_url=_text(placement, "SignalingUrl"),
            turn_control_url=_text(placement, "TurnControlUrl"),
            event_ingestion_url=_text(placement, "EventIngestionUrl") or None,
        )
        features = meeting.get("meetingfeatures")
        self.meeting_features = MeetingFeatures(
            video_max_resolution=_resolution(features, "video", VideoQualitySettings.HD),
            content_max_resolution=_resolution(features, "content", VideoQualitySettings.FHD),
        )

    def _read_attendee(self, attendee: Mapping[str, object]) -> None:
        self.credentials = MeetingSessionCredentials(
            attendee_id=_text(attendee, "AttendeeId"),
            external_user_id=_text(attendee, "ExternalUserId"),
            join_token=_text(attendee, "JoinToken"),
        )

    def __repr__(self) -> str:
        return (
            f"MeetingSessionConfiguration(meeting_id={self.meeting_id!r}, credentials={self.credentials!r}, "
            f"urls={self.urls!r})"
        )


def _unwrap(response: object, operation: str, wrapper: str) -> Mapping[str, object]:
    lowered = _lower_case_names(response)
    if not isinstance(lowered, Mapping):
        raise ConfigurationError(
            f"the {operation} response must be a mapping as boto3 returns it, not {type(response).__name__}"
        )
    inner = lowered.get(wrapper)
    if not isinstance(inner, Mapping):
        if not inner:
            return lowered
        raise ConfigurationError(
            f"{wrapper.capitalize()} in the {operation} response must be a mapping, not {type(inner).__name__}"
        )
    return inner


def _lower_case_names(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name).lower(): _lower_case_names(member) for name, member in value.items()}
    return value


def _text(members: Mapping[str, object], name: str) -> str | None:
    value = members.get(name.lower())
    if value is None or isinstance(value, str):
        return value
    raise ConfigurationError(f"{name} must be a string, not {type(value).__name__}")


def _resolution(features: object, kind: str, default: VideoQualitySettings) -> VideoQualitySettings:
    medium = features.get(kind, {}) if isinstance(features, Mapping) else {}
    if medium is None:
        raise ConfigurationError(f"MeetingFeatures.{kind.capitalize()} must be a mapping, not None")
    value = medium.get("maxresolution") if isinstance(medium, Mapping) else None
    return _RESOLUTIONS.get(value, default) if isinstance(value, str) else default
