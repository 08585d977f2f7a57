"""A service as a process of its own, with one meeting that it has again after a restart: ``python served_meeting.py PORT NAME...``.

Ids and join tokens are counted instead of drawn, so that whoever joined before the process was killed may come back.
Prints the responses of CreateMeeting and of CreateAttendee for each name as one line of JSON, and serves until it is killed.
"""

import asyncio
import itertools
import json
import sys
from typing import Any

from chime_native.service import LocalService


async def main(port: int, names: list[str]) -> None:
    async with LocalService(port=port) as service:
        numbers = itertools.count(1)
        service.store._new_id = lambda: f"00000000-0000-0000-0000-{next(numbers):012}"
        service.store._new_token = lambda: f"token{next(numbers):08}"
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
    asyncio.run(main(int(sys.argv[1]), sys.argv[2:]))
