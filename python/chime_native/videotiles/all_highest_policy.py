"""The default choice of what to receive (SDK: ``src/videodownlinkbandwidthpolicy/AllHighestVideoBandwidthPolicy.ts``)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from .stream_index import VideoSource, VideoStreamIndex

__all__ = ["AllHighestVideoBandwidthPolicy"]

logger = logging.getLogger("chime_native.videotiles")

# What one connection may be sent; the senders beyond it are left out, from the first that does not fit.
MAX_RECEIVE_BITRATE_KBPS: Final = 15_000


class AllHighestVideoBandwidthPolicy:
    """Receives the best stream of every chosen sender, or of all, up to 15 Mbit/s."""

    def __init__(self, self_attendee_id: str) -> None:
        self._self_attendee_id = self_attendee_id
        self._index: VideoStreamIndex | None = None
        self._chosen: tuple[VideoSource, ...] | None = None
        self._optimal: frozenset[int] = frozenset()
        self._subscribed: frozenset[int] = frozenset()

    def reset(self) -> None:
        """Forgets what is received and what was chosen."""
        self._chosen = None
        self._optimal = frozenset()
        self._subscribed = frozenset()

    def update_index(self, index: VideoStreamIndex) -> None:
        """The sources have changed."""
        self._index = index
        self._optimal = self._best_streams(index)

    def choose_remote_video_sources(self, sources: Sequence[VideoSource]) -> None:
        """Receives these senders only, in this order of importance."""
        self._chosen = tuple(sources)
        if self._index is not None:
            self._optimal = self._best_streams(self._index)

    def wants_resubscribe(self) -> bool:
        """Whether another set of streams should be received than now."""
        return self._subscribed != self._optimal

    def choose_subscriptions(self) -> frozenset[int]:
        """The streams to receive from now on."""
        self._subscribed = self._optimal
        return self._subscribed

    def _best_streams(self, index: VideoStreamIndex) -> frozenset[int]:
        best = index.highest_quality_stream_from_each_group_excluding_self(self._self_attendee_id)
        by_attendee = {
            description.attendee_id: description
            for description in index.remote_stream_descriptions()
            if description.stream_id in best
        }
        chosen = self._chosen
        if chosen is None:
            chosen = tuple(index.all_video_sending_sources_excluding_self(self._self_attendee_id))
        streams: set[int] = set()
        total_kbps = 0
        for source in chosen:
            description = by_attendee.get(source.attendee_id)
            if description is None:
                continue
            total_kbps += description.max_bitrate_kbps
            if total_kbps > MAX_RECEIVE_BITRATE_KBPS:
                # Not even a smaller one after it: near the limit the choice would change all the time.
                logger.warning("all videos would have %d kbit/s; choose which to receive", total_kbps)
                break
            streams.add(description.stream_id)
        return frozenset(streams)
