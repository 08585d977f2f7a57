"""Starting and closing what an application gives to a session: sources and sinks, whose ``start`` and ``close`` are optional
and may be coroutines."""

from __future__ import annotations

import inspect
import logging
from typing import Any

from chime_native.errors import ChimeError

__all__ = ["close", "start"]

logger = logging.getLogger(__name__)


async def start(device: object) -> None:
    """Calls ``start``, if there is one; raises what it raises."""
    await _call(device, "start")


async def close(device: object) -> None:
    """Calls ``close``, if there is one; what it raises is only logged."""
    try:
        await _call(device, "close")
    except ChimeError as error:
        logger.warning("%s", error)
    except Exception:
        logger.exception("closing %r raised", device)


async def _call(device: object, method: str) -> None:
    function: Any = getattr(device, method, None)
    if function is not None:
        result = function()
        if inspect.isawaitable(result):
            await result
