"""The short ways into a meeting, and what an application is told when it ends in the middle of them."""

import asyncio
from typing import Any

import pytest
from chime_native import MeetingSession
from chime_native.devices import ArraySink, ToneSource
from chime_native.errors import MeetingEndedError, RemovedError
from chime_native.session import MeetingSessionStatusCode as Code


async def forever() -> None:
    await asyncio.Event().wait()


async def test_a_client_makes_meeting_and_attendee(local_service: Any, tools: Any) -> None:
    client = local_service.boto3_client()
    heard = ArraySink()
    async with MeetingSession.create(client, "ada", meeting_options={"ExternalMeetingId": "made"}) as ada:
        await ada.audio_video.start_audio_input(ToneSource(440))
        meeting_id = ada.configuration.meeting_id
        assert meeting_id is not None
        assert ada.configuration.external_meeting_id == "made"
        async with MeetingSession.create(client, "bob", meeting_id=meeting_id) as bob:
            await bob.audio_video.bind_audio_element(heard)
            await tools.hears(heard, 440)
            assert {entry.external_user_id for entry in bob.roster.values()} == {"ada", "bob"}


async def test_the_end_of_the_meeting_ends_the_block(meeting: Any, tools: Any) -> None:
    attendee = await meeting.call("create_attendee", ExternalUserId="ada")

    async def stay() -> None:
        async with MeetingSession.join(meeting.created, attendee, raise_when_ended=True):
            await meeting.call("delete_meeting")
            await forever()

    with pytest.raises(MeetingEndedError) as caught:
        await tools.within(stay())
    assert caught.value.status.status_code is Code.MEETING_ENDED


async def test_the_block_is_left_as_it_was_left(meeting: Any, tools: Any) -> None:
    attendee = await meeting.call("create_attendee", ExternalUserId="ada")
    joined = MeetingSession.join(meeting.created, attendee, raise_when_ended=True)
    async with joined as session:
        await tools.within(session.leave())
    with pytest.raises(KeyError):
        async with MeetingSession.join(meeting.created, attendee, raise_when_ended=True):
            raise KeyError("an error of the application")

    async def stay() -> None:
        async with MeetingSession.join(meeting.created, attendee, raise_when_ended=True):
            await forever()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(stay(), 1)


async def test_an_end_that_is_seen_only_at_the_end(meeting: Any, tools: Any) -> None:
    """The block does not wait after the session has ended: it is told of it all the same."""
    attendee = await meeting.call("create_attendee", ExternalUserId="ada")

    async def stay() -> None:
        async with MeetingSession.join(meeting.created, attendee, raise_when_ended=True) as session:
            await meeting.call("delete_attendee", AttendeeId=session.attendee_id)
            await tools.within(session.ended())

    with pytest.raises(RemovedError):
        await stay()
    await asyncio.sleep(0)  # nothing of the cancellation is left


async def test_without_the_wish_the_block_goes_on(meeting: Any, tools: Any) -> None:
    attendee = await meeting.call("create_attendee", ExternalUserId="ada")
    async with MeetingSession.join(meeting.created, attendee) as session:
        await meeting.call("delete_meeting")
        assert (await tools.within(session.ended())).status_code is Code.MEETING_ENDED
        await asyncio.sleep(0)
