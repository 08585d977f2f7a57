"""The real SDK watches a replica meeting, is promoted into the primary one, and demoted again."""

import pytest
from interop_harness import Meeting, PythonAttendee, Source, Tone, hears

pytestmark = pytest.mark.browser

PYTHON_HZ, BROWSER_HZ = 440, 880
OK, AUTHENTICATION_REJECTED, REMOVED_FROM_PRIMARY = 0, 3, 23


def credentials_of(attendee):
    """As the SDK's MeetingSessionCredentials."""
    record = attendee["Attendee"]
    return {
        "attendeeId": record["AttendeeId"],
        "externalUserId": record["ExternalUserId"],
        "joinToken": record["JoinToken"],
    }


async def test_the_browser_is_promoted_and_demoted(service, meeting, open_browser):
    client = service.boto3_client()
    replica = await Meeting.create(client, "replica of a browser", PrimaryMeetingId=meeting.meeting_id)
    guest = await meeting.attendee("guest")
    guest_id = guest["Attendee"]["AttendeeId"]
    source = Tone(PYTHON_HZ, modulated=True)
    async with PythonAttendee(
        "python", meeting.response, await meeting.attendee("python"), source=source, topics=("chat",)
    ) as python:
        browser = await open_browser("browser")
        tone = Source.tone(BROWSER_HZ, modulated=True)
        await browser.join(replica.response, await replica.attendee("browser"), source=tone, topics=("chat",))
        await python.started()
        await browser.started()
        await browser.event("presence", attendee_id=python.attendee_id, present=True)
        await browser.event("volume", attendee_id=python.attendee_id, where=lambda event: event["volume"])
        await hears(browser, PYTHON_HZ, absent=[BROWSER_HZ])
        assert not python.all("presence", attendee_id=browser.attendee_id)

        wrong = {**credentials_of(guest), "joinToken": "wrong"}
        status = await browser.call("promoteToPrimaryMeeting", wrong)
        assert status["code"] == AUTHENTICATION_REJECTED

        status = await browser.call("promoteToPrimaryMeeting", credentials_of(guest))
        assert status["code"] == OK
        for one in (python, browser):
            await one.event("presence", attendee_id=guest_id, present=True, external_user_id="guest")
        await hears(python, BROWSER_HZ, absent=[PYTHON_HZ])
        await browser.call("sendData", {"topic": "chat", "text": "a question"})
        await python.event("data_message", text="a question", sender_attendee_id=guest_id)
        await browser.call("mute")
        await python.event("volume", attendee_id=guest_id, muted=True)
        await browser.call("unmute")
        await python.event("volume", attendee_id=guest_id, muted=False)

        await browser.call("demoteFromPrimaryMeeting")
        await browser.event("audio_video_was_demoted_from_primary_meeting", code=OK)
        await python.event("presence", attendee_id=guest_id, present=False, dropped=False)

        place = python.mark()
        await browser.call("promoteToPrimaryMeeting", credentials_of(guest))
        await python.event("presence", attendee_id=guest_id, present=True, after=place)
        await meeting.delete_attendee(guest_id)
        await browser.event("audio_video_was_demoted_from_primary_meeting", code=REMOVED_FROM_PRIMARY)
        await python.event("presence", attendee_id=guest_id, present=False, after=place)
        await hears(browser, PYTHON_HZ)
    await replica.delete()
    client.close()
