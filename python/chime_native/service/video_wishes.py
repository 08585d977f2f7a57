"""Which stream each section of an offer shall carry."""

from __future__ import annotations

from chime_native.rtc.sdp import MediaSection, SessionDescription
from chime_native.service.conference.actions import VideoWish

__all__ = ["wished_streams"]


def wished_streams(offer: SessionDescription, wish: VideoWish) -> dict[str, int]:
    """Stream ids by mid: those of SUBSCRIBE stand in the order of the sections (0: none).

    Browsers name one for every video section. Native clients name a 0 for each own audio section first, then one for
    each section that they may receive video in.
    """
    videos = [section for section in offer.sections if section.kind == "video"]
    streams = list(wish.receive_stream_ids)
    if wish.is_native:
        own_audio = [section for section in offer.sections if section.kind == "audio" and _sends(section)]
        streams = streams[len(own_audio) :]
        videos = [section for section in videos if not _sends(section)]
    return {section.mid: stream for section, stream in zip(videos, streams, strict=False)}


def _sends(section: MediaSection) -> bool:
    return section.direction in ("sendrecv", "sendonly")
