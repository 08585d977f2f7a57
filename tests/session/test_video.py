"""Python attendees see each other through the local service, over real sockets."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import numpy as np
import pytest
from chime_native import MeetingSession
from chime_native.devices import ArrayVideoSource, PatternVideoSource, ToneSource
from chime_native.rtc import Impairment
from chime_native.session.events import AudioVideoDidStart
from chime_native.signaling import Dialect
from chime_native.video import VideoFrame
from interop_harness import PythonTiles, until

PATIENCE = 60  # seconds, for a busy machine that encodes and decodes


def likeness(frame: VideoFrame, source: PatternVideoSource) -> float:
    """Mean distance of the luma of a received picture from the one of the pattern with its number."""
    sent = source.picture(PatternVideoSource.number_in(frame.i420))
    if sent.shape != frame.i420.shape:
        return 255.0
    height = frame.height
    return float(np.abs(frame.i420[:height].astype(int) - sent[:height].astype(int)).mean())


@pytest.fixture
async def join(meeting: Any, tools: Any) -> Any:
    """Makes sessions that have joined, and leaves at the end."""
    async with AsyncExitStack() as stack:

        async def join(name: str, **options: Any) -> MeetingSession:
            configuration = await meeting.configuration(name)
            configuration.signaling_dialect = options.pop("dialect", Dialect.BROWSER)
            session = await stack.enter_async_context(MeetingSession(configuration, **options))
            session.audio_video.start()
            await tools.within(session.started())
            return session

        yield join


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_two_see_each_others_pattern(join: Any, dialect: Dialect) -> None:
    ada, bob = await join("ada", dialect=dialect), await join("bob", dialect=dialect)
    sources = {ada: PatternVideoSource(), bob: PatternVideoSource(320, 180, 10)}
    tiles = {session: PythonTiles(session) for session in sources}
    for session, source in sources.items():
        await session.audio_video.start_video_input(source)
        assert session.audio_video.start_local_video_tile() == 1
    for seer, seen in ((ada, bob), (bob, ada)):
        await tiles[seer].sees(seen.attendee_id)
        sink = tiles[seer].sinks[seen.attendee_id]
        async with asyncio.timeout(PATIENCE):
            good = await sink.wait_for(lambda frame, source=sources[seen]: likeness(frame, source) < 6)
            later = await sink.wait_for(lambda frame, good=good: frame.timestamp > good.timestamp + 90_000)
        assert good.attendee_id == seen.attendee_id
        passed = PatternVideoSource.number_in(later.i420) - PatternVideoSource.number_in(good.i420)
        seconds = (later.timestamp - good.timestamp) / 90_000
        assert passed / seconds == pytest.approx(sources[seen].frame_rate, rel=0.3)
        (tile,) = seer.audio_video.get_all_remote_video_tiles()
        assert (tile.bound_attendee_id, tile.active, tile.is_content) == (seen.attendee_id, True, False)
    assert tiles[ada].updates[0].bound_attendee_id is None  # as the SDK: a tile is first nobody's
    ada.audio_video.stop_local_video_tile()
    await tiles[bob].sees_nothing_of(ada.attendee_id)
    # And again: the same SSRC goes on.
    async with ada.audio_video.local_video(PatternVideoSource(320, 180)):
        await tiles[bob].sees(ada.attendee_id, lambda frame: frame.width == 320)
    await tiles[bob].sees_nothing_of(ada.attendee_id)
    ada.audio_video.start_local_video_tile()  # nothing is sent without a source
    async with asyncio.timeout(PATIENCE):
        await ada.audio_video.start_video_input(sources[ada])
    await tiles[bob].sees(ada.attendee_id)
    await asyncio.wait_for(ada.leave(), PATIENCE)
    await tiles[bob].sees_nothing_of(ada.attendee_id)


async def test_pictures_come_as_an_iterator_and_nothing_is_decoded_for_nobody(join: Any) -> None:
    ada, bob = await join("ada"), await join("bob")
    source = ArrayVideoSource()
    await ada.audio_video.start_video_input(source)
    ada.audio_video.start_local_video_tile()

    async def film() -> None:
        pixels = np.full((90, 160, 3), (200, 30, 30), np.uint8)
        while True:
            source.push(pixels)
            await asyncio.sleep(0.05)

    filming = asyncio.create_task(film())
    try:
        async with asyncio.timeout(PATIENCE):
            await until(
                lambda: bob.stats()["video"]["received"].get(ada.attendee_id, {}).get("packets", 0) > 20
            )
            received = bob.stats()["video"]["received"][ada.attendee_id]
            assert received["frames"] == received["frames_decoded"] == 0
            async with bob.audio_video.video_frames(ada.attendee_id) as frames:
                frame = await anext(frames)
                while np.abs(frame.to_rgb().astype(int) - (200, 30, 30)).max() > 12:
                    frame = await anext(frames)
                assert (frame.width, frame.height) == (160, 90)
            # Who does not read any more costs nothing any more.
            await until(lambda: not bob._link.video.reception._places[0].stream.is_watched)
    finally:
        filming.cancel()
        await asyncio.wait({filming})


async def test_lost_packets_are_sent_again_both_ways(join: Any) -> None:
    ada = await join("ada", impairment=Impairment(loss=0.05, seed=3))
    bob = await join("bob", impairment=Impairment(loss=0.05, seed=4))
    source = PatternVideoSource()
    tiles = PythonTiles(bob)
    await ada.audio_video.start_video_input(source)
    ada.audio_video.start_local_video_tile()
    await tiles.sees(ada.attendee_id)
    sink = tiles.sinks[ada.attendee_id]
    async with asyncio.timeout(PATIENCE):
        for _ in range(30):  # no picture is damaged
            assert likeness(await sink.wait_for(), source) < 12

        def repaired() -> bool:
            received = bob.stats()["video"]["received"][ada.attendee_id]["packets_recovered"]
            return received > 3 and ada.stats()["video"]["sent"]["packets_retransmitted"] > 3

        while not repaired():
            await sink.wait_for()


async def test_sounds_of_single_attendees_and_videos_share_a_connection(join: Any, tools: Any) -> None:
    ada, bob = await join("ada"), await join("bob", per_attendee_audio=True)
    tiles = PythonTiles(bob)
    await ada.audio_video.start_audio_input(ToneSource(440))
    async with bob.audio_video.attendee_audio(ada.attendee_id) as sound:
        block = await tools.within(anext(sound))
        async with ada.audio_video.local_video(PatternVideoSource(320, 180)):
            await tiles.sees(ada.attendee_id)
            block = await tools.within(anext(sound))
        await tiles.sees_nothing_of(ada.attendee_id)
        assert block.attendee_id == ada.attendee_id
        async with ada.audio_video.local_video(PatternVideoSource(320, 180)):
            await tiles.sees(ada.attendee_id)
            for _ in range(100):  # more than what was queued
                block = await tools.within(anext(sound))
            assert np.abs(block.pcm).max() > 300


async def test_the_figures_of_both_ways_are_told(join: Any) -> None:
    ada, bob = await join("ada"), await join("bob")
    tiles = PythonTiles(bob)
    for session in (ada, bob):
        await session.audio_video.start_video_input(PatternVideoSource(320, 180))
        session.audio_video.start_local_video_tile()
    await tiles.sees(ada.attendee_id)
    async with asyncio.timeout(PATIENCE), bob.audio_video.metrics() as reports:
        async for report in reports:
            figures = report.observable_video_metrics()
            sent = [*figures.get(bob.attendee_id, {}).values()]
            received = [*figures.get(ada.attendee_id, {}).values()]
            if (
                sent
                and received
                and sent[0].get("video_upstream_round_trip_time_ms") is not None
                and received[0]["video_downstream_frames_decoded_per_second"] > 5
            ):
                break
    assert sent[0]["video_upstream_frame_width"] == received[0]["video_downstream_frame_width"] == 320
    assert sent[0]["video_upstream_bitrate"] > 5_000
    assert received[0]["video_downstream_bitrate"] > 5_000


async def test_a_reconnect_goes_on_with_both_videos(join: Any, tools: Any) -> None:
    ada, bob = await join("ada"), await join("bob")
    tiles = {session: PythonTiles(session) for session in (ada, bob)}
    for session in (ada, bob):
        await session.audio_video.start_video_input(PatternVideoSource(320, 180))
        session.audio_video.start_local_video_tile()
    await tiles[ada].sees(bob.attendee_id)
    await tiles[bob].sees(ada.attendee_id)
    (tile,) = ada.audio_video.get_all_remote_video_tiles()
    async with ada.events() as events:
        ada._link.connection.signaling._socket.transport.abort()
        while not isinstance(await tools.within(anext(events)), AudioVideoDidStart):
            pass
        while bob.attendee_id not in ada.stats()["video"]["received"]:
            await tools.within(anext(events))
    await tiles[ada].sees(bob.attendee_id)
    await tiles[bob].sees(ada.attendee_id)
    assert [other.tile_id for other in ada.audio_video.get_all_remote_video_tiles()] == [tile.tile_id]


async def test_a_paused_tile_gets_nothing_until_it_is_resumed(join: Any) -> None:
    ada, bob = await join("ada"), await join("bob")
    tiles = PythonTiles(bob)
    await ada.audio_video.start_video_input(PatternVideoSource(320, 180))
    ada.audio_video.start_local_video_tile()
    await tiles.sees(ada.attendee_id)
    sink = tiles.sinks[ada.attendee_id]
    (tile,) = bob.audio_video.get_all_remote_video_tiles()
    bob.audio_video.pause_video_tile(tile.tile_id)
    async with asyncio.timeout(PATIENCE):
        same, packets = 0, -1
        while same < 10:  # half a second without packets
            await asyncio.sleep(0.05)
            now = bob.stats()["video"]["received"][ada.attendee_id]["packets"]
            same, packets = (same + 1 if now == packets else 0), now
        frames = sink.frames
        bob.audio_video.unpause_video_tile(tile.tile_id)
        while sink.frames < frames + 5:
            await sink.wait_for()


async def test_nothing_is_left_of_video(meeting: Any, tools: Any, open_things: Any) -> None:
    async def call() -> None:
        async with (
            MeetingSession(await meeting.configuration("ada")) as ada,
            MeetingSession(await meeting.configuration("bob")) as bob,
        ):
            tiles = PythonTiles(bob)
            await ada.audio_video.start_video_input(PatternVideoSource(320, 180))
            ada.audio_video.start_local_video_tile()
            for session in (ada, bob):
                session.audio_video.start()
                await tools.within(session.started())
            await tiles.sees(ada.attendee_id)

    await call()
    before = open_things()
    await call()
    descriptors, threads, tasks = open_things()
    assert (descriptors, tasks) == (before[0], before[2])
    assert threads <= before[1] + 2  # of the pool of asyncio, which grows to its limit and stays


async def test_wrong_things_are_refused(meeting: Any) -> None:
    async with MeetingSession(await meeting.configuration("ada")) as ada:
        av = ada.audio_video
        with pytest.raises(TypeError, match="async read"):
            await av.start_video_input(3)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="write"):
            av.bind_video_sink(1, object())  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="more than 0"):
            av.set_video_max_bandwidth_kbps(0)
        assert av.get_local_video_tile() is None
        assert av.start_local_video_tile() == 1
        av.remove_local_video_tile()
        assert av.get_all_video_tiles() == []
