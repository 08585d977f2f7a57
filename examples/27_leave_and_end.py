"""Use cases 27 and 28: leave a meeting, and be told that it ended."""

import asyncio

from chime_native import MeetingSession, MeetingSessionStatusCode
from chime_native.service import LocalService


async def main() -> None:
    async with LocalService() as service:
        chime = service.boto3_client()
        meeting = await asyncio.to_thread(
            chime.create_meeting,
            ClientRequestToken="example",
            MediaRegion="us-east-1",
            ExternalMeetingId="example",
        )
        meeting_id = meeting["Meeting"]["MeetingId"]
        ada, bob = [
            await asyncio.to_thread(chime.create_attendee, MeetingId=meeting_id, ExternalUserId=name)
            for name in ("ada", "bob")
        ]
        async with (
            MeetingSession.join(meeting, ada) as ada_session,
            MeetingSession.join(meeting, bob) as bob_session,
        ):
            print("ada:", (await ada_session.leave()).status_code.sdk_name)
            await asyncio.to_thread(chime.delete_meeting, MeetingId=meeting_id)
            status = await bob_session.ended()
            print("bob:", status.status_code.sdk_name)
            assert status.status_code is MeetingSessionStatusCode.MEETING_ENDED


if __name__ == "__main__":
    asyncio.run(main())
