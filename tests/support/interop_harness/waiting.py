"""Waiting for something to become true, with a deadline and never a fixed sleep."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

PAUSE_S = 0.05


async def until(condition: Callable[[], Any], within: float = 20, what: str = "the condition") -> Any:
    """Asks ``condition`` again and again until its answer (awaited if need be) is true, and returns that answer.

    Raises ``TimeoutError`` with ``what`` and the last answer after ``within`` seconds.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while True:
        answer = condition()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        if loop.time() > deadline:
            raise TimeoutError(f"{what} not met within {within} s; last answer: {answer!r}")
        await asyncio.sleep(PAUSE_S)
