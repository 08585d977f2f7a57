"""One meeting that somebody is connected to: moves bytes and actions between sockets, conference and media."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from chime_native.errors import RtcError
from chime_native.service.conference import (
    Action,
    AttendeeJoined,
    AttendeeLeft,
    Close,
    CloseCode,
    Conference,
    ConferenceLimits,
    Downlink,
    ForwardVideo,
    LayerRate,
    Negotiate,
    Replica,
    Send,
    SetAudio,
    StopMedia,
)
from chime_native.service.media import MeetingMedia
from chime_native.service.model import Attendee, Meeting
from chime_native.service.speaking import RecentSpeakers
from chime_native.service.tasks import Tasks
from chime_native.service.transcribers import TranscriberFactory
from chime_native.service.transcribing import Speaker, Transcription
from chime_native.service.transcription import status_frame
from chime_native.signaling import Dialect
from chime_native.signaling.messages import SdkTranscriptFrame, SdkTranscriptionStatus

__all__ = ["LiveMeeting", "Socket"]

logger = logging.getLogger(__name__)

NO_TRANSCRIBER = "this service has no transcriber"


class Socket(Protocol):
    """What a live meeting needs of a WebSocket; neither call blocks."""

    def send(self, data: bytes) -> None:
        """Queues a binary message."""

    def close(self, code: int) -> None:
        """Closes after what was queued before."""


PresenceObserver = Callable[[AttendeeJoined | AttendeeLeft], None]


class LiveMeeting:
    """The shell around a `Conference`; it decides nothing itself."""

    def __init__(
        self,
        meeting: Meeting,
        limits: ConferenceLimits,
        on_presence: PresenceObserver,
        media_host: str | None = None,
        public_address: str | None = None,
    ) -> None:
        now = time.monotonic()
        self.meeting = meeting
        self.conference = Conference(time.time() - now, now, limits, meeting.attendees.get)
        self.media = MeetingMedia(self, media_host, public_address)
        self._on_presence = on_presence
        self._sockets: dict[int, Socket] = {}
        self._tasks = Tasks()
        self._timer: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._transcription: Transcription | None = None
        self.levels: Mapping[int, int] = {}
        """-dBov by connection, of the last fifth of a second; silent ones are missing."""
        self.strengths: Mapping[int, int] = {}
        """Signal strength by connection, of the last second."""
        self._speakers = RecentSpeakers()

    # --- sockets ---

    def connect(
        self, socket: Socket, meeting: Meeting, attendee: Attendee, is_content: bool, dialect: Dialect
    ) -> int | None:
        """Takes an authenticated socket: its number, or None when the attendee has too many.

        ``meeting`` is this one, or a replica of it.
        """
        replica = None
        if meeting is not self.meeting:
            replica = Replica(meeting.meeting_id, meeting.features.max_count)
        number = self.conference.connect(attendee, is_content, dialect, time.monotonic(), replica)
        if number is not None:
            self._sockets[number] = socket
            self._pump()
        return number

    def message(self, number: int, data: bytes) -> None:
        """A binary message came."""
        self.conference.handle_message(number, data, time.monotonic())
        self._pump()

    def text(self, number: int) -> None:
        """A text message came."""
        self.conference.handle_text(number)

    def disconnected(self, number: int, clean: bool) -> None:
        """A socket is closed; ``clean`` when the peer said so."""
        self._sockets.pop(number, None)
        self.conference.handle_disconnect(number, clean, time.monotonic())
        self._pump()

    # --- what the REST API does ---

    def attendee_deleted(self, attendee: Attendee) -> None:
        self.conference.remove_attendee(attendee, time.monotonic())
        self._pump()

    def capabilities_updated(self, attendees: tuple[Attendee, ...]) -> None:
        self.conference.handle_capabilities(attendees, time.monotonic())
        self._pump()

    def transcription_changed(
        self, kind: SdkTranscriptionStatus.Type, configuration: Mapping[str, Any], why: str = ""
    ) -> None:
        """Tells everybody the state of the transcription."""
        frame = status_frame(kind, int(time.time() * 1000), configuration, why)
        self.conference.send_transcript(frame, time.monotonic())
        self._pump()

    def start_transcription(
        self, configuration: Mapping[str, Any], factory: TranscriberFactory | None
    ) -> None:
        """Begins, or begins anew, with a transcriber that ``factory`` makes; tells everybody how that went."""
        self._end_transcription()
        if factory is None:
            self.transcription_changed(SdkTranscriptionStatus.FAILED, configuration, NO_TRANSCRIBER)
            return
        try:
            transcriber = factory(configuration)
        except Exception as error:  # noqa: BLE001 (somebody else's code: whatever it is, the meeting goes on)
            logger.warning("meeting=%s has no transcription: %r", self.meeting.meeting_id, error)
            self.transcription_changed(SdkTranscriptionStatus.FAILED, configuration, str(error))
            return
        self._transcription = Transcription(transcriber, self._transcribed)
        self.media.listen(self._heard)
        self.transcription_changed(SdkTranscriptionStatus.STARTED, configuration)

    def stop_transcription(self, configuration: Mapping[str, Any]) -> None:
        """Ends it and tells everybody."""
        self._end_transcription()
        self.transcription_changed(SdkTranscriptionStatus.STOPPED, configuration)

    def _end_transcription(self) -> None:
        transcription, self._transcription = self._transcription, None
        if transcription is not None:
            self.media.listen(None)
            self._tasks.spawn(transcription.close(), "chime-service-end-transcription")

    def _heard(self, number: int, pcm: NDArray[np.int16]) -> None:
        speaker = self.conference.speaker(number)
        if speaker is not None and self._transcription is not None:
            self._transcription.push(Speaker(speaker.attendee_id, speaker.external_user_id), pcm)

    def _transcribed(self, frame: SdkTranscriptFrame) -> None:
        self.conference.send_transcript(frame, time.monotonic())
        self._pump()

    def interrupted(self) -> None:
        """The service stops, the meeting does not."""
        self.conference.interrupt(time.monotonic())
        self._pump()

    def ended(self) -> None:
        """The meeting is over."""
        self.conference.end(time.monotonic())
        self._pump()

    def replica_ended(self, replica: Meeting) -> None:
        """A replica of this meeting is over."""
        self.conference.end_replica(replica.meeting_id, time.monotonic())
        self._pump()

    # --- MediaEvents ---

    def media_up(self, number: int) -> None:
        self.conference.handle_media_up(number, time.monotonic())
        self._pump()

    def media_down(self, number: int) -> None:
        self.conference.handle_media_down(number, time.monotonic())
        self._pump()

    def audio_levels(self, levels: Mapping[int, int], strengths: Mapping[int, int] | None) -> None:
        self.levels, self.strengths = levels, self.strengths if strengths is None else strengths
        now = time.monotonic()
        self._speakers.handle_levels(levels, now)
        self.conference.handle_audio(levels, strengths, now)
        self._pump()

    def is_speaking(self, number: int) -> bool:
        """Whether the connection was heard within the last second."""
        return self._speakers.is_speaking(number, time.monotonic())

    def video_measured(
        self, rates: Mapping[tuple[int, int], LayerRate], downlinks: Mapping[int, Downlink]
    ) -> None:
        self.conference.handle_video(rates, downlinks, time.monotonic())
        self._pump()

    # --- life ---

    async def wait_idle(self, timeout_s: float) -> None:
        """Returns when no connection is left, or after the time."""
        if self.conference.connections:
            self._idle.clear()
            try:
                await asyncio.wait_for(self._idle.wait(), timeout_s)
            except TimeoutError:
                logger.info(
                    "meeting %s: %d connections did not leave",
                    self.meeting.meeting_id,
                    self.conference.connections,
                )

    def disconnect_all(self) -> None:
        """Closes the sockets that are left."""
        while self._sockets:
            self._sockets.popitem()[1].close(CloseCode.GOING_AWAY)

    async def close(self) -> None:
        """Ends timers, tasks and media; sockets belong to their handlers."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        transcription, self._transcription = self._transcription, None
        if transcription is not None:
            await transcription.close()
        await self._tasks.close()
        await self.media.close()

    # --- within ---

    def _pump(self) -> None:
        for action in self.conference.actions():
            self._do(action)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self.conference.next_timeout()
        if due is not None:
            delay = max(0.0, due - time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(delay, self._expire)
        if not self.conference.connections:
            self._idle.set()

    def _expire(self) -> None:
        self._timer = None
        self.conference.handle_timeout(time.monotonic())
        self._pump()

    def _do(self, action: Action) -> None:
        match action:
            case Send(number, data):
                if (socket := self._sockets.get(number)) is not None:
                    socket.send(data)
            case Close(number, code):
                if (socket := self._sockets.pop(number, None)) is not None:
                    socket.close(code)
            case Negotiate():
                self._tasks.spawn(self._negotiate(action), f"chime-service-negotiate-{action.connection}")
            case SetAudio(number, audio):
                self.media.set_audio(number, audio)
            case ForwardVideo(number, mid, publisher, layer, is_paused):
                selection = None if publisher is None else (publisher, layer)
                self.media.video.forward(number, mid, selection, is_paused)
            case StopMedia(number):
                self._tasks.spawn(self.media.stop(number), f"chime-service-stop-{number}")
            case AttendeeJoined() | AttendeeLeft():
                self._on_presence(action)

    async def _negotiate(self, action: Negotiate) -> None:
        number = action.connection
        try:
            answer, tracks, codecs = await self.media.negotiate(
                number, action.offer, action.group, action.audio, dict(action.solos), action.video
            )
        except RtcError as error:
            logger.info("connection %d: its offer cannot be answered: %s", number, error)
            self.conference.handle_negotiation_failed(number, str(error), time.monotonic())
        else:
            self.conference.handle_answer(number, answer, time.monotonic(), tracks, codecs)
        self._pump()
