"""What applications get to see (SDK: ``observableMetricSpec`` and ``observableVideoMetricSpec``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isnan
from typing import NamedTuple, Self

from .metric_tables import Direction, MediaType

__all__ = ["OBSERVABLE", "OBSERVABLE_VIDEO", "Observable", "ObservableMetrics"]


class Observable(NamedTuple):
    """Where an observable metric comes from; no media type: from the connection as a whole."""

    source: str
    media_type: MediaType | None = None
    direction: Direction | None = None


_AUDIO_UP = (MediaType.AUDIO, Direction.UPSTREAM)
_AUDIO_DOWN = (MediaType.AUDIO, Direction.DOWNSTREAM)
_VIDEO_UP = (MediaType.VIDEO, Direction.UPSTREAM)
_VIDEO_DOWN = (MediaType.VIDEO, Direction.DOWNSTREAM)

#: By the SDK's names in snake_case.
OBSERVABLE: Mapping[str, Observable] = {
    "audio_packets_received": Observable("packetsReceived", *_AUDIO_DOWN),
    "audio_packets_received_fraction_loss": Observable("packetsLost", *_AUDIO_DOWN),
    "audio_decoder_loss": Observable("decoderLoss", *_AUDIO_DOWN),
    "audio_packets_sent": Observable("packetsSent", *_AUDIO_UP),
    "audio_packet_loss_percent": Observable("packetsLost", *_AUDIO_UP),
    "audio_upstream_round_trip_time_ms": Observable("roundTripTime", *_AUDIO_UP),
    "video_upstream_bitrate": Observable("bytesSent", *_VIDEO_UP),
    "video_packet_sent_per_second": Observable("packetsSent", *_VIDEO_UP),
    "audio_speaker_delay_ms": Observable("jitterBufferMs", *_AUDIO_DOWN),
    "audio_upstream_jitter_ms": Observable("jitter", *_AUDIO_UP),
    "audio_downstream_jitter_ms": Observable("jitter", *_AUDIO_DOWN),
    "nack_count_received_per_second": Observable("nackCount", *_VIDEO_UP),
    "available_outgoing_bitrate": Observable("availableOutgoingBitrate"),
    "available_incoming_bitrate": Observable("availableIncomingBitrate"),
    "current_round_trip_time_ms": Observable("currentRoundTripTime"),
    "audio_downstream_level": Observable("audioLevel", *_AUDIO_DOWN),
    "audio_upstream_level": Observable("audioLevel"),
}

#: Likewise, of one video stream.
OBSERVABLE_VIDEO: Mapping[str, Observable] = {
    "video_upstream_bitrate": Observable("bytesSent", *_VIDEO_UP),
    "video_upstream_packets_sent": Observable("packetsSent", *_VIDEO_UP),
    "video_upstream_packet_loss_percent": Observable("packetsLost", *_VIDEO_UP),
    "video_upstream_frames_encoded_per_second": Observable("framesEncoded", *_VIDEO_UP),
    "video_upstream_frames_input_per_second": Observable("framesPerSecond", *_VIDEO_UP),
    "video_upstream_frame_height": Observable("frameHeight", *_VIDEO_UP),
    "video_upstream_frame_width": Observable("frameWidth", *_VIDEO_UP),
    "video_upstream_jitter_ms": Observable("jitter", *_VIDEO_UP),
    "video_upstream_round_trip_time_ms": Observable("roundTripTime", *_VIDEO_UP),
    "video_upstream_encoder_implementation": Observable("encoderImplementation", *_VIDEO_UP),
    "video_upstream_total_encode_time_per_second": Observable("totalEncodeTime", *_VIDEO_UP),
    "video_upstream_cpu_quality_limitation_duration_per_second": Observable(
        "qualityLimitationDurations", *_VIDEO_UP
    ),
    "video_downstream_bitrate": Observable("bytesReceived", *_VIDEO_DOWN),
    "video_downstream_packet_loss_percent": Observable("packetsLost", *_VIDEO_DOWN),
    "video_downstream_packets_received": Observable("packetsReceived", *_VIDEO_DOWN),
    "video_downstream_frames_decoded_per_second": Observable("framesDecoded", *_VIDEO_DOWN),
    "video_downstream_frame_height": Observable("frameHeight", *_VIDEO_DOWN),
    "video_downstream_frame_width": Observable("frameWidth", *_VIDEO_DOWN),
    "video_downstream_jitter_ms": Observable("jitter", *_VIDEO_DOWN),
    "video_downstream_delay_ms": Observable("jitterBufferMs", *_VIDEO_DOWN),
}


@dataclass(frozen=True, slots=True)
class ObservableMetrics:
    """A second's figures. None: not known; 0 also when there is no such stream."""

    audio_packets_received: float | None  #: a second
    audio_packets_received_fraction_loss: float | None  #: percent
    audio_decoder_loss: float | None  #: percent of the samples that were made up
    audio_packets_sent: float | None  #: a second
    audio_packet_loss_percent: float | None  #: of what was sent
    audio_upstream_round_trip_time_ms: float | None
    audio_speaker_delay_ms: float | None  #: in the jitter buffer
    audio_upstream_jitter_ms: float | None
    audio_downstream_jitter_ms: float | None
    audio_upstream_level: float | None  #: of the source, 0 to 1
    audio_downstream_level: float | None  #: of what is heard, 0 to 1
    video_upstream_bitrate: float | None  #: bit/s, of the first stream
    video_packet_sent_per_second: float | None
    nack_count_received_per_second: float | None
    available_outgoing_bitrate: float | None  #: bit/s
    available_incoming_bitrate: float | None  #: bit/s
    current_round_trip_time_ms: float | None  #: of ICE's connectivity checks

    @classmethod
    def of(cls, values: Mapping[str, float]) -> Self:
        """From numbers in which NaN means not known."""
        return cls(**{f.name: None if isnan(values[f.name]) else values[f.name] for f in fields(cls)})
