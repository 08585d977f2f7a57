"""Browsers with the real SDK and Python attendees see each other, and what either shares."""

from contextlib import AsyncExitStack

import pytest
from chime_native.devices import PatternVideoSource
from interop_harness import (
    PythonAttendee,
    PythonTiles,
    Source,
    Tone,
    hears,
    is_coloured,
    sees,
    sees_no_tile,
)

pytestmark = pytest.mark.browser

QUIET = Source("none")
RED, BLUE = (220, 20, 20), (20, 20, 220)


@pytest.fixture
async def join_in_python(meeting):
    """Joins as a Python attendee that shows all others."""
    async with AsyncExitStack() as stack:

        async def join(name, **options):
            attendee = await meeting.attendee(name)
            who = await stack.enter_async_context(PythonAttendee(name, meeting.response, attendee, **options))
            who.tiles = PythonTiles(who.session)
            await who.started()
            return who

        yield join


@pytest.fixture
def join_in_browser(meeting, open_browser):
    async def join(name, source=QUIET):
        page = await open_browser(name)
        await page.join(meeting.response, await meeting.attendee(name), source=source)
        await page.started()
        return page

    return join


async def film(attendee, colour):
    await attendee.audio_video.start_video_input(PatternVideoSource(320, 180, colour=colour))
    attendee.audio_video.start_local_video_tile()


async def test_a_browser_and_a_python_attendee_see_each_other(join_in_python, join_in_browser):
    ada, browser = await join_in_python("ada"), await join_in_browser("browser")
    await film(ada, RED)
    await sees(browser, ada.attendee_id, colour="red", size=(320, 180))
    # Chromium's fake camera: green, with a disk that turns.
    await browser.call("startCamera", {"width": 640, "height": 360})
    frame = await ada.tiles.sees(browser.attendee_id, is_coloured("green"))
    assert frame.width / frame.height == pytest.approx(640 / 360, rel=0.02)
    await browser.call("stopVideo")
    await ada.tiles.sees_nothing_of(browser.attendee_id)
    ada.audio_video.stop_local_video_tile()
    await sees_no_tile(browser, ada.attendee_id)


async def test_content_is_shared_from_either_side(join_in_python, join_in_browser):
    ada, browser = await join_in_python("ada"), await join_in_browser("browser")
    await ada.audio_video.start_content_share(PatternVideoSource(320, 180, colour=RED))
    ada_content, browser_content = f"{ada.attendee_id}#content", f"{browser.attendee_id}#content"
    picture = await sees(browser, ada_content, colour="red")
    assert picture["isContent"] is True
    await browser.call("startContentShare", {"colour": "rgb(20,20,220)"})
    await ada.tiles.sees(browser_content, is_coloured("blue"))
    assert ada.tiles.tile_of(browser_content).is_content
    ada.audio_video.stop_content_share()
    await sees_no_tile(browser, ada_content)
    await browser.call("stopContentShare")
    await ada.tiles.sees_nothing_of(browser_content)


async def test_two_browsers_and_two_python_attendees_hear_and_see_each_other(join_in_python, join_in_browser):
    tones = {"ada": 440, "bob": 620, "carol": 880, "dan": 1100}
    colours = {"ada": "red", "bob": "blue", "carol": "green", "dan": "red"}
    rgb = {"red": RED, "blue": BLUE, "green": (20, 200, 20)}
    pythons = [await join_in_python(name, source=Tone(tones[name])) for name in ("ada", "bob")]
    browsers = [await join_in_browser(name, Source.tone(tones[name], gain=0.3)) for name in ("carol", "dan")]
    for python in pythons:
        await film(python, rgb[colours[python.name]])
    for browser in browsers:
        await browser.call("startVideo", {"colour": f"rgb{rgb[colours[browser.name]]}"})
    for one in (*pythons, *browsers):
        others = [other for other in (*pythons, *browsers) if other is not one]
        await hears(one, *(tones[other.name] for other in others), absent=[tones[one.name]])
        for other in others:
            if one in browsers:
                await sees(one, other.attendee_id, colour=colours[other.name])
            else:
                await one.tiles.sees(other.attendee_id, is_coloured(colours[other.name]))
