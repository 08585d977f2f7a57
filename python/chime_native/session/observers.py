"""Who is told what happens in a session: observer objects with optional methods, called on later turns of the loop."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from chime_native.metrics import ClientMetricReport
    from chime_native.realtime import ConnectionHealthData
    from chime_native.rtc import AudioSource
    from chime_native.session.status import MeetingSessionStatus
    from chime_native.session.video_availability import MeetingSessionVideoAvailability
    from chime_native.videotiles import VideoSource, VideoTileState

__all__ = ["AudioVideoObserver", "ContentShareObserver", "DeviceChangeObserver", "ObserverSet"]

logger = logging.getLogger(__name__)


class AudioVideoObserver(Protocol):
    """What an observer may have; every method is optional, and may be ``async``.

    An observer need not inherit from this class; those that do get empty methods.
    """

    def audio_video_did_start_connecting(self, reconnecting: bool) -> object:
        """The session begins to connect; ``reconnecting`` says that it was connected before (told once per series)."""

    def audio_video_did_start(self) -> object:
        """The session is connected, for the first time or again."""

    def audio_video_did_stop(self, status: MeetingSessionStatus) -> object:
        """The session is over, for the reason given; also told when it could not start."""

    def connection_did_become_poor(self) -> object:
        """Much of what should be heard does not arrive."""

    def connection_did_become_good(self) -> object:
        """After :meth:`connection_did_become_poor`: it arrives again."""

    def connection_did_suggest_stop_video(self) -> object:
        """Instead of :meth:`connection_did_become_poor` when video is sent or received: without it audio may recover."""

    def metrics_did_receive(self, metrics: ClientMetricReport) -> object:
        """The figures of the last second, once a second while there is a media connection."""

    def connection_health_did_change(self, health: ConnectionHealthData) -> object:
        """The connection monitor took in something new."""

    def video_availability_did_change(self, availability: MeetingSessionVideoAvailability) -> object:
        """Whether others send video, or whether there is room for one's own, has changed."""

    def video_send_did_become_unavailable(self) -> object:
        """No more cameras can be sent in this meeting; others are still seen."""

    def video_tile_did_update(self, tile_state: VideoTileState) -> object:
        """A tile was made (first, of nobody: ``bound_attendee_id`` is None), or something about it has changed."""

    def video_tile_was_removed(self, tile_id: int) -> object:
        """A tile is gone; its id is not used again."""

    def remote_video_sources_did_change(self, video_sources: list[VideoSource]) -> object:
        """Others began or ceased to send video."""

    def audio_video_was_demoted_from_primary_meeting(self, status: MeetingSessionStatus) -> object:
        """The attendee is back in the replica meeting that it joined."""


class ContentShareObserver(Protocol):
    """What is told of the own content share; every method is optional, and may be ``async``."""

    def content_share_did_start(self) -> object:
        """The meeting has the share."""

    def content_share_did_stop(self) -> object:
        """The share is over: stopped, refused, or lost."""

    def content_share_did_pause(self) -> object:
        """Others see black."""

    def content_share_did_unpause(self) -> object:
        """Others see the content again."""


class DeviceChangeObserver(Protocol):
    """What is told of devices; every method is optional, and may be ``async``."""

    def audio_input_mute_state_changed(self, device: AudioSource, muted: bool) -> object:
        """The source in use was muted or unmuted by a switch or the operating system, not by this session."""


class ObserverSet:
    """Observers in the order in which they were added; adding one twice has no effect.

    A call of :meth:`notify` reaches each observer on the next turn of the event loop, unless it was removed in between, as in
    the JavaScript SDK (``DefaultAudioVideoController.forEachObserver``). An observer that raises is logged
    and breaks nothing. Methods may be coroutines: they run as tasks, which :meth:`drain` awaits.
    """

    def __init__(self) -> None:
        self._observers: dict[int, object] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining: set[asyncio.Task[Any] | None] = set()
        self._pending = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def __contains__(self, observer: object) -> bool:
        return id(observer) in self._observers

    def __len__(self) -> int:
        return len(self._observers)

    def add(self, observer: object) -> None:
        """Adds an observer.

        Raises:
            TypeError: it is None, or a class instead of an instance.
        """
        if observer is None or isinstance(observer, type):
            raise TypeError(f"an observer must be an object with observer methods, not {observer!r}")
        self._observers.setdefault(id(observer), observer)

    def remove(self, observer: object) -> None:
        """Removes an observer, if it is there."""
        self._observers.pop(id(observer), None)

    def notify(self, method: str, *arguments: object) -> None:
        """Calls ``method`` of all observers that have it, on the next turn of the loop."""
        if not self._observers:
            return
        loop = asyncio.get_running_loop()
        for observer in self._observers.values():
            self._pending += 1
            self._idle.clear()
            loop.call_soon(self._call, observer, method, arguments)

    async def told(self) -> None:
        """Waits until everybody has been told; what coroutines do with it may take longer."""
        await self._idle.wait()

    async def drain(self) -> None:
        """Waits until everybody has been told, and coroutines are done, but for those that wait here themselves."""
        current = asyncio.current_task()
        if current is not None:
            self._draining.add(current)
        try:
            await self._idle.wait()
            while others := self._tasks - self._draining:
                await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
                await self._idle.wait()
        finally:
            self._draining.discard(current)

    def _call(self, observer: object, method: str, arguments: tuple[object, ...]) -> None:
        self._pending -= 1
        if not self._pending:
            self._idle.set()
        if observer not in self:
            return
        callback: Callable[..., object] | None = getattr(observer, method, None)
        if callback is None:
            return
        try:
            result = callback(*arguments)
        except Exception:
            logger.exception("%s of %r raised", method, observer)
            return
        if inspect.iscoroutine(result):
            task = asyncio.get_running_loop().create_task(self._await(result, observer, method))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _await(coroutine: Any, observer: object, method: str) -> None:
        try:
            await coroutine
        except Exception:
            logger.exception("%s of %r raised", method, observer)
