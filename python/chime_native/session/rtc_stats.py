"""The statistics of our peer connection in the shape of a browser's ``getStats`` (W3C webrtc-stats), which metrics are made of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from chime_native.metrics import RawStats

__all__ = ["RtcStats"]

# From our names to the W3C's; what has none there is left out.
_RECEIVED = {
    "packets_received": "packetsReceived",
    "bytes_received": "bytesReceived",
    "packets_lost": "packetsLost",
    "packets_discarded": "packetsDiscarded",
    "fec_packets_received": "fecPacketsReceived",
    "fec_packets_discarded": "fecPacketsDiscarded",
    "jitter": "jitter",
    "total_samples_received": "totalSamplesReceived",
    "concealed_samples": "concealedSamples",
    "silent_concealed_samples": "silentConcealedSamples",
    "concealment_events": "concealmentEvents",
    "inserted_samples_for_deceleration": "insertedSamplesForDeceleration",
    "removed_samples_for_acceleration": "removedSamplesForAcceleration",
    "total_audio_energy": "totalAudioEnergy",
    "total_samples_duration": "totalSamplesDuration",
    "jitter_buffer_emitted_count": "jitterBufferEmittedCount",
    "jitter_buffer_delay": "jitterBufferDelay",
    "jitter_buffer_target_delay": "jitterBufferTargetDelay",
}
_SENT = {
    "packets_sent": "packetsSent",
    "bytes_sent": "bytesSent",
    "header_bytes_sent": "headerBytesSent",
    "target_bitrate": "targetBitrate",
}
_SOURCE = {"total_audio_energy": "totalAudioEnergy", "total_samples_duration": "totalSamplesDuration"}
_PAIR = {
    "bytes_sent": "bytesSent",
    "bytes_received": "bytesReceived",
    "packets_sent": "packetsSent",
    "packets_received": "packetsReceived",
    "packets_discarded_on_send": "packetsDiscardedOnSend",
}


class RtcStats:
    """Of one peer connection; asked once for each report, because levels are means since the last one."""

    def __init__(self) -> None:
        self._energies: dict[str, tuple[float, float]] = {}

    def entries(self, stats: Mapping[str, Any]) -> Sequence[RawStats]:
        """From ``RtcPeer.stats()``: the candidate pair, and of the audio: source, sent, received, the peer's view."""
        pair = {"type": "candidate-pair", "id": "CP", "nominated": True, **_named(stats, _PAIR)}
        pair["state"] = "succeeded" if stats.get("selected_pair") else "in-progress"
        entries: list[RawStats] = [pair]
        audio = stats.get("audio")
        if audio is None:
            return entries
        received, sent = audio["receiver"], audio["sender"]
        common = {"kind": "audio", "mid": audio["mid"]}
        entries += [
            {
                "type": "inbound-rtp",
                "id": "IA",
                "ssrc": audio["remote_ssrc"],
                **common,
                **_named(received, _RECEIVED),
                "audioLevel": self._level("in", received),
            },
            {"type": "outbound-rtp", "id": "OA", "ssrc": audio["ssrc"], **common, **_named(sent, _SENT)},
            {
                "type": "media-source",
                "id": "SA",
                "kind": "audio",
                **_named(sent, _SOURCE),
                "audioLevel": self._level("out", sent),
            },
        ]
        if audio["remote_report"] is not None:
            entries.append(
                {
                    "type": "remote-inbound-rtp",
                    "id": "RIA",
                    "ssrc": audio["ssrc"],
                    "kind": "audio",
                    **audio["remote_report"],
                }
            )
        return entries

    def _level(self, name: str, stats: Mapping[str, Any]) -> float:
        """Mean level since the last report, 0 to 1 of full scale."""
        energy, seconds = float(stats["total_audio_energy"]), float(stats["total_samples_duration"])
        energy_before, seconds_before = self._energies.get(name, (0.0, 0.0))
        self._energies[name] = (energy, seconds)
        passed = seconds - seconds_before
        return math.sqrt(max(0.0, energy - energy_before) / passed) if passed > 0 else 0.0


def _named(stats: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {theirs: stats[ours] for ours, theirs in names.items() if ours in stats}
