"""The endpoint that clients send their meeting events to (EventIngestionUrl).

The browser sends a preflight because of the Authorization header, and posts as text/plain; a page that is being closed
sends a beacon instead, with the token in the body (EventReporter of the SDK).
"""

from __future__ import annotations

import json
import logging
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any, Final

from aiohttp import web

from chime_native.service.conference import CONTENT_SUFFIX
from chime_native.service.model import MeetingStore

__all__ = ["EventIngestion"]

logger = logging.getLogger(__name__)

KEPT_EVENTS: Final = 1000
"""Events remembered, the newest ones."""

_CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


class EventIngestion:
    """Takes events of attendees of this service; what is malformed or not authorized is counted and refused."""

    def __init__(self, store: MeetingStore) -> None:
        self.counters: Counter[str] = Counter()
        self.events: deque[dict[str, Any]] = deque(maxlen=KEPT_EVENTS)
        """The newest events: ``meetingId``, ``attendeeId`` and the payload's own members."""
        self._store = store

    async def preflight(self, request: web.Request) -> web.Response:  # noqa: ARG002 (the answer is always the same)
        return web.Response(status=204, headers=_CORS)

    async def handle(self, request: web.Request) -> web.Response:
        try:
            document = json.loads(await request.read())
            if not isinstance(document, dict):
                raise TypeError("not an object")
            token = self._token(request, document)
            events = list(_events(document))
        except (ValueError, TypeError, LookupError, RecursionError):
            self.counters["malformed"] += 1
            return web.json_response(
                {"Message": "the body is not a batch of events"}, status=400, headers=_CORS
            )
        if self._store.authenticate(token) is None and not self._store.was_ended(token):
            self.counters["unauthorized"] += 1
            return web.json_response({"Message": "not a join token"}, status=401, headers=_CORS)
        self.counters["events"] += len(events)
        self.events.extend(events)
        for event in events:
            logger.debug("attendee=%s client event %s", event["attendeeId"], event.get("name"))
        return web.json_response({}, headers=_CORS)

    @staticmethod
    def _token(request: web.Request, document: dict[str, Any]) -> str:
        token = request.headers.get("Authorization") or document.get("authorization", "")
        if not isinstance(token, str):
            raise TypeError("authorization is not text")
        return token.removeprefix("Bearer ").removesuffix(CONTENT_SUFFIX)


def _events(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    metadata = document.get("metadata")
    who = {
        name: metadata.get(name) if isinstance(metadata, dict) else None
        for name in ("meetingId", "attendeeId")
    }
    for event in document["events"] if isinstance(document.get("events"), list) else ():
        for payload in event["payloads"]:
            yield {**payload, **who}
