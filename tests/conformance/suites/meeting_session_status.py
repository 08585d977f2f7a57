"""Suite ``meeting_session_status``: the codes and what a frame stands for."""

from __future__ import annotations

from typing import Any

from chime_native.session.status import MeetingSessionStatus, MeetingSessionStatusCode
from chime_native.signaling import decode_frame, encode_frame
from chime_native.signaling.messages import SdkAudioStatusFrame, SdkErrorFrame, SdkSignalFrame

Case = dict[str, Any]


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    given, expect = case["input"], case["expect"]
    if given["kind"] == "code":
        status = MeetingSessionStatus(MeetingSessionStatusCode(given["code"]))
    else:
        status = MeetingSessionStatus.from_signal_frame(_frame(given))
    got = {
        "name": status.status_code.sdk_name,
        "is_failure": status.is_failure,
        "is_terminal": status.is_terminal,
        "is_audio_connection_failure": status.is_audio_connection_failure,
    }
    return [
        f"{name}: wanted {expect[name]!r}, got {got[name]!r}" for name in expect if expect[name] != got[name]
    ]


def _frame(given: Case) -> SdkSignalFrame:
    frame = SdkSignalFrame(timestamp_ms=1, type=SdkSignalFrame.Type.Value(given["type"]))
    if given["audio_status"] is not None:
        frame.audio_status.CopyFrom(SdkAudioStatusFrame(audio_status=given["audio_status"]))
    if given["error_status"] is not None:
        frame.error.CopyFrom(SdkErrorFrame(status=given["error_status"]))
    return decode_frame(encode_frame(frame))
