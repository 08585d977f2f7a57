"""What an offer and an answer agree on for a video section. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass

from chime_native.rtc.agreement import ABS_SEND_TIME, MID
from chime_native.rtc.sdp import Codec, MediaSection, SessionDescription

__all__ = [
    "REPAIRED_RID",
    "RID",
    "TRANSPORT_CC",
    "VideoLayer",
    "VideoParameters",
    "VideoPayloadType",
    "forwarded_codec",
    "retransmission_of",
    "video_parameters",
]

RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"


@dataclass(frozen=True, slots=True)
class VideoPayloadType:
    """A payload type of a codec that is forwarded: ``VP8``, ``VP9`` or ``H264``."""

    number: int
    codec: str
    rtx: int | None = None
    """Payload type of its retransmissions (RFC 4588)."""


@dataclass(frozen=True, slots=True)
class VideoLayer:
    """One encoding that the peer sends: known by rid, or by SSRCs; 0 where the SDP names none."""

    rid: str = ""
    ssrc: int = 0
    rtx_ssrc: int = 0


@dataclass(frozen=True, slots=True)
class VideoParameters:
    """What was agreed for a video section; both sides use the same payload types and extension ids."""

    mid: str
    sends: bool
    """Whether we may send."""
    receives: bool
    """Whether the peer may send."""
    payload_types: tuple[VideoPayloadType, ...]
    remote_layers: tuple[VideoLayer, ...]
    """What the peer says that it sends, at least one."""
    mid_id: int = 0
    abs_send_time_id: int = 0
    rid_id: int = 0
    repaired_rid_id: int = 0
    transport_cc_id: int = 0
    """0 also where the feedback was not agreed with it."""


def forwarded_codec(codec: Codec) -> str | None:
    """Name of a codec that every client decodes: VP8, VP9 profile 0, H.264 constrained baseline in packetisation mode 1."""
    name = codec.name.upper()
    parameters = codec.format_parameters
    if name == "VP9":
        return name if parameters.get("profile-id", "0") == "0" else None
    if name == "H264":
        profile = parameters.get("profile-level-id", "").lower()
        fits = profile.startswith(("42e0", "42c0")) and parameters.get("packetization-mode") == "1"
        return name if fits else None
    return name if name == "VP8" else None


def retransmission_of(codec: Codec) -> int | None:
    """The payload type that an ``rtx`` codec repeats, None for other codecs."""
    apt = codec.format_parameters.get("apt", "") if codec.name.lower() == "rtx" else ""
    return int(apt) if apt.isascii() and apt.isdecimal() and len(apt) <= 3 else None


def video_parameters(
    local: SessionDescription, remote: SessionDescription, mid: str
) -> VideoParameters | None:
    """What both say about a video section; None where one of them rejects it."""
    ours, theirs = local.section(mid), remote.section(mid)
    if ours is None or theirs is None or ours.kind != "video" or ours.rejected or theirs.rejected:
        return None
    both = set(ours.extensions.items()) & set(theirs.extensions.items())
    ids = {uri: number for number, uri in both}
    return VideoParameters(
        mid=mid,
        sends=ours.direction in ("sendrecv", "sendonly") and theirs.direction in ("sendrecv", "recvonly"),
        receives=ours.direction in ("sendrecv", "recvonly") and theirs.direction in ("sendrecv", "sendonly"),
        payload_types=_payload_types(ours, theirs),
        remote_layers=_layers(theirs),
        mid_id=ids.get(MID, 0),
        abs_send_time_id=ids.get(ABS_SEND_TIME, 0),
        rid_id=ids.get(RID, 0),
        repaired_rid_id=ids.get(REPAIRED_RID, 0),
        transport_cc_id=ids.get(TRANSPORT_CC, 0),
    )


def _payload_types(ours: MediaSection, theirs: MediaSection) -> tuple[VideoPayloadType, ...]:
    known = {codec.payload_type for codec in theirs.codecs}
    common = [codec for codec in ours.codecs if codec.payload_type in known]
    rtx = {retransmission_of(codec): codec.payload_type for codec in common}
    return tuple(
        VideoPayloadType(codec.payload_type, name, rtx.get(codec.payload_type))
        for codec in common
        if (name := forwarded_codec(codec)) is not None
    )


def _layers(section: MediaSection) -> tuple[VideoLayer, ...]:
    groups = [group.split() for group in section.ssrc_groups]
    numbers = {group[0]: [int(text) for text in group[1:] if text.isdecimal()] for group in groups if group}
    rtx = {
        int(group[1]): int(group[2])
        for group in groups
        if group and group[0] == "FID" and len(group) == 3 and group[1].isdecimal() and group[2].isdecimal()
    }
    rids = [rid.split()[0] for rid in section.rids if rid.split()[1:2] == ["send"]]
    if rids:
        return tuple(VideoLayer(rid) for rid in rids)
    ssrcs = numbers.get("SIM") or [item.ssrc for item in section.ssrcs[:1]]
    return tuple(VideoLayer("", ssrc, rtx.get(ssrc, 0)) for ssrc in ssrcs) or (VideoLayer(),)
