"""Which metrics there are: W3C name, formula, and number in the CLIENT_METRIC frame.

SDK: ``src/clientmetricreport/ClientMetricReport.ts``; metrics of the SDK's own video effects are not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from chime_native.signaling.messages import SdkMetric, SdkStreamDimension

from .formulas import (
    Formula,
    bits_per_second,
    count_per_second,
    cpu_limitation,
    decoder_loss_percent,
    identity,
    is_hardware,
    jitter_buffer_ms,
    packet_loss_percent,
    seconds_to_milliseconds,
    time_per_second_ms,
)
from .metric_tables import Direction, MediaType

__all__ = ["DIMENSIONS", "GLOBAL", "REQUIRES", "STREAMS", "Metric"]


class Metric(NamedTuple):
    """How one metric is calculated and sent."""

    formula: Formula
    number: SdkMetric.Type | None = None  # None: only for the calculation of others
    source: str | None = None  # what the formula is given, if not the metric's own name


def _loss(counter: str, number: SdkMetric.Type) -> Metric:
    return Metric(packet_loss_percent, number, counter)


GLOBAL: Mapping[str, Metric] = {
    "retransmittedBytesSent": Metric(identity, SdkMetric.VIDEO_RETRANSMIT_BITRATE),
    "totalEncodedBytesTarget": Metric(identity, SdkMetric.VIDEO_TARGET_ENCODER_BITRATE),
    "totalPacketSendDelay": Metric(identity, SdkMetric.VIDEO_BUCKET_DELAY_MS),
    "packetsDiscardedOnSend": Metric(count_per_second, SdkMetric.SOCKET_DISCARDED_PPS),
    "availableIncomingBitrate": Metric(identity, SdkMetric.VIDEO_AVAILABLE_RECEIVE_BANDWIDTH),
    "availableOutgoingBitrate": Metric(identity, SdkMetric.VIDEO_AVAILABLE_SEND_BANDWIDTH),
    "currentRoundTripTime": Metric(seconds_to_milliseconds, SdkMetric.STUN_RTT_MS),
    "audioLevel": Metric(identity, SdkMetric.RTC_MIC_AUDIO_LEVEL),
}

_AUDIO_UP: Mapping[str, Metric] = {
    "jitter": Metric(seconds_to_milliseconds, SdkMetric.RTC_MIC_JITTER_MS),
    "packetsSent": Metric(count_per_second, SdkMetric.RTC_MIC_PPS),
    "bytesSent": Metric(bits_per_second, SdkMetric.RTC_MIC_BITRATE),
    "roundTripTime": Metric(seconds_to_milliseconds, SdkMetric.RTC_MIC_RTT_MS),
    "packetsLost": _loss("packetsSent", SdkMetric.RTC_MIC_FRACTION_PACKET_LOST_PERCENT),
    "audioSentTransformPps": Metric(count_per_second, SdkMetric.AUDIO_SENT_TRANSFORM_PPS),
}

_AUDIO_DOWN: Mapping[str, Metric] = {
    "concealedSamples": Metric(count_per_second),
    "totalSamplesReceived": Metric(count_per_second),
    "decoderLoss": Metric(decoder_loss_percent, SdkMetric.RTC_SPK_FRACTION_DECODER_LOSS_PERCENT),
    "packetsReceived": Metric(count_per_second, SdkMetric.RTC_SPK_PPS),
    "packetsLost": _loss("packetsReceived", SdkMetric.RTC_SPK_FRACTION_PACKET_LOST_PERCENT),
    "jitter": Metric(seconds_to_milliseconds, SdkMetric.RTC_SPK_JITTER_MS),
    "jitterBufferDelay": Metric(count_per_second),
    "jitterBufferEmittedCount": Metric(count_per_second),
    "jitterBufferMs": Metric(jitter_buffer_ms, SdkMetric.RTC_SPK_JITTER_BUFFER_MS),
    "bytesReceived": Metric(bits_per_second, SdkMetric.RTC_SPK_BITRATE),
    "audioLevel": Metric(identity, SdkMetric.RTC_SPK_AUDIO_LEVEL),
    "totalAudioPacketsLost": Metric(identity, SdkMetric.RTC_SPK_TOTAL_LOST),
    "totalAudioPacketsExpected": Metric(identity, SdkMetric.RTC_SPK_TOTAL_EXPECTED),
    "totalAudioPacketsRecoveredRed": Metric(identity, SdkMetric.RTC_SPK_TOTAL_RECOVERED_RED),
    "totalAudioPacketsRecoveredFec": Metric(identity, SdkMetric.RTC_SPK_TOTAL_RECOVERED_FEC),
    "audioReceivedTransformPps": Metric(count_per_second, SdkMetric.AUDIO_RECEIVED_TRANSFORM_PPS),
}

_VIDEO_UP: Mapping[str, Metric] = {
    "roundTripTime": Metric(seconds_to_milliseconds, SdkMetric.VIDEO_SENT_RTT_MS),
    "nackCount": Metric(count_per_second, SdkMetric.VIDEO_NACKS_RECEIVED),
    "pliCount": Metric(count_per_second, SdkMetric.VIDEO_PLIS_RECEIVED),
    "firCount": Metric(count_per_second, SdkMetric.VIDEO_FIRS_RECEIVED),
    "framesPerSecond": Metric(identity, SdkMetric.VIDEO_INPUT_FPS),
    "framesEncoded": Metric(count_per_second, SdkMetric.VIDEO_ENCODE_FPS),
    "packetsSent": Metric(count_per_second, SdkMetric.VIDEO_SENT_PPS),
    "packetsLost": _loss("packetsSent", SdkMetric.VIDEO_SENT_FRACTION_PACKET_LOST_PERCENT),
    "bytesSent": Metric(bits_per_second, SdkMetric.VIDEO_SENT_BITRATE),
    "qpSum": Metric(count_per_second, SdkMetric.VIDEO_SENT_QP_SUM),
    "frameHeight": Metric(identity, SdkMetric.VIDEO_ENCODE_HEIGHT),
    "frameWidth": Metric(identity, SdkMetric.VIDEO_ENCODE_WIDTH),
    "jitter": Metric(seconds_to_milliseconds, SdkMetric.VIDEO_SENT_JITTER_MS),
    "totalEncodeTime": Metric(time_per_second_ms, SdkMetric.VIDEO_ENCODE_MS),
    "encoderImplementation": Metric(is_hardware, SdkMetric.VIDEO_ENCODER_IS_HARDWARE),
    "qualityLimitationDurations": Metric(cpu_limitation, SdkMetric.VIDEO_QUALITY_LIMITATION_DURATION_CPU),
    "videoCodecDegradationHighEncodeCpu": Metric(identity, SdkMetric.VIDEO_CODEC_DEGRADATION_HIGH_ENCODE_CPU),
    "videoCodecDegradationEncodeFailure": Metric(identity, SdkMetric.VIDEO_CODEC_DEGRADATION_ENCODE_FAILURE),
    "videoInputWidth": Metric(identity, SdkMetric.VIDEO_INPUT_WIDTH),
    "videoInputHeight": Metric(identity, SdkMetric.VIDEO_INPUT_HEIGHT),
    "videoSentTransformPps": Metric(count_per_second, SdkMetric.VIDEO_SENT_TRANSFORM_PPS),
}

_VIDEO_DOWN: Mapping[str, Metric] = {
    "packetsReceived": Metric(count_per_second, SdkMetric.VIDEO_RECEIVED_PPS),
    "packetsLost": _loss("packetsReceived", SdkMetric.VIDEO_RECEIVED_FRACTION_PACKET_LOST_PERCENT),
    # A running total under the name of a rate, as the SDK sends it.
    "framesReceived": Metric(identity, SdkMetric.VIDEO_RECEIVED_FPS),
    "framesDecoded": Metric(count_per_second, SdkMetric.VIDEO_DECODE_FPS),
    "nackCount": Metric(count_per_second, SdkMetric.VIDEO_NACKS_SENT),
    "firCount": Metric(count_per_second, SdkMetric.VIDEO_FIRS_SENT),
    "pliCount": Metric(count_per_second, SdkMetric.VIDEO_PLIS_SENT),
    "bytesReceived": Metric(bits_per_second, SdkMetric.VIDEO_RECEIVED_BITRATE),
    "jitter": Metric(seconds_to_milliseconds, SdkMetric.VIDEO_RECEIVED_JITTER_MS),
    "jitterBufferDelay": Metric(count_per_second),
    "jitterBufferEmittedCount": Metric(count_per_second),
    "jitterBufferMs": Metric(jitter_buffer_ms, SdkMetric.VIDEO_JITTER_BUFFER_MS),
    "qpSum": Metric(count_per_second, SdkMetric.VIDEO_RECEIVED_QP_SUM),
    "frameHeight": Metric(identity, SdkMetric.VIDEO_DECODE_HEIGHT),
    "frameWidth": Metric(identity, SdkMetric.VIDEO_DECODE_WIDTH),
    "totalDecodeTime": Metric(time_per_second_ms, SdkMetric.VIDEO_DECODE_MS),
    "decoderImplementation": Metric(is_hardware, SdkMetric.VIDEO_DECODER_IS_HARDWARE),
    "totalFreezesDuration": Metric(time_per_second_ms, SdkMetric.VIDEO_FREEZE_DURATION),
    "freezeCount": Metric(count_per_second, SdkMetric.VIDEO_FREEZE_COUNT),
    "totalPausesDuration": Metric(time_per_second_ms, SdkMetric.VIDEO_PAUSE_DURATION),
    "pauseCount": Metric(count_per_second, SdkMetric.VIDEO_PAUSE_COUNT),
    "framesDropped": Metric(count_per_second, SdkMetric.VIDEO_DROPPED_FPS),
    "videoRenderWidth": Metric(identity, SdkMetric.VIDEO_RENDER_WIDTH),
    "videoRenderHeight": Metric(identity, SdkMetric.VIDEO_RENDER_HEIGHT),
    "videoReceivedTransformPps": Metric(count_per_second, SdkMetric.VIDEO_RECEIVED_TRANSFORM_PPS),
    "videoRemoteRenderFps": Metric(identity, SdkMetric.VIDEO_REMOTE_RENDER_FPS),
}

STREAMS: Mapping[tuple[MediaType, Direction], Mapping[str, Metric]] = {
    (MediaType.AUDIO, Direction.UPSTREAM): _AUDIO_UP,
    (MediaType.AUDIO, Direction.DOWNSTREAM): _AUDIO_DOWN,
    (MediaType.VIDEO, Direction.UPSTREAM): _VIDEO_UP,
    (MediaType.VIDEO, Direction.DOWNSTREAM): _VIDEO_DOWN,
}

#: Metrics that are not a value themselves: they are sent when all of these are there.
REQUIRES: Mapping[str, tuple[str, ...]] = {
    "decoderLoss": ("concealedSamples", "totalSamplesReceived"),
    "jitterBufferMs": ("jitterBufferDelay", "jitterBufferEmittedCount"),
}

#: Texts that are sent as dimensions of a stream.
DIMENSIONS: Mapping[str, SdkStreamDimension.Type] = {
    "encoderImplementation": SdkStreamDimension.VIDEO_ENCODER_NAME,
    "decoderImplementation": SdkStreamDimension.VIDEO_DECODER_NAME,
}
