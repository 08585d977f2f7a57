"""What embedding programs are told about meetings, and what clients are told about transcription."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from chime_native.errors import ServiceError
from chime_native.service import BackgroundService, LocalService, ServiceSettings
from chime_native.signaling import Dialect
from chime_native.signaling.messages import SdkSignalFrame, SdkTranscriptFrame

Type = SdkSignalFrame


async def test_observers_get_what_eventbridge_would(desk: Any) -> None:
    seen: list[Any] = []

    def raises(_: Any) -> None:
        raise RuntimeError("an observer's own trouble")

    desk.service.on_event(raises)
    desk.service.on_event(seen.append)
    client = desk.service.boto3_client()

    def use() -> tuple[str, str]:
        meeting = client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m1")["Meeting"][
            "MeetingId"
        ]
        alice = client.create_attendee(MeetingId=meeting, ExternalUserId="alice")["Attendee"]["AttendeeId"]
        nothing = {"Audio": "None", "Video": "None", "Content": "None"}
        client.update_attendee_capabilities(MeetingId=meeting, AttendeeId=alice, Capabilities=nothing)
        client.delete_attendee(MeetingId=meeting, AttendeeId=alice)
        client.delete_meeting(MeetingId=meeting)
        return meeting, alice

    meeting, alice = await asyncio.to_thread(use)
    client.close()
    assert [event["eventType"] for event in seen] == [
        "chime:MeetingStarted",
        "chime:AttendeeAdded",
        "chime:AttendeeCapabilitiesUpdated",
        "chime:AttendeeDeleted",
        "chime:MeetingEnded",
    ]
    assert {event["meetingId"] for event in seen} == {meeting}
    assert {event["externalMeetingId"] for event in seen} == {"m1"}
    assert seen[1]["attendeeId"] == alice
    assert seen[1]["externalUserId"] == "alice"


async def test_the_envelope_names_the_targets_of_the_meeting(desk: Any) -> None:
    seen: list[Any] = []
    desk.service.on_notification(seen.append)
    client = desk.service.boto3_client()
    queue = "arn:aws:sqs:us-east-1:000000000000:events"
    await asyncio.to_thread(
        client.create_meeting,
        MediaRegion="us-east-1",
        ExternalMeetingId="m1",
        NotificationsConfiguration={"SqsQueueArn": queue},
    )
    client.close()
    (event,) = seen
    assert (event["source"], event["detail-type"]) == ("aws.chime", "Chime Meeting State Change")
    assert event["resources"] == [queue]
    assert event["detail"]["eventType"] == "chime:MeetingStarted"
    assert event["time"].endswith("Z")


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_transcription_without_a_transcriber_fails_visibly(desk: Any, dialect: Dialect) -> None:
    meeting = desk.meeting()
    client = desk.service.boto3_client()
    async with desk.client(meeting, desk.attendee(meeting), dialect) as peer:
        await peer.join()
        await asyncio.to_thread(
            client.start_meeting_transcription,
            MeetingId=meeting.meeting_id,
            TranscriptionConfiguration={
                "EngineTranscribeSettings": {"LanguageCode": "en-US", "Region": "auto"}
            },
        )
        if dialect is Dialect.BROWSER:
            frame = await peer.receive(Type.DATA_MESSAGE)
            (message,) = frame.data_message.messages
            assert message.topic == "aws:chime:transcription"
            assert message.ingest_time_ns > 0
            transcript = SdkTranscriptFrame.FromString(message.data)
        else:
            transcript = (await peer.receive(Type.AUDIO_TRANSCRIPT)).audio_transcript
        (event,) = transcript.events
        assert event.status.type == 5
        assert event.status.message == "this service has no transcriber"
        assert event.status.transcription_region == "auto"
        assert event.status.transcription_configuration.startswith('{"EngineTranscribeSettings":{')
        await peer.leave()
    client.close()


def test_a_service_in_the_background_serves_and_stops() -> None:
    with BackgroundService() as service:
        client = service.boto3_client()
        client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m1")
        client.close()
        with pytest.raises(ServiceError, match="Address already in use"):
            BackgroundService(port=service.port).start()


async def test_too_many_requests_are_throttled_by_boto3s_own_class() -> None:
    async with LocalService(settings=ServiceSettings(request_rate=0.001, request_burst=1)) as service:
        client = service.boto3_client()
        client.meta.events.register("needs-retry.*", lambda **_: None)

        def use() -> None:
            client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m1")
            with pytest.raises(client.exceptions.ThrottlingException):
                client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m1")

        try:
            await asyncio.to_thread(use)
        finally:
            client.close()


async def test_a_meeting_that_stays_empty_ends_by_itself() -> None:
    ended = asyncio.Event()
    async with LocalService(settings=ServiceSettings(empty_meeting_s=0.05)) as service:
        service.on_event(lambda event: ended.set() if event["eventType"] == "chime:MeetingEnded" else None)
        client = service.boto3_client()
        await asyncio.to_thread(client.create_meeting, MediaRegion="us-east-1", ExternalMeetingId="m1")
        client.close()
        async with asyncio.timeout(30):
            await ended.wait()
        assert service.store.meetings() == []
