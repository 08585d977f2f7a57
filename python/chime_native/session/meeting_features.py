"""What a meeting allows (SDK: ``src/meetingsession/MeetingFeatures.ts``, ``src/devicecontroller/VideoQualitySettings.ts``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = ["MeetingFeatures", "VideoQualitySettings"]


@dataclass(frozen=True, slots=True)
class VideoQualitySettings:
    """Size in pixels and frames per second of a video; all 0 means that it is not allowed."""

    width: int
    height: int
    frame_rate: int

    DISABLED: ClassVar[VideoQualitySettings]
    HD: ClassVar[VideoQualitySettings]
    FHD: ClassVar[VideoQualitySettings]
    UHD: ClassVar[VideoQualitySettings]


VideoQualitySettings.DISABLED = VideoQualitySettings(0, 0, 0)
VideoQualitySettings.HD = VideoQualitySettings(1280, 720, 30)
VideoQualitySettings.FHD = VideoQualitySettings(1920, 1080, 30)
VideoQualitySettings.UHD = VideoQualitySettings(3840, 2160, 30)


@dataclass(frozen=True, slots=True)
class MeetingFeatures:
    """The highest resolutions of camera and content in a meeting."""

    video_max_resolution: VideoQualitySettings = VideoQualitySettings.HD
    content_max_resolution: VideoQualitySettings = VideoQualitySettings.FHD
