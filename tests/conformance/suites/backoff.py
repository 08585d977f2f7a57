"""Suite ``backoff``: full-jitter back-off and the reconnect controller."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chime_native.session.backoff import FullJitterBackoff, FullJitterLimitedBackoff, RetryLimitExceededError
from chime_native.session.reconnect_controller import ReconnectController, ReconnectEvent

Case = dict[str, Any]


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    given, expect = case["input"], case["expect"]
    if given["kind"] == "backoff":
        return _backoff(given, expect["amounts_ms"])
    return _ReconnectReplay(given).run(expect["steps"])


def _random(numbers: list[float]) -> Callable[[], float]:
    left = list(numbers)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def _make(given: Case) -> FullJitterBackoff:
    waits = (given["fixed_wait_ms"], given["short_backoff_ms"], given["long_backoff_ms"])
    random = _random(given["random"])
    if given.get("limit") is None:
        return FullJitterBackoff(*waits, random=random)
    return FullJitterLimitedBackoff(*waits, given["limit"], random=random)


def _backoff(given: Case, expect: list[Any]) -> list[str]:
    backoff = _make(given)
    errors: list[str] = []
    for index, wanted in enumerate(expect):
        if index in given["reset_before"]:
            backoff.reset()
        try:
            amount = backoff.next_backoff_amount_ms()
        except RetryLimitExceededError:
            if wanted != {"error": True}:
                errors.append(f"call {index}: refused")
            continue
        if wanted == {"error": True}:
            errors.append(f"call {index}: not refused")
        elif not math.isclose(wanted, amount, rel_tol=1e-9, abs_tol=1e-9):
            errors.append(f"call {index}: wanted {wanted}, got {amount}")
    return errors


class _ReconnectReplay:
    def __init__(self, given: Case) -> None:
        self._given = given
        self._start_ms = self._now_ms = given["now_ms"]
        self._controller = ReconnectController(given["reconnect_timeout_ms"], _make(given))
        self._fired_at_ms: list[float] = []
        self._canceled = 0

    def run(self, expect: list[Case]) -> list[str]:
        errors: list[str] = []
        for index, (step, wanted) in enumerate(zip(self._given["steps"], expect, strict=True)):
            will_retry = self._perform(step)
            self._drain()
            got = {
                "will_retry": will_retry,
                "fired_at_ms": self._fired_at_ms,
                "canceled": self._canceled,
                "has_started_connection_attempt": self._controller.has_started_connection_attempt,
                "is_first_connection": self._controller.is_first_connection,
                "should_only_restart_peer_connection": self._controller.should_only_restart_peer_connection,
            }
            if got != wanted:
                errors.append(f"step {index} {step['do']}: wanted {wanted!r}, got {got!r}")
        return errors

    def _drain(self) -> None:
        for event in self._controller.events():
            if event is ReconnectEvent.RETRY:
                self._fired_at_ms.append(self._now_ms - self._start_ms)
            else:
                self._canceled += 1

    def _advance(self, milliseconds: float) -> None:
        end_ms = self._now_ms + milliseconds
        while (due_ms := self._controller.next_timeout()) is not None and due_ms <= end_ms:
            self._now_ms = due_ms
            self._controller.handle_timeout(due_ms)
            self._drain()
        self._now_ms = end_ms

    def _perform(self, step: Case) -> bool | None:
        controller = self._controller
        match step["do"]:
            case "advance":
                self._advance(step["ms"])
            case "reset":
                controller.reset()
            case "started_connection_attempt":
                controller.started_connection_attempt(step["first"], self._now_ms)
            case "disable_reconnect":
                controller.disable_reconnect()
            case "enable_restart_peer_connection":
                controller.enable_restart_peer_connection()
            case "cancel":
                controller.cancel()
            case "set_last_active":
                controller.set_last_active(self._now_ms + step["offset_ms"])
            case "retry":
                return controller.retry_with_backoff(self._now_ms)
            case unknown:
                raise ValueError(f"unknown step {unknown}")
        return None
