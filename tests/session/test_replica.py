"""Replicated meetings over real sockets: watching, being promoted, and the ways back."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from chime_native import MeetingSession
from chime_native.devices import ArraySink, ToneSource
from chime_native.session import MeetingSessionConfiguration, MeetingSessionCredentials
from chime_native.session import MeetingSessionStatusCode as Code
from chime_native.session.events import AudioVideoDidStart, AudioVideoWasDemotedFromPrimaryMeeting


@dataclass
class Stage:
    """``ada`` is in the primary meeting, ``rita`` watches from a replica; ``guest`` is a place in the primary meeting."""

    ada: MeetingSession
    rita: MeetingSession
    guest: MeetingSessionCredentials
    replica: dict[str, Any]
    ada_hears: ArraySink
    rita_hears: ArraySink

    @property
    def guest_id(self) -> str:
        assert self.guest.attendee_id is not None
        return self.guest.attendee_id


@pytest.fixture
async def stage(meeting: Any, tools: Any) -> AsyncIterator[Stage]:
    client = meeting.service.boto3_client()
    replica = await asyncio.to_thread(
        client.create_meeting,
        ClientRequestToken="replica",
        MediaRegion="us-east-1",
        ExternalMeetingId="replica",
        PrimaryMeetingId=meeting.id,
    )
    watcher = await asyncio.to_thread(
        client.create_attendee, MeetingId=replica["Meeting"]["MeetingId"], ExternalUserId="rita"
    )
    guest = (await meeting.configuration("guest")).credentials
    async with (
        MeetingSession(await meeting.configuration("ada")) as ada,
        MeetingSession(MeetingSessionConfiguration(replica, watcher)) as rita,
    ):
        sinks = ArraySink(), ArraySink()
        for session, hz, sink in ((ada, 440, sinks[0]), (rita, 660, sinks[1])):
            await session.audio_video.start_audio_input(ToneSource(hz))
            await session.audio_video.bind_audio_element(sink)
            session.audio_video.start()
        await tools.within(asyncio.gather(ada.started(), rita.started()))
        yield Stage(ada, rita, guest, replica, *sinks)


async def demotion(events: Any, tools: Any) -> Code:
    """The status of the next demotion."""
    while True:
        event = await tools.within(anext(events))
        if isinstance(event, AudioVideoWasDemotedFromPrimaryMeeting):
            return event.status.status_code


async def presence_of(attendee_id: str, presence: Any, tools: Any) -> bool:
    """Whether the attendee came or went, when next something is told of it."""
    while True:
        event = await tools.within(anext(presence))
        if event.attendee_id == attendee_id:
            return bool(event.present)


async def test_promoted_and_demoted_by_the_application(stage: Stage, tools: Any) -> None:
    ada, rita = stage.ada, stage.rita
    async with (
        rita.events() as events,
        ada.audio_video.presence() as presence,
        ada.audio_video.data("chat") as chat,
    ):
        await tools.hears(stage.rita_hears, 440)
        assert (set(ada.roster), set(rita.roster)) == ({ada.attendee_id}, {ada.attendee_id})

        status = await tools.within(rita.audio_video.promote_to_primary_meeting(stage.guest))
        assert status.status_code is Code.OK
        assert await presence_of(stage.guest_id, presence, tools)
        pcm = await tools.hears(stage.ada_hears, 660)
        assert tools.level_at(pcm, 440) < -25
        assert set(ada.roster) == {ada.attendee_id, stage.guest_id}
        pcm = await tools.hears(stage.rita_hears, 440)
        assert tools.level_at(pcm, 660) < -25  # not herself
        rita.audio_video.send_data("chat", "a question")
        message = await tools.within(anext(chat))
        assert (message.text(), message.sender_attendee_id) == ("a question", stage.guest_id)

        rita.audio_video.demote_from_primary_meeting()
        assert await demotion(events, tools) is Code.OK
        assert not await presence_of(stage.guest_id, presence, tools)
        await tools.hears(stage.rita_hears, 440)


async def test_wrong_credentials(stage: Stage, tools: Any) -> None:
    wrong = MeetingSessionCredentials(stage.guest_id, "guest", "wrong")
    status = await tools.within(stage.rita.audio_video.promote_to_primary_meeting(wrong))
    assert status.status_code is Code.AUDIO_AUTHENTICATION_REJECTED
    status = await tools.within(stage.ada.audio_video.promote_to_primary_meeting(stage.guest))
    assert status.status_code is Code.AUDIO_AUTHENTICATION_REJECTED  # is in no replica


async def test_demoted_by_the_service_and_by_a_lost_connection(
    stage: Stage, meeting: Any, tools: Any
) -> None:
    rita = stage.rita
    async with rita.events() as events:
        # Who has no media cannot be promoted, and the service has it a moment later than the client.
        await tools.hears(stage.rita_hears, 440)
        await tools.within(rita.audio_video.promote_to_primary_meeting(stage.guest))
        await tools.hears(stage.ada_hears, 660)
        rita._link.connection.signaling._socket.transport.abort()  # type: ignore[union-attr]
        assert await demotion(events, tools) is Code.AUDIO_VIDEO_DISCONNECTED_WHILE_PROMOTED
        while await tools.within(anext(events)) != AudioVideoDidStart():
            pass

        await tools.hears(stage.rita_hears, 440)
        status = await tools.within(rita.audio_video.promote_to_primary_meeting(stage.guest))
        assert status.status_code is Code.OK
        await tools.hears(stage.ada_hears, 660)
        await meeting.call("delete_attendee", AttendeeId=stage.guest_id)
        assert await demotion(events, tools) is Code.AUDIO_VIDEO_WAS_REMOVED_FROM_PRIMARY_MEETING
        await tools.hears(stage.rita_hears, 440)


async def test_a_deleted_replica_ends_for_its_watchers_alone(stage: Stage, meeting: Any, tools: Any) -> None:
    client = meeting.service.boto3_client()
    await asyncio.to_thread(client.delete_meeting, MeetingId=stage.replica["Meeting"]["MeetingId"])
    assert (await tools.within(stage.rita.ended())).status_code is Code.MEETING_ENDED
    await meeting.call("delete_meeting")
    assert (await tools.within(stage.ada.ended())).status_code is Code.MEETING_ENDED
