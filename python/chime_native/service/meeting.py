"""What the REST API keeps of a meeting and of its attendees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chime_native.service.features import Capabilities, MeetingFeatures

__all__ = ["Attendee", "Meeting", "MeetingRequest"]


@dataclass(slots=True)
class Attendee:
    """One attendee of one meeting."""

    attendee_id: str
    external_user_id: str
    join_token: str = field(repr=False)
    capabilities: Capabilities
    ordinal: int
    """Position in the order of creation, for paging."""


@dataclass(frozen=True, slots=True)
class MeetingRequest:
    """What CreateMeeting is given."""

    client_request_token: str = field(repr=False)
    external_meeting_id: str
    media_region: str
    features: MeetingFeatures = field(default_factory=MeetingFeatures)
    meeting_host_id: str | None = None
    primary_meeting_id: str | None = None
    tenant_ids: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    notifications: Mapping[str, str] = field(default_factory=dict)
    """NotificationsConfiguration: where notifications are to go besides the service's own observers."""


@dataclass(slots=True)
class Meeting:
    """One meeting, alive or (with ``ended_at``) remembered for its ClientRequestToken."""

    meeting_id: str
    arn: str
    request: MeetingRequest
    created_at: float
    tags: dict[str, str]
    empty_since: float | None
    """Since when nobody is connected; None while somebody is."""
    ended_at: float | None = None
    attendees: dict[str, Attendee] = field(default_factory=dict)
    by_external_user_id: dict[str, Attendee] = field(default_factory=dict)
    connected: set[str] = field(default_factory=set)
    """Ids of attendees with a connection of their own (contents do not keep a meeting alive)."""
    transcription: Mapping[str, Any] | None = None
    next_ordinal: int = 0

    @property
    def features(self) -> MeetingFeatures:
        return self.request.features
