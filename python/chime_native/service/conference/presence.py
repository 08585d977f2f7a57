"""Who is present, and for how long without a connection; everybody is told. No I/O.

Present is whose media is connected. Between two connections of one attendee it stays so for a while.
"""

from __future__ import annotations

from collections.abc import Iterable

from chime_native.service.conference.actions import AttendeeJoined, AttendeeLeft
from chime_native.service.conference.hall import Hall
from chime_native.service.conference.member import CONTENT_SUFFIX, Member
from chime_native.service.conference.outgoing import FrameType
from chime_native.service.conference.roster import RosterEntry
from chime_native.signaling.messages import SdkAudioStreamIdInfo, SdkAudioStreamIdInfoFrame

__all__ = ["Presence"]


class Presence:
    """Changes the hall's roster."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._orphans: dict[str, float] = {}
        """Present attendees who are between two connections, with the time when they count as dropped."""

    def is_through(self, member: Member) -> bool:
        """Whether it is this connection that makes its attendee present."""
        entry = self._hall.roster.get(member.attendee_id)
        return entry is not None and entry.connection == member.number

    def appear(self, member: Member) -> None:
        """The member is present from now on, unless it only watches."""
        who = member.participant
        if who is None or self.is_through(member):
            return
        is_new = self._hall.roster.get(member.attendee_id) is None
        self._orphans.pop(member.attendee_id, None)
        user = who.external_user_id
        self._tell(self._hall.roster.join(member.attendee_id, user, member.muted, member.number))
        if is_new:
            self._hall.actions.append(AttendeeJoined(who.attendee_id, user, member.is_content))

    def set_muted(self, member: Member, muted: bool) -> None:
        """As signaled by the client."""
        member.muted = muted
        self._hall.set_audio(member)
        if self.is_through(member):
            self._tell(self._hall.roster.set_muted(member.attendee_id, muted))

    def expect_back(self, member: Member) -> None:
        """The connection ends, and another one of its attendee is about to follow."""
        if self.is_through(member):
            self._orphans[member.attendee_id] = self._hall.now + self._hall.limits.reconnect_grace_s

    def leave(self, member: Member, dropped: bool) -> None:
        """The connection makes nobody present any more; ``dropped`` when it went without saying so."""
        if self._hall.roster.get(member.attendee_id) is None:
            return
        waiting = member.attendee_id in self._orphans
        # Between two connections the attendee stays present when the old one goes, not when the new one does.
        if self.is_through(member) != waiting:
            self._orphans.pop(member.attendee_id, None)
            self._drop(member.attendee_id, dropped)

    def heard(self) -> list[RosterEntry]:
        """Who may be heard: who is between two connections is on neither, and not all know of the new stream yet."""
        return [entry for entry in self._hall.roster if entry.attendee_id not in self._orphans]

    def timeouts(self) -> Iterable[float]:
        """When :meth:`handle_timeout` has something to do."""
        return self._orphans.values()

    def handle_timeout(self) -> None:
        """Those who have not come back have left."""
        for attendee_id in [key for key, deadline in self._orphans.items() if deadline <= self._hall.now]:
            del self._orphans[attendee_id]
            self._drop(attendee_id, dropped=True)

    def _drop(self, attendee_id: str, dropped: bool) -> None:
        entry = self._hall.roster.get(attendee_id)
        if entry is None:
            return
        self._tell(self._hall.roster.leave(attendee_id, dropped))
        is_content = attendee_id.endswith(CONTENT_SUFFIX)
        plain = attendee_id.removesuffix(CONTENT_SUFFIX)
        self._hall.actions.append(AttendeeLeft(plain, entry.external_user_id, is_content, dropped))

    def _tell(self, streams: list[SdkAudioStreamIdInfo]) -> None:
        self._hall.video.is_stale = True
        if streams:
            frame = SdkAudioStreamIdInfoFrame(streams=streams)
            self._hall.broadcast(FrameType.AUDIO_STREAM_ID_INFO, audio_stream_id_info=frame)
