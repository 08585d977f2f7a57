"""The active speaker detector on the loop's clock, and the iterator over it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from chime_native.realtime import (
    ActiveSpeakerDetector,
    ActiveSpeakerPolicy,
    DefaultActiveSpeakerPolicy,
    RealtimeController,
)
from chime_native.realtime.active_speaker_detector import ActiveSpeakersCallback, ScoresCallback
from chime_native.session.streams import EventStream, Overflow, Publisher

__all__ = ["ActiveSpeakers"]

_READER_LIMIT = 100  # lists that wait for a slow reader; only the newest matter


class ActiveSpeakers:
    """Tells the detector the time: before each frame that is handled, and when its own timer is due.

    ``on_bandwidth_priority`` is told when this client becomes the most active speaker by a policy that gives its video
    more bandwidth then, and when it is so no longer (the SDK's ``handleHasBandwidthPriority``). It may be replaced.
    """

    def __init__(self, realtime: RealtimeController, attendee_id: str) -> None:
        self.has_bandwidth_priority = False
        self.on_bandwidth_priority: Callable[[bool], object] | None = None
        self._realtime = realtime
        self._detector = ActiveSpeakerDetector(realtime, attendee_id, _now_ms(), self._set_bandwidth_priority)
        self._timer: asyncio.TimerHandle | None = None
        self._lists: Publisher[list[str]] = Publisher(
            _READER_LIMIT, Overflow.DROP_OLDEST, on_first_reader=self._begin_publishing
        )

    def subscribe(
        self,
        policy: ActiveSpeakerPolicy,
        callback: ActiveSpeakersCallback,
        scores_callback: ScoresCallback | None = None,
        scores_interval_ms: float | None = None,
    ) -> None:
        """See :meth:`ActiveSpeakerDetector.subscribe`; those who are present already are known from the start."""
        self.advance()
        self._detector.subscribe(
            policy, callback, scores_callback, scores_interval_ms, present=tuple(self._realtime.roster)
        )
        self.arm()

    def unsubscribe(self, callback: ActiveSpeakersCallback) -> None:
        """Ends a subscription."""
        self._detector.unsubscribe(callback)
        self.arm()

    def lists(self) -> EventStream[list[str]]:
        """An iterator over the list of active speakers, the most active first."""
        return self._lists.stream()

    def advance(self) -> None:
        """What is due by now happens."""
        self._detector.advance(_now_ms())

    def arm(self) -> None:
        """Sets the timer, when the loop runs and there is something to wait for."""
        self.stop()
        due_ms = self._detector.next_timeout()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # subscribed before the loop runs: the start of the session arms the timer
        if due_ms is not None:
            self._timer = loop.call_later(max(0.0, due_ms - _now_ms()) / 1000, self._due)

    def stop(self) -> None:
        """Ends the timer; subscriptions stay."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def end(self) -> None:
        """Ends the timer and all iterations."""
        self.stop()
        self._lists.end()
        self._detector.unsubscribe(self._publish)

    def _set_bandwidth_priority(self, has_priority: bool) -> None:
        self.has_bandwidth_priority = has_priority
        if self.on_bandwidth_priority is not None:
            self.on_bandwidth_priority(has_priority)

    def _due(self) -> None:
        self.advance()
        self.arm()

    def _begin_publishing(self) -> None:
        self.subscribe(DefaultActiveSpeakerPolicy(), self._publish)

    def _publish(self, attendee_ids: list[str]) -> None:
        if self._lists:
            self._lists.publish(attendee_ids)
        else:
            self._detector.unsubscribe(self._publish)


def _now_ms() -> float:
    return time.monotonic() * 1000
