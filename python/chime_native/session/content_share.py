"""Content share: a second connection, as the attendee ``ID#content`` (SDK: ``src/contentsharecontroller``)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chime_native.realtime import Modality
from chime_native.session.observers import ObserverSet
from chime_native.session.video_reception import write_to_sink
from chime_native.video import VideoFrame
from chime_native.videotiles import NoVideoDownlinkBandwidthPolicy

if TYPE_CHECKING:
    from chime_native.devices import VideoSource
    from chime_native.rtc import AudioSource
    from chime_native.session.meeting_session import MeetingSession
    from chime_native.session.parts import SessionParts
    from chime_native.session.status import MeetingSessionStatus
    from chime_native.videotiles import VideoTileController

__all__ = ["ContentShare"]


class ContentShare:
    """Of one session. Observers are told when the meeting has seen the share come, and when its connection is over.

    Args:
        parts, attendee_id, tiles: of the session that shares.
        make_session: makes the second session, with the suffix in its credentials.
    """

    def __init__(self, parts: SessionParts, attendee_id: str, tiles: VideoTileController) -> None:
        self.make_session: Callable[[], MeetingSession]
        self.observers = ObserverSet()
        self.sink_errors = 0
        self._parts = parts
        self._attendee_id = attendee_id
        self._content_id = Modality(attendee_id).with_modality(Modality.CONTENT).id
        self._tiles = tiles
        self._session: MeetingSession | None = None
        self._tile_id: int | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        parts.realtime.realtime_subscribe_to_attendee_id_presence(self._presence)

    @property
    def is_running(self) -> bool:
        """From the start until the connection of the share is over."""
        return self._session is not None

    async def start(self, source: VideoSource, audio: AudioSource | None) -> None:
        """Begins to connect, or takes another source if the share is on already; see the facade."""
        if not self._parts.configuration.meeting_features.content_max_resolution.width:
            self._parts.logger.warning("this meeting allows no content share")
            return
        if source is None:
            raise TypeError("a video source is needed; stop_content_share() ends the share")
        session = self._session or self.make_session()
        try:
            await session.audio_video.start_video_input(source)
            await session.audio_video.start_audio_input(audio)
        except BaseException:
            if session is not self._session:
                await session.close()
            raise
        if session is self._session:
            return
        self._session = session
        video = session._link.video
        video.reception.policy = NoVideoDownlinkBandwidthPolicy()
        video.input.on_end = self.stop
        video.tap = self._take_picture
        session.audio_video.add_observer(_ContentSession(self, session))
        session.audio_video.start_local_video_tile()
        session.audio_video.start()

    def stop(self) -> None:
        """Ends the share; ``content_share_did_stop`` follows."""
        if self._session is not None:
            self._session.audio_video.stop()

    def set_paused(self, paused: bool) -> None:
        """Others see black while it is paused; nothing is told to the service, as in the SDK."""
        if self._session is None or self._session._link.video.input.blank == paused:
            return
        self._session._link.video.input.blank = paused
        self.observers.notify("content_share_did_pause" if paused else "content_share_did_unpause")

    async def close(self) -> None:
        """Ends the share and waits until nothing of it is left."""
        if self._session is not None:
            await self._session.close()
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self.observers.drain()

    def stats(self) -> dict[str, Any]:
        """``stats()`` of the second session; empty when nothing is shared."""
        return self._session.stats() if self._session is not None else {}

    def ended(self, session: MeetingSession, status: MeetingSessionStatus) -> None:
        """The second session is over: it was stopped, refused, or lost."""
        if session is not self._session:
            return
        self._parts.logger.info("the content share has ended: %s", status)
        self._session = None
        if self._tile_id is not None:
            self._tiles.remove_video_tile(self._tile_id)
            self._tile_id = None
        self.observers.notify("content_share_did_stop")
        task = asyncio.get_running_loop().create_task(session.close(), name="chime-content-close")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- inside ---

    def _presence(self, attendee_id: str, present: bool, *_: object) -> None:
        """The meeting has the share: it was not refused for want of room."""
        if attendee_id != self._content_id or not present or self._tile_id is not None:
            return
        if self._session is not None:
            video_input = self._session._link.video.input
            width, height = video_input.size or (None, None)
            self._tile_id = self._tiles.add_video_tile()
            self._tiles.bind_video_stream(
                self._tile_id,
                self._content_id,
                video_input.source,
                external_user_id=self._external_user_id,
                width=width,
                height=height,
            )
        self.observers.notify("content_share_did_start")

    @property
    def _external_user_id(self) -> str | None:
        credentials = self._parts.configuration.credentials
        return credentials.external_user_id if credentials is not None else None

    def _take_picture(self, picture: NDArray[np.uint8], captured_us: int) -> None:
        """The sharer sees its own pictures; they do not come back from the service."""
        tile = self._tiles.get_video_tile(self._tile_id) if self._tile_id is not None else None
        if tile is not None and tile.active:
            frame = VideoFrame(picture, captured_us / 1e6, captured_us * 9 // 100, self._content_id)
            write_to_sink(tile.bound_video_sink, frame, self)


class _ContentSession:
    """Observes the second session."""

    def __init__(self, share: ContentShare, session: MeetingSession) -> None:
        self._share = share
        self._session = session

    def audio_video_did_stop(self, status: MeetingSessionStatus) -> None:
        self._share.ended(self._session, status)

    def video_send_did_become_unavailable(self) -> None:
        """The meeting has no room for another content, or this attendee may not share."""
        self._session.audio_video.stop()
