"""The service's own page in Chromium: meetings and live figures, making one, and joining with the real SDK."""

import asyncio
import json
import os
import struct
import subprocess
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from interop_harness import Meeting, PythonAttendee, ServiceProcess, Tone

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
SIZES = {"desk": (1280, 900, False), "phone": (390, 844, False), "dark": (1280, 900, True)}


@pytest.fixture(scope="module", autouse=True)
def sdk_in_the_page():
    subprocess.run(["make", "page"], cwd=ROOT, check=True, capture_output=True, timeout=300)


@asynccontextmanager
async def opened(devtools, url):
    """The page, and every error that it reports."""
    errors = []

    def listen(method, parameters):
        if method == "Runtime.exceptionThrown":
            errors.append(parameters["exceptionDetails"])

    page = await devtools.open_page(url, listen, "report")
    try:
        await until(page, f"/\\d+ meetings?/.test({text_of('#service')})")  # it has asked for the first time
        yield page
        assert errors == []
    finally:
        await page.close()


def keep(picture, name):
    """For eyes: in the folder that CHIME_SCREENSHOTS names."""
    if folder := os.environ.get("CHIME_SCREENSHOTS"):
        Path(folder, f"{name}.png").write_bytes(picture)


async def until(page, expression, within=60):
    deadline = time.monotonic() + within
    while not (value := await page.evaluate(expression)):
        assert time.monotonic() < deadline, f"{expression}\n{await page.evaluate('document.body.innerText')}"
        await asyncio.sleep(0.1)
    return value


def text_of(selector):
    return f"(document.querySelector({json.dumps(selector)})?.innerText ?? '')"


def click(text):
    return (
        f"[...document.querySelectorAll('button')].find((b) => b.textContent === {json.dumps(text)}).click()"
    )


async def fits(page):
    """Nothing is wider than the screen."""
    return await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


async def test_the_page_shows_who_is_there_how_loud_and_how_well(devtools, tmp_path):
    with ServiceProcess(tmp_path / "serve.log") as service:
        client = service.boto3_client()
        meeting = await Meeting.create(client, "standup")
        async with (
            PythonAttendee(
                "alice", meeting.response, await meeting.attendee("alice"), source=Tone(440)
            ) as alice,
            PythonAttendee(
                "bob", meeting.response, await meeting.attendee("bob"), source=Tone(880), muted=True
            ) as bob,
            opened(devtools, f"{service.url}/") as page,
        ):
            await alice.started()
            await bob.started()
            await meeting.attendee("carol")
            await until(page, f"{text_of('.meeting')}.includes('2 of 3 connected')")
            await until(page, f"{text_of('.speaking')}.includes('alice')")
            assert "muted" in await page.evaluate(text_of(".meeting"))
            assert "not connected" in await page.evaluate(text_of(".absent"))
            await until(page, f"/kb\\/s/.test({text_of('.speaking')})")
            await until(page, "parseFloat(document.querySelector('.speaking .meter > div').style.width) > 20")
            await page.evaluate("document.querySelector('.speaking').open = true")
            await until(page, f"/Level\\s+-1\\d dBov/.test({text_of('.speaking dl')})")
            await until(page, f"{text_of('#events')}.includes('attendee joined: alice')")
            # Half a minute of plots would be half a minute of testing: a few points are enough.
            await until(
                page, "document.querySelector('.speaking path.line').getAttribute('d').split('L').length > 8"
            )
            for name, (width, height, dark) in SIZES.items():
                picture = await page.screenshot(width=width, height=height, dark=dark)
                assert struct.unpack(">II", picture[16:24]) == (width, height)
                assert await fits(page), f"the page is wider than {width}"
                keep(picture, name)
        client.close()


async def test_a_meeting_is_made_joined_and_ended_from_the_page(devtools, tmp_path):
    with ServiceProcess(tmp_path / "serve.log") as service:
        async with opened(devtools, f"{service.url}/") as page:
            await page.evaluate(click("Create meeting"))
            await until(page, f"{text_of('.meeting h3')} === 'my-meeting'")
            await page.evaluate(click("Bodies for a client"))
            await until(page, "document.querySelector('#bodies').open")
            bodies = [
                json.loads(await until(page, f"document.querySelector('#{name}-body').value"))
                for name in ("meeting", "attendee")
            ]
            await page.evaluate(click("Close"))
            async with PythonAttendee("python", *bodies, source=Tone(440)) as python:
                await python.started()
                await page.evaluate(click("Join from here"))
                await until(page, f"{text_of('#call')}.includes('You are in.')")
                await until(page, f"{text_of('.meeting')}.includes('2 of 2 connected')")
                # Chromium's fake microphone beeps.
                await until(
                    page,
                    "[...document.querySelectorAll('.speaking .name')].some((n) => n.title.startsWith('page-'))",
                )
                await page.evaluate(click("Camera on"))
                await until(page, "document.querySelector('#call video')?.videoWidth > 0")
                keep(await page.screenshot(width=1280, height=900), "joined")
                await page.evaluate(click("Mute"))
                await until(page, f"{text_of('.meeting')}.includes('muted')")
                await page.evaluate(click("End"))
                await until(page, f"{text_of('#call')}.includes('MeetingEnded')")
                await until(page, "document.querySelectorAll('.meeting').length === 0")
