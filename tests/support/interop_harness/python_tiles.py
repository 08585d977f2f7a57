"""What our own session shows of others, as an application does: a sink for each remote tile."""

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
from chime_native.devices import FrameSink
from chime_native.session import MeetingSession
from chime_native.video import VideoFrame
from chime_native.videotiles import VideoTileState

# A busy machine encodes and decodes slowly.
WATCHING_TIMEOUT_S = 60
# So many new frames are a moving picture, not a first one left standing.
MOVING_FRAMES = 5


class PythonTiles:
    """An observer that binds a :class:`FrameSink` to every remote tile of a session."""

    def __init__(self, session: MeetingSession) -> None:
        self.session = session
        self.sinks: dict[str, FrameSink] = {}
        self.removed: list[int] = []
        self.updates: list[VideoTileState] = []
        self._changed = asyncio.Condition()
        session.audio_video.add_observer(self)

    async def video_tile_did_update(self, tile_state: VideoTileState) -> None:
        self.updates.append(tile_state)
        attendee_id = tile_state.bound_attendee_id
        if attendee_id is not None and not tile_state.local_tile and tile_state.bound_video_sink is None:
            sink = self.sinks.setdefault(attendee_id, FrameSink())
            self.session.audio_video.bind_video_sink(tile_state.tile_id, sink)
        async with self._changed:
            self._changed.notify_all()

    async def video_tile_was_removed(self, tile_id: int) -> None:
        self.removed.append(tile_id)
        async with self._changed:
            self._changed.notify_all()

    async def sees(
        self,
        attendee_id: str,
        accept: Callable[[VideoFrame], bool] = lambda _frame: True,
        *,
        within: float = WATCHING_TIMEOUT_S,
    ) -> VideoFrame:
        """Waits until pictures of the attendee (``ID#content``: of what it shares) come that are accepted; the last one."""
        try:
            async with asyncio.timeout(within):
                async with self._changed:
                    await self._changed.wait_for(lambda: attendee_id in self.sinks)
                for _ in range(MOVING_FRAMES):
                    frame = await self.sinks[attendee_id].wait_for(accept)
        except TimeoutError:
            sink = self.sinks.get(attendee_id)
            latest = sink.latest if sink is not None else None
            shown = f"{sink.frames if sink else 0} pictures, the last one {latest and mean_colour(latest)}"
            raise AssertionError(
                f"{attendee_id} is not seen as wanted: {shown}; {self.session.stats()['video']}"
            ) from None
        return frame

    async def sees_nothing_of(self, attendee_id: str) -> None:
        """Waits until there is no tile of the attendee."""
        tiles = self.session.audio_video.get_all_remote_video_tiles
        async with asyncio.timeout(WATCHING_TIMEOUT_S), self._changed:
            await self._changed.wait_for(
                lambda: all(tile.bound_attendee_id != attendee_id for tile in tiles())
            )

    def tile_of(self, attendee_id: str) -> VideoTileState:
        """The tile of an attendee, which there must be."""
        (tile,) = [
            tile
            for tile in self.session.audio_video.get_all_remote_video_tiles()
            if tile.bound_attendee_id == attendee_id
        ]
        return tile


def mean_colour(frame: VideoFrame) -> tuple[int, ...]:
    """Red, green and blue of the middle of a picture."""
    pixels: Any = frame.to_rgb()
    height, width = pixels.shape[:2]
    middle = pixels[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4]
    return tuple(int(value) for value in np.rint(middle.mean(axis=(0, 1))))


def is_coloured(channel: str) -> Callable[[VideoFrame], bool]:
    """Whether ``red``, ``green`` or ``blue`` is the strongest channel in the middle of a picture, by far."""
    place = ("red", "green", "blue").index(channel)

    def accept(frame: VideoFrame) -> bool:
        colour = mean_colour(frame)
        others = [value for index, value in enumerate(colour) if index != place]
        return colour[place] > 60 + max(others)

    return accept
