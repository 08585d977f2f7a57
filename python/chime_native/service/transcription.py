"""Transcript frames: the states of a meeting's transcription as clients are told them (SdkTranscriptFrame)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from chime_native.signaling.messages import SdkTranscriptEvent, SdkTranscriptFrame, SdkTranscriptionStatus

__all__ = ["TRANSCRIPTION_TOPIC", "status_frame"]

TRANSCRIPTION_TOPIC: Final = "aws:chime:transcription"
"""Topic of the data messages that carry transcripts; with its colons no client can send to it."""


def status_frame(
    kind: SdkTranscriptionStatus.Type, time_ms: int, configuration: Mapping[str, Any], message: str = ""
) -> SdkTranscriptFrame:
    """One change of state at ``time_ms`` since 1970; ``configuration`` as StartMeetingTranscription was given it."""
    engine: Mapping[str, Any] = next(iter(configuration.values()), {})
    status = SdkTranscriptionStatus(
        type=kind,
        event_time=time_ms,
        transcription_region=str(engine.get("Region", "")),
        transcription_configuration=json.dumps(configuration, separators=(",", ":")),
    )
    if message:
        status.message = message
    return SdkTranscriptFrame(events=[SdkTranscriptEvent(status=status)])
