"""Use case 8: is this attendee muted, now and whenever that changes. Works before the meeting, too."""

import asyncio

from chime_native import MeetingSession, MeetingSessionConfiguration
from local_meeting import local_meeting


def mute_changed(muted: bool) -> None:
    print("told: muted" if muted else "told: not muted")


async def main() -> None:
    async with (
        local_meeting("ada") as (meeting, (ada,)),
        MeetingSession(MeetingSessionConfiguration(meeting, ada)) as session,
    ):
        av = session.audio_video
        av.realtime_subscribe_to_mute_and_unmute_local_audio(mute_changed)
        av.realtime_mute_local_audio()
        av.start()  # joins muted
        await session.started()
        print("asked:", av.realtime_is_local_audio_muted())
        av.muted = False  # the short way
        print("asked:", av.muted)


if __name__ == "__main__":
    asyncio.run(main())
