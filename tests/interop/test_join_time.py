"""Joining takes our session a fraction of what it takes the real SDK, in the same service."""

import statistics
import time

import pytest
from interop_harness import PythonAttendee, Source

pytestmark = pytest.mark.browser

# The machine may be busy with something else during any one of them.
ROUNDS = 5


async def browser_join_time(meeting, open_browser, name):
    browser = await open_browser(name)
    await browser.join(meeting.response, await meeting.attendee(name), source=Source.tone(880))
    started = await browser.started()
    duration = started["seconds"] - browser.all("starting")[-1]["seconds"]
    await browser.leave()
    await browser.close()
    return duration


async def python_join_time(meeting, name):
    attendee = PythonAttendee(name, meeting.response, await meeting.attendee(name))
    begin = time.monotonic()
    async with attendee:
        await attendee.started()
        return time.monotonic() - begin


async def test_joining_takes_at_most_half_the_time_of_the_browser(meeting, open_browser, record_property):
    browser, python = [], []
    for number in range(ROUNDS):
        browser.append(await browser_join_time(meeting, open_browser, f"browser {number}"))
        python.append(await python_join_time(meeting, f"python {number}"))
    figures = {"browser": statistics.median(browser), "python": statistics.median(python)}
    record_property("join_time_s", figures)
    print(figures)
    assert figures["python"] <= figures["browser"] / 2, (browser, python)
