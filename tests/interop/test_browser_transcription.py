"""Live transcription in the real SDK: states, and who said what."""

import asyncio

import pytest
from interop_harness import Meeting, PythonAttendee, ServiceProcess, Source, Tone

pytestmark = pytest.mark.browser

CONFIGURATION = {"EngineTranscribeSettings": {"LanguageCode": "en-US"}}


def is_final(event):
    return not all(result["isPartial"] for result in event.details.get("results", ()))


async def test_the_browser_is_told_what_somebody_says(open_browser, tmp_path):
    browser = await open_browser("browser")
    with ServiceProcess(tmp_path / "serve.log", options=("--transcriber", "echo")) as service:
        client = service.boto3_client()
        meeting = await Meeting.create(client, "transcribed")
        speaker = await meeting.attendee("python")
        async with PythonAttendee("python", meeting.response, speaker, source=Tone(440)) as python:
            await python.started()
            await browser.join(meeting.response, await meeting.attendee("browser"), source=Source("none"))
            await browser.started()
            meeting_id = meeting.response["Meeting"]["MeetingId"]
            await asyncio.to_thread(
                client.start_meeting_transcription,
                MeetingId=meeting_id,
                TranscriptionConfiguration=CONFIGURATION,
            )
            await browser.event("transcript_event", type="started")
            final = await browser.event("transcript_event", where=is_final)
            (result,) = final["results"]
            (alternative,) = result["alternatives"]
            assert alternative["transcript"] == "sound at 440 Hz"
            assert alternative["items"][0]["attendee"] == {
                "attendeeId": speaker["Attendee"]["AttendeeId"],
                "externalUserId": "python",
            }
            await asyncio.to_thread(client.stop_meeting_transcription, MeetingId=meeting_id)
            await browser.event("transcript_event", type="stopped")
        client.close()
