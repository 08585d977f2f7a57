"""Tells before a meeting whether this machine and its network are ready for it (SDK: ``src/meetingreadinesschecker``)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from chime_native.readiness.configuration import MeetingReadinessCheckerConfiguration
from chime_native.readiness.feedback import (
    CheckAudioConnectivityFeedback,
    CheckAudioInputFeedback,
    CheckAudioOutputFeedback,
    CheckCameraResolutionFeedback,
    CheckContentShareConnectivityFeedback,
    CheckNetworkTCPConnectivityFeedback,
    CheckNetworkUDPConnectivityFeedback,
    CheckVideoConnectivityFeedback,
    CheckVideoInputFeedback,
)

if TYPE_CHECKING:
    from chime_native.readiness.checker import MeetingReadinessChecker

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
    "MeetingReadinessChecker",
    "MeetingReadinessCheckerConfiguration",
]

# Loaded when first asked for: it brings the media stack, which feedback and configuration do not need.
_HOMES = {"MeetingReadinessChecker": "checker"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
