"""JOIN: who is let in, and what they are sent first. No I/O."""

from __future__ import annotations

from collections.abc import Collection

from chime_native.service.conference.data_messages import DataMessageRelay
from chime_native.service.conference.endings import Endings
from chime_native.service.conference.hall import Hall
from chime_native.service.conference.member import Member
from chime_native.service.conference.outgoing import AudioStatus, FrameType
from chime_native.service.conference.promotion import participants
from chime_native.service.conference.requests import JoinRequested
from chime_native.service.conference.standing import Standing
from chime_native.service.turn import TurnCredentials
from chime_native.signaling.messages import SdkAudioStreamIdInfoFrame, SdkDataMessageFrame

__all__ = ["Admission"]


class Admission:
    """Lets connections in, as far as the meeting has room."""

    def __init__(
        self, hall: Hall, standing: Standing, endings: Endings, data_messages: DataMessageRelay
    ) -> None:
        self._hall = hall
        self._standing = standing
        self._endings = endings
        self._data_messages = data_messages

    def join(self, member: Member, event: JoinRequested) -> None:
        """The client asks to join. An earlier connection of the same attendee makes way."""
        member.audio_session_id = event.audio_session_id
        others = [m for m in self._hall.joined() if m is not member]
        former = [m for m in others if m.attendee is member.attendee and m.is_content == member.is_content]
        if not former and not self._may_join(member, others):
            return
        for promoted in [m for m in others if m.promoted_as is member.attendee]:
            self._standing.demote(promoted, tell=True)
        for older in former:
            self._standing.replace(older, member)
        self._hall.send_queued(former)
        if event.wants_unmixed_audio and member.audio.hears:
            member.audio_subscription_limit = self._hall.limits.audio_subscription_limit
        member.video.is_adapted = event.wants_adapted_video
        limit = member.audio_subscription_limit
        member.connection.accept_join(limit, event.wants_adapted_video, self._turn(member))
        self._send_state(member)

    def _send_state(self, member: Member) -> None:
        """What the meeting is like: video, roster, and the messages that have not expired."""
        hall = self._hall
        hall.video.send_first_index(member, tuple(hall.members.values()), hall.roster)
        complete = SdkAudioStreamIdInfoFrame(streams=hall.roster.complete(but=member.attendee_id))
        member.connection.send(FrameType.AUDIO_STREAM_ID_INFO, audio_stream_id_info=complete)
        stored = [] if member.is_content else self._data_messages.stored(hall.now)
        if stored:
            member.connection.send(FrameType.DATA_MESSAGE, data_message=SdkDataMessageFrame(messages=stored))

    def _may_join(self, member: Member, others: Collection[Member]) -> bool:
        contents = sum(m.is_content for m in others)
        if member.is_content and not self._take_part_as_its_presenter(member, others):
            member.connection.refuse_join(403, "attendees of a replica share content when they are promoted")
        elif member.is_content and contents >= self._hall.limits.max_contents:
            member.connection.refuse_join(509, f"{contents} contents are shared, which is the most")
        elif not member.is_content and not self._has_room(member, others):
            member.connection.accept_join()
            member.connection.end(AudioStatus.CALL_AT_CAPACITY)
        else:
            return True
        self._hall.counters["joins_refused"] += 1
        self._endings.give_time(member)
        return False

    def _turn(self, member: Member) -> TurnCredentials | None:
        server = self._hall.limits.turn
        return None if server is None else server.credentials(member.attendee.attendee_id, self._hall.time_s)

    def _has_room(self, member: Member, others: Collection[Member]) -> bool:
        if member.replica is None:
            return len(participants(others)) < self._hall.limits.max_attendees
        watching = [m for m in others if m.replica == member.replica and not m.is_content]
        return len(watching) < member.replica.max_attendees

    @staticmethod
    def _take_part_as_its_presenter(content: Member, others: Collection[Member]) -> bool:
        """Whether the attendee whose content this is takes part, so that others may see it."""
        if content.replica is not None:
            presenters = [m for m in others if m.attendee is content.attendee and not m.is_content]
            content.promoted_as = next((m.promoted_as for m in presenters), None)
        return content.participant is not None
