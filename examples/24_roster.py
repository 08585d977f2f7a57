"""Use case 24: the roster: who is there, how loud, muted or not. It is a mapping that follows the meeting by itself."""

import asyncio

from chime_native import MeetingSession
from chime_native.devices import ToneSource
from local_meeting import local_meeting


def show(session: MeetingSession) -> None:
    for attendee in session.roster.values():
        me = " (me)" if attendee.attendee_id == session.attendee_id else ""
        print(
            f"{attendee.external_user_id}{me}: volume {attendee.volume}, muted {attendee.muted}, "
            f"signal {attendee.signal_strength}, content {attendee.is_content}"
        )


async def main() -> None:
    async with (
        local_meeting("ada", "bob") as (meeting, (ada, bob)),
        MeetingSession.join(meeting, ada) as session,
    ):
        async with (
            MeetingSession.join(meeting, bob) as bob_session,
            session.audio_video.volume(bob_session.attendee_id) as volumes,
        ):
            await bob_session.audio_video.start_audio_input(ToneSource(440))
            while not (await anext(volumes)).volume:
                pass
            show(session)
        async with session.audio_video.presence() as presence:
            while len(session.roster) > 1:
                await anext(presence)
        print("bob has left:")
        show(session)


if __name__ == "__main__":
    asyncio.run(main())
