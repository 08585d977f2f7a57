"""Suite ``readiness``: the readiness checker against a scripted meeting session, in virtual time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

import numpy as np
from chime_native.devices import SilenceSource
from chime_native.errors import DeviceError, SessionError
from chime_native.readiness import MeetingReadinessChecker, MeetingReadinessCheckerConfiguration
from chime_native.session import (
    MeetingSessionConfiguration,
    MeetingSessionCredentials,
    MeetingSessionStatus,
    MeetingSessionStatusCode,
    MeetingSessionURLs,
)

Case = dict[str, Any]

# What may be added where the reference leaves things running or, with the tile, started.
_CLEANING = {"stop", "stop_video_input", "stop_audio_input", "stop_content_share", "remove_local_video_tile"}
_ERRORS = {"permission_denied": PermissionError, "not_allowed": PermissionError, "not_readable": DeviceError}


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    given, expect = case["input"], case["expect"]
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        session, feedback = runner.run(_run(given))
        finished_ms = runner.get_loop().time() * 1000
    differences = []
    if feedback != expect["feedback"]:
        differences.append(f"wanted {expect['feedback']}, got {feedback}")
    if finished_ms > expect["finished_within_ms"] + 1e-6:
        differences.append(f"finished after {finished_ms:.0f} ms, wanted {expect['finished_within_ms']}")
    if not _are_calls(session.calls, expect["calls"]):
        differences.append(f"wanted the calls {expect['calls']}, got {session.calls}")
    if expect["rewritten_turn_uris"] is not None and session.rewritten != expect["rewritten_turn_uris"]:
        differences.append(f"wanted {expect['rewritten_turn_uris']}, got {session.rewritten}")
    if session.is_rewriter_restored() != expect["url_rewriter_restored"]:
        differences.append(f"URL rewriter restored: {session.is_rewriter_restored()}")
    return differences


async def _run(given: Case) -> tuple[ScriptedSession, str]:
    session = ScriptedSession(given)
    limits = MeetingReadinessCheckerConfiguration(
        timeout_ms=given["timeout_ms"], wait_duration_ms=given["wait_duration_ms"]
    )
    checker = MeetingReadinessChecker(session, limits)  # type: ignore[arg-type]
    check = getattr(checker, given["check"])
    if "audio" in given["check"]:
        return session, await check(SilenceSource())
    if "video" in given["check"]:
        return session, await check(_Camera())
    return session, await check()


def _are_calls(calls: list[str], wanted: list[str]) -> bool:
    """The wanted ones in their order, and besides only cleaning after the last thing that was started."""
    left = list(wanted)
    for index, call in enumerate(calls):
        if left and call == left[0]:
            left.pop(0)
        elif call not in _CLEANING or any(later not in _CLEANING for later in calls[index:]):
            return False
    return not left


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time stands still while something is to be done, and jumps to the next deadline otherwise."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_Selector(self))

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self.now


class _Selector(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("the check waits for what never comes")
        self._loop.now += max(0.0, timeout)
        return super().select(0)


class ScriptedSession:
    """Session and facade in one: does what the case says, and notes what is asked of it."""

    def __init__(self, given: Case) -> None:
        self.calls: list[str] = []
        self.rewritten: dict[str, str] = {}
        self.attendee_id = "me"
        self.audio_video = self
        self.configuration = MeetingSessionConfiguration()
        self.configuration.credentials = MeetingSessionCredentials("me", "me", "token")
        if not given.get("no_urls"):
            self.configuration.urls = MeetingSessionURLs()
            self._rewriters = self._url_rewriters()
        self._given = given
        self._observers: list[Any] = []
        self._presence: list[Callable[..., object]] = []
        self._started, self._ended = asyncio.Event(), asyncio.Event()
        self._timers: list[asyncio.TimerHandle] = []

    def is_rewriter_restored(self) -> bool | None:
        urls = self.configuration.urls
        return None if urls is None else self._url_rewriters() == self._rewriters

    def _url_rewriters(self) -> tuple[Any, Any]:
        assert self.configuration.urls is not None
        return self.configuration.urls.url_rewriter, self.configuration.urls.url_rewriter_multi

    def stats(self) -> Case:
        """Pictures go out whenever content is shared: the reference does not look at them."""
        return {"content_share": {"video": {"sent": {"packets": 1}}}}

    # --- devices ---

    async def start_audio_input(self, _source: object) -> None:
        self._open("start_audio_input", "device_error")

    async def stop_audio_input(self) -> None:
        self.calls.append("stop_audio_input")

    async def start_video_input(self, _source: object) -> None:
        self._open("start_video_input", "device_error")

    async def stop_video_input(self) -> None:
        self.calls.append("stop_video_input")

    async def start_content_share_from_screen_capture(self) -> None:
        self._open("start_content_share_from_screen_capture", "content_error")
        self._later("content_started_after_ms", lambda: self._tell("content_share_did_start"))

    def stop_content_share(self) -> None:
        self.calls.append("stop_content_share")
        self._tell("content_share_did_stop")

    def start_local_video_tile(self) -> int:
        self.calls.append("start_local_video_tile")
        return 1

    def remove_local_video_tile(self) -> None:
        self.calls.append("remove_local_video_tile")

    def _open(self, call: str, error: str) -> None:
        self.calls.append(call)
        if error in self._given:
            raise _ERRORS[self._given[error]]("refused by the script")

    # --- life ---

    def start(self) -> None:
        self.calls.append("start")
        self._started.clear()
        self._ended.clear()
        urls = self.configuration.urls
        if urls is not None:
            for uri in self._given.get("turn_uris", ()):
                self.rewritten[uri] = "".join(urls.rewrite_turn_uris([uri]))
        self._later("started_after_ms", self._did_start)
        self._later("presence_after_ms", self._tell_presence)
        for entry in self._given.get("metrics", ()):
            self._in(entry["after_ms"], lambda stats=entry["stats"]: self._tell_metrics(stats))

    def stop(self) -> None:
        self.calls.append("stop")
        for timer in self._timers:
            timer.cancel()
        if self._started.is_set():
            self._later("stopped_after_ms", self._did_stop)
        else:
            self._did_stop()  # as this package's session: an attempt to connect ends at once

    async def started(self) -> None:
        ended = asyncio.ensure_future(self._ended.wait())
        started = asyncio.ensure_future(self._started.wait())
        try:
            await asyncio.wait({ended, started}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            started.cancel()
        if not self._started.is_set():
            raise SessionError("it was stopped")

    async def ended(self) -> MeetingSessionStatus:
        await self._ended.wait()
        return MeetingSessionStatus(MeetingSessionStatusCode.LEFT)

    def _did_start(self) -> None:
        self._started.set()
        self._tell("audio_video_did_start")

    def _did_stop(self) -> None:
        self._ended.set()
        self._tell("audio_video_did_stop", MeetingSessionStatus(MeetingSessionStatusCode.LEFT))

    # --- who is told ---

    def add_observer(self, observer: object) -> None:
        self._observers.append(observer)

    def remove_observer(self, observer: object) -> None:
        self._observers.remove(observer)

    def add_content_share_observer(self, _observer: object) -> None:
        """The same object observes the session."""

    def remove_content_share_observer(self, _observer: object) -> None:
        """The same object observes the session."""

    def realtime_subscribe_to_attendee_id_presence(self, callback: Callable[..., object]) -> None:
        self._presence.append(callback)

    def realtime_unsubscribe_to_attendee_id_presence(self, callback: Callable[..., object]) -> None:
        self._presence.remove(callback)

    def _tell_presence(self) -> None:
        for callback in list(self._presence):
            callback(self._given.get("presence_attendee", "me"), True, "external", False, None)

    def _tell_metrics(self, stats: list[Case]) -> None:
        self._tell("metrics_did_receive", _Report(stats))

    def _tell(self, method: str, *arguments: object) -> None:
        for observer in list(self._observers):
            if hasattr(observer, method):
                getattr(observer, method)(*arguments)

    def _later(self, name: str, work: Callable[[], object]) -> None:
        if name in self._given:
            self._in(self._given[name], work)

    def _in(self, after_ms: float, work: Callable[[], object]) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(after_ms / 1000, work))


class _Report:
    def __init__(self, stats: list[Case]) -> None:
        self._stats = stats

    def rtc_stats_report(self) -> list[Case]:
        return self._stats


class _Camera:
    async def read(self) -> np.ndarray:
        return np.zeros((96, 64), np.uint8)
