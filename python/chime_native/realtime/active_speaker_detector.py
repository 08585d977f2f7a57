"""Who is speaking (SDK: ``src/activespeakerdetector/DefaultActiveSpeakerDetector.ts``).

It differs from the SDK where the SDK's behaviour is an oversight: every subscription keeps scores of its own (there, two
of them share one set, and the second hears little), an attendee who comes back is listened to once (there, once more with
every return), and a subscription that ends ends for good.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from .active_speaker_policy import ActiveSpeakerPolicy
from .controller import RealtimeController, VolumeIndicatorCallback
from .events import PositionInFrame

__all__ = ["ActiveSpeakerDetector", "ActiveSpeakersCallback", "ScoresCallback"]

logger = logging.getLogger("chime_native.realtime")

ActiveSpeakersCallback = Callable[[list[str]], object]
ScoresCallback = Callable[[Mapping[str, float]], object]

DEFAULT_WAIT_INTERVAL_MS: Final = 1000  # silence is assumed of who was not heard of for longer
DEFAULT_UPDATE_INTERVAL_MS: Final = 200  # how often that is looked at


class ActiveSpeakerDetector:
    """Listens to the volumes of who joins from the time of a subscription on, and reports the list of active speakers when
    somebody enters or leaves it, the most active first. A change of order alone is not reported.

    Call ``advance`` with the present time, in milliseconds on any one clock, before anything else that happens at that
    time, and re-arm the timer from ``next_timeout``.
    """

    def __init__(
        self,
        controller: RealtimeController,
        self_attendee_id: str,
        now_ms: float,
        on_bandwidth_priority: Callable[[bool], object] = lambda _has_priority: None,
        *,
        wait_interval_ms: float = DEFAULT_WAIT_INTERVAL_MS,
        update_interval_ms: float = DEFAULT_UPDATE_INTERVAL_MS,
    ) -> None:
        if update_interval_ms <= 0:
            raise ValueError(f"update_interval_ms must be more than 0, not {update_interval_ms}")
        self._controller = controller
        self._self_attendee_id = self_attendee_id
        self._now_ms = now_ms
        self._on_bandwidth_priority = on_bandwidth_priority
        self._wait_interval_ms = wait_interval_ms
        self._update_interval_ms = update_interval_ms
        self._subscriptions: dict[ActiveSpeakersCallback, _Subscription] = {}
        self._has_bandwidth_priority = False

    def subscribe(
        self,
        policy: ActiveSpeakerPolicy,
        callback: ActiveSpeakersCallback,
        scores_callback: ScoresCallback | None = None,
        scores_interval_ms: float | None = None,
        *,
        present: Iterable[str] = (),
    ) -> None:
        """Calls back with the list of active speakers, and, every ``scores_interval_ms``, with all scores (a copy).

        ``present``: who is there already; without it (as in the SDK) those who came before stay unknown until they come
        again.
        """
        self.unsubscribe(callback)
        self._subscriptions[callback] = subscription = _Subscription(
            self, policy, callback, scores_callback if scores_interval_ms else None, scores_interval_ms or 0
        )
        for attendee_id in present:
            subscription.listen_to(attendee_id)

    def unsubscribe(self, callback: ActiveSpeakersCallback) -> None:
        """Ends a subscription; does nothing if there is none."""
        subscription = self._subscriptions.pop(callback, None)
        if subscription is not None:
            subscription.stop()
            self.update_bandwidth_priority()

    def destroy(self) -> None:
        """Ends all subscriptions."""
        for callback in tuple(self._subscriptions):
            self.unsubscribe(callback)

    def next_timeout(self) -> float | None:
        """When ``advance`` is due; None: never."""
        return min((subscription.due_ms for subscription in self._subscriptions.values()), default=None)

    def advance(self, now_ms: float) -> None:
        """It is ``now_ms``: what was due until then happens, in order."""
        while (due_ms := self.next_timeout()) is not None and due_ms <= now_ms:
            self._now_ms = due_ms
            for subscription in tuple(self._subscriptions.values()):
                try:
                    subscription.tick(due_ms)
                except Exception:
                    # From a volume callback it goes to the controller; a timer has nobody to give it to.
                    logger.exception("a callback for active speakers raised")
        self._now_ms = max(self._now_ms, now_ms)

    def volume_handlers(self) -> list[VolumeIndicatorCallback]:
        """What each subscription has subscribed to the volumes of attendees, for whoever must tell them apart."""
        return [subscription.handle_volume for subscription in self._subscriptions.values()]

    # --- for the subscriptions ---

    @property
    def controller(self) -> RealtimeController:
        """Where presence and volumes come from."""
        return self._controller

    @property
    def now_ms(self) -> float:
        """The time that was told last."""
        return self._now_ms

    @property
    def wait_interval_ms(self) -> float:
        """After how long without an update silence is assumed."""
        return self._wait_interval_ms

    @property
    def update_interval_ms(self) -> float:
        """How often that is looked at."""
        return self._update_interval_ms

    @property
    def self_attendee_id(self) -> str:
        """Who this client is."""
        return self._self_attendee_id

    def update_bandwidth_priority(self) -> None:
        """A subscription may have changed who has it."""
        has_priority = any(subscription.has_priority for subscription in self._subscriptions.values())
        if has_priority != self._has_bandwidth_priority:
            self._has_bandwidth_priority = has_priority
            self._on_bandwidth_priority(has_priority)


class _Subscription:
    def __init__(
        self,
        detector: ActiveSpeakerDetector,
        policy: ActiveSpeakerPolicy,
        callback: ActiveSpeakersCallback,
        scores_callback: ScoresCallback | None,
        scores_interval_ms: float,
    ) -> None:
        self._detector = detector
        self._policy = policy
        self._callback = callback
        self._scores_callback = scores_callback
        self._scores_interval_ms = scores_interval_ms
        self._next_update_ms = detector.now_ms + detector.update_interval_ms
        self._next_scores_ms = detector.now_ms + scores_interval_ms if scores_callback else None
        self._scores: dict[str, float] = {}
        self._muted: dict[str, bool] = {}
        self._updated_ms: dict[str, float] = {}
        self._listening_to: set[str] = set()
        self._active: list[str] | None = None
        self.has_priority = False
        detector.controller.realtime_subscribe_to_attendee_id_presence(self._handle_presence)

    @property
    def due_ms(self) -> float:
        return (
            self._next_update_ms
            if self._next_scores_ms is None
            else min(self._next_update_ms, self._next_scores_ms)
        )

    def stop(self) -> None:
        controller = self._detector.controller
        controller.realtime_unsubscribe_to_attendee_id_presence(self._handle_presence)
        for attendee_id in self._listening_to:
            controller.realtime_unsubscribe_from_volume_indicator(attendee_id, self.handle_volume)
        self.has_priority = False

    def listen_to(self, attendee_id: str) -> None:
        if attendee_id not in self._listening_to:
            self._listening_to.add(attendee_id)
            self._detector.controller.realtime_subscribe_to_volume_indicator(attendee_id, self.handle_volume)

    def tick(self, now_ms: float) -> None:
        if self._next_update_ms <= now_ms:
            self._next_update_ms += self._detector.update_interval_ms
            for attendee_id in tuple(self._scores):
                if now_ms - self._updated_ms[attendee_id] > self._detector.wait_interval_ms:
                    self._update_score(attendee_id, 0.0, self._muted.get(attendee_id))
        if self._next_scores_ms is not None and self._next_scores_ms <= now_ms:
            self._next_scores_ms += self._scores_interval_ms
            if self._scores_callback is not None:
                self._scores_callback(dict(self._scores))

    def handle_volume(
        self,
        attendee_id: str,
        volume: float | None,
        muted: bool | None,
        _signal_strength: float | None,
        _external_user_id: str | None,
    ) -> None:
        self._updated_ms[attendee_id] = self._detector.now_ms
        if muted is not None:
            self._muted[attendee_id] = muted
        self._update_score(attendee_id, volume, muted)

    def _handle_presence(
        self,
        attendee_id: str,
        present: bool,
        _external_user_id: str | None,
        _dropped: bool,
        _position: PositionInFrame | None,
    ) -> None:
        if not present:
            self._scores[attendee_id] = 0.0
            self._updated_ms[attendee_id] = self._detector.now_ms
            self._report(attendee_id)
        else:
            self.listen_to(attendee_id)

    def _update_score(self, attendee_id: str, volume: float | None, muted: bool | None) -> None:
        score = self._policy.calculate_score(attendee_id, volume, muted)
        if self._scores.get(attendee_id) != score:
            self._scores[attendee_id] = score
            self._updated_ms[attendee_id] = self._detector.now_ms
            self._report(attendee_id)

    def _report(self, attendee_id: str) -> None:
        is_active = self._scores[attendee_id] > 0
        if self._active is not None and is_active == (attendee_id in self._active):
            return
        by_score = sorted(self._scores.items(), key=lambda item: -item[1])
        self._active = [attendee_id for attendee_id, score in by_score if score > 0]
        self._callback(list(self._active))
        self.has_priority = (
            self._active[:1] == [self._detector.self_attendee_id]
            and self._policy.prioritize_video_send_bandwidth_for_active_speaker()
        )
        self._detector.update_bandwidth_priority()
