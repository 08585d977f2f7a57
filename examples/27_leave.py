"""Use case 27: leave a meeting. ``stop`` returns at once, and ``audio_video_did_stop`` follows with the status Left."""

import asyncio

from chime_native import (
    MeetingSession,
    MeetingSessionConfiguration,
    MeetingSessionStatus,
    MeetingSessionStatusCode,
)
from local_meeting import local_meeting


class Observer:
    def audio_video_did_stop(self, status: MeetingSessionStatus) -> None:
        if status.status_code is MeetingSessionStatusCode.LEFT:
            print("observer: left")


async def main() -> None:
    async with (
        local_meeting("ada") as (meeting, (ada,)),
        MeetingSession(MeetingSessionConfiguration(meeting, ada)) as session,
    ):
        session.audio_video.add_observer(Observer())
        session.audio_video.start()
        await session.started()
        session.audio_video.stop()
        print("ended:", (await session.ended()).status_code.sdk_name)

        # The same session may join again; the short way to leave waits until it is done.
        session.audio_video.start()
        await session.started()
        print("once more:", (await session.leave()).status_code.sdk_name)


if __name__ == "__main__":
    asyncio.run(main())
