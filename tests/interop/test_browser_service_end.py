"""What browser and Python are told when the service itself ends, in order or without a word."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from interop_harness import Meeting, PythonAttendee, ServiceProcess, Source, Tone, hears, lasting_port

pytestmark = pytest.mark.browser

PYTHON_HZ, BROWSER_HZ = 440, 880
MEETING_ENDED = 5
BAD_REQUEST = 11


@asynccontextmanager
async def call(service, browser):
    """A browser and a Python attendee who hear each other in a meeting of this service."""
    client = service.boto3_client()
    meeting = await Meeting.create(client, "the service ends")
    client.close()
    async with PythonAttendee(
        "python", meeting.response, await meeting.attendee("python"), source=Tone(PYTHON_HZ)
    ) as python:
        await python.started()
        await browser.join(
            meeting.response, await meeting.attendee("browser"), source=Source.tone(BROWSER_HZ)
        )
        await browser.started()
        await hears(browser, PYTHON_HZ)
        await hears(python, BROWSER_HZ)
        yield python


async def codes(*attendees):
    return [
        stop["code"]
        for stop in await asyncio.gather(*(one.event("audio_video_did_stop") for one in attendees))
    ]


async def test_a_service_that_is_stopped_ends_its_meetings(open_browser, tmp_path):
    browser = await open_browser("browser")
    with ServiceProcess(tmp_path / "serve.log") as service:
        async with call(service, browser) as python:
            service.terminate()
            assert await codes(browser, python) == [MEETING_ENDED, MEETING_ENDED]


async def test_a_service_that_comes_back_without_its_meetings_refuses_them(open_browser, tmp_path):
    browser = await open_browser("browser")
    port = lasting_port()
    with ServiceProcess(tmp_path / "first.log", port=port) as first:
        async with call(first, browser) as python:
            first.kill()
            for one in (browser, python):
                await one.event("audio_video_did_start_connecting", reconnecting=True)
            with ServiceProcess(tmp_path / "second.log", port=port):
                assert await codes(browser, python) == [BAD_REQUEST, BAD_REQUEST]


async def test_a_service_that_keeps_its_state_goes_on_where_it_stopped(open_browser, tmp_path):
    browser = await open_browser("browser")
    options = ("--state", str(tmp_path / "state.sqlite"))
    port = lasting_port()
    with ServiceProcess(tmp_path / "first.log", port=port, options=options) as first:
        async with call(first, browser) as python:
            first.terminate()
            for one in (browser, python):
                await one.event("audio_video_did_start_connecting", reconnecting=True)
            with ServiceProcess(tmp_path / "second.log", port=port, options=options):
                await hears(browser, PYTHON_HZ)
                await hears(python, BROWSER_HZ)
