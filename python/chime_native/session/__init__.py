"""The meeting session: its configuration, its life and what it is put together from."""

from .application_metadata import ApplicationMetadata
from .configuration import MeetingSessionConfiguration
from .credentials import MeetingSessionCredentials
from .meeting_features import MeetingFeatures, VideoQualitySettings
from .status import MeetingSessionStatus, MeetingSessionStatusCode
from .urls import MeetingSessionURLs

__all__ = [
    "ApplicationMetadata",
    "MeetingFeatures",
    "MeetingSessionConfiguration",
    "MeetingSessionCredentials",
    "MeetingSessionStatus",
    "MeetingSessionStatusCode",
    "MeetingSessionURLs",
    "VideoQualitySettings",
]
