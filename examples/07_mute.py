"""Use cases 7 to 9: mute and unmute, ask whether muted, forbid unmuting."""

import asyncio

from chime_native import MeetingSession
from local_meeting import local_meeting


async def main() -> None:
    async with local_meeting("ada") as (meeting, (ada,)), MeetingSession.join(meeting, ada) as session:
        av = session.audio_video
        av.realtime_mute_local_audio()
        print("muted:", av.realtime_is_local_audio_muted())
        print("unmuting works:", av.realtime_unmute_local_audio())

        av.realtime_set_can_unmute_local_audio(False)
        av.realtime_mute_local_audio()
        print("unmuting works when forbidden:", av.realtime_unmute_local_audio())
        av.realtime_set_can_unmute_local_audio(True)

        # The short ways.
        av.muted = False
        with av.muted_while():
            print("muted in the block:", av.muted)
        print("muted after it:", av.muted)


if __name__ == "__main__":
    asyncio.run(main())
