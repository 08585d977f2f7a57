"""One connection in a meeting, whose it is, and what a meeting allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from chime_native.service.conference.actions import AudioFlow
from chime_native.service.conference.connection import ConnectionState, SignalingConnection
from chime_native.service.conference.data_messages import DataMessageLimits
from chime_native.service.conference.member_video import MemberVideo
from chime_native.service.conference.requests import PrimaryMeetingJoinRequested
from chime_native.service.model import Attendee
from chime_native.service.turn import TurnServer

__all__ = ["CONTENT_SUFFIX", "ConferenceLimits", "Member", "Replica"]

CONTENT_SUFFIX: Final = "#content"
"""What follows attendee ids and join tokens of content shares."""


@dataclass(frozen=True, slots=True)
class ConferenceLimits:
    """Capacities and times of one meeting."""

    max_attendees: int = 250
    """MeetingFeatures.Attendee.MaxCount; content shares do not count."""
    max_contents: int = 2
    max_video_senders: int = 25
    """Cameras at once; content shares do not count."""
    audio_subscription_limit: int = 25
    """Attendees whose sound alone a connection that asks for it may get at once; 0: none."""
    max_connections_per_attendee: int = 4
    """Sockets of one attendee at once, joined or not."""
    reconnect_grace_s: float = 10.0
    """How long an attendee whose socket broke stays present while its media may go on."""
    leave_s: float = 5.0
    """How long a client that was told the end, or that left, may keep its socket."""
    max_frame_bytes: int = 1 << 18
    data_messages: DataMessageLimits = field(default_factory=DataMessageLimits)
    turn: TurnServer | None = None
    """Whose credentials clients get."""


@dataclass(frozen=True, slots=True)
class Replica:
    """A replica meeting, whose attendees watch the primary one."""

    meeting_id: str
    max_attendees: int


@dataclass(slots=True, eq=False)
class Member:
    """One connection and whose it is."""

    number: int
    attendee: Attendee
    """Whose join token opened the connection."""
    is_content: bool
    connection: SignalingConnection
    replica: Replica | None = None
    """Where the connection comes from, if not from this meeting itself: it only watches, until it is promoted."""
    promoted_as: Attendee | None = None
    """The attendee of this meeting that somebody from a replica speaks as."""
    has_media: bool = False
    awaits_media: bool = False
    """Its media is being negotiated, or connects."""
    wanted_promotion: PrimaryMeetingJoinRequested | None = None
    """To be answered when its media is there."""
    audio_session_id: int | None = None
    audio_subscription_limit: int = 0
    """As granted: the connection did not ask for single attendees' sound, or may not get it."""
    muted: bool = False
    """As signaled by the client."""
    socket_open: bool = True
    deadline: float | None = None
    """When the service gives this connection up."""
    video: MemberVideo = field(default_factory=MemberVideo)

    @property
    def participant(self) -> Attendee | None:
        """As whom the connection takes part in the meeting; None: it only watches."""
        return self.promoted_as if self.replica else self.attendee

    @property
    def attendee_id(self) -> str:
        """By which others know the connection, content suffix included."""
        return (self.participant or self.attendee).attendee_id + (CONTENT_SUFFIX if self.is_content else "")

    @property
    def is_joined(self) -> bool:
        return self.connection.state is ConnectionState.JOINED

    @property
    def audio(self) -> AudioFlow:
        """Muted and not allowed to send come to the same; content shares are sent to, not spoken to."""
        capabilities = (self.participant or self.attendee).capabilities
        may_send = capabilities.may_send("content" if self.is_content else "audio") and bool(self.participant)
        return AudioFlow(
            may_send and not self.muted, not self.is_content and capabilities.may_receive("audio")
        )

    @property
    def may_send_video(self) -> bool:
        """The camera, or on the connection of a content share what is shared."""
        who = self.participant
        return who is not None and who.capabilities.may_send("content" if self.is_content else "video")

    def may_see(self, publisher: Member) -> bool:
        """Whether it may receive what the other one sends.

        Nobody sees themselves: not every client leaves its own streams out when it chooses.
        """
        is_own = publisher.participant is self.participant and self.participant is not None
        if self.is_content or is_own or publisher is self:
            return False
        capabilities = (self.participant or self.attendee).capabilities
        return capabilities.may_receive("content" if publisher.is_content else "video")
