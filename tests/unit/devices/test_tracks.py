import asyncio
from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, MediaStreamTrack, VideoStreamTrack
from chime_native.devices import TrackSink, TrackSource


class GivenTrack(MediaStreamTrack):
    """Gives the frames it was made with, and ends."""

    kind = "audio"

    def __init__(self, frames: list[av.AudioFrame]) -> None:
        super().__init__()
        self.frames = frames

    async def recv(self) -> av.AudioFrame:
        if not self.frames:
            raise MediaStreamError
        return self.frames.pop(0)


def audio_frame(pcm: np.ndarray, rate: int = 48000) -> av.AudioFrame:
    layout = "mono" if pcm.shape[1] == 1 else "stereo"
    frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout=layout)
    frame.sample_rate = rate
    frame.pts = 0
    frame.time_base = Fraction(1, rate)
    return frame


async def test_source_gives_the_frames_of_a_track() -> None:
    pcm = np.arange(1920, dtype=np.int16)[:, np.newaxis]
    source = TrackSource(GivenTrack([audio_frame(pcm[:960]), audio_frame(pcm[960:])]))
    await source.start()
    await asyncio.wait_for(source.finished(), 30)
    assert np.array_equal(np.concatenate([source.read(480) for _ in range(4)]), pcm)
    assert source.ended
    assert not source.read(480).any()
    await source.close()


async def test_source_is_bounded_and_silent_when_late() -> None:
    pcm = np.repeat(np.arange(1, 13, dtype=np.int16), 4800)[:, np.newaxis]
    source = TrackSource(GivenTrack([audio_frame(pcm)]))
    assert not source.read(480).any()
    assert source.underruns == 1
    await source.start()
    await asyncio.wait_for(source.finished(), 30)
    assert source.dropped_frames == 48000
    assert source.read(480)[0, 0] == 11
    await source.close()
    await source.close()


async def test_source_leaves_the_track_to_its_owner() -> None:
    track = AudioStreamTrack()
    source = TrackSource(track)
    await source.start()
    await source.close()
    assert track.readyState == "live"
    track.stop()


def test_source_needs_an_audio_track() -> None:
    with pytest.raises(TypeError, match="an audio track is needed"):
        TrackSource(VideoStreamTrack())


async def test_sink_is_a_track_with_running_time_stamps() -> None:
    track = TrackSink()
    for value in range(30):
        track.write(np.full((480, 2), value, dtype=np.int16))
    assert track.dropped_blocks == 10
    frame = await track.recv()
    assert (frame.pts, frame.time_base, frame.sample_rate, frame.samples) == (
        4800,
        Fraction(1, 48000),
        48000,
        480,
    )
    assert np.array_equal(frame.to_ndarray(), np.full((1, 960), 10))


async def test_sink_ends_when_stopped() -> None:
    track = TrackSink()
    reader = asyncio.create_task(track.recv())
    await asyncio.sleep(0)
    track.stop()
    with pytest.raises(MediaStreamError):
        await asyncio.wait_for(reader, 30)
    track.write(np.zeros((480, 1), dtype=np.int16))
