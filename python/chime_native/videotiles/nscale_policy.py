"""How much to send, by how many send (SDK: ``src/videouplinkbandwidthpolicy/NScaleVideoUplinkBandwidthPolicy.ts``)."""

from __future__ import annotations

from typing import Final

from .stream_index import VideoStreamIndex

__all__ = ["NScaleVideoUplinkBandwidthPolicy"]

IDEAL_MAX_BANDWIDTH_KBPS: Final = 1500

# Up to so many senders: pixels of the shorter side, in a meeting of HD, and of FHD.
_TARGET_HEIGHTS: Final = ((4, 540, 720), (8, 480, 540), (12, 360, 480), (16, 270, 360))
_LEAST_HEIGHTS: Final = (180, 270)


class NScaleVideoUplinkBandwidthPolicy:
    """The more cameras, the less of each; everything at hand for two, or with priority."""

    def __init__(
        self, self_attendee_id: str, *, is_full_hd: bool = False, scale_resolution: bool = True
    ) -> None:
        self._self_attendee_id = self_attendee_id
        self._is_full_hd = is_full_hd
        self._scale_resolution = scale_resolution
        self._others = 0
        self._ideal_kbps = IDEAL_MAX_BANDWIDTH_KBPS
        self.has_bandwidth_priority = False

    def update_index(self, index: VideoStreamIndex) -> None:
        """The sources have changed."""
        self._others = index.number_of_video_publishing_participants_excluding_self(self._self_attendee_id)

    def set_ideal_max_bandwidth_kbps(self, kbps: int) -> None:
        """What is sent at most, in kbit/s. Raises ValueError unless it is positive."""
        if kbps <= 0:
            raise ValueError(f"the ideal bandwidth must be more than 0 kbit/s, not {kbps}")
        self._ideal_kbps = kbps

    def max_bandwidth_kbps(self, *, sending: bool = True) -> int:
        """What to send at most now, in kbit/s; ``sending`` says whether the own camera is one of the senders."""
        senders = self._others + sending
        ideal = self._ideal_kbps
        if self.has_bandwidth_priority or senders <= 2:
            return ideal
        if senders <= 4:
            return ideal * 2 // 3
        return int((544 / 11 + 14880 / (11 * senders)) / 600 * ideal)

    def scale_resolution_down_by(self, width: int, height: int) -> float:
        """By how much both sides of a picture of that size are to be divided."""
        senders = self._others + 1
        if senders <= 2 or self.has_bandwidth_priority or not self._scale_resolution:
            return 1.0
        heights = next((row[1:] for row in _TARGET_HEIGHTS if senders <= row[0]), _LEAST_HEIGHTS)
        return max(min(width, height) / heights[self._is_full_hd], 1.0)
