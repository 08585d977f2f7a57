"""What a meeting session is put together from; shared by the session and its facade, and by nobody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chime_native.rtc import AudioProfileOptions
from chime_native.session.audio_devices import AudioInput, AudioOutput
from chime_native.session.audio_profile import AudioProfile
from chime_native.session.configuration import MeetingSessionConfiguration
from chime_native.session.events import AttendeePresence, SessionEvent, VolumeUpdate
from chime_native.session.observers import ObserverSet
from chime_native.session.session_logger import SessionLogger
from chime_native.session.streams import Overflow, Publisher

if TYPE_CHECKING:
    from chime_native.metrics import ClientMetricReport
    from chime_native.realtime import DataMessage, RealtimeController
    from chime_native.realtime.transcript import TranscriptEvent
    from chime_native.session.controller import AudioVideoController

__all__ = ["SessionParts", "profile_options"]

# Queued events per reader. Life cycle and messages are few, and none may be lost; volumes come in fives a second.
_CONTROL_LIMIT = 10_000
_VOLUME_LIMIT = 100
_METRICS_LIMIT = 10


@dataclass(slots=True)
class SessionParts:
    """The parts; the controller comes last, because it needs the others."""

    configuration: MeetingSessionConfiguration
    audio_input: AudioInput
    realtime: RealtimeController
    audio_profile: AudioProfile
    logger: SessionLogger
    controller: AudioVideoController = field(init=False)
    observers: ObserverSet = field(default_factory=ObserverSet)
    device_observers: ObserverSet = field(default_factory=ObserverSet)
    audio_output: AudioOutput = field(default_factory=AudioOutput)
    events: Publisher[SessionEvent] = field(default_factory=lambda: Publisher(_CONTROL_LIMIT, Overflow.FAIL))
    presence: Publisher[AttendeePresence] = field(
        default_factory=lambda: Publisher(_CONTROL_LIMIT, Overflow.FAIL)
    )
    messages: Publisher[DataMessage] = field(default_factory=lambda: Publisher(_CONTROL_LIMIT, Overflow.FAIL))
    transcripts: Publisher[TranscriptEvent] = field(
        default_factory=lambda: Publisher(_CONTROL_LIMIT, Overflow.FAIL)
    )
    volumes: Publisher[VolumeUpdate] = field(
        default_factory=lambda: Publisher(_VOLUME_LIMIT, Overflow.DROP_OLDEST)
    )
    metrics: Publisher[ClientMetricReport] = field(
        default_factory=lambda: Publisher(_METRICS_LIMIT, Overflow.DROP_OLDEST)
    )

    def end_streams(self) -> None:
        """The session has stopped: iterations end after what is queued."""
        for publisher in (
            self.events,
            self.presence,
            self.messages,
            self.transcripts,
            self.volumes,
            self.metrics,
            self.audio_output.blocks,
        ):
            publisher.end()


def profile_options(profile: AudioProfile) -> AudioProfileOptions:
    """What the transport is asked for; raises ``ValueError`` for a bit rate out of the range of Opus."""
    bitrate = profile.audio_bitrate_bps
    return AudioProfileOptions(
        bitrate=None if bitrate is None else round(bitrate),
        stereo=profile.is_stereo(),
        redundancy=profile.has_redundancy_enabled(),
    )
