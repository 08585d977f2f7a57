"""Use case 7: mute and unmute oneself. The others are told, and hear silence."""

import asyncio

from chime_native import MeetingSession
from local_meeting import local_meeting


async def main() -> None:
    async with (
        local_meeting("ada", "bob") as (meeting, (ada, bob)),
        MeetingSession.join(meeting, ada) as ada_session,
        MeetingSession.join(meeting, bob) as bob_session,
        bob_session.audio_video.mute_changes(ada_session.attendee_id) as changes,
    ):
        av = ada_session.audio_video
        av.realtime_mute_local_audio()
        while not (await anext(changes)).muted:
            pass
        print("bob sees that ada is muted")
        print("unmuting works:", av.realtime_unmute_local_audio())
        while (await anext(changes)).muted:
            pass
        print("bob sees that ada is not muted")

        # The short way.
        with av.muted_while():
            print("muted in the block:", av.muted)
        print("muted after it:", av.muted)


if __name__ == "__main__":
    asyncio.run(main())
