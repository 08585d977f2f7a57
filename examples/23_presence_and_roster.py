"""Use cases 23 and 24: who comes and goes, and the roster that follows from it."""

import asyncio

from chime_native import MeetingSession
from local_meeting import local_meeting


async def main() -> None:
    async with (
        local_meeting("ada", "bob") as (meeting, (ada, bob)),
        MeetingSession.join(meeting, ada) as session,
        session.audio_video.presence() as presence,
    ):
        async with MeetingSession.join(meeting, bob):
            async for change in presence:
                print(f"{change.external_user_id} {'came' if change.present else 'went'}")
                if change.external_user_id == "bob":
                    break
            for attendee in session.roster.values():
                print(f"in the roster: {attendee.external_user_id}, muted {attendee.muted}")
        async for change in presence:
            if not change.present:
                print(f"{change.external_user_id} went{' (lost)' if change.dropped else ''}")
                break
        print("left in the roster:", [attendee.external_user_id for attendee in session.roster.values()])


if __name__ == "__main__":
    asyncio.run(main())
