"""A meeting on this machine for an example: service, meeting, attendees."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import boto3
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


def chime_of(meeting: dict[str, Any]) -> Any:
    """A boto3 client of the service that a meeting is on; with Amazon Chime it needs no endpoint."""
    service = urlsplit(meeting["Meeting"]["MediaPlacement"]["SignalingUrl"]).netloc
    return boto3.client(
        "chime-sdk-meetings",
        endpoint_url=f"http://{service}",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


async def delete(meeting: dict[str, Any]) -> None:
    """Ends a meeting for everybody."""
    await asyncio.to_thread(chime_of(meeting).delete_meeting, MeetingId=meeting["Meeting"]["MeetingId"])


async def replica_of(meeting: dict[str, Any], name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The CreateMeeting response of a replica meeting, and the CreateAttendee response of an attendee in it."""
    chime = chime_of(meeting)

    def create() -> tuple[dict[str, Any], dict[str, Any]]:
        replica = chime.create_meeting(
            ClientRequestToken="replica",
            MediaRegion="us-east-1",
            ExternalMeetingId="replica",
            PrimaryMeetingId=meeting["Meeting"]["MeetingId"],
        )
        return replica, chime.create_attendee(MeetingId=replica["Meeting"]["MeetingId"], ExternalUserId=name)

    return await asyncio.to_thread(create)
