"""Suite ``session_timing``: steps of the start, gathered into batches."""

from __future__ import annotations

from typing import Any

from chime_native.session.session_timing import SessionTiming
from chime_native.session.timing_batch import SignalingStep, TimingBatch
from google.protobuf.json_format import MessageToDict

Case = dict[str, Any]
_LISTS = ("signaling", "remote_audio", "local_audio", "local_video", "remote_videos")
_STEPS = {step.name.lower(): step for step in SignalingStep}


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    start_ms = case["input"]["now_ms"]
    timing = SessionTiming()
    emitted: list[Case] = []

    def drain(now_ms: float) -> None:
        emitted.extend(
            {"at_ms": now_ms - start_ms, "timing": _described(batch)} for batch in timing.batches()
        )

    for offset_ms, operation, *arguments in case["input"]["steps"]:
        now_ms = start_ms + offset_ms
        while (due_ms := timing.next_timeout()) is not None and due_ms <= now_ms:
            timing.handle_timeout(due_ms)
            drain(due_ms)
        _perform(timing, operation, now_ms, arguments)
        drain(now_ms)
    wanted = case["expect"]["emitted"]
    return [] if wanted == emitted else [f"wanted {wanted!r}, got {emitted!r}"]


def _perform(timing: SessionTiming, operation: str, now_ms: int, arguments: list[int]) -> None:
    if operation == "wait":
        return
    if operation in _STEPS:
        timing.signaling_step(_STEPS[operation], arguments[0] if arguments else now_ms)
    elif operation in ("reset", "expect_remote_video"):
        getattr(timing, operation)()
    elif operation == "remote_video_bound":
        timing.remote_video_bound(arguments[0])
    elif operation.startswith("remote_video"):
        getattr(timing, operation)(arguments[0], now_ms, *arguments[1:])
    else:
        getattr(timing, operation)(now_ms, *arguments)


def _described(batch: TimingBatch) -> Case:
    """The batch as it is in the frame, numbers as numbers."""
    frame = MessageToDict(batch.to_frame(), preserving_proto_field_name=True)
    return {name: [_numbers(entry) for entry in frame.get(name, [])] for name in _LISTS}


def _numbers(entry: Case) -> Case:
    return {name: int(value) if isinstance(value, str) else value for name, value in entry.items()}
