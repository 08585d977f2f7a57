"""Lists of callbacks, served in the order of subscription."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Generic, ParamSpec

__all__ = ["CallbackList"]

_Arguments = ParamSpec("_Arguments")


class CallbackList(Generic[_Arguments]):
    """Callables that share a signature. The same one may be in it more than once, and is then called as often.

    Iteration is over a copy, so a callback may subscribe and unsubscribe; it takes effect with the next event. (The SDK
    iterates over the live list, where a callback that removes itself makes the next one miss the event.)
    """

    def __init__(self) -> None:
        self._callbacks: list[Callable[_Arguments, object]] = []

    def add(self, callback: Callable[_Arguments, object]) -> None:
        """Appends; raises ``TypeError`` for what cannot be called, and for coroutine functions, which nobody awaits."""
        if not callable(callback):
            raise TypeError(f"a callback must be callable, not {type(callback).__name__}")
        if inspect.iscoroutinefunction(callback):
            raise TypeError(
                "a realtime callback is called and not awaited: it must be a plain function, not async"
            )
        self._callbacks.append(callback)

    def remove(self, callback: Callable[_Arguments, object]) -> None:
        """Removes the first occurrence; does nothing if there is none."""
        if callback in self._callbacks:
            self._callbacks.remove(callback)

    def __iter__(self) -> Iterator[Callable[_Arguments, object]]:
        return iter(tuple(self._callbacks))

    def __len__(self) -> int:
        return len(self._callbacks)
