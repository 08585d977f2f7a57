"""What one connection has to do with video: what it sends, and what its sections receive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chime_native.service.conference.actions import ForwardVideo, LayerRate
from chime_native.service.conference.video_allocation import DownlinkBudget
from chime_native.signaling.messages import (
    SdkIndexFrame,
    SdkStreamAllocation,
    SdkVideoSubscriptionConfiguration,
)

__all__ = ["Encoding", "MemberVideo", "Section"]


@dataclass(frozen=True, slots=True)
class Encoding:
    """One layer that a connection sends."""

    stream_id: int
    max_bitrate_kbps: int
    """0: the layer is switched off at present."""
    framerate: int


@dataclass(slots=True)
class Section:
    """A section in which a connection receives."""

    stream_id: int
    """Names the sender; the layer, too, unless the service chooses it."""
    is_paused: bool = False
    """By the client."""
    is_starved: bool = False
    """Paused by the service, for want of bandwidth."""
    priority: int = 0
    """Higher is more important."""
    target_bps: int = 0
    """As large as it is shown; 0: no limit."""


@dataclass(slots=True)
class MemberVideo:
    """The video state of one connection."""

    group_id: int = 0
    """Names its layers together; 0 while it never sent."""
    stream_ids: list[int] = field(default_factory=list)
    """Given to its layers by their place; they stay while the connection does."""
    offered: tuple[Encoding, ...] = ()
    """What the SUBSCRIBE under negotiation wants to send."""
    allocations: Sequence[SdkStreamAllocation] = ()
    """What the answer to it says of that."""
    preferences: Sequence[SdkVideoSubscriptionConfiguration] = ()
    """What it says of the sections that it wants."""
    encodings: tuple[Encoding, ...] = ()
    """What it sends; empty while its camera is off."""
    measured: dict[int, LayerRate] = field(default_factory=dict)
    """What comes of its encodings, by their place."""
    codecs: frozenset[str] = frozenset()
    """What it can receive: VP8, VP9, H264."""
    sections: dict[str, Section] = field(default_factory=dict)
    """What it receives, by mid."""
    forwarded: dict[str, ForwardVideo] = field(default_factory=dict)
    """What the media was last told of each section."""
    index: SdkIndexFrame | None = None
    """The INDEX that it was sent last."""
    is_adapted: bool = False
    """The service chooses the layers that it receives."""
    budget: DownlinkBudget = field(default_factory=DownlinkBudget)
    was_refused: bool = False
    """Was told that it must not send."""
