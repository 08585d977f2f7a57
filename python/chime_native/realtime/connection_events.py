"""What the connection monitor is told and what it says."""

from __future__ import annotations

from dataclasses import dataclass

from .connection_health_data import ConnectionHealthData

__all__ = [
    "ConnectionBecameGood",
    "ConnectionBecamePoor",
    "ConnectionHealthChanged",
    "ConnectionMetrics",
    "MonitorEvent",
    "OwnPresenceReceived",
    "ReceivingAudioDropped",
    "ReconnectRecommended",
    "SendingAudioFailed",
    "SendingAudioRecovered",
    "SignalLossEnded",
    "SignalLossStarted",
    "StopVideoSuggested",
    "VideoEncodingMetrics",
    "VideoEncodingUnhealthy",
]


@dataclass(frozen=True, slots=True)
class VideoEncodingMetrics:
    """This client's video encoders in the last second, all layers together."""

    is_hardware: bool
    encoding_time_ms: float
    cpu_limitation_duration_ms: float
    input_fps: float
    encode_fps: float


@dataclass(frozen=True, slots=True)
class ConnectionMetrics:
    """A second's statistics; None: not measured."""

    audio_packets_received: float | None  # a second
    audio_packets_received_loss: float | None  # percent
    audio_speaker_delay_ms: float | None  # of the jitter buffer
    audio_packets_sent: float | None  # a second
    bytes_received: int  # so far, over all candidate pairs
    stun_messages_received: int  # requests and responses so far, over all candidate pairs
    video_encoding: VideoEncodingMetrics | None = None  # None: no video is sent


@dataclass(frozen=True, slots=True)
class ConnectionHealthChanged:
    """Something new was taken in; ``data`` is a copy. With no missed pongs the connection is alive, which renews the
    reconnect deadline."""

    data: ConnectionHealthData


@dataclass(frozen=True, slots=True)
class ReconnectRecommended:
    """The connection does not work any more: status ConnectionHealthReconnect."""


@dataclass(frozen=True, slots=True)
class ReceivingAudioDropped:
    """Meeting event ``receivingAudioDropped``: comes before either of the two that follow."""


@dataclass(frozen=True, slots=True)
class ConnectionBecamePoor:
    """Audio is unusable, and there is no video to give up."""


@dataclass(frozen=True, slots=True)
class StopVideoSuggested:
    """Audio is unusable, and giving up video may help."""


@dataclass(frozen=True, slots=True)
class ConnectionBecameGood:
    """Audio is usable again."""


@dataclass(frozen=True, slots=True)
class SendingAudioFailed:
    """Meeting event ``sendingAudioFailed``: no audio packets go out."""


@dataclass(frozen=True, slots=True)
class SendingAudioRecovered:
    """Meeting event ``sendingAudioRecovered``."""


@dataclass(frozen=True, slots=True)
class VideoEncodingUnhealthy:
    """A cheaper way of encoding should be chosen; ``policy`` says why."""

    policy: str


@dataclass(frozen=True, slots=True)
class SignalLossStarted:
    """The service hears this client less well (audio log ``RedmicStartLoss``)."""


@dataclass(frozen=True, slots=True)
class SignalLossEnded:
    """The service hears this client well again (audio log ``RedmicEndLoss``)."""


@dataclass(frozen=True, slots=True)
class OwnPresenceReceived:
    """Meeting event ``attendeePresenceReceived``: the service has this client's audio; told once."""


MonitorEvent = (
    ConnectionHealthChanged
    | ReconnectRecommended
    | ReceivingAudioDropped
    | ConnectionBecamePoor
    | StopVideoSuggested
    | ConnectionBecameGood
    | SendingAudioFailed
    | SendingAudioRecovered
    | VideoEncodingUnhealthy
    | SignalLossStarted
    | SignalLossEnded
    | OwnPresenceReceived
)
