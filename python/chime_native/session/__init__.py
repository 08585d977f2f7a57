"""The meeting session: its configuration, its life and what it is put together from."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .application_metadata import ApplicationMetadata
from .audio_profile import AudioProfile
from .configuration import MeetingSessionConfiguration
from .credentials import MeetingSessionCredentials
from .meeting_features import MeetingFeatures, VideoQualitySettings
from .observers import AudioVideoObserver, ContentShareObserver, DeviceChangeObserver
from .status import MeetingSessionStatus, MeetingSessionStatusCode
from .urls import MeetingSessionURLs
from .video_availability import MeetingSessionVideoAvailability

if TYPE_CHECKING:
    from .audio_video import AudioVideoFacade
    from .meeting_session import MeetingSession

__all__ = [
    "ApplicationMetadata",
    "AudioProfile",
    "AudioVideoFacade",
    "AudioVideoObserver",
    "ContentShareObserver",
    "DeviceChangeObserver",
    "MeetingFeatures",
    "MeetingSession",
    "MeetingSessionConfiguration",
    "MeetingSessionCredentials",
    "MeetingSessionStatus",
    "MeetingSessionStatusCode",
    "MeetingSessionURLs",
    "MeetingSessionVideoAvailability",
    "VideoQualitySettings",
]

# Loaded when first asked for: configurations and statuses cost no media stack.
_HOMES = {"AudioVideoFacade": "audio_video", "MeetingSession": "meeting_session"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
