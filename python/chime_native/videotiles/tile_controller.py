"""Tiles: an attendee, a stream and where it is shown (SDK: ``src/videotilecontroller/DefaultVideoTileController.ts``)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chime_native.realtime.modality import Modality

from .tile_state import VideoTileState

__all__ = ["VideoTileController"]

logger = logging.getLogger("chime_native.videotiles")


class VideoTileController:
    """All tiles of a session.

    Args:
        attendee_id, external_user_id: of the local attendee.
        on_update: gets the state of a tile after each change.
        on_removed: gets the id of a tile that is gone.
        on_pause: gets a stream id (None: none yet) and whether it is paused, when the application pauses or resumes a tile.
    """

    def __init__(
        self,
        attendee_id: str,
        external_user_id: str | None,
        on_update: Callable[[VideoTileState], object],
        on_removed: Callable[[int], object],
        on_pause: Callable[[int | None, bool], object],
    ) -> None:
        self._attendee_id = attendee_id
        self._external_user_id = external_user_id
        self._on_update = on_update
        self._on_removed = on_removed
        self._on_pause = on_pause
        self._tiles: dict[int, VideoTileState] = {}
        self._next_id = 1
        self._local_id: int | None = None
        self._local_started = False
        self._paused_by_application: set[int] = set()

    # --- the local tile ---

    @property
    def local_tile(self) -> VideoTileState | None:
        """The tile of the own camera; it stays, and keeps its id, when the camera is stopped."""
        return self._tiles.get(self._local_id) if self._local_id is not None else None

    @property
    def has_started_local_video_tile(self) -> bool:
        """Whether the own camera is to be sent."""
        return self._local_id is not None and self._local_started

    def start_local_video_tile(self) -> int:
        """Makes the local tile if there is none; its id."""
        if self._local_id is None:
            self._local_id = self.add_video_tile(local_tile=True)
            self._bind_local(None)
        self._local_started = True
        return self._local_id

    def stop_local_video_tile(self) -> None:
        """Takes the stream away from the local tile."""
        if self._local_id is not None:
            self._local_started = False
            self._bind_local(None)

    def remove_local_video_tile(self) -> None:
        """Removes the local tile."""
        if self._local_id is not None:
            self.remove_video_tile(self._local_id)

    def bind_local_stream(self, stream: object, width: int | None, height: int | None) -> None:
        """Pictures of the own camera are there."""
        if self._local_id is not None:
            self._bind_local(stream, width, height)

    def _bind_local(self, stream: object | None, width: int | None = None, height: int | None = None) -> None:
        assert self._local_id is not None
        self.bind_video_stream(
            self._local_id,
            self._attendee_id,
            stream,
            local_tile=True,
            external_user_id=self._external_user_id,
            width=width,
            height=height,
        )

    # --- all tiles ---

    def get_video_tile(self, tile_id: int) -> VideoTileState | None:
        """The state of a tile, None when there is no such tile."""
        return self._tiles.get(tile_id)

    def get_all_video_tiles(self) -> list[VideoTileState]:
        """The states of all tiles, in the order in which they were made."""
        return list(self._tiles.values())

    def get_all_remote_video_tiles(self) -> list[VideoTileState]:
        """All but the local tile; that includes the own content share."""
        return [tile for tile_id, tile in self._tiles.items() if tile_id != self._local_id]

    def get_video_tile_for_attendee_id(self, attendee_id: str) -> VideoTileState | None:
        """The first tile of an attendee."""
        return next((tile for tile in self._tiles.values() if tile.bound_attendee_id == attendee_id), None)

    def have_video_tiles_with_streams(self) -> bool:
        """Whether anything is sent or received."""
        return any(tile.bound_video_stream is not None for tile in self._tiles.values())

    def add_video_tile(self, *, local_tile: bool = False) -> int:
        """A new tile, of nobody yet, which is told as well; its id."""
        tile_id, self._next_id = self._next_id, self._next_id + 1
        self._tiles[tile_id] = VideoTileState(tile_id, local_tile)
        self._on_update(self._tiles[tile_id])
        return tile_id

    def remove_video_tile(self, tile_id: int) -> None:
        """Removes a tile, if it is there."""
        if self._tiles.pop(tile_id, None) is None:
            return
        if tile_id == self._local_id:
            self._local_id, self._local_started = None, False
        self._on_removed(tile_id)

    def remove_video_tiles_by_attendee_id(self, attendee_id: str) -> list[int]:
        """Removes all tiles of an attendee; their ids."""
        gone = [tile.tile_id for tile in self._tiles.values() if tile.bound_attendee_id == attendee_id]
        for tile_id in gone:
            self.remove_video_tile(tile_id)
        return gone

    def remove_all_video_tiles(self) -> None:
        """Removes all tiles, the local one too."""
        for tile_id in tuple(self._tiles):
            self.remove_video_tile(tile_id)

    # --- what happens to a tile ---

    def bind_video_stream(
        self,
        tile_id: int,
        attendee_id: str | None,
        stream: object | None,
        *,
        local_tile: bool = False,
        external_user_id: str | None = None,
        width: int | None = None,
        height: int | None = None,
        stream_id: int | None = None,
        group_id: int | None = None,
    ) -> None:
        """Whose pictures the tile has from now on; told only if anything differs."""
        tile = self._tiles.get(tile_id)
        if tile is None:
            return
        is_content = tile.is_content
        if attendee_id is not None and attendee_id != tile.bound_attendee_id:
            is_content = is_content or Modality(attendee_id).has_modality(Modality.CONTENT)
        self._change(
            tile_id,
            is_content=is_content,
            bound_attendee_id=attendee_id,
            bound_external_user_id=external_user_id,
            local_tile=local_tile,
            bound_video_stream=stream,
            video_stream_content_width=width,
            video_stream_content_height=height,
            stream_id=stream_id,
            group_id=group_id,
        )

    def bind_video_sink(self, tile_id: int, sink: object | None) -> None:
        """Where the pictures go from now on; None: nowhere."""
        if tile_id not in self._tiles:
            logger.warning("there is no tile %d to which a sink could be bound", tile_id)
            return
        self._change(tile_id, bound_video_sink=sink)

    def pause_video_tile(self, tile_id: int) -> None:
        """The application does not want pictures for a while; the service is told once."""
        tile = self._tiles.get(tile_id)
        if tile is not None:
            if tile_id not in self._paused_by_application:
                self._on_pause(tile.stream_id, True)
                self._paused_by_application.add(tile_id)
            self.set_paused(tile_id, True)

    def unpause_video_tile(self, tile_id: int) -> None:
        """It wants them again."""
        tile = self._tiles.get(tile_id)
        if tile is not None:
            if tile_id in self._paused_by_application:
                self._on_pause(tile.stream_id, False)
                self._paused_by_application.discard(tile_id)
            self.set_paused(tile_id, False)

    def set_paused(self, tile_id: int, paused: bool) -> None:
        """Somebody else than the application pauses or resumes the tile."""
        self._change(tile_id, paused=paused)

    def set_poor_connection(self, tile_id: int, poor_connection: bool) -> bool:
        """Its sender has paused the stream, or resumed it; whether that is new."""
        return self._change(tile_id, poor_connection=poor_connection)

    def set_stream_id(self, tile_id: int, stream_id: int | None) -> None:
        """Another layer of the same sender is received; told in any case."""
        tile = self._tiles.get(tile_id)
        if tile is not None:
            self._tiles[tile_id] = replace(tile, stream_id=stream_id)
            self._on_update(self._tiles[tile_id])

    def _change(self, tile_id: int, **changes: Any) -> bool:
        tile = self._tiles.get(tile_id)
        if tile is None or all(
            getattr(tile, name) is value or getattr(tile, name) == value for name, value in changes.items()
        ):
            return False
        tile = replace(tile, **changes)
        active = (
            not tile.paused
            and not tile.poor_connection
            and bool(tile.bound_attendee_id)
            and tile.bound_video_sink is not None
            and tile.bound_video_stream is not None
        )
        self._tiles[tile_id] = replace(tile, active=active)
        self._on_update(self._tiles[tile_id])
        return True
