"""A meeting on this machine for an example: service, meeting, attendees."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from chime_native.service import LocalService


@asynccontextmanager
async def local_meeting(*names: str) -> AsyncIterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Gives the CreateMeeting response and one CreateAttendee response for each name."""
    async with LocalService() as service:
        chime = service.boto3_client()

        def create() -> tuple[dict[str, Any], list[dict[str, Any]]]:
            meeting = chime.create_meeting(
                ClientRequestToken="example", MediaRegion="us-east-1", ExternalMeetingId="example"
            )
            meeting_id = meeting["Meeting"]["MeetingId"]
            return meeting, [
                chime.create_attendee(MeetingId=meeting_id, ExternalUserId=name) for name in names
            ]

        # boto3 blocks, and the service answers from this same loop: hence the thread.
        yield await asyncio.to_thread(create)
