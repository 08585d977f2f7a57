"""Video of a session, put together: tiles, the own camera, the videos of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chime_native.session.video_input import PictureHandler, VideoInput
from chime_native.session.video_reception import VideoReception, write_to_sink
from chime_native.session.video_sending import VideoSending
from chime_native.video import VideoFrame
from chime_native.videotiles import VideoTileController, VideoTileState

if TYPE_CHECKING:
    from chime_native.session.connection import MeetingConnection
    from chime_native.session.meeting_features import VideoQualitySettings
    from chime_native.session.negotiator import Negotiator
    from chime_native.session.parts import SessionParts
    from chime_native.signaling.events import BitratesReceived, IndexReceived

__all__ = ["VideoLink"]


class VideoLink:
    """Follows the life of the session, as its other parts do; what comes while connecting waits until it is connected."""

    def __init__(
        self,
        parts: SessionParts,
        attendee_id: str,
        negotiator: Negotiator,
        quality: VideoQualitySettings,
    ) -> None:
        credentials = parts.configuration.credentials
        self.tiles = VideoTileController(
            attendee_id,
            credentials.external_user_id if credentials is not None else None,
            self._tile_did_update,
            self._tile_was_removed,
            self._pause_stream,
        )
        self.input = VideoInput(self._take_picture, self._input_changed)
        self.reception = VideoReception(parts, attendee_id, self.tiles, negotiator)
        self.sending = VideoSending(parts, attendee_id, self.tiles, self.input, quality)
        self.quality = quality
        self.sink_errors = 0
        self.tap: PictureHandler | None = None
        """Gets each picture of the input, too."""
        self._parts = parts
        self._attendee_id = attendee_id
        self._negotiator = negotiator
        self._connection: MeetingConnection | None = None
        self._connected = False
        self._pending: IndexReceived | None = None
        negotiator.add(self.reception)
        negotiator.add_camera(self.sending)

    # --- the life of the session ---

    def use(self, connection: MeetingConnection) -> None:
        """Another connection begins."""
        self._connection = connection
        self._connected = False
        self._pending = None
        self.reception.use(connection)
        self.sending.use(connection)
        self._refresh_input()

    def connected(self) -> None:
        """The session is connected: the index that was held back counts now."""
        self._connected = True
        self._refresh_input()
        pending, self._pending = self._pending, None
        if pending is not None:
            self.handle_index(pending)

    def stopped(self) -> None:
        """The session is over: no tile stays."""
        self._connection = None
        self._connected = False
        self.sending.stopped()
        self.reception.stopped()
        self.tiles.stop_local_video_tile()
        self.tiles.remove_all_video_tiles()
        self._refresh_input()

    async def close(self) -> None:
        """Closes the source; waits until no task is left."""
        await self.sending.close()
        await self.input.close()

    def granted(self, limit: int) -> None:
        """So many streams may be received at once."""
        self.reception.limit = limit

    def handle_index(self, index: IndexReceived) -> None:
        """Who sends has changed."""
        if not self._connected:
            self._pending = index
            return
        self.reception.handle_index(index)
        self.sending.update_index(self.reception.index)

    def handle_bitrates(self, bitrates: BitratesReceived) -> None:
        """What the streams have at present."""
        self.reception.index.integrate_bitrates(bitrates)
        self.reception.policy.update_index(self.reception.index)
        self.reception.choose_again()

    def switch_to_view_only(self) -> None:
        """The service does not take the own video."""
        self.tiles.remove_local_video_tile()
        self._local_tile_changed()

    # --- what the application does ---

    def start_local_video_tile(self) -> int:
        """See the facade."""
        if not self.quality.width:
            self._parts.logger.warning("this meeting allows no video")
            return -1
        tile_id = self.tiles.start_local_video_tile()
        self._local_tile_changed()
        return tile_id

    def stop_local_video_tile(self) -> None:
        """See the facade."""
        self.tiles.stop_local_video_tile()
        self._local_tile_changed()

    def stats(self) -> dict[str, Any]:
        """Counters of what is sent and received."""
        return {
            "sent": self.sending.stats(),
            "received": self.reception.stats(),
            "input_errors": self.input.errors,
            "sink_errors": self.sink_errors + self.reception.sink_errors,
        }

    # --- inside ---

    def _local_tile_changed(self) -> None:
        self._refresh_input()
        if self._connected:
            self._negotiator.change()

    def _input_changed(self) -> None:
        """Another source, or none: only the latter needs a negotiation."""
        self._local_tile_changed()

    def _refresh_input(self) -> None:
        tile = self.tiles.local_tile
        shown = tile is not None and tile.bound_video_sink is not None
        self.input.set_wanted(self.tiles.has_started_local_video_tile and (self._connected or shown))

    def _take_picture(self, picture: NDArray[np.uint8], captured_us: int) -> None:
        self.sending.push(picture, captured_us)
        if self.tap is not None:
            self.tap(picture, captured_us)
        tile = self.tiles.local_tile
        if tile is not None and tile.bound_video_sink is not None:
            frame = VideoFrame(picture, captured_us / 1e6, captured_us * 9 // 100, self._attendee_id)
            write_to_sink(tile.bound_video_sink, frame, self)

    def _tile_did_update(self, state: VideoTileState) -> None:
        self.reception.refresh()
        if state.local_tile:
            self._refresh_input()
        self._parts.observers.notify("video_tile_did_update", state)

    def _tile_was_removed(self, tile_id: int) -> None:
        self.reception.refresh()
        self._parts.observers.notify("video_tile_was_removed", tile_id)

    def _pause_stream(self, stream_id: int | None, paused: bool) -> None:
        if self._connection is None or stream_id is None:
            return
        self._connection.signaling.perform(
            lambda client, now_ms: (client.pause if paused else client.resume)([stream_id], now_ms)
        )
