"""Browsers and Python attendees in one meeting agree about who is there, who is muted, who talks and what was said."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from interop_harness import (
    BrowserAttendee,
    PythonAttendee,
    Source,
    Tone,
    hears,
    sees_volume_move,
)

pytestmark = pytest.mark.browser

ALICE_HZ, BOB_HZ, BROWSER_HZ = 440, 620, 880
QUIET = 0.0
LOUD = 0.3
MEETING_ENDED = 5
ATTENDEE_REMOVED = 22


@dataclass
class Company:
    """Two Python attendees and a browser, all present to each other."""

    alice: PythonAttendee
    bob: PythonAttendee
    browser: BrowserAttendee

    @property
    def everyone(self):
        return (self.alice, self.bob, self.browser)

    def others(self, one):
        return tuple(other for other in self.everyone if other is not one)


@pytest.fixture
async def company(meeting, open_browser):
    topics = ("chat",)
    async with AsyncExitStack() as stack:
        browser = await open_browser("browser")
        sources = {
            "alice": Tone(ALICE_HZ, gain=QUIET, modulated=True),
            "bob": Tone(BOB_HZ, gain=QUIET, modulated=True),
        }
        pythons = [
            await stack.enter_async_context(
                PythonAttendee(
                    name, meeting.response, await meeting.attendee(name), source=source, topics=topics
                )
            )
            for name, source in sources.items()
        ]
        source = Source.tone(BROWSER_HZ, gain=QUIET, modulated=True)
        await browser.join(meeting.response, await meeting.attendee("browser"), source=source, topics=topics)
        company = Company(*pythons, browser)
        for one in company.everyone:
            await one.started()
        for one in company.everyone:
            for other in company.everyone:
                await one.event(
                    "presence", attendee_id=other.attendee_id, present=True, external_user_id=other.name
                )
        yield company


async def speak(attendee, gain):
    """Sets how loud an attendee of either kind is."""
    if isinstance(attendee, BrowserAttendee):
        await attendee.call("setTone", {"gain": gain})
    else:
        attendee.source.gain = gain


async def test_everyone_hears_the_others_and_not_themselves(company):
    tones = {company.alice: ALICE_HZ, company.bob: BOB_HZ, company.browser: BROWSER_HZ}
    for one in company.everyone:
        await speak(one, LOUD)
    for one in company.everyone:
        others = [hz for other, hz in tones.items() if other is not one]
        await hears(one, *others, absent=[tones[one]])
        for other in company.others(one):
            await sees_volume_move(one, other)


async def test_mute_is_seen_by_everyone(company):
    for one in company.everyone:
        for muted in (True, False):
            places = {other: other.mark() for other in company.everyone}
            if isinstance(one, BrowserAttendee):
                await one.call("mute" if muted else "unmute")
            elif muted:
                one.audio_video.realtime_mute_local_audio()
            else:
                one.audio_video.realtime_unmute_local_audio()
            for other in company.everyone:
                await other.event("volume", attendee_id=one.attendee_id, muted=muted, after=places[other])


async def test_the_active_speaker_is_taken_over(company):
    for talker in (company.alice, company.browser, company.bob):
        places = {other: other.mark() for other in company.everyone}
        await speak(talker, LOUD)
        for other in company.others(talker):
            await other.event(
                "active_speakers",
                after=places[other],
                where=lambda event, talker=talker: event["attendee_ids"][:1] == [talker.attendee_id],
            )
        await speak(talker, QUIET)


async def test_data_messages_go_in_every_direction(company):
    for sender in company.everyone:
        text = f"grüße von {sender.name} 👋"
        if isinstance(sender, BrowserAttendee):
            await sender.call("sendData", {"topic": "chat", "text": text, "lifetimeMs": 60000})
        else:
            sender.audio_video.realtime_send_data_message("chat", text, 60000)
        for other in company.others(sender):
            message = await other.event("data_message", sender_attendee_id=sender.attendee_id)
            assert message["text"] == text
            assert message["sender_external_user_id"] == sender.name
    for sender in company.everyone:
        assert not sender.all("data_message", sender_attendee_id=sender.attendee_id)


async def test_a_closed_page_is_seen_as_dropped(company):
    await company.browser.close()
    for other in (company.alice, company.bob):
        gone = await other.event("presence", attendee_id=company.browser.attendee_id, present=False)
        assert gone["dropped"] is True


async def test_leaving_is_not_dropping(company):
    await company.alice.leave()
    for other in (company.bob, company.browser):
        gone = await other.event("presence", attendee_id=company.alice.attendee_id, present=False)
        assert gone["dropped"] is False


async def test_deleting_an_attendee_ends_its_session_alone(company, meeting):
    await meeting.delete_attendee(company.browser.attendee_id)
    stopped = await company.browser.event("audio_video_did_stop")
    assert stopped["code"] == ATTENDEE_REMOVED
    for other in (company.alice, company.bob):
        await other.event("presence", attendee_id=company.browser.attendee_id, present=False)
        assert not other.all("audio_video_did_stop")


async def test_deleting_the_meeting_ends_every_session(company, meeting):
    await meeting.delete()
    stops = await asyncio.gather(*(one.event("audio_video_did_stop") for one in company.everyone))
    assert [stop["code"] for stop in stops] == [MEETING_ENDED] * 3


async def test_the_state_of_transcription_is_told_to_everyone(company, meeting):
    settings = {"EngineTranscribeSettings": {"LanguageCode": "en-US"}}
    await meeting.call("start_meeting_transcription", TranscriptionConfiguration=settings)
    ours = [(await one.event("transcript_event"))["event"] for one in (company.alice, company.bob)]
    theirs = await company.browser.event("transcript_event")
    for event in ours:
        assert event.type.value == theirs["type"]
        assert event.event_time_ms == theirs["event_time_ms"]
        assert event.transcription_configuration == theirs["transcription_configuration"]
