"""Whether and when a session connects again (SDK: ``src/reconnectcontroller/DefaultReconnectController.ts``)."""

from __future__ import annotations

import enum

from .backoff import Backoff

__all__ = ["ReconnectController", "ReconnectEvent"]


class ReconnectEvent(enum.Enum):
    """What became of a retry that was allowed."""

    RETRY = "retry"  # its wait is over: connect now
    CANCELED = "canceled"  # it will not come


class ReconnectController:
    """Allows a retry until ``reconnect_timeout_ms`` have passed since the first attempt of a series, or since the last
    sign of life, and says when its wait is over.

    Feed it, then drain ``events()`` before the next input. Times are milliseconds on any one clock.
    """

    def __init__(self, reconnect_timeout_ms: float, backoff: Backoff) -> None:
        if reconnect_timeout_ms < 0:
            raise ValueError(f"reconnect_timeout_ms must not be negative: {reconnect_timeout_ms}")
        self._reconnect_timeout_ms = reconnect_timeout_ms
        self._backoff = backoff
        self._should_reconnect = True
        self._only_restart_peer_connection = False
        self._first_attempt_ms: float | None = None
        self._last_active_ms: float | None = None
        self._is_first_connection = True
        self._due_ms: dict[int, float] = {}  # by the number of the retry
        self._last_retry = 0
        self._tells_cancellation = False
        self._events: list[ReconnectEvent] = []
        backoff.reset()

    @property
    def has_started_connection_attempt(self) -> bool:
        """Whether a series of attempts is under way."""
        return self._first_attempt_ms is not None

    @property
    def is_first_connection(self) -> bool:
        """Whether the present attempt is the start of the session rather than a reconnect."""
        return self._is_first_connection

    @property
    def should_only_restart_peer_connection(self) -> bool:
        """Whether it is enough to make the media connection anew."""
        return self._only_restart_peer_connection

    @property
    def waits(self) -> bool:
        """Whether a retry is waiting for its time."""
        return bool(self._due_ms)

    def reset(self) -> None:
        """The session is connected, or starts: all is forgotten, and reconnecting is allowed."""
        self.cancel()
        self._should_reconnect = True
        self._only_restart_peer_connection = False
        self._first_attempt_ms = None
        self._last_active_ms = None
        self._backoff.reset()

    def started_connection_attempt(self, is_first_connection: bool, now_ms: float) -> None:
        """An attempt begins; the first one of a series starts the time-out."""
        self._is_first_connection = is_first_connection
        if self._first_attempt_ms is None:
            self._first_attempt_ms = now_ms

    def set_last_active(self, active_ms: float) -> None:
        """The connection was seen to be alive at this time."""
        self._last_active_ms = active_ms

    def disable_reconnect(self) -> None:
        """No more retries until ``reset``."""
        self._should_reconnect = False

    def enable_restart_peer_connection(self) -> None:
        """From now until ``reset`` it is enough to make the media connection anew."""
        self._only_restart_peer_connection = True

    def cancel(self) -> None:
        """Disables reconnecting, and gives up the retry that was asked for last, if it is waiting.

        As in the SDK, one that was asked for before it goes on waiting; and once any has come, no cancellation is told of.
        """
        self.disable_reconnect()
        self._due_ms.pop(self._last_retry, None)
        if self._tells_cancellation:
            self._tells_cancellation = False
            self._events.append(ReconnectEvent.CANCELED)

    def retry_with_backoff(self, now_ms: float) -> bool:
        """Asks for a retry; whether there will be one (``ReconnectEvent.RETRY`` when its wait is over)."""
        if not self._should_reconnect or self._past_deadline(now_ms):
            return False
        self._last_retry += 1
        self._due_ms[self._last_retry] = now_ms + self._backoff.next_backoff_amount_ms()
        self._tells_cancellation = True
        return True

    def next_timeout(self) -> float | None:
        """When ``handle_timeout`` is due; None: never."""
        return min(self._due_ms.values(), default=None)

    def handle_timeout(self, now_ms: float) -> None:
        """The time that ``next_timeout`` gave has come; calls before it do nothing."""
        for number in [number for number, due_ms in self._due_ms.items() if due_ms <= now_ms]:
            del self._due_ms[number]
            self._tells_cancellation = False
            self._events.append(ReconnectEvent.RETRY)

    def events(self) -> list[ReconnectEvent]:
        """What happened since the last call, in order."""
        events, self._events = self._events, []
        return events

    def _past_deadline(self, now_ms: float) -> bool:
        inactive_ms = 0.0 if self._last_active_ms is None else now_ms - self._last_active_ms
        reconnecting_ms = 0.0 if self._first_attempt_ms is None else now_ms - self._first_attempt_ms
        return max(inactive_ms, reconnecting_ms) >= self._reconnect_timeout_ms
