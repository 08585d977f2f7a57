"""One meeting's live side: who is connected, what each must be told, what the media has to do. No I/O.

The owner feeds it (``handle_...``), then does all `Conference.actions` before it feeds the next input, and calls
`handle_timeout` when `next_timeout` has come. ``now`` is in seconds on any monotonic clock.
"""

from __future__ import annotations

import itertools
import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from chime_native.service.conference.actions import (
    Action,
    AttendeeJoined,
    AttendeeLeft,
    Close,
    Downlink,
    LayerRate,
    Negotiate,
    Send,
    SetAudio,
    StopMedia,
    VideoTrack,
    VideoWish,
)
from chime_native.service.conference.connection import (
    AudioMuteChanged,
    ConnectionEvent,
    ConnectionState,
    DataMessageReceived,
    JoinRequested,
    LeaveRequested,
    PrimaryMeetingJoinRequested,
    PrimaryMeetingLeaveRequested,
    SignalingConnection,
    SubscribeRequested,
    VideoPauseRequested,
    VideoUpdateRequested,
)
from chime_native.service.conference.data_messages import DataMessageRelay, Sender
from chime_native.service.conference.member import CONTENT_SUFFIX, ConferenceLimits, Member, Replica
from chime_native.service.conference.outgoing import AudioStatus, CloseCode, FrameType, Outgoing
from chime_native.service.conference.promotion import AttendeeFinder, Refusal, participants, promotion
from chime_native.service.conference.roster import Roster
from chime_native.service.conference.video import VideoDirectory
from chime_native.service.conference.video_frames import track_mappings
from chime_native.service.conference.volumes import VolumeReporter
from chime_native.service.model import Attendee
from chime_native.service.transcription import TRANSCRIPTION_TOPIC
from chime_native.service.turn import TurnCredentials
from chime_native.signaling import Dialect
from chime_native.signaling.messages import (
    SdkAudioMetadataFrame,
    SdkAudioStreamIdInfo,
    SdkAudioStreamIdInfoFrame,
    SdkDataMessageFrame,
    SdkDataMessagePayload,
    SdkTranscriptFrame,
)

__all__ = ["Conference"]

logger = logging.getLogger(__name__)


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
        self._find_attendee = find_attendee
        self.counters: Counter[str] = Counter()
        self.roster = Roster()
        self.data_messages = DataMessageRelay(epoch_s, now, self.limits.data_messages)
        self._epoch_s = epoch_s
        self._now = now
        self._volumes = VolumeReporter()
        self._members: dict[int, Member] = {}
        self._orphans: dict[str, float] = {}
        """Present attendees who are between two connections, with the time when they count as dropped."""
        self._next_number = 1
        self._groups: dict[str, int] = {}
        self._next_group = itertools.count(1)
        self._video = VideoDirectory(self.limits.max_video_senders)
        self._actions: list[Action] = []

    # --- drained by the owner ---

    def actions(self) -> list[Action]:
        """What is to be done, in this order."""
        if self._video.is_stale:
            self._actions += self._video.refresh(tuple(self._members.values()), self.roster)
        for member in self._members.values():
            self._actions_of(member)
        actions, self._actions = self._actions, []
        return actions

    def _actions_of(self, member: Member) -> None:
        data = member.connection.data_to_send()
        if member.socket_open:
            self._actions += [Send(member.number, message) for message in data]

    def next_timeout(self) -> float | None:
        times = [member.deadline for member in self._members.values() if member.deadline is not None]
        return min([*times, *self._orphans.values()], default=None)

    @property
    def connections(self) -> int:
        """Sockets and media sessions that are not given up yet."""
        return len(self._members)

    def member_counters(self) -> Counter[str]:
        """Counters of the connections that are there now, added up with those of former ones."""
        total = Counter(self.counters)
        for member in self._members.values():
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
        self._now = now
        open_ones = sum(m.socket_open and m.attendee is attendee for m in self._members.values())
        if open_ones >= self.limits.max_connections_per_attendee:
            self.counters["connections_refused"] += 1
            return None
        number = self._next_number
        self._next_number += 1
        connection = SignalingConnection(dialect, self._clock_ms, self.limits.max_frame_bytes, now)
        self._members[number] = Member(number, attendee, is_content, connection, replica)
        return number

    def handle_message(self, number: int, data: bytes, now: float) -> None:
        """A binary WebSocket message."""
        self._now = now
        member = self._members.get(number)
        if member is not None:
            member.connection.handle_message(data, now)
            self._handle_events(member)

    def handle_text(self, number: int) -> None:
        """A text WebSocket message."""
        if (member := self._members.get(number)) is not None:
            member.connection.handle_text()

    def handle_disconnect(self, number: int, clean: bool, now: float) -> None:
        """The socket is closed; ``clean`` when the peer sent a close frame, so it means it."""
        self._now = now
        member = self._members.get(number)
        if member is None:
            return
        member.socket_open = False
        entry = self.roster.get(member.attendee_id)
        present = entry is not None and entry.connection == number
        if member.is_joined and present and not clean:
            # The network, probably: the media may still flow, and the client will be back.
            member.deadline = now + self.limits.reconnect_grace_s
        else:
            self._remove(member, dropped=member.is_joined)

    def _handle_events(self, member: Member) -> None:
        for event in member.connection.events():
            self._handle_event(member, event)

    def _handle_event(self, member: Member, event: ConnectionEvent) -> None:
        match event:
            case JoinRequested():
                self._join(member, event)
            case SubscribeRequested():
                self._subscribe(member, event)
            case AudioMuteChanged(muted):
                self._set_muted(member, muted)
            case VideoUpdateRequested():
                self._video.update(member, event)
            case VideoPauseRequested(stream_ids, paused):
                self._video.pause(member, stream_ids, paused)
            case DataMessageReceived():
                self._relay(member, event)
            case PrimaryMeetingJoinRequested():
                self._promote(member, event)
            case PrimaryMeetingLeaveRequested():
                self._demote(member)
            case LeaveRequested():
                self._stop(member, dropped=False)
                member.deadline = self._now + self.limits.leave_s

    # --- joining ---

    def _join(self, member: Member, event: JoinRequested) -> None:
        member.audio_session_id = event.audio_session_id
        others = [m for m in self._members.values() if m is not member and m.is_joined]
        former = [m for m in others if m.attendee is member.attendee and m.is_content == member.is_content]
        if not former and not self._may_join(member, others):
            return
        for promoted in [m for m in others if m.promoted_as is member.attendee]:
            self._demote(promoted, tell=True)
        for older in former:
            self._replace(older, member)
        self._actions_of_all(former)
        if event.wants_unmixed_audio and member.audio.hears:
            member.audio_subscription_limit = self.limits.audio_subscription_limit
        member.video.is_adapted = event.wants_adapted_video
        limit = member.audio_subscription_limit
        member.connection.accept_join(limit, event.wants_adapted_video, self._turn(member))
        self._video.send_first_index(member, tuple(self._members.values()), self.roster)
        complete = SdkAudioStreamIdInfoFrame(streams=self.roster.complete(but=member.attendee_id))
        member.connection.send(FrameType.AUDIO_STREAM_ID_INFO, audio_stream_id_info=complete)
        stored = [] if member.is_content else self.data_messages.stored(self._now)
        if stored:
            member.connection.send(FrameType.DATA_MESSAGE, data_message=SdkDataMessageFrame(messages=stored))

    def _may_join(self, member: Member, others: Collection[Member]) -> bool:
        contents = sum(m.is_content for m in others)
        if member.is_content and not self._take_part_as_its_presenter(member, others):
            member.connection.refuse_join(403, "attendees of a replica share content when they are promoted")
        elif member.is_content and contents >= self.limits.max_contents:
            member.connection.refuse_join(509, f"{contents} contents are shared, which is the most")
        elif not member.is_content and not self._has_room(member, others):
            member.connection.accept_join()
            member.connection.end(AudioStatus.CALL_AT_CAPACITY)
        else:
            return True
        self.counters["joins_refused"] += 1
        member.deadline = self._now + self.limits.leave_s
        return False

    def _turn(self, member: Member) -> TurnCredentials | None:
        if self.limits.turn is None:
            return None
        return self.limits.turn.credentials(member.attendee.attendee_id, self._epoch_s + self._now)

    def _has_room(self, member: Member, others: Collection[Member]) -> bool:
        if member.replica is None:
            return len(participants(others)) < self.limits.max_attendees
        watching = [m for m in others if m.replica == member.replica and not m.is_content]
        return len(watching) < member.replica.max_attendees

    @staticmethod
    def _take_part_as_its_presenter(content: Member, others: Collection[Member]) -> bool:
        """Whether the attendee whose content this is takes part, so that others may see it."""
        if content.replica is not None:
            presenters = [m for m in others if m.attendee is content.attendee and not m.is_content]
            content.promoted_as = next((m.promoted_as for m in presenters), None)
        return content.participant is not None

    def _replace(self, older: Member, newer: Member) -> None:
        """The same attendee joined again: silently for the same client, else the older one is told."""
        self._demote(older)  # a promotion does not outlast its connection
        entry = self.roster.get(older.attendee_id)
        if entry is not None and entry.connection == older.number:
            self._orphans[older.attendee_id] = self._now + self.limits.reconnect_grace_s
        same_client = older.audio_session_id is not None and older.audio_session_id == newer.audio_session_id
        self._actions.append(StopMedia(older.number))
        if same_client or not older.socket_open:
            self._discard(older)
        else:
            older.connection.end(AudioStatus.JOINED_FROM_ANOTHER_DEVICE)
            older.deadline = self._now + self.limits.leave_s

    def _actions_of_all(self, members: Iterable[Member]) -> None:
        for member in members:
            self._actions_of(member)

    # --- media ---

    def _subscribe(self, member: Member, event: SubscribeRequested) -> None:
        if event.audio_muted is not None:
            self._set_muted(member, event.audio_muted)
        attendee_id = member.attendee.attendee_id
        group = self._groups[attendee_id] = self._groups.get(attendee_id) or next(self._next_group)
        solos = self._solos(member, event)
        self._video.subscribe(member, event)
        wish = VideoWish(event.receive_stream_ids, member.connection.dialect is Dialect.NATIVE)
        self._actions.append(Negotiate(member.number, event.offer, group, member.audio, solos, wish))

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
        self._now = now
        if (member := self._members.get(number)) is not None and member.is_joined:
            allocations = self._video.answered(member, tuple(tracks), codecs)
            member.connection.answer_subscribe(answer, allocations, track_mappings(tracks))
            self._handle_events(member)

    def handle_negotiation_failed(self, number: int, reason: str, now: float) -> None:
        """The offer of the last `Negotiate` cannot be answered."""
        self._now = now
        if (member := self._members.get(number)) is not None and member.is_joined:
            self.counters["negotiations_failed"] += 1
            member.connection.fail_subscribe(400, reason)
            self._handle_events(member)

    def handle_media_up(self, number: int, now: float) -> None:
        """ICE and DTLS are connected: only now the attendee is present."""
        self._now = now
        member = self._members.get(number)
        if member is None or not member.is_joined:
            return
        member.has_media = True
        self._appear(member)

    def _appear(self, member: Member) -> None:
        """The member is present from now on, unless it only watches."""
        who, number = member.participant, member.number
        entry = self.roster.get(member.attendee_id)
        if who is None or (entry is not None and entry.connection == number):
            return
        self._orphans.pop(member.attendee_id, None)
        user = who.external_user_id
        self._broadcast_roster(self.roster.join(member.attendee_id, user, member.muted, number))
        if entry is None:
            self._actions.append(AttendeeJoined(who.attendee_id, user, member.is_content))

    def handle_media_down(self, number: int, now: float) -> None:
        """The media of a connection ended by itself (ICE consent expired, DTLS closed)."""
        self._now = now
        member = self._members.get(number)
        if member is None:
            return
        member.has_media = False
        if member.socket_open:
            self._leave_roster(member, dropped=True)
        # Else the client has lost its socket and starts afresh, for which it closes its media: it has its time.

    def handle_audio(
        self, levels: Mapping[int, int], strengths: Mapping[int, int] | None, now: float
    ) -> None:
        """Levels in -dBov by connection since the last call; now and then, signal strengths (2, 1, 0) as well."""
        self._now = now
        # Who is between two connections is heard on neither, and has not been told of the stream of the old one.
        heard = [entry for entry in self.roster if entry.attendee_id not in self._orphans]
        states = self._volumes.states(heard, levels, strengths)
        if states:
            self._broadcast(
                FrameType.AUDIO_METADATA, audio_metadata=SdkAudioMetadataFrame(attendee_states=states)
            )

    def handle_video(
        self, rates: Mapping[tuple[int, int], LayerRate], downlinks: Mapping[int, Downlink], now: float
    ) -> None:
        """What comes of each layer (connection, layer), and how video reaches connections, as far as known."""
        self._now = now
        self._video.measure(tuple(self._members.values()), rates, downlinks, now)

    def _set_muted(self, member: Member, muted: bool) -> None:
        member.muted = muted
        self._actions.append(SetAudio(member.number, member.audio))
        entry = self.roster.get(member.attendee_id)
        if entry is not None and entry.connection == member.number:
            self._broadcast_roster(self.roster.set_muted(member.attendee_id, muted))

    # --- replica meetings ---

    def _promote(self, member: Member, event: PrimaryMeetingJoinRequested) -> None:
        granted = promotion(
            member, event, self._find_attendee, self._members.values(), self.limits.max_attendees
        )
        if isinstance(granted, Refusal):
            self.counters["promotions_refused"] += 1
            member.connection.answer_primary_meeting_join(granted)
            return
        if member.promoted_as is not granted:
            self._demote(member)
            self._make_way_for(member, granted)
            member.promoted_as = granted
        member.connection.answer_primary_meeting_join()
        self._appear(member)
        self._video.is_stale = True
        self._actions.append(SetAudio(member.number, member.audio))

    def _make_way_for(self, member: Member, attendee: Attendee) -> None:
        """Somebody speaks as ``attendee`` already: directly, or promoted like the member."""
        for older in [m for m in self._members.values() if m.participant is attendee and m.is_joined]:
            if older.replica is not None:
                self._demote(older, tell=True)
            elif not older.is_content:
                self._replace(older, member)

    def _demote(self, member: Member, *, tell: bool = False) -> None:
        """Back to watching; ``tell`` when the client did not ask for it itself."""
        if member.promoted_as is None or member.is_content:
            return
        if tell:
            member.connection.demote()
        for content in [m for m in self._members.values() if m.is_content and m.attendee is member.attendee]:
            self._end(content, AudioStatus.ATTENDEE_REMOVED, CloseCode.REJECTED)
        self._leave_roster(member, dropped=False)
        member.promoted_as = None
        if member.is_joined:
            self._video.is_stale = True
        self._actions.append(SetAudio(member.number, member.audio))

    def end_replica(self, meeting_id: str, now: float) -> None:
        """A replica meeting is over, and the primary one is not."""
        self._now = now
        for member in list(self._members.values()):
            if member.replica is not None and member.replica.meeting_id == meeting_id:
                self._end(member, AudioStatus.MEETING_ENDED, CloseCode.MEETING_ENDED)

    # --- data messages ---

    def _relay(self, member: Member, event: DataMessageReceived) -> None:
        if member.participant is None:
            self.counters["data_messages_of_watchers"] += 1
            return
        sender = Sender(member.participant.attendee_id, member.participant.external_user_id)
        relayed = self.data_messages.relay(sender, event.message, self._now)
        if relayed is None:
            return
        frame = SdkDataMessageFrame(messages=[relayed.payload])
        if relayed.throttled:
            member.connection.send(FrameType.DATA_MESSAGE, data_message=frame)
            return
        receivers = [
            m for m in self._members.values() if m.is_joined and not m.is_content and m is not member
        ]
        self._send_to(receivers, FrameType.DATA_MESSAGE, data_message=frame)

    def speaker(self, number: int) -> Attendee | None:
        """Whose voice a connection carries; None for content shares and connections that are gone."""
        member = self._members.get(number)
        return None if member is None or member.is_content else member.attendee

    def send_transcript(self, transcript: SdkTranscriptFrame, now: float) -> None:
        """Transcripts go to everybody: as data messages, in the native dialect as a frame of their own."""
        self._now = now
        listeners = [m for m in self._members.values() if m.is_joined and not m.is_content]
        native = [m for m in listeners if m.connection.dialect is Dialect.NATIVE]
        browser = [m for m in listeners if m.connection.dialect is Dialect.BROWSER]
        self._send_to(native, FrameType.AUDIO_TRANSCRIPT, audio_transcript=transcript)
        payload = SdkDataMessagePayload(
            topic=TRANSCRIPTION_TOPIC,
            data=transcript.SerializeToString(),
            ingest_time_ns=self.data_messages.ingest_time_ns(now),
        )
        self._send_to(browser, FrameType.DATA_MESSAGE, data_message=SdkDataMessageFrame(messages=[payload]))

    # --- what the REST API does to a meeting ---

    def handle_capabilities(self, attendees: Iterable[Attendee], now: float) -> None:
        """Capabilities of these attendees changed."""
        self._now = now
        changed = {attendee.attendee_id for attendee in attendees}
        self._video.is_stale = True
        for member in self._members.values():
            if changed & {member.attendee.attendee_id, member.attendee_id.partition("#")[0]}:
                self._actions.append(SetAudio(member.number, member.audio))

    def remove_attendee(self, attendee: Attendee, now: float) -> None:
        """The attendee was deleted: its connections, content share included, are told and end."""
        self._now = now
        for member in [m for m in self._members.values() if m.attendee is attendee]:
            self._end(member, AudioStatus.ATTENDEE_REMOVED, CloseCode.REJECTED)
        for member in [m for m in self._members.values() if m.promoted_as is attendee]:
            self._demote(member, tell=True)

    def interrupt(self, now: float) -> None:
        """The service stops while the meeting goes on: clients come back by themselves when it runs again."""
        self._now = now
        for member in list(self._members.values()):
            if member.socket_open:
                self._actions.append(Close(member.number, CloseCode.RESTARTING))
                member.socket_open = False
            self._actions.append(StopMedia(member.number))
            self._remove(member, dropped=False)

    def end(self, now: float) -> None:
        """The meeting is over: everybody is told."""
        self._now = now
        for member in list(self._members.values()):
            self._end(member, AudioStatus.MEETING_ENDED, CloseCode.MEETING_ENDED)

    def _end(self, member: Member, status: AudioStatus, code: CloseCode) -> None:
        if member.is_joined and member.socket_open:
            member.connection.end(status)
            self._stop(member, dropped=False)
            member.deadline = self._now + self.limits.leave_s
        elif member.socket_open and member.connection.state is ConnectionState.OPEN:
            # Not joined yet: a close code is what clients understand then.
            self._actions.append(Close(member.number, code))
            self._remove(member, dropped=False)
        elif not member.socket_open:
            self._remove(member, dropped=False)

    # --- the end of connections ---

    def handle_timeout(self, now: float) -> None:
        """Gives up connections and attendees whose time is over."""
        self._now = now
        for member in [m for m in self._members.values() if m.deadline is not None and m.deadline <= now]:
            self._remove(member, dropped=not member.socket_open)
        for attendee_id in [key for key, deadline in self._orphans.items() if deadline <= now]:
            del self._orphans[attendee_id]
            self._drop_from_roster(attendee_id, dropped=True)

    def _stop(self, member: Member, dropped: bool) -> None:
        self._actions.append(StopMedia(member.number))
        self._leave_roster(member, dropped)

    def _remove(self, member: Member, dropped: bool) -> None:
        self._leave_roster(member, dropped)
        self._discard(member)

    def _discard(self, member: Member) -> None:
        """Forgets the connection; whether the attendee is present is another matter."""
        self._actions_of(member)
        self._actions.append(StopMedia(member.number))
        if member.socket_open:
            self._actions.append(Close(member.number, CloseCode.NORMAL))
        self.counters.update(member.connection.counters)
        self._members.pop(member.number, None)
        if all(other.attendee is not member.attendee for other in self._members.values()):
            self._groups.pop(member.attendee.attendee_id, None)
        self._video.is_stale = True

    def _leave_roster(self, member: Member, dropped: bool) -> None:
        entry = self.roster.get(member.attendee_id)
        if entry is None:
            return
        waiting = member.attendee_id in self._orphans
        # Between two connections the attendee stays present when the old one goes, not when the new one does.
        if (entry.connection == member.number) != waiting:
            self._orphans.pop(member.attendee_id, None)
            self._drop_from_roster(member.attendee_id, dropped)

    def _drop_from_roster(self, attendee_id: str, dropped: bool) -> None:
        entry = self.roster.get(attendee_id)
        if entry is None:
            return
        self._broadcast_roster(self.roster.leave(attendee_id, dropped))
        is_content = attendee_id.endswith(CONTENT_SUFFIX)
        plain = attendee_id.removesuffix(CONTENT_SUFFIX)
        self._actions.append(AttendeeLeft(plain, entry.external_user_id, is_content, dropped))

    # --- sending ---

    def _clock_ms(self) -> int:
        return int((self._epoch_s + self._now) * 1000)

    def _broadcast_roster(self, streams: list[SdkAudioStreamIdInfo]) -> None:
        self._video.is_stale = True
        if streams:
            frame = SdkAudioStreamIdInfoFrame(streams=streams)
            self._broadcast(FrameType.AUDIO_STREAM_ID_INFO, audio_stream_id_info=frame)

    def _broadcast(self, frame_type: FrameType.Type, **body: Any) -> None:
        self._send_to([m for m in self._members.values() if m.is_joined], frame_type, **body)

    def _send_to(self, members: Iterable[Member], frame_type: FrameType.Type, **body: Any) -> None:
        outgoing = Outgoing(frame_type, self._clock_ms(), **body)
        for member in members:
            member.connection.send_outgoing(outgoing)
