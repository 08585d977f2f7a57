"""The real JavaScript SDK and our session in one meeting of the local service: they see and hear each other."""

import pytest
from interop_harness import (
    PythonAttendee,
    Source,
    Tone,
    UdpRelay,
    dominant_frequency,
    hears,
    hears_silence,
    rms,
    sees_volume_move,
    until,
)

pytestmark = pytest.mark.browser

PYTHON_HZ = 440
BROWSER_HZ = 880
RED, OPUS = 63, 111


async def test_browser_and_python_see_and_hear_each_other(meeting, open_browser):
    browser = await open_browser("browser")
    source = Tone(PYTHON_HZ, modulated=True)
    async with (
        UdpRelay() as relay,
        PythonAttendee("python", meeting.response, await meeting.attendee("python"), source=source) as python,
    ):
        await python.started()
        await browser.join(
            meeting.response,
            await meeting.attendee("browser"),
            source=Source.tone(BROWSER_HZ, modulated=True),
            media_relay=relay,
        )
        await browser.started()
        for one, other in ((browser, python), (python, browser)):
            seen = await one.event("presence", attendee_id=other.attendee_id)
            assert (seen["present"], seen["external_user_id"]) == (True, other.name)
            assert not seen["dropped"]

        heard = await hears(browser, PYTHON_HZ, absent=[BROWSER_HZ])
        assert dominant_frequency(heard) == pytest.approx(PYTHON_HZ, abs=5)
        heard = await hears(python, BROWSER_HZ, absent=[PYTHON_HZ])
        assert dominant_frequency(heard) == pytest.approx(BROWSER_HZ, abs=5)
        await sees_volume_move(browser, python)
        await sees_volume_move(python, browser)

        for direction in ("up", "down"):
            assert relay.passed[direction].packets[RED] > 50, relay.passed
            assert relay.passed[direction].packets[OPUS] == 0, relay.passed

        place = python.mark()
        await browser.call("mute")
        await python.event("volume", attendee_id=browser.attendee_id, muted=True, after=place)
        await hears_silence(python)
        place = python.mark()
        assert await browser.call("unmute") is True
        await python.event("volume", attendee_id=browser.attendee_id, muted=False, after=place)
        await hears(python, BROWSER_HZ)

        place = browser.mark()
        python.audio_video.realtime_mute_local_audio()
        await browser.event("volume", attendee_id=python.attendee_id, muted=True, after=place)
        await hears_silence(browser)
        place = browser.mark()
        assert python.audio_video.realtime_unmute_local_audio() is True
        await browser.event("volume", attendee_id=python.attendee_id, muted=False, after=place)
        await hears(browser, PYTHON_HZ)

        assert (await browser.leave())["status"] == "Left"
        gone = await python.event("presence", attendee_id=browser.attendee_id, present=False)
        assert not gone["dropped"]
        assert not browser.console, browser.story()


async def test_python_hears_the_fake_microphone(meeting, open_browser):
    browser = await open_browser("browser")
    async with PythonAttendee("python", meeting.response, await meeting.attendee("python")) as python:
        await python.started()
        await browser.join(meeting.response, await meeting.attendee("browser"), source=Source("microphone"))
        await browser.started()

        async def beeps():
            pcm = await python.hear(1.0)
            blocks = [rms(block) for block in pcm[: len(pcm) // 10 * 10].reshape(10, -1)]
            return max(blocks) > 0.01 and max(blocks) > 10 * min(blocks)

        await until(beeps, what="beeps with pauses between them")
        await sees_volume_move(python, browser)
        assert (await browser.leave())["status"] == "Left"
