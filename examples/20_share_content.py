"""Use cases 18 to 22: share content, stop it, view the content of others.

What is shared is any video source: a film (``VideoFileSource``), the screen (``ScreenVideoSource``), or pictures that the
application makes, as here.
"""

import asyncio

import numpy as np
from chime_native import MeetingSession
from chime_native.devices import ArrayVideoSource
from local_meeting import local_meeting


class Share:
    """An observer of the own content share."""

    def __init__(self) -> None:
        self.stopped = asyncio.Event()

    def content_share_did_start(self) -> None:
        print("observer: the meeting has the content")

    def content_share_did_stop(self) -> None:
        print("observer: the content share has ended")
        self.stopped.set()


async def slides(source: ArrayVideoSource) -> None:
    """Pushes a picture of another grey five times a second."""
    level = 0
    while True:
        source.push(np.full((360, 640, 3), 60 + level % 100, np.uint8))
        level += 5
        await asyncio.sleep(0.2)


async def main() -> None:
    async with (
        local_meeting("ada", "bob") as (meeting, (ada, bob)),
        MeetingSession.join(meeting, ada) as ada_session,
        MeetingSession.join(meeting, bob) as bob_session,
    ):
        share, source = Share(), ArrayVideoSource(frame_rate=5)
        ada_session.audio_video.add_content_share_observer(share)
        drawing = asyncio.create_task(slides(source))
        await ada_session.audio_video.start_content_share(source)

        # What is shared is an attendee of its own.
        async with bob_session.audio_video.video_frames(f"{ada_session.attendee_id}#content") as frames:
            frame = await anext(frames)
        print("bob sees", frame.width, "x", frame.height)
        (tile,) = bob_session.audio_video.get_all_remote_video_tiles()
        print("a tile of content:", tile.is_content)

        ada_session.audio_video.stop_content_share()
        await share.stopped.wait()
        drawing.cancel()


if __name__ == "__main__":
    asyncio.run(main())
