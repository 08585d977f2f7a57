"""The page for people at ``/``: what it is made of, and the figures that it shows."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from typing import Any, Final

from aiohttp import web

from chime_native.service.conference import CONTENT_SUFFIX
from chime_native.service.live import LiveMeeting
from chime_native.service.model import Attendee, Meeting
from chime_native.service.operations import Metric

__all__ = ["Console"]

KEPT_EVENTS: Final = 500

_FILES: Final = {
    "page.css": "text/css",
    "page.js": "text/javascript",
    "plots.js": "text/javascript",
    "join.js": "text/javascript",
    "sdk.js": "text/javascript",
}
_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'self'; connect-src 'self' ws: wss: data:; img-src 'self' data: blob:; "
    "media-src 'self' blob: mediastream:; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Console:
    """Serves the page, and ``/console/status`` that it asks twice a second.

    Who may make meetings without credentials may look, too; where credentials are needed the page is off, for a browser
    cannot sign. ``live`` gives the live side of a meeting if there is one.
    """

    def __init__(
        self,
        meetings: Callable[[], list[Meeting]],
        live: Callable[[Meeting], LiveMeeting | None],
        metrics: Callable[[], list[Metric]],
        is_open: bool,
    ) -> None:
        self._meetings = meetings
        self._live = live
        self._metrics = metrics
        self._is_open = is_open
        self._numbers = itertools.count(1)
        self._events: deque[dict[str, Any]] = deque(maxlen=KEPT_EVENTS)
        self._folder = files("chime_native") / "service" / "page"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.page),
            web.get("/console/status", self.status),
            web.get("/console/{name}", self.file),
        ]

    def record(self, notification: Mapping[str, Any]) -> None:
        """Takes one of the service's notifications."""
        self._events.append({"number": next(self._numbers), **notification})

    # --- handlers ---

    async def page(self, request: web.Request) -> web.Response:  # noqa: ARG002 (always the same)
        if not self._is_open:
            text = "This service wants signed requests, which a page cannot send: the console is off.\n"
            return web.Response(status=403, text=text)
        return self._file("index.html", "text/html")

    async def file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        kind = _FILES.get(name)
        if kind is None or not self._is_open:
            return web.Response(status=404, text="no such file\n")
        return self._file(name, kind)

    def _file(self, name: str, kind: str) -> web.Response:
        file = self._folder / name
        if not file.is_file():
            return web.Response(status=404, text=f"{name} was not built\n")
        return web.Response(body=file.read_bytes(), content_type=kind, charset="utf-8", headers=_HEADERS)

    async def status(self, request: web.Request) -> web.Response:
        """Everything that the page shows; of the events those after ``after``. Join tokens are no part of it."""
        if not self._is_open:
            return web.Response(status=404, text="the console is off\n")
        after = request.query.get("after", "0")
        number = int(after) if after.isascii() and after.isdecimal() and len(after) < 16 else 0
        status = {
            "now_ms": int(time.time() * 1000),
            "can_join": (self._folder / "sdk.js").is_file(),
            "service": {metric.name: metric.values[""] for metric in self._metrics() if "" in metric.values},
            "meetings": [self._meeting(meeting) for meeting in self._meetings()],
            "events": [event for event in self._events if event["number"] > number],
        }
        return web.json_response(status, headers=_HEADERS)

    # --- what is shown ---

    def _meeting(self, meeting: Meeting) -> dict[str, Any]:
        request = meeting.request
        live = self._live(meeting)
        present = {} if live is None else _present(live)
        return {
            "id": meeting.meeting_id,
            "external_id": request.external_meeting_id,
            "region": request.media_region,
            "primary_id": request.primary_meeting_id,
            "age_s": round(time.monotonic() - meeting.created_at),
            "features": request.features.to_api(),
            "transcribes": meeting.transcription is not None,
            "attendees": [_attendee(attendee, present) for attendee in meeting.attendees.values()],
            "mixer": None if live is None else live.media.mixer_stats(),
        }


def _present(live: LiveMeeting) -> dict[str, dict[str, Any]]:
    """What is known of each who is there, by attendee id (with ``#content`` for shares)."""
    stats = live.media.stats()
    return {
        entry.attendee_id: {
            "muted": entry.muted,
            "speaking": live.is_speaking(entry.connection) and not entry.muted,
            "level": live.levels.get(entry.connection),
            "strength": live.strengths.get(entry.connection),
            "media": _media(stats.get(entry.connection)),
        }
        for entry in live.conference.roster
    }


def _attendee(attendee: Attendee, present: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    here = present.get(attendee.attendee_id)
    return {
        "id": attendee.attendee_id,
        "user": attendee.external_user_id,
        "capabilities": attendee.capabilities.to_api(),
        "present": here is not None,
        "content": attendee.attendee_id + CONTENT_SUFFIX in present,
        "speaking": False,
        **(here or {}),
    }


def _media(stats: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The figures of one peer connection that are plotted, or shown as details."""
    if stats is None or stats["audio"] is None:
        return None
    receiver, sender = stats["audio"]["receiver"], stats["audio"]["sender"]
    transport = _chosen(stats, ("bytes_received", "bytes_sent", "packets_received", "packets_sent"))
    return transport | {
        "pair": stats["selected_pair"],
        "round_trip_ms": stats["round_trip_time_ms"],
        "loss_out": stats["remote_fraction_lost"],
        "red": stats["audio"]["red_payload_type"] is not None,
        "in": _chosen(
            receiver,
            (
                *("packets_received", "packets_lost", "jitter", "current_delay_ms", "target_delay_ms"),
                *("concealed_samples", "total_samples_received", "drift_ppm"),
            ),
        ),
        "out": _chosen(
            sender,
            ("frames_encoded", "frames_shared", "expected_loss_percent", "copy_offsets", "target_bitrate"),
        ),
    }


def _chosen(stats: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: stats[name] for name in names if name in stats}
