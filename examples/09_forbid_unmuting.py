"""Use case 9: keep an attendee muted: unmuting is refused, and the application is told when that changes."""

import asyncio

from chime_native import MeetingSession
from local_meeting import local_meeting


def can_unmute_changed(can_unmute: bool) -> None:
    print("told: may unmute" if can_unmute else "told: may not unmute")


async def main() -> None:
    async with local_meeting("ada") as (meeting, (ada,)), MeetingSession.join(meeting, ada) as session:
        av = session.audio_video
        av.realtime_subscribe_to_set_can_unmute_local_audio(can_unmute_changed)
        av.realtime_set_can_unmute_local_audio(False)
        av.realtime_mute_local_audio()  # forbidding to unmute does not mute
        print("unmuted:", av.realtime_unmute_local_audio())
        av.can_unmute = True  # the short way
        print("unmuted:", av.realtime_unmute_local_audio())


if __name__ == "__main__":
    asyncio.run(main())
