"""A service as a process of its own, with one meeting that it has again after a restart.

``python served_meeting.py PORT STATE_FILE NAME...`` prints the responses of CreateMeeting and of CreateAttendee for each name as one
line of JSON, and serves until it is killed. With the same state file the responses are the same, because the requests are.
"""

import asyncio
import json
import sys
from typing import Any

from chime_native.service import LocalService, ServiceSettings


async def main(port: int, state_file: str, names: list[str]) -> None:
    async with LocalService(port=port, settings=ServiceSettings(state_file=state_file)) as service:
        client = service.boto3_client()

        def create() -> dict[str, Any]:
            meeting = client.create_meeting(
                ClientRequestToken="served", MediaRegion="us-east-1", ExternalMeetingId="served"
            )
            meeting_id = meeting["Meeting"]["MeetingId"]
            attendees = [client.create_attendee(MeetingId=meeting_id, ExternalUserId=name) for name in names]
            return {"meeting": meeting, "attendees": attendees}

        print(json.dumps(await asyncio.to_thread(create), default=str), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
