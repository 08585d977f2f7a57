"""Use cases 13 to 17: share one's own video, stop it, view the video of others, and know who sends.

Ada sends a test pattern; Bob binds a sink to her tile, reads her pictures as NumPy arrays, and writes one to a file.
"""

import asyncio
import tempfile
from pathlib import Path

import av
from chime_native import MeetingSession
from chime_native.devices import FrameSink, PatternVideoSource
from local_meeting import local_meeting


class Viewer:
    """An observer that binds a sink to the tile of each attendee, as a page binds a video element."""

    def __init__(self, session: MeetingSession) -> None:
        self.session = session
        self.sink = FrameSink()
        self.shown = asyncio.Event()
        self.gone = asyncio.Event()

    def video_tile_did_update(self, tile_state) -> None:
        if tile_state.local_tile or tile_state.bound_attendee_id is None or tile_state.active:
            return
        if not self.shown.is_set():
            print("observer: a tile of", tile_state.bound_external_user_id)
            self.session.audio_video.bind_video_sink(tile_state.tile_id, self.sink)
            self.shown.set()

    def video_tile_was_removed(self, tile_id: int) -> None:
        print("observer: tile", tile_id, "is gone")
        self.gone.set()


async def main() -> None:
    async with (
        local_meeting("ada", "bob") as (meeting, (ada, bob)),
        MeetingSession.join(meeting, ada) as ada_session,
        MeetingSession.join(meeting, bob) as bob_session,
    ):
        viewer = Viewer(bob_session)
        bob_session.audio_video.add_observer(viewer)

        await ada_session.audio_video.start_video_input(PatternVideoSource())
        print("local tile:", ada_session.audio_video.start_local_video_tile())

        await viewer.shown.wait()
        frame = await viewer.sink.wait_for()
        print("sink:", frame.width, "x", frame.height)
        (source,) = bob_session.audio_video.get_remote_video_sources()
        print("sends video:", source.external_user_id)

        async with bob_session.audio_video.video_frames(ada_session.attendee_id) as frames:
            first = await anext(frames)
            while (frame := await anext(frames)).timestamp < first.timestamp + 90_000:
                pass
        passed = PatternVideoSource.number_in(frame.i420) - PatternVideoSource.number_in(first.i420)
        print(f"iterator: {passed} pictures of the pattern in a second")

        path = Path(tempfile.gettempdir()) / "seen.png"
        av.VideoFrame.from_ndarray(frame.to_rgb(), format="rgb24").save(str(path))
        print("saved to", path)

        ada_session.audio_video.stop_local_video_tile()
        await viewer.gone.wait()


if __name__ == "__main__":
    asyncio.run(main())
