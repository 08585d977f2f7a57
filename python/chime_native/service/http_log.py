"""What aiohttp's server has to say about requests, without the bytes of those that are none."""

from __future__ import annotations

import logging
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

__all__ = ["HttpLog"]

logger = logging.getLogger(__name__)


class HttpLog:
    """Stands in for the logger of aiohttp's request handlers, which ask it for these two methods.

    Malformed requests are their sender's fault, come in any number, and may hold secrets: they are counted, and the first
    one is told of.
    """

    def __init__(self) -> None:
        self.malformed = 0

    def exception(self, message: str, *arguments: Any, exc_info: Any = True) -> None:
        if isinstance(exc_info, HttpProcessingError | web.RequestPayloadError):
            self.malformed += 1
            if self.malformed == 1:
                logger.warning("a request was not HTTP; further ones are only counted in the metrics")
            return
        logger.error(message, *arguments, exc_info=exc_info)

    def debug(self, message: str, *arguments: Any, exc_info: Any = None) -> None:  # noqa: ARG002 - not to be shown
        logger.debug(message, *arguments)
