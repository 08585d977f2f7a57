"""Tiles as the SDK's: ids, what is told and when, pauses."""

from typing import Any

import pytest
from chime_native.videotiles import VideoTileController, VideoTileState


class Tiles(VideoTileController):
    """A controller that remembers what it tells."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        super().__init__(
            "me",
            "ext-me",
            self.told.append,
            lambda tile_id: self.told.append(("removed", tile_id)),
            lambda stream_id, paused: self.told.append(("paused" if paused else "resumed", stream_id)),
        )

    def take(self) -> list[Any]:
        told = list(self.told)
        self.told.clear()
        return told


@pytest.fixture
def tiles() -> Tiles:
    return Tiles()


def test_the_local_tile_stays_when_it_is_stopped_and_keeps_its_id(tiles: Tiles) -> None:
    assert tiles.start_local_video_tile() == 1
    first, second = tiles.take()
    assert first == VideoTileState(1, local_tile=True)  # of nobody yet
    assert (second.bound_attendee_id, second.bound_external_user_id) == ("me", "ext-me")
    assert tiles.has_started_local_video_tile
    assert tiles.start_local_video_tile() == 1
    assert tiles.take() == []
    tiles.bind_local_stream("camera", 640, 360)
    (bound,) = tiles.take()
    assert (bound.bound_video_stream, bound.video_stream_content_width) == ("camera", 640)
    tiles.stop_local_video_tile()
    assert not tiles.has_started_local_video_tile
    (stopped,) = tiles.take()
    assert (stopped.tile_id, stopped.bound_video_stream) == (1, None)
    assert tiles.local_tile is not None
    tiles.remove_local_video_tile()
    assert tiles.take() == [("removed", 1)]
    assert tiles.local_tile is None
    tiles.stop_local_video_tile()
    tiles.remove_local_video_tile()
    tiles.bind_local_stream("camera", 640, 360)
    assert tiles.take() == []
    assert tiles.start_local_video_tile() == 2  # ids are not used again


def test_a_remote_tile_is_active_between_stream_and_sink(tiles: Tiles) -> None:
    tile_id = tiles.add_video_tile()
    tiles.take()
    bind = {"external_user_id": "ext-bob", "stream_id": 5, "group_id": 2}
    tiles.bind_video_stream(tile_id, "bob", "stream", **bind)  # type: ignore[arg-type]
    assert [state.active for state in tiles.take()] == [False]
    tiles.bind_video_sink(tile_id, "sink")
    assert [state.active for state in tiles.take()] == [True]
    tiles.bind_video_stream(tile_id, "bob", "stream", **bind)  # type: ignore[arg-type]
    tiles.bind_video_sink(tile_id, "sink")
    assert tiles.take() == []  # nothing differs
    assert tiles.set_poor_connection(tile_id, True)
    assert not tiles.set_poor_connection(tile_id, True)
    assert [(state.active, state.poor_connection) for state in tiles.take()] == [(False, True)]
    assert tiles.set_poor_connection(tile_id, False)
    tiles.take()
    tiles.set_stream_id(tile_id, 6)
    assert [state.stream_id for state in tiles.take()] == [6]
    tiles.set_stream_id(tile_id, 6)
    assert len(tiles.take()) == 1  # told in any case, as by the SDK
    assert tiles.have_video_tiles_with_streams()
    tiles.bind_video_sink(tile_id, None)
    assert [state.active for state in tiles.take()] == [False]
    tiles.remove_video_tile(tile_id)
    tiles.remove_video_tile(tile_id)
    assert tiles.take() == [("removed", tile_id)]
    assert not tiles.have_video_tiles_with_streams()


def test_a_pause_is_told_to_the_service_once(tiles: Tiles) -> None:
    tile_id = tiles.add_video_tile()
    tiles.bind_video_stream(tile_id, "bob", "stream", stream_id=5)
    tiles.take()
    tiles.pause_video_tile(tile_id)
    tiles.pause_video_tile(tile_id)
    first, state = tiles.take()
    assert (first, state.paused) == (("paused", 5), True)
    tiles.unpause_video_tile(tile_id)
    tiles.unpause_video_tile(tile_id)
    first, state = tiles.take()
    assert (first, state.paused) == (("resumed", 5), False)
    tiles.set_paused(tile_id, True)  # by the service
    tiles.unpause_video_tile(tile_id)
    assert [state.paused for state in tiles.take()] == [True, False]
    tiles.pause_video_tile(99)
    tiles.unpause_video_tile(99)
    assert tiles.take() == []


def test_tiles_are_found_and_removed_by_attendee(tiles: Tiles) -> None:
    local = tiles.start_local_video_tile()
    ids = [tiles.add_video_tile() for _ in range(3)]
    for tile_id, attendee_id in zip(ids, ("bob", "eve", "bob#content"), strict=True):
        tiles.bind_video_stream(tile_id, attendee_id, "stream")
    assert [tile.tile_id for tile in tiles.get_all_video_tiles()] == [local, *ids]
    assert [tile.tile_id for tile in tiles.get_all_remote_video_tiles()] == ids
    assert [tile.is_content for tile in tiles.get_all_remote_video_tiles()] == [False, False, True]
    found = tiles.get_video_tile_for_attendee_id("eve")
    assert found is not None
    assert found.tile_id == ids[1]
    assert tiles.get_video_tile_for_attendee_id("dan") is None
    assert tiles.remove_video_tiles_by_attendee_id("eve") == [ids[1]]
    tiles.take()
    # Content stays content, whoever is bound later.
    tiles.bind_video_stream(ids[2], "eve", "stream")
    assert tiles.take()[0].is_content
    tiles.remove_all_video_tiles()
    assert tiles.take() == [("removed", local), ("removed", ids[0]), ("removed", ids[2])]
    assert not tiles.has_started_local_video_tile
