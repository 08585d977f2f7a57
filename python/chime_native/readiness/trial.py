"""One start of the meeting by a check, what is seen of it, and its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from chime_native.errors import SessionError
from chime_native.metrics.raw_stats import RawStats

if TYPE_CHECKING:
    from chime_native.devices import VideoSource
    from chime_native.metrics import ClientMetricReport
    from chime_native.readiness.configuration import MeetingReadinessCheckerConfiguration
    from chime_native.session import MeetingSession, MeetingSessionStatus

__all__ = ["MeetingTrial"]

logger = logging.getLogger(__name__)


class MeetingTrial:
    """An asynchronous context manager; leaves the meeting at its end, and observes it in between.

    It is an observer of the session, of its content share and of who is present, and looks at the statistics as the SDK's
    checker does.
    """

    def __init__(self, session: MeetingSession, configuration: MeetingReadinessCheckerConfiguration) -> None:
        self._session = session
        self._timeout = configuration.timeout_ms / 1000
        self._wait_duration = configuration.wait_duration_ms / 1000
        self._changed = asyncio.Event()
        self._asked = self._stopped = self._shares = self._is_sharing = False
        self.detail = ""
        """Why the meeting did not start, as far as the session says."""
        self.is_present = False
        """The service has told of this attendee, so it has its sound."""
        self.has_negotiated = False
        """Candidates were exchanged, whether any pair works or not."""
        self.has_candidate_pair = False
        self.audio_packets_received = 0
        self.video_packets_sent = 0
        self.content_started = self.content_stopped = False

    async def __aenter__(self) -> Self:
        audio_video = self._session.audio_video
        audio_video.add_observer(self)
        audio_video.add_content_share_observer(self)
        audio_video.realtime_subscribe_to_attendee_id_presence(self._presence)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        audio_video = self._session.audio_video
        try:
            await self._finish()
        finally:
            audio_video.realtime_unsubscribe_to_attendee_id_presence(self._presence)
            audio_video.remove_content_share_observer(self)
            audio_video.remove_observer(self)

    # --- what a check does ---

    def begin(self) -> None:
        """Has the session start, and does not wait."""
        self._asked = True
        self._session.audio_video.start()

    async def start(self) -> bool:
        """Has the session start; whether it did in time."""
        self.begin()
        return await self.started()

    async def started(self) -> bool:
        """Whether the session starts in time."""
        try:
            async with asyncio.timeout(self._timeout):
                await self._session.started()
        except TimeoutError:
            self.detail = f"the meeting did not start within {self._timeout:g} s"
        except SessionError as error:
            self.detail = str(error)
        else:
            return True
        return False

    async def wait(self, condition: Callable[[], bool]) -> bool:
        """Waits until a condition holds; whether it does in the end. Not longer than the time-out, nor than the meeting."""
        deadline = asyncio.get_running_loop().time() + self._timeout
        while not condition() and not self._stopped:
            remaining = deadline - asyncio.get_running_loop().time()
            if remaining <= 0:
                break
            self._changed.clear()
            try:
                async with asyncio.timeout(min(remaining, self._wait_duration)):
                    await self._changed.wait()
            except TimeoutError:
                continue
        return condition()

    async def share(self, source: VideoSource | None) -> None:
        """Begins to share a source, or the screen; raises what keeps it from that."""
        self._shares = True
        if source is None:
            await self._session.audio_video.start_content_share_from_screen_capture()
        else:
            await self._session.audio_video.start_content_share(source)
        self._is_sharing = bool(self._session.configuration.meeting_features.content_max_resolution.width)

    @property
    def is_shared(self) -> bool:
        """Whether the meeting has the content and its pictures are sent."""
        sent = self._session.stats()["content_share"].get("video", {}).get("sent", {})
        return self.content_started and sent.get("packets", 0) > 0

    async def _finish(self) -> None:
        """Leaves, ends the share, and waits for both, so that the next check begins from nothing."""
        audio_video = self._session.audio_video
        if self._asked and not self._stopped:
            audio_video.stop()
        if self._shares:
            audio_video.stop_content_share()
        try:
            async with asyncio.timeout(self._timeout):
                if self._asked:
                    await self._session.ended()
                while self._is_sharing and not self.content_stopped:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            logger.warning("the meeting has not ended in time after a readiness check")

    # --- what it is told ---

    def audio_video_did_stop(self, status: MeetingSessionStatus) -> None:
        """The meeting is over: nothing more is to be seen."""
        self._stopped = True
        self.detail = self.detail or f"the meeting is over: {status}"
        self._changed.set()

    def metrics_did_receive(self, metrics: ClientMetricReport) -> None:
        """Looks for the candidate pair and the packets."""
        for stats in metrics.rtc_stats_report():
            self._take(stats)
        self._changed.set()

    def content_share_did_start(self) -> None:
        """The meeting has the content."""
        self.content_started = True
        self._changed.set()

    def content_share_did_stop(self) -> None:
        """The share was refused, or is lost."""
        self.content_stopped = True
        self._changed.set()

    def _presence(self, attendee_id: str, present: bool, *_: object) -> None:
        if attendee_id == self._session.attendee_id and present:
            self.is_present = True
            self._changed.set()

    def _take(self, stats: RawStats) -> None:
        match stats["type"], stats.get("kind"):
            case "candidate-pair", _:
                self.has_negotiated = True
                self.has_candidate_pair = self.has_candidate_pair or stats["state"] == "succeeded"
            case "inbound-rtp", "audio":
                self.audio_packets_received = int(stats.get("packetsReceived", 0))
            case "outbound-rtp", "video":
                self.video_packets_sent = int(stats.get("packetsSent", 0))
