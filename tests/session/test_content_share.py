"""Content share of Python attendees, through the local service over real sockets."""

import asyncio
from typing import Any

import numpy as np
import pytest
from chime_native import MeetingSession
from chime_native.devices import ArraySink, ArrayVideoSource, FrameSink, PatternVideoSource, ToneSource
from interop_harness import PythonTiles, is_coloured, mean_colour, until

PATIENCE = 60
RED, GREEN, BLUE = (220, 20, 20), (20, 200, 20), (20, 20, 220)


class Shares:
    """An observer of content shares."""

    def __init__(self, session: MeetingSession) -> None:
        self.told: list[str] = []
        session.audio_video.add_content_share_observer(self)

    def content_share_did_start(self) -> None:
        self.told.append("start")

    def content_share_did_stop(self) -> None:
        self.told.append("stop")

    def content_share_did_pause(self) -> None:
        self.told.append("pause")

    def content_share_did_unpause(self) -> None:
        self.told.append("unpause")

    async def are(self, *told: str) -> None:
        await until(lambda: self.told == list(told), PATIENCE, f"{told}")


@pytest.fixture
async def two(meeting: Any, tools: Any) -> Any:
    async with (
        MeetingSession(await meeting.configuration("ada")) as ada,
        MeetingSession(await meeting.configuration("bob")) as bob,
    ):
        for session in (ada, bob):
            session.audio_video.start()
            await tools.within(session.started())
        yield ada, bob


async def test_content_is_seen_and_heard_beside_the_camera(two: Any, tools: Any) -> None:
    ada, bob = two
    shares, tiles, own = Shares(ada), PythonTiles(bob), PythonTiles(ada)
    content_id = f"{ada.attendee_id}#content"
    await ada.audio_video.start_video_input(PatternVideoSource(320, 180, colour=BLUE))
    ada.audio_video.start_local_video_tile()
    await ada.audio_video.start_content_share(
        PatternVideoSource(320, 180, colour=GREEN), audio=ToneSource(550)
    )
    frame = await tiles.sees(content_id, is_coloured("green"))
    assert frame.attendee_id == content_id
    await tiles.sees(ada.attendee_id, is_coloured("blue"))
    assert tiles.tile_of(content_id).is_content
    assert not tiles.tile_of(ada.attendee_id).is_content
    await shares.are("start")
    heard = ArraySink()
    await bob.audio_video.bind_audio_element(heard)
    await tools.hears(heard, 550)
    # The sharer's own tile shows what is shared, and does not come from the service.
    await own.sees(content_id, is_coloured("green"))
    assert own.tile_of(content_id).stream_id is None
    assert content_id not in ada.stats()["video"]["received"]

    ada.audio_video.pause_content_share()
    await tiles.sees(content_id, lambda frame: max(mean_colour(frame)) < 30)
    ada.audio_video.unpause_content_share()
    await tiles.sees(content_id, is_coloured("green"))
    await ada.audio_video.start_content_share(PatternVideoSource(320, 180, colour=RED))  # another source
    await tiles.sees(content_id, is_coloured("red"))

    ada.audio_video.stop_content_share()
    await tiles.sees_nothing_of(content_id)
    await shares.are("start", "pause", "unpause", "stop")
    await own.sees_nothing_of(content_id)
    await tiles.sees(ada.attendee_id, is_coloured("blue"))
    async with ada.audio_video.content_share(PatternVideoSource(320, 180, colour=GREEN)):
        await tiles.sees(content_id, is_coloured("green"))
    await tiles.sees_nothing_of(content_id)


async def test_a_share_ends_with_its_source_and_with_its_session(two: Any) -> None:
    ada, bob = two
    shares, tiles = Shares(ada), PythonTiles(bob)
    content_id = f"{ada.attendee_id}#content"
    source = ArrayVideoSource()
    source.push(np.full((90, 160, 3), RED, np.uint8))
    await ada.audio_video.start_content_share(source)
    await shares.are("start")
    source.end()
    await shares.are("start", "stop")
    await ada.audio_video.start_content_share(PatternVideoSource(320, 180, colour=BLUE))
    await tiles.sees(content_id, is_coloured("blue"))
    await asyncio.wait_for(ada.leave(), PATIENCE)
    await tiles.sees_nothing_of(content_id)
    await shares.are("start", "stop", "start", "stop")


async def test_a_third_share_is_refused(two: Any, meeting: Any, tools: Any) -> None:
    for session in two:
        shares = Shares(session)
        await session.audio_video.start_content_share(PatternVideoSource(320, 180))
        await shares.are("start")
    async with MeetingSession(await meeting.configuration("eve")) as eve:
        shares = Shares(eve)
        eve.audio_video.start()
        await tools.within(eve.started())
        await eve.audio_video.start_content_share(PatternVideoSource(320, 180))
        await shares.are("stop")


async def test_what_cannot_be_shared_is_refused_at_once(two: Any) -> None:
    ada, _ = two
    with pytest.raises(TypeError, match="async read"):
        await ada.audio_video.start_content_share(FrameSink())
    with pytest.raises(TypeError, match="stop_content_share"):
        await ada.audio_video.start_content_share(None)
    ada.audio_video.stop_content_share()
    ada.audio_video.pause_content_share()
    assert ada.stats()["content_share"] == {}
