"""What SUBSCRIBE_ACK and INDEX say of streams: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from chime_native.service.conference.actions import VideoTrack
from chime_native.service.conference.member import Member
from chime_native.service.conference.requests import SubscribeRequested
from chime_native.service.conference.video_allocation import Layer
from chime_native.signaling import Dialect
from chime_native.signaling.messages import (
    SdkStreamAllocation,
    SdkStreamDescriptor,
    SdkStreamMediaType,
    SdkTrackMapping,
    SdkVideoCodecCapability,
)

__all__ = ["allocations", "common_codecs", "descriptors", "sent_layers", "track_mappings"]

CODECS: Final = {
    "VP8": SdkVideoCodecCapability.VP8,
    "H264": SdkVideoCodecCapability.H264_CONSTRAINED_BASELINE_PROFILE,
    "VP9": SdkVideoCodecCapability.VP9_PROFILE_0,
}


def allocations(member: Member, event: SubscribeRequested) -> list[SdkStreamAllocation]:
    """The ids of what a client offers to send: of its video; in the native dialect audio has its place, too."""
    video = iter(member.video.offered)
    result = []
    for stream in event.send_streams:
        if stream.media_type == SdkStreamMediaType.VIDEO:
            ids = {"stream_id": next(video).stream_id, "group_id": member.video.group_id}
        elif member.connection.dialect is Dialect.NATIVE:
            ids = {"stream_id": stream.stream_id, "group_id": stream.group_id}
        else:
            continue
        result.append(SdkStreamAllocation(track_label=stream.track_label, **ids))
    return result


def common_codecs(members: Sequence[Member]) -> tuple[SdkVideoCodecCapability, ...]:
    """What everybody can receive who does receive video; nothing where nobody does.

    All codecs are named, too: senders take no notice of an empty list, and would keep to what somebody could decode who is
    gone (ReceiveVideoStreamIndexTask.ts).
    """
    receivers = [member.video.codecs for member in members if member.is_joined and member.video.sections]
    if not receivers:
        return ()
    return tuple(number for name, number in CODECS.items() if all(name in codecs for codecs in receivers))


def descriptors(publisher: Member) -> Iterator[SdkStreamDescriptor]:
    who = publisher.participant or publisher.attendee
    for layer, encoding in enumerate(publisher.video.encodings):
        # A simulcast layer of 0 kbit/s is switched off.
        if encoding.max_bitrate_kbps or len(publisher.video.encodings) == 1:
            descriptor = SdkStreamDescriptor(
                stream_id=encoding.stream_id,
                group_id=publisher.video.group_id,
                media_type=SdkStreamMediaType.VIDEO,
                attendee_id=publisher.attendee_id,
                external_user_id=who.external_user_id,
                max_bitrate_kbps=encoding.max_bitrate_kbps,
                framerate=encoding.framerate,
            )
            rate = publisher.video.measured.get(layer)
            if rate is not None and rate.width:
                descriptor.width, descriptor.height = rate.width, rate.height
            yield descriptor


def sent_layers(publisher: Member) -> tuple[Layer, ...]:
    """Those that are switched on, ascending."""
    layers = []
    for place, encoding in enumerate(publisher.video.encodings):
        most = encoding.max_bitrate_kbps * 1000
        measured = publisher.video.measured.get(place)
        if most or len(publisher.video.encodings) == 1:
            layers.append(Layer(place, (measured.bitrate_bps if measured else 0) or most, most))
    return tuple(sorted(layers, key=lambda layer: layer.max_bitrate_bps))


def track_mappings(tracks: Iterable[VideoTrack]) -> list[SdkTrackMapping]:
    """The tracks of SUBSCRIBE_ACK: clients find a section by its label, which is also its msid."""
    return [SdkTrackMapping(stream_id=t.stream_id, ssrc=t.ssrc, track_label=f"v_{t.mid}") for t in tracks]
