"""The part of the facade that concerns video."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from chime_native.session.meeting_facade import MeetingFacade
from chime_native.session.streams import EventStream
from chime_native.video import VideoFrame
from chime_native.videotiles import AllHighestVideoBandwidthPolicy, VideoTileState
from chime_native.videotiles import VideoSource as RemoteVideoSource

if TYPE_CHECKING:
    from chime_native.devices import VideoSink, VideoSource
    from chime_native.rtc import AudioSource

__all__ = ["VideoFacade"]


class VideoFacade(MeetingFacade):
    """See :class:`AudioVideoFacade`, which is made of this and of the session's own methods."""

    # --- the own camera ---

    async def start_video_input(self, source: VideoSource | None) -> None:
        """Chooses what the local tile sends, now and later; None: nothing. May be called before and during a meeting.

        ``source`` has ``async read()`` (see ``chime_native.devices``). The session reads it only while the local tile is
        started, and closes it when another takes its place, when it is stopped, and at the session's own end.

        Raises:
            TypeError: it is no video source.
            ChimeError: it cannot be started.
        """
        await self._link.video.input.choose(source)

    async def stop_video_input(self) -> None:
        """Closes the source. The local tile stays, without pictures. Safe when there is none."""
        await self._link.video.input.choose(None)

    def start_local_video_tile(self) -> int:
        """Sends the video input from now on; the id of the local tile, or -1 where the meeting allows no video.

        In VP8, at most 1280 x 720 (or as the meeting's features say), as many bits as the number of senders, the service
        and the losses allow.
        """
        return self._link.video.start_local_video_tile()

    def stop_local_video_tile(self) -> None:
        """Sends no video any more; the tile stays, and keeps its id."""
        self._link.video.stop_local_video_tile()

    def has_started_local_video_tile(self) -> bool:
        """Whether the local tile is started."""
        return self._link.video.tiles.has_started_local_video_tile

    def remove_local_video_tile(self) -> None:
        """Stops the local tile and removes it."""
        self._link.video.stop_local_video_tile()
        self._link.video.tiles.remove_local_video_tile()

    def get_local_video_tile(self) -> VideoTileState | None:
        """The local tile, None when it was never started."""
        return self._link.video.tiles.local_tile

    @asynccontextmanager
    async def local_video(self, source: VideoSource) -> AsyncIterator[int]:
        """Sends ``source`` for the time of an ``async with`` block; gives the id of the local tile."""
        await self.start_video_input(source)
        try:
            yield self.start_local_video_tile()
        finally:
            self.stop_local_video_tile()
            if self._link.video.input.source is source:
                await self.stop_video_input()

    def set_video_max_bandwidth_kbps(self, kbps: int) -> None:
        """What a video of this attendee has at most, in kbit/s (default 1500). Raises ValueError unless it is positive."""
        sending = self._link.video.sending
        sending.policy.set_ideal_max_bandwidth_kbps(kbps)
        sending.update_limit()

    # --- tiles ---

    def bind_video_sink(self, tile_id: int, sink: VideoSink) -> None:
        """Hands the pictures of a tile to ``sink`` (SDK: ``bindVideoElement``); also those of the local tile.

        Nothing is decoded of a tile that has no sink, and of which nobody reads :meth:`video_frames`. The sink is not closed
        by the session.

        Raises:
            TypeError: it has no ``write``.
        """
        if not callable(getattr(sink, "write", None)):
            raise TypeError(f"a video sink must have write(frame), which {sink!r} has not")
        self._link.video.tiles.bind_video_sink(tile_id, sink)

    def unbind_video_sink(self, tile_id: int) -> None:
        """Takes the sink away from a tile."""
        self._link.video.tiles.bind_video_sink(tile_id, None)

    def pause_video_tile(self, tile_id: int) -> None:
        """Has the service send nothing of this tile for a while; no pictures come of it."""
        self._link.video.tiles.pause_video_tile(tile_id)

    def unpause_video_tile(self, tile_id: int) -> None:
        """Goes on with it."""
        self._link.video.tiles.unpause_video_tile(tile_id)

    def get_video_tile(self, tile_id: int) -> VideoTileState | None:
        """A tile, None when there is no such one."""
        return self._link.video.tiles.get_video_tile(tile_id)

    def get_all_video_tiles(self) -> list[VideoTileState]:
        """All tiles, in the order in which they were made."""
        return self._link.video.tiles.get_all_video_tiles()

    def get_all_remote_video_tiles(self) -> list[VideoTileState]:
        """All but the local tile; that includes the own content share."""
        return self._link.video.tiles.get_all_remote_video_tiles()

    # --- the videos of others ---

    def get_remote_video_sources(self) -> list[RemoteVideoSource]:
        """Who else sends video, whether it is received or not."""
        return self._link.video.reception.sources

    def choose_remote_video_sources(self, sources: Sequence[RemoteVideoSource]) -> None:
        """Receives these only, in this order of importance, up to 15 Mbit/s; before, all are received."""
        reception = self._link.video.reception
        if isinstance(reception.policy, AllHighestVideoBandwidthPolicy):
            reception.policy.choose_remote_video_sources(sources)
            reception.choose_again()

    def video_frames(self, attendee_id: str) -> EventStream[VideoFrame]:
        """An async iterator over the pictures of one attendee (``ID#content``: of what it shares), as they come.

        They begin when the attendee sends, begin again when it does so again, and end with the session. A reader that is 8
        pictures behind loses the oldest. Nothing is decoded for who does not read.
        """
        return self._link.video.reception.frames(attendee_id)

    # --- content share ---

    async def start_content_share(self, source: VideoSource, *, audio: AudioSource | None = None) -> None:
        """Shares ``source``, with the sound of ``audio`` if it has one, as the attendee ``ID#content``.

        Returns when connecting has begun; ``content_share_did_start`` follows once the meeting has it. A meeting takes two
        shares: one too many is only told by ``content_share_did_stop``. While a share is on, this changes its source. It ends
        with :meth:`stop_content_share`, with the last picture of the source, and with the session. Does nothing where the
        meeting allows no content.

        Raises:
            TypeError: it is no video source.
            ChimeError: it cannot be started.
        """
        await self._link.content.start(source, audio)

    async def start_content_share_from_screen_capture(self, frame_rate: float = 15.0) -> None:
        """Shares the screen; needs the extra ``screen``.

        Raises:
            MissingExtraError: ``mss`` is not installed.
            DeviceError: there is no screen that could be read.
        """
        from chime_native.devices import ScreenVideoSource

        await self.start_content_share(ScreenVideoSource(frame_rate))

    def stop_content_share(self) -> None:
        """Ends the share and returns at once; ``content_share_did_stop`` follows."""
        self._link.content.stop()

    @asynccontextmanager
    async def content_share(
        self, source: VideoSource, *, audio: AudioSource | None = None
    ) -> AsyncIterator[None]:
        """Shares ``source`` for the time of an ``async with`` block."""
        await self.start_content_share(source, audio=audio)
        try:
            yield
        finally:
            self.stop_content_share()

    def pause_content_share(self) -> None:
        """Others see black from now on."""
        self._link.content.set_paused(True)

    def unpause_content_share(self) -> None:
        """Others see the content again."""
        self._link.content.set_paused(False)

    def add_content_share_observer(self, observer: object) -> None:
        """Adds an object with methods of ``ContentShareObserver``; adding it twice has no effect."""
        self._link.content.observers.add(observer)

    def remove_content_share_observer(self, observer: object) -> None:
        """Removes it."""
        self._link.content.observers.remove(observer)
