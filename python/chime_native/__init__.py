"""Amazon Chime meetings from Python: a native media engine, an SDK and a local service."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from chime_native._native import __version__

if TYPE_CHECKING:
    from chime_native.errors import ChimeError
    from chime_native.readiness import MeetingReadinessChecker, MeetingReadinessCheckerConfiguration
    from chime_native.session import (
        ApplicationMetadata,
        AudioProfile,
        AudioVideoObserver,
        MeetingSession,
        MeetingSessionConfiguration,
        MeetingSessionStatus,
        MeetingSessionStatusCode,
    )

__all__ = [
    "ApplicationMetadata",
    "AudioProfile",
    "AudioVideoObserver",
    "ChimeError",
    "MeetingReadinessChecker",
    "MeetingReadinessCheckerConfiguration",
    "MeetingSession",
    "MeetingSessionConfiguration",
    "MeetingSessionStatus",
    "MeetingSessionStatusCode",
    "__version__",
]

# Loaded when first asked for: importing the package alone costs neither the media stack nor the messages.
_HOMES = {
    "ApplicationMetadata": "session",
    "AudioProfile": "session",
    "AudioVideoObserver": "session",
    "ChimeError": "errors",
    "MeetingReadinessChecker": "readiness",
    "MeetingReadinessCheckerConfiguration": "readiness",
    "MeetingSession": "session",
    "MeetingSessionConfiguration": "session",
    "MeetingSessionStatus": "session",
    "MeetingSessionStatusCode": "session",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
