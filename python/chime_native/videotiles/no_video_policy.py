"""Receives no video at all (SDK: ``src/videodownlinkbandwidthpolicy/NoVideoDownlinkBandwidthPolicy.ts``)."""

from __future__ import annotations

from .stream_index import VideoStreamIndex

__all__ = ["NoVideoDownlinkBandwidthPolicy"]


class NoVideoDownlinkBandwidthPolicy:
    """For connections that only send, as that of a content share."""

    def reset(self) -> None:
        """Nothing to forget."""

    def update_index(self, index: VideoStreamIndex) -> None:
        """Nothing follows from it."""

    def wants_resubscribe(self) -> bool:
        """Never."""
        return False

    def choose_subscriptions(self) -> frozenset[int]:
        """None."""
        return frozenset()
