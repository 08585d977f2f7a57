"""As whom connections take part: joined again, promoted from a replica meeting, sent back to it. No I/O."""

from __future__ import annotations

from chime_native.service.conference.actions import StopMedia
from chime_native.service.conference.endings import Endings
from chime_native.service.conference.hall import Hall
from chime_native.service.conference.member import Member
from chime_native.service.conference.outgoing import AudioStatus, CloseCode
from chime_native.service.conference.presence import Presence
from chime_native.service.conference.promotion import AttendeeFinder, Refusal, promotion
from chime_native.service.conference.requests import PrimaryMeetingJoinRequested
from chime_native.service.model import Attendee

__all__ = ["Standing"]


class Standing:
    """One attendee takes part through one connection; the older one has to go."""

    def __init__(
        self, hall: Hall, presence: Presence, endings: Endings, find_attendee: AttendeeFinder
    ) -> None:
        self._hall = hall
        self._presence = presence
        self._endings = endings
        self._find_attendee = find_attendee

    def replace(self, older: Member, newer: Member) -> None:
        """The same attendee joined again: silently for the same client, else the older one is told."""
        self.demote(older)  # a promotion does not outlast its connection
        self._presence.expect_back(older)
        same_client = older.audio_session_id is not None and older.audio_session_id == newer.audio_session_id
        self._hall.actions.append(StopMedia(older.number))
        if same_client or not older.socket_open:
            self._endings.discard(older)
        else:
            older.connection.end(AudioStatus.JOINED_FROM_ANOTHER_DEVICE)
            self._endings.give_time(older)

    def promote(self, member: Member, event: PrimaryMeetingJoinRequested) -> None:
        """A client of a replica meeting asks to speak as an attendee of this one."""
        hall = self._hall
        granted = promotion(
            member, event, self._find_attendee, hall.members.values(), hall.limits.max_attendees
        )
        if granted is Refusal.NO_MEDIA and member.awaits_media:
            # The client has connected its end already, which the service learns a moment later.
            member.wanted_promotion = event
            return
        if isinstance(granted, Refusal):
            hall.counters["promotions_refused"] += 1
            member.connection.answer_primary_meeting_join(granted)
            return
        if member.promoted_as is not granted:
            self.demote(member)
            self._make_way_for(member, granted)
            member.promoted_as = granted
        member.connection.answer_primary_meeting_join()
        self._presence.appear(member)
        hall.video.is_stale = True
        hall.set_audio(member)

    def settle_media(self, member: Member, has_media: bool) -> None:
        """The media is up, or will not be: answers a promotion that waits for that."""
        member.has_media, member.awaits_media = has_media, False
        wanted, member.wanted_promotion = member.wanted_promotion, None
        if wanted is not None and member.is_joined:
            self.promote(member, wanted)

    def _make_way_for(self, member: Member, attendee: Attendee) -> None:
        """Somebody speaks as ``attendee`` already: directly, or promoted like the member."""
        for older in [m for m in self._hall.joined() if m.participant is attendee]:
            if older.replica is not None:
                self.demote(older, tell=True)
            elif not older.is_content:
                self.replace(older, member)

    def demote(self, member: Member, *, tell: bool = False) -> None:
        """Back to watching; ``tell`` when the client did not ask for it itself."""
        if member.promoted_as is None or member.is_content:
            return
        if tell:
            member.connection.demote()
        contents = [m for m in self._hall.members.values() if m.is_content and m.attendee is member.attendee]
        for content in contents:
            self._endings.end(content, AudioStatus.ATTENDEE_REMOVED, CloseCode.REJECTED)
        self._presence.leave(member, dropped=False)
        member.promoted_as = None
        if member.is_joined:
            self._hall.video.is_stale = True
        self._hall.set_audio(member)

    def demote_all_who_are(self, attendee: Attendee) -> None:
        """Whoever was promoted to this attendee goes back to watching, and is told."""
        for member in [m for m in self._hall.members.values() if m.promoted_as is attendee]:
            self.demote(member, tell=True)
