"""What an attendee's callbacks told, in order, and waiting for what they will tell."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

EVENT_TIMEOUT_S = 40
_SHOWN_EVENTS = 40


@dataclass(frozen=True, slots=True)
class Event:
    """One callback: the name of the observer's method or the kind of callback, and what it was given."""

    name: str
    details: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        return self.details[key]

    def matches(self, name: str, details: dict[str, Any]) -> bool:
        missing = object()
        return self.name == name and all(
            self.details.get(key, missing) == value for key, value in details.items()
        )


class EventLog:
    """Base of attendees of either kind, so that tests ask both the same questions."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.events: list[Event] = []
        self._changed = asyncio.Event()
        self._observers: list[Callable[[Event], None]] = []

    def record(self, name: str, **details: Any) -> None:
        """Adds an event."""
        event = Event(name, details)
        self.events.append(event)
        for observer in self._observers:
            observer(event)
        self._changed.set()

    def on_event(self, observer: Callable[[Event], None]) -> None:
        """Calls ``observer`` with each event from now on, before anyone who waits for it goes on."""
        self._observers.append(observer)

    def mark(self) -> int:
        """The place in the log after what has happened so far, for ``after``."""
        return len(self.events)

    def all(self, name: str, *, after: int = 0, **details: Any) -> list[Event]:
        """The events so far of that name with those details."""
        return [event for event in self.events[after:] if event.matches(name, details)]

    async def event(
        self,
        name: str,
        *,
        where: Callable[[Event], bool] | None = None,
        after: int = 0,
        within: float = EVENT_TIMEOUT_S,
        **details: Any,
    ) -> Event:
        """The first event of that name with those details for which ``where`` is true, at place ``after`` of the log or
        later; waits for it. Raises ``TimeoutError`` with what came instead."""
        looked_at = after
        try:
            async with asyncio.timeout(within):
                while True:
                    while looked_at < len(self.events):
                        event = self.events[looked_at]
                        looked_at += 1
                        if event.matches(name, details) and (where is None or where(event)):
                            return event
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            wanted = f"{name} {details}" if details else name
            raise TimeoutError(f"{self.name} saw no {wanted} within {within} s\n{self.story()}") from None

    def story(self) -> str:
        """What happened, for the message of a failed test."""
        return "\n".join(
            ["events:", *(f"  {event.name} {event.details}" for event in self.events[-_SHOWN_EVENTS:])]
        )
