"""What each check says (SDK: ``src/meetingreadinesschecker/Check...Feedback.ts``); the values are the SDK's names."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "CheckAudioConnectivityFeedback",
    "CheckAudioInputFeedback",
    "CheckAudioOutputFeedback",
    "CheckCameraResolutionFeedback",
    "CheckContentShareConnectivityFeedback",
    "CheckNetworkTCPConnectivityFeedback",
    "CheckNetworkUDPConnectivityFeedback",
    "CheckVideoConnectivityFeedback",
    "CheckVideoInputFeedback",
]


class CheckAudioInputFeedback(StrEnum):
    """Of ``check_audio_input``."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    PERMISSION_DENIED = "PermissionDenied"


class CheckAudioOutputFeedback(StrEnum):
    """Of ``check_audio_output``."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


class CheckVideoInputFeedback(StrEnum):
    """Of ``check_video_input``."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    PERMISSION_DENIED = "PermissionDenied"


class CheckCameraResolutionFeedback(StrEnum):
    """Of ``check_camera_resolution``."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    RESOLUTION_NOT_SUPPORTED = "ResolutionNotSupported"
    PERMISSION_DENIED = "PermissionDenied"


class CheckAudioConnectivityFeedback(StrEnum):
    """Of ``check_audio_connectivity``."""

    SUCCEEDED = "Succeeded"
    AUDIO_INPUT_REQUEST_FAILED = "AudioInputRequestFailed"
    AUDIO_INPUT_PERMISSION_DENIED = "AudioInputPermissionDenied"
    CONNECTION_FAILED = "ConnectionFailed"
    AUDIO_NOT_RECEIVED = "AudioNotReceived"


class CheckVideoConnectivityFeedback(StrEnum):
    """Of ``check_video_connectivity``."""

    SUCCEEDED = "Succeeded"
    VIDEO_INPUT_REQUEST_FAILED = "VideoInputRequestFailed"
    VIDEO_INPUT_PERMISSION_DENIED = "VideoInputPermissionDenied"
    CONNECTION_FAILED = "ConnectionFailed"
    VIDEO_NOT_SENT = "VideoNotSent"


class CheckContentShareConnectivityFeedback(StrEnum):
    """Of ``check_content_share_connectivity``."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    PERMISSION_DENIED = "PermissionDenied"
    TIMED_OUT = "TimedOut"
    CONNECTION_FAILED = "ConnectionFailed"


class CheckNetworkUDPConnectivityFeedback(StrEnum):
    """Of ``check_network_udp_connectivity``."""

    SUCCEEDED = "Succeeded"
    MEETING_SESSION_URLS_NOT_INITIALIZED = "MeetingSessionURLsNotInitialized"
    CONNECTION_FAILED = "ConnectionFailed"
    ICE_NEGOTIATION_FAILED = "ICENegotiationFailed"


class CheckNetworkTCPConnectivityFeedback(StrEnum):
    """Of ``check_network_tcp_connectivity``."""

    SUCCEEDED = "Succeeded"
    MEETING_SESSION_URLS_NOT_INITIALIZED = "MeetingSessionURLsNotInitialized"
    CONNECTION_FAILED = "ConnectionFailed"
    ICE_NEGOTIATION_FAILED = "ICENegotiationFailed"
