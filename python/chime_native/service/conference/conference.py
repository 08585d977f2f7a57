"""One meeting's live side: who is connected, what each must be told, what the media has to do. No I/O.

The owner feeds it (``handle_...``), then does all `Conference.actions` before it feeds the next input, and calls
`handle_timeout` when `next_timeout` has come. ``now`` is in seconds on any monotonic clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from chime_native.service.conference.actions import (
    Action,
    Downlink,
    LayerRate,
    Negotiate,
    VideoTrack,
    VideoWish,
)
from chime_native.service.conference.admission import Admission
from chime_native.service.conference.connection import SignalingConnection
from chime_native.service.conference.data_messages import DataMessageRelay
from chime_native.service.conference.endings import Endings
from chime_native.service.conference.hall import Hall
from chime_native.service.conference.member import ConferenceLimits, Member, Replica
from chime_native.service.conference.messaging import Messaging
from chime_native.service.conference.outgoing import AudioStatus, CloseCode, FrameType
from chime_native.service.conference.presence import Presence
from chime_native.service.conference.promotion import AttendeeFinder
from chime_native.service.conference.requests import (
    AudioMuteChanged,
    ConnectionEvent,
    DataMessageReceived,
    JoinRequested,
    LeaveRequested,
    PrimaryMeetingJoinRequested,
    PrimaryMeetingLeaveRequested,
    SubscribeRequested,
    VideoPauseRequested,
    VideoUpdateRequested,
)
from chime_native.service.conference.standing import Standing
from chime_native.service.conference.video_frames import track_mappings
from chime_native.service.conference.volumes import VolumeReporter
from chime_native.service.model import Attendee
from chime_native.signaling import Dialect
from chime_native.signaling.messages import SdkAudioMetadataFrame, SdkTranscriptFrame

__all__ = ["Conference"]


class Conference:
    """``epoch_s`` plus ``now`` is the time in seconds since 1970.

    Connections from replica meetings belong to the conference of their primary meeting. ``find_attendee`` knows the
    attendees of that one, as whom they may be promoted.
    """

    def __init__(
        self,
        epoch_s: float,
        now: float,
        limits: ConferenceLimits | None = None,
        find_attendee: AttendeeFinder = lambda _attendee_id: None,
    ) -> None:
        self.limits = limits or ConferenceLimits()
        self._hall = hall = Hall(epoch_s, now, self.limits)
        self.counters = hall.counters
        self.roster = hall.roster
        self.data_messages = DataMessageRelay(epoch_s, now, self.limits.data_messages)
        self._presence = Presence(hall)
        self._endings = Endings(hall, self._presence)
        self._standing = Standing(hall, self._presence, self._endings, find_attendee)
        self._admission = Admission(hall, self._standing, self._endings, self.data_messages)
        self._messaging = Messaging(hall, self.data_messages)
        self._volumes = VolumeReporter()
        self._next_number = 1

    # --- drained by the owner ---

    def actions(self) -> list[Action]:
        """What is to be done, in this order."""
        return self._hall.drain()

    def next_timeout(self) -> float | None:
        times = [member.deadline for member in self._hall.members.values() if member.deadline is not None]
        return min([*times, *self._presence.timeouts()], default=None)

    @property
    def connections(self) -> int:
        """Sockets and media sessions that are not given up yet."""
        return len(self._hall.members)

    def member_counters(self) -> Counter[str]:
        """Counters of the connections that are there now, added up with those of former ones."""
        total = Counter(self.counters)
        for member in self._hall.members.values():
            total.update(member.connection.counters)
        return total

    # --- connections ---

    def connect(
        self,
        attendee: Attendee,
        is_content: bool,
        dialect: Dialect,
        now: float,
        replica: Replica | None = None,
    ) -> int | None:
        """A socket was opened with this attendee's token: its number, or None if the attendee has too many.

        ``replica``: the attendee is one of that meeting.
        """
        hall = self._hall
        hall.now = now
        open_ones = sum(m.socket_open and m.attendee is attendee for m in hall.members.values())
        if open_ones >= self.limits.max_connections_per_attendee:
            self.counters["connections_refused"] += 1
            return None
        number = self._next_number
        self._next_number += 1
        connection = SignalingConnection(dialect, hall.clock_ms, self.limits.max_frame_bytes, now)
        hall.members[number] = Member(number, attendee, is_content, connection, replica)
        return number

    def handle_message(self, number: int, data: bytes, now: float) -> None:
        """A binary WebSocket message."""
        if (member := self._member(number, now)) is not None:
            member.connection.handle_message(data, now)
            self._handle_events(member)

    def handle_text(self, number: int) -> None:
        """A text WebSocket message."""
        if (member := self._hall.members.get(number)) is not None:
            member.connection.handle_text()

    def handle_disconnect(self, number: int, clean: bool, now: float) -> None:
        """The socket is closed; ``clean`` when the peer sent a close frame, so it means it."""
        member = self._member(number, now)
        if member is None:
            return
        member.socket_open = False
        if member.is_joined and self._presence.is_through(member) and not clean:
            # The network, probably: the media may still flow, and the client will be back.
            member.deadline = now + self.limits.reconnect_grace_s
        else:
            self._endings.remove(member, dropped=member.is_joined)

    def _member(self, number: int, now: float) -> Member | None:
        """The connection with this number, if it is still there; the time is known from now on in any case."""
        self._hall.now = now
        return self._hall.members.get(number)

    def _handle_events(self, member: Member) -> None:
        for event in member.connection.events():
            self._handle_event(member, event)

    def _handle_event(self, member: Member, event: ConnectionEvent) -> None:
        match event:
            case JoinRequested():
                self._admission.join(member, event)
            case SubscribeRequested():
                self._subscribe(member, event)
            case AudioMuteChanged(muted):
                self._presence.set_muted(member, muted)
            case VideoUpdateRequested():
                self._hall.video.update(member, event)
            case VideoPauseRequested(stream_ids, paused):
                self._hall.video.pause(member, stream_ids, paused)
            case DataMessageReceived():
                self._messaging.relay(member, event)
            case PrimaryMeetingJoinRequested():
                self._standing.promote(member, event)
            case PrimaryMeetingLeaveRequested():
                self._standing.demote(member)
            case LeaveRequested():
                self._endings.stop(member)

    # --- media ---

    def _subscribe(self, member: Member, event: SubscribeRequested) -> None:
        if event.audio_muted is not None:
            self._presence.set_muted(member, event.audio_muted)
        member.awaits_media = not member.has_media
        group = self._hall.group_of(member.attendee)
        solos = self._solos(member, event)
        self._hall.video.subscribe(member, event)
        wish = VideoWish(event.receive_stream_ids, member.connection.dialect is Dialect.NATIVE)
        self._hall.actions.append(Negotiate(member.number, event.offer, group, member.audio, solos, wish))

    def _solos(self, member: Member, event: SubscribeRequested) -> tuple[tuple[str, int], ...]:
        """What is granted of the wish for single attendees: those who are there, others than oneself, up to the limit."""
        own_id = member.attendee_id.partition("#")[0]
        speakers = {
            entry.stream_id: entry.connection
            for entry in self.roster
            if entry.attendee_id.partition("#")[0] != own_id
        }
        granted = {mid: speakers[stream] for mid, stream in event.audio_subscriptions if stream in speakers}
        return tuple(granted.items())[: member.audio_subscription_limit]

    def handle_answer(
        self,
        number: int,
        answer: str,
        now: float,
        tracks: Collection[VideoTrack] = (),
        codecs: Collection[str] = (),
    ) -> None:
        """The media answered the offer of the last `Negotiate`.

        ``tracks`` are the sections that receive video, ``codecs`` those of video that the client can receive.
        """
        if (member := self._member(number, now)) is not None and member.is_joined:
            allocations = self._hall.video.answered(member, tuple(tracks), codecs)
            member.connection.answer_subscribe(answer, allocations, track_mappings(tracks))
            self._handle_events(member)

    def handle_negotiation_failed(self, number: int, reason: str, now: float) -> None:
        """The offer of the last `Negotiate` cannot be answered."""
        if (member := self._member(number, now)) is not None and member.is_joined:
            self.counters["negotiations_failed"] += 1
            member.connection.fail_subscribe(400, reason)
            self._standing.settle_media(member, member.has_media)
            self._handle_events(member)

    def handle_media_up(self, number: int, now: float) -> None:
        """ICE and DTLS are connected: only now the attendee is present."""
        member = self._member(number, now)
        if member is None or not member.is_joined:
            return
        self._presence.appear(member)
        self._standing.settle_media(member, True)

    def handle_media_down(self, number: int, now: float) -> None:
        """The media of a connection ended by itself (ICE consent expired, DTLS closed)."""
        member = self._member(number, now)
        if member is None:
            return
        self._standing.settle_media(member, False)
        if member.socket_open:
            self._presence.leave(member, dropped=True)
        # Else the client has lost its socket and starts afresh, for which it closes its media: it has its time.

    def handle_audio(
        self, levels: Mapping[int, int], strengths: Mapping[int, int] | None, now: float
    ) -> None:
        """Levels in -dBov by connection since the last call; now and then, signal strengths (2, 1, 0) as well."""
        self._hall.now = now
        states = self._volumes.states(self._presence.heard(), levels, strengths)
        if states:
            self._hall.broadcast(
                FrameType.AUDIO_METADATA, audio_metadata=SdkAudioMetadataFrame(attendee_states=states)
            )

    def handle_video(
        self, rates: Mapping[tuple[int, int], LayerRate], downlinks: Mapping[int, Downlink], now: float
    ) -> None:
        """What comes of each layer (connection, layer), and how video reaches connections, as far as known."""
        self._hall.now = now
        self._hall.video.measure(tuple(self._hall.members.values()), rates, downlinks, now)

    def speaker(self, number: int) -> Attendee | None:
        """Whose voice a connection carries; None for content shares and connections that are gone."""
        member = self._hall.members.get(number)
        return None if member is None or member.is_content else member.attendee

    def send_transcript(self, transcript: SdkTranscriptFrame, now: float) -> None:
        """Transcripts go to everybody: as data messages, in the native dialect as a frame of their own."""
        self._hall.now = now
        self._messaging.send_transcript(transcript)

    # --- what the REST API does to a meeting ---

    def handle_capabilities(self, attendees: Iterable[Attendee], now: float) -> None:
        """Capabilities of these attendees changed."""
        self._hall.now = now
        changed = {attendee.attendee_id for attendee in attendees}
        self._hall.video.is_stale = True
        for member in self._hall.members.values():
            if changed & {member.attendee.attendee_id, member.attendee_id.partition("#")[0]}:
                self._hall.set_audio(member)

    def remove_attendee(self, attendee: Attendee, now: float) -> None:
        """The attendee was deleted: its connections, content share included, are told and end."""
        self._hall.now = now
        for member in [m for m in self._hall.members.values() if m.attendee is attendee]:
            self._endings.end(member, AudioStatus.ATTENDEE_REMOVED, CloseCode.REJECTED)
        self._standing.demote_all_who_are(attendee)

    def end_replica(self, meeting_id: str, now: float) -> None:
        """A replica meeting is over, and the primary one is not."""
        self._hall.now = now
        for member in list(self._hall.members.values()):
            if member.replica is not None and member.replica.meeting_id == meeting_id:
                self._endings.end(member, AudioStatus.MEETING_ENDED, CloseCode.MEETING_ENDED)

    def interrupt(self, now: float) -> None:
        """The service stops while the meeting goes on: clients come back by themselves when it runs again."""
        self._hall.now = now
        for member in list(self._hall.members.values()):
            self._endings.interrupt(member)

    def end(self, now: float) -> None:
        """The meeting is over: everybody is told."""
        self._hall.now = now
        for member in list(self._hall.members.values()):
            self._endings.end(member, AudioStatus.MEETING_ENDED, CloseCode.MEETING_ENDED)

    def handle_timeout(self, now: float) -> None:
        """Gives up connections and attendees whose time is over."""
        self._hall.now = now
        self._endings.handle_timeout()
        self._presence.handle_timeout()
