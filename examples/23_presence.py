"""Use case 23: be told who comes and who goes, by callback and by iterator."""

import asyncio

from chime_native import MeetingSession, MeetingSessionConfiguration
from chime_native.realtime import PositionInFrame
from local_meeting import local_meeting


def presence_changed(
    _attendee_id: str,
    present: bool,
    external_user_id: str | None,
    dropped: bool,  # gone because the connection was lost
    _position: PositionInFrame | None,  # which of how many told at once
) -> None:
    print(f"callback: {external_user_id} {'came' if present else 'was lost' if dropped else 'left'}")


async def main() -> None:
    async with (
        local_meeting("ada", "bob") as (meeting, (ada, bob)),
        MeetingSession(MeetingSessionConfiguration(meeting, ada)) as session,
        session.audio_video.presence() as presence,
    ):
        # Before the start: who is there already is told once, when this attendee joins.
        session.audio_video.realtime_subscribe_to_attendee_id_presence(presence_changed)
        session.audio_video.start()
        async with MeetingSession.join(meeting, bob):
            async for change in presence:
                if change.external_user_id == "bob":
                    print("iterator: bob came")
                    break
        async for change in presence:
            if not change.present:
                print(f"iterator: {change.external_user_id} went")
                break


if __name__ == "__main__":
    asyncio.run(main())
