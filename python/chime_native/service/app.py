"""The local service as one object: ``async with LocalService() as service: ...``."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import ssl
import time
from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from chime_native.errors import ServiceError
from chime_native.rtc import PlayoutClock
from chime_native.service.conference import AttendeeJoined, AttendeeLeft, ConferenceLimits
from chime_native.service.console import Console
from chime_native.service.hosts import HostCheck
from chime_native.service.http_log import HttpLog
from chime_native.service.ingestion import EventIngestion
from chime_native.service.live import LiveMeeting
from chime_native.service.model import (
    AttendeeDeleted,
    CapabilitiesUpdated,
    Meeting,
    MeetingEnded,
    MeetingStore,
    StoreEvent,
    TranscriptionStarted,
    TranscriptionStopped,
)
from chime_native.service.notifications import envelope, presence_notification, store_notifications
from chime_native.service.operations import Metric, Operations
from chime_native.service.rest import MeetingsApi
from chime_native.service.settings import ServiceSettings
from chime_native.service.state import StateFile
from chime_native.service.tasks import Tasks
from chime_native.service.web import MeetingsWeb
from chime_native.service.websocket import SignalingServer

__all__ = ["LocalService"]

logger = logging.getLogger(__name__)

Observer = Callable[[Mapping[str, Any]], None]


class LocalService:
    """A Chime-compatible meeting service on this machine.

    ``port`` 0 takes a free one; it listens on the loopback address only unless told otherwise. Use as an asynchronous
    context manager, or `start` and `close`. Errors: `ServiceError` when it cannot listen.
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, settings: ServiceSettings | None = None
    ) -> None:
        if not 0 <= port <= 65535:
            raise ValueError(f"port {port} is not between 0 and 65535")
        self.host = host
        self.port = port
        self.settings = settings or ServiceSettings()
        self.store = MeetingStore(self.settings)
        self._http_log = HttpLog()
        self._runner: web.AppRunner | None = None
        self._state: StateFile | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._live: dict[str, LiveMeeting] = {}
        self._tasks = Tasks()
        self._observers: list[tuple[Observer, bool]] = []
        self.ingestion = EventIngestion(self.store)
        self._meetings = MeetingsWeb(MeetingsApi(self.store, self.settings), self.settings, self._drain)
        self._signaling = SignalingServer(self.store, self.settings, self._live_meeting)
        self._ended_counters: Counter[str] = Counter()
        self._console = Console(
            self.store.meetings, self._live_if_any, self._metrics, not self.settings.credentials
        )
        self._observers.append((self._console.record, False))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def url(self) -> str:
        """Where the REST API is, for boto3's ``endpoint_url``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme = "http" if self.settings.tls_cert is None else "https"
        return f"{scheme}://{host}:{self.port}"

    @property
    def _media_host(self) -> str | None:
        """Where media is received: where the service listens, or on every address if it listens on all."""
        return None if self.host in ("", "0.0.0.0", "::") else self.host

    def boto3_client(self) -> Any:
        """An ordinary boto3 chime-sdk-meetings client of this service (blocking: call it from a thread)."""
        import boto3

        # Credentials are always named, so that no others of the machine are looked for or used.
        key, secret = next(iter(self.settings.credentials.items()), ("local", "local"))
        return boto3.client(
            "chime-sdk-meetings",
            endpoint_url=self.url,
            region_name=self.settings.region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
        )

    def on_event(self, observer: Observer) -> None:
        """Calls ``observer`` with the detail of each notification (``eventType`` chime:AttendeeJoined, ...)."""
        self._observers.append((observer, False))

    def on_notification(self, observer: Observer) -> None:
        """The same in EventBridge's envelope, whose ``resources`` are those of the meeting's NotificationsConfiguration."""
        self._observers.append((observer, True))

    async def start(self) -> None:
        """Listens; `port` is the real one afterwards."""
        tls = self._tls()
        self._restore()
        runner = web.AppRunner(
            self._web_app(),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=self.settings.leave_s,
            # No client compresses what it asks, and what is packed could be of any size.
            auto_decompress=False,
            logger=self._http_log,
        )
        await runner.setup()
        self._runner = runner
        site = web.TCPSite(runner, self.host, self.port, ssl_context=tls)
        try:
            await site.start()
        except OSError as error:
            await self.close()
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise ServiceError(f"cannot listen on {self.host} port {self.port}: {reason}") from error
        self.port = runner.addresses[0][1]
        self._arm()

    def _tls(self) -> ssl.SSLContext | None:
        settings = self.settings
        if settings.tls_cert is None or settings.tls_key is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(settings.tls_cert, settings.tls_key)
        except OSError as error:
            # OpenSSL's own words are "PEM lib" for whatever does not fit.
            is_content = isinstance(error, ssl.SSLError)
            reason = "not a certificate (PEM) and its private key" if is_content else error.strerror
            raise ServiceError(f"cannot use {settings.tls_cert} with {settings.tls_key}: {reason}") from error
        return context

    def _restore(self) -> None:
        if self.settings.state_file is None:
            return
        now = time.monotonic()
        self._state = StateFile(self.settings.state_file, time.time() - now)
        self.store.restore(self._state.read(now), now)
        self._drain()

    def _web_app(self) -> web.Application:
        settings = self.settings
        guards = []
        if not settings.credentials and settings.tls_cert is None:
            guards.append(HostCheck({self.host, *settings.allowed_hosts}).middleware())
        app = web.Application(client_max_size=settings.max_body_bytes, middlewares=guards)
        operations = Operations(self._metrics)
        app.router.add_get("/control/{meeting_id}", self._signaling.handle)
        app.router.add_post("/v1/client-events", self.ingestion.handle)
        app.router.add_route("OPTIONS", "/v1/client-events", self.ingestion.preflight)
        app.router.add_get("/healthz", operations.health)
        app.router.add_get("/metrics", operations.metrics)
        app.router.add_routes(self._console.routes())
        app.router.add_route("*", "/{path:.*}", self._meetings.handle)
        return app

    def _metrics(self) -> list[Metric]:
        clock = PlayoutClock.running()
        frames: Counter[str] = Counter(self._ended_counters)
        present = 0
        for live in self._live.values():
            frames.update(live.conference.member_counters())
            present += len(live.conference.roster)
        return [
            Metric("chime_meetings", "Active meetings.", "gauge", {"": len(self.store.meetings())}),
            Metric("chime_attendees_present", "Attendees and contents with media.", "gauge", {"": present}),
            Metric(
                "chime_signaling_connections", "Open sockets.", "gauge", {"": self._signaling.connections}
            ),
            Metric("chime_ticks_total", "Media ticks of 10 ms.", "counter", {"": clock.ticks}),
            Metric("chime_ticks_late_total", "Media ticks 10 ms late.", "counter", {"": clock.ticks_late}),
            Metric(
                "chime_ticks_skipped_total", "Media ticks left out.", "counter", {"": clock.ticks_skipped}
            ),
            Metric("chime_requests_total", "REST requests.", "counter", self._meetings.counters, "result"),
            Metric(
                "chime_requests_malformed_total",
                "What came instead of HTTP.",
                "counter",
                {"": self._http_log.malformed},
            ),
            Metric(
                "chime_signaling_total",
                "Sockets and frames.",
                "counter",
                frames + self._signaling.counters,
                "what",
            ),
            Metric(
                "chime_client_events_total", "Meeting events.", "counter", self.ingestion.counters, "what"
            ),
        ]

    async def close(self) -> None:
        """Tells all clients and listens no more; does nothing the second time.

        Meetings end, but with a state file: then clients are told to come back.
        """
        runner, self._runner = self._runner, None
        if runner is None:
            return
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        live = list(self._live.values())
        for meeting in live:
            if self._state is None:
                meeting.ended()
            else:
                meeting.interrupted()
        await asyncio.gather(*(meeting.wait_idle(self.settings.stop_s) for meeting in live))
        for meeting in live:
            meeting.disconnect_all()
        await self._tasks.close()
        await runner.cleanup()
        await asyncio.gather(*(meeting.close() for meeting in live))
        self._live.clear()
        if self._state is not None:
            self._state.close()

    # --- live meetings ---

    def _live_if_any(self, meeting: Meeting) -> LiveMeeting | None:
        return self._live.get(self.store.primary(meeting).meeting_id)

    def _live_meeting(self, meeting: Meeting) -> LiveMeeting:
        """Where those connected to a meeting are: a replica's are with its primary meeting."""
        meeting = self.store.primary(meeting)
        live = self._live.get(meeting.meeting_id)
        if live is None:
            settings = self.settings
            limits = ConferenceLimits(
                max_attendees=meeting.features.max_count,
                max_connections_per_attendee=settings.max_connections_per_attendee,
                audio_subscription_limit=settings.audio_subscription_limit,
                reconnect_grace_s=settings.reconnect_grace_s,
                leave_s=settings.leave_s,
                max_frame_bytes=settings.max_frame_bytes,
                turn=settings.turn,
            )
            presence = functools.partial(self._presence_changed, meeting)
            live = self._live[meeting.meeting_id] = LiveMeeting(
                meeting, limits, presence, self._media_host, settings.public_address
            )
            if meeting.transcription is not None:
                live.start_transcription(meeting.transcription, settings.transcriber)
        return live

    def _presence_changed(self, meeting: Meeting, change: AttendeeJoined | AttendeeLeft) -> None:
        what = "joined" if isinstance(change, AttendeeJoined) else "left"
        logger.info(
            "meeting=%s attendee=%s content=%s %s",
            meeting.meeting_id,
            change.attendee_id,
            change.is_content,
            what,
        )
        self._notify(meeting, presence_notification(meeting, change))
        if change.is_content:
            return
        if isinstance(change, AttendeeJoined):
            self.store.attendee_connected(meeting, change.attendee_id)
        else:
            self.store.attendee_disconnected(meeting, change.attendee_id, time.monotonic())
        self._arm()

    def _notify(self, meeting: Meeting, notification: Mapping[str, Any]) -> None:
        attendee_id = notification.get("attendeeId")
        about = "" if attendee_id is None else f" attendee={attendee_id}"
        logger.info("%s meeting=%s%s", notification["eventType"], notification["meetingId"], about)
        targets = meeting.request.notifications
        for observer, wants_envelope in tuple(self._observers):
            told = notification
            if wants_envelope:
                told = envelope(notification, self.settings.region, self.settings.account_id, targets)
            try:
                observer(told)
            except Exception:
                logger.exception("an observer of the service raised: %r", observer)

    def _drain(self) -> None:
        """Tells live meetings what the REST API, or the time, did to them."""
        for event in self.store.events():
            if self._state is not None:
                self._state.write(event)
            for notification in store_notifications(event):
                self._notify(event.meeting, notification)
            live = self._live.get(self.store.primary(event.meeting).meeting_id)
            if live is not None:
                self._tell(live, event)
        self._arm()

    def _tell(self, live: LiveMeeting, event: StoreEvent) -> None:
        match event:
            case AttendeeDeleted(_, attendee):
                live.attendee_deleted(attendee)
            case CapabilitiesUpdated(_, attendees):
                live.capabilities_updated(attendees)
            case TranscriptionStarted(_, configuration):
                live.start_transcription(configuration, self.settings.transcriber)
            case TranscriptionStopped(_, configuration):
                live.stop_transcription(configuration)
            case MeetingEnded(meeting) if meeting is not live.meeting:
                live.replica_ended(meeting)
            case MeetingEnded(meeting):
                del self._live[meeting.meeting_id]
                self._tasks.spawn(self._retire(live), f"chime-service-end-{meeting.meeting_id}")

    async def _retire(self, live: LiveMeeting) -> None:
        live.ended()
        try:
            await live.wait_idle(self.settings.leave_s + self.settings.stop_s)
        finally:
            live.disconnect_all()
            await live.close()
            self._ended_counters.update(live.conference.member_counters())

    # --- time ---

    def _arm(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        due = self.store.next_timeout()
        if due is not None and self._runner is not None:
            delay = max(0.0, due - time.monotonic())
            self._expiry = asyncio.get_running_loop().call_later(delay, self._expire)

    def _expire(self) -> None:
        self.store.handle_timeout(time.monotonic())
        self._drain()
