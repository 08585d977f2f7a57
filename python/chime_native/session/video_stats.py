"""What is sent and received of video in the shape of a browser's ``getStats`` (W3C webrtc-stats), for the metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chime_native.metrics import RawStats

__all__ = ["video_entries"]

_RECEIVED = {
    "packets": "packetsReceived",
    "octets": "bytesReceived",
    "packets_lost": "packetsLost",
    "jitter": "jitter",
    "frames": "framesReceived",
    "frames_decoded": "framesDecoded",
    "frames_dropped": "framesDropped",
    "nack_count": "nackCount",
    "pli_count": "pliCount",
    "total_decode_time": "totalDecodeTime",
    "width": "frameWidth",
    "height": "frameHeight",
}
_SENT = {
    "packets": "packetsSent",
    "octets": "bytesSent",
    "frames": "framesEncoded",
    "frame_width": "frameWidth",
    "frame_height": "frameHeight",
    "nack_count": "nackCount",
    "pli_count": "pliCount",
    "fir_count": "firCount",
    "packets_retransmitted": "retransmittedPacketsSent",
    "target_bitrate": "targetBitrate",
    "total_encode_time": "totalEncodeTime",
}


def video_entries(stats: Mapping[str, Any], input_size: tuple[int, int] | None) -> Sequence[RawStats]:
    """From ``VideoLink.stats()`` and the size of what the source gives."""
    entries: list[RawStats] = []
    for number, received in enumerate(stats["received"].values()):
        common = {"type": "inbound-rtp", "id": f"IV{number}", "kind": "video", "ssrc": received["ssrc"]}
        entries.append(common | _named(received, _RECEIVED))
    sent = stats["sent"]
    if not sent.get("packets"):
        return entries
    common = {"kind": "video", "ssrc": sent["ssrc"]}
    entries.append({"type": "outbound-rtp", "id": "OV", **common, **_named(sent, _SENT)})
    if sent["remote_report"] is not None:
        entries.append({"type": "remote-inbound-rtp", "id": "RIV", **common, **sent["remote_report"]})
    if input_size is not None:
        width, height = input_size
        entries.append(
            {"type": "media-source", "id": "SV", "kind": "video", "width": width, "height": height}
        )
    return entries


def _named(stats: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {theirs: stats[ours] for ours, theirs in names.items() if ours in stats}
