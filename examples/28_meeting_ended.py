"""Use case 28: be told that the meeting has ended, as somebody else has deleted it."""

import asyncio

from chime_native import MeetingSession, MeetingSessionStatus, MeetingSessionStatusCode
from local_meeting import delete, local_meeting


class Observer:
    def audio_video_did_stop(self, status: MeetingSessionStatus) -> None:
        if status.status_code is MeetingSessionStatusCode.MEETING_ENDED:
            print("observer: the meeting has ended")


async def main() -> None:
    async with (
        local_meeting("ada", "bob") as (meeting, (ada, bob)),
        MeetingSession.join(meeting, ada) as ada_session,
        MeetingSession.join(meeting, bob) as bob_session,
    ):
        ada_session.audio_video.add_observer(Observer())
        await delete(meeting)
        for name, session in (("ada", ada_session), ("bob", bob_session)):
            status = await session.ended()
            print(f"{name}: {status.status_code.sdk_name}: {status}")


if __name__ == "__main__":
    asyncio.run(main())
