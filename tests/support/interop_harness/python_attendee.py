"""An attendee of a meeting that is our own session, asked the same questions as one in a browser."""

from types import TracebackType
from typing import Any, Self

import numpy as np
from chime_native.devices import ArraySink
from chime_native.realtime import DefaultActiveSpeakerPolicy
from chime_native.session import MeetingSession, MeetingSessionConfiguration
from numpy.typing import NDArray

from interop_harness.event_log import EVENT_TIMEOUT_S, Event, EventLog

RATE = 48000
FULL_SCALE = 32767


class Tone:
    """An audio source of one pitch, as the page's: its level swings at 3 Hz if ``modulated``."""

    channels = 1

    def __init__(self, hz: float, *, gain: float = 0.3, modulated: bool = False) -> None:
        self.hz = hz
        self.gain = gain
        self.modulated = modulated
        self._frames = 0

    def read(self, frames: int) -> NDArray[np.int16]:
        """The next ``frames`` samples, shape ``(frames, 1)``."""
        time = (self._frames + np.arange(frames)) / RATE
        self._frames += frames
        swing = 0.6 + 0.4 * np.sin(2 * np.pi * 3 * time) if self.modulated else 1.0
        wave = swing * self.gain * FULL_SCALE * np.sin(2 * np.pi * self.hz * time)
        return np.rint(wave).astype(np.int16).reshape(frames, 1)


class PythonAttendee(EventLog):
    """An asynchronous context manager: starts to join on entry, leaves at the end (unless it is over already)."""

    def __init__(
        self,
        name: str,
        meeting: dict[str, Any],
        attendee: dict[str, Any],
        *,
        source: Any = None,
        muted: bool = False,
        topics: tuple[str, ...] = (),
    ) -> None:
        super().__init__(name)
        self.attendee_id: str = attendee["Attendee"]["AttendeeId"]
        self.source = source
        self._muted = muted
        self._topics = topics
        self.session = MeetingSession(MeetingSessionConfiguration(meeting, attendee))
        self.audio_video = self.session.audio_video

    async def __aenter__(self) -> Self:
        av = self.audio_video
        av.add_observer(self)
        av.realtime_subscribe_to_attendee_id_presence(self._presence)
        av.subscribe_to_active_speaker_detector(DefaultActiveSpeakerPolicy(), self._active_speakers)
        av.transcription_controller.subscribe_to_transcript_event(self._transcript_event)
        for topic in self._topics:
            av.realtime_subscribe_to_receive_data_message(topic, self._data_message)
        if self._muted:
            av.realtime_mute_local_audio()
        await self.session.__aenter__()
        await av.start_audio_input(self.source)
        av.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.session.__aexit__(kind, error, trace)

    # --- what the session tells ---
    def audio_video_did_start_connecting(self, reconnecting: bool) -> None:
        self.record("audio_video_did_start_connecting", reconnecting=reconnecting)

    def audio_video_did_start(self) -> None:
        self.record("audio_video_did_start")

    def audio_video_did_stop(self, status: Any) -> None:
        self.record("audio_video_did_stop", code=int(status.status_code), status=status)

    def _presence(
        self, attendee_id: str, present: bool, external_user_id: str | None, dropped: bool | None, _: object
    ) -> None:
        if present and not self.all("presence", attendee_id=attendee_id, present=True):
            self.audio_video.realtime_subscribe_to_volume_indicator(attendee_id, self._volume)
        self.record(
            "presence",
            attendee_id=attendee_id,
            present=present,
            external_user_id=external_user_id,
            dropped=dropped,
        )

    def _volume(
        self,
        attendee_id: str,
        volume: float | None,
        muted: bool | None,
        signal_strength: float | None,
        _: str | None,
    ) -> None:
        self.record(
            "volume", attendee_id=attendee_id, volume=volume, muted=muted, signal_strength=signal_strength
        )

    def _active_speakers(self, attendee_ids: list[str]) -> None:
        self.record("active_speakers", attendee_ids=list(attendee_ids))

    def _transcript_event(self, event: Any) -> None:
        self.record("transcript_event", event=event)

    def _data_message(self, message: Any) -> None:
        self.record(
            "data_message",
            topic=message.topic,
            text=message.text(),
            sender_attendee_id=message.sender_attendee_id,
            sender_external_user_id=message.sender_external_user_id,
        )

    # --- what the session is told ---
    async def started(self, *, after: int = 0, within: float = EVENT_TIMEOUT_S) -> Event:
        return await self.event("audio_video_did_start", after=after, within=within)

    async def leave(self) -> Event:
        """Stops the session, and waits for ``audio_video_did_stop``."""
        place = self.mark()
        self.audio_video.stop()
        return await self.event("audio_video_did_stop", after=place)

    async def hear(self, seconds: float = 0.5) -> NDArray[np.int16]:
        """The next ``seconds`` of sound that the session plays: shape ``(frames, channels)``, 48 kHz."""
        sink = ArraySink()
        await self.audio_video.bind_audio_element(sink)
        return await sink.wait_for(seconds)
