"""The browser and our session through bad networks: cut signaling, blocked and lossy media."""

import random

import numpy as np
import pytest
from interop_harness import (
    PythonAttendee,
    SignalingRelay,
    Source,
    Tone,
    UdpRelay,
    hears,
    hears_silence,
    until,
)

pytestmark = pytest.mark.browser

PYTHON_HZ, FIRST_HZ, SECOND_HZ = 440, 620, 880
RED = 63
ENOUGH_PACKETS = 60
LOSS = 0.2


async def test_two_browsers_hear_each_other(meeting, open_browser):
    first, second = await open_browser("first"), await open_browser("second")
    for browser, hz in ((first, FIRST_HZ), (second, SECOND_HZ)):
        await browser.join(meeting.response, await meeting.attendee(browser.name), source=Source.tone(hz))
    await first.started()
    await second.started()
    await hears(first, SECOND_HZ, absent=[FIRST_HZ])
    await hears(second, FIRST_HZ, absent=[SECOND_HZ])


async def test_the_browser_comes_back_after_its_signaling_was_cut(meeting, open_browser):
    browser = await open_browser("browser")
    async with (
        SignalingRelay(meeting.signaling_url) as relay,
        PythonAttendee(
            "python",
            meeting.response,
            await meeting.attendee("python"),
            source=Tone(PYTHON_HZ),
            topics=("chat",),
        ) as python,
    ):
        await python.started()
        told = meeting.with_signaling_url(relay.url)
        await browser.join(told, await meeting.attendee("browser"), source=Source.tone(FIRST_HZ))
        await browser.started()
        await hears(python, FIRST_HZ)
        place = browser.mark()
        relay.reset()
        again = await browser.event("audio_video_did_start_connecting", after=place)
        assert again["reconnecting"] is True
        await browser.started(after=place)
        await hears(browser, PYTHON_HZ)
        await hears(python, FIRST_HZ)
        await browser.call("sendData", {"topic": "chat", "text": "back", "lifetimeMs": 0})
        assert (await python.event("data_message"))["text"] == "back"
        assert not browser.all("audio_video_did_stop")
        assert not python.all("presence", attendee_id=browser.attendee_id, present=False)
        assert (await browser.leave())["status"] == "Left"


async def test_python_comes_back_after_its_signaling_was_cut(meeting, open_browser):
    browser = await open_browser("browser")
    async with SignalingRelay(meeting.signaling_url) as relay:
        told = meeting.with_signaling_url(relay.url)
        attendee = await meeting.attendee("python")
        async with PythonAttendee("python", told, attendee, source=Tone(PYTHON_HZ)) as python:
            await python.started()
            await browser.join(
                meeting.response,
                await meeting.attendee("browser"),
                source=Source.tone(FIRST_HZ),
                topics=("chat",),
            )
            await browser.started()
            await hears(browser, PYTHON_HZ)
            for cut in (1, 2):
                place = python.mark()
                relay.reset()
                await python.event("audio_video_did_start_connecting", reconnecting=True, after=place)
                await python.started(after=place)
                await hears(python, FIRST_HZ)
                await hears(browser, PYTHON_HZ)
                python.audio_video.realtime_send_data_message("chat", f"back {cut}")
                await browser.event("data_message", text=f"back {cut}")
            assert not browser.all("presence", attendee_id=python.attendee_id, present=False)


@pytest.fixture
async def relayed(meeting, open_browser):
    """A browser behind a media relay, and a Python attendee, who hear each other.

    Their tones swing: redundancy is spent on what sounds like speech, not on a steady hum.
    """
    browser = await open_browser("browser")
    async with (
        UdpRelay() as relay,
        PythonAttendee(
            "python",
            meeting.response,
            await meeting.attendee("python"),
            source=Tone(PYTHON_HZ, modulated=True),
        ) as python,
    ):
        await python.started()
        await browser.join(
            meeting.response,
            await meeting.attendee("browser"),
            source=Source.tone(FIRST_HZ, modulated=True),
            media_relay=relay,
        )
        await browser.started()
        await hears(browser, PYTHON_HZ)
        await hears(python, FIRST_HZ)
        yield browser, python, relay


async def test_sound_comes_back_after_media_was_blocked(relayed):
    browser, python, relay = relayed
    relay.blocked = True
    await hears_silence(browser)
    await hears_silence(python)
    relay.blocked = False
    await hears(browser, PYTHON_HZ)
    await hears(python, FIRST_HZ)
    assert not browser.all("audio_video_did_stop")
    assert not python.all("presence", attendee_id=browser.attendee_id, present=False)


async def test_sound_goes_on_from_another_port(relayed):
    browser, python, relay = relayed
    relay.rebind()
    relay.reset_counts()
    await until(lambda: relay.passed["down"].packets[RED] >= ENOUGH_PACKETS, what="packets to the new port")
    await hears(browser, PYTHON_HZ)
    await hears(python, FIRST_HZ)
    assert not browser.all("audio_video_did_stop")


async def mean_size_from_browser(relay):
    """Mean size of the browser's next RED packets."""
    relay.reset_counts()
    await until(lambda: relay.passed["up"].packets[RED] >= ENOUGH_PACKETS, what="RED from the browser")
    return relay.passed["up"].mean_size(RED)


async def played(browser):
    """Concealed and all samples that the page has played so far."""
    (figures,) = await browser.statistics("inbound-rtp")
    return np.array([figures["concealedSamples"], figures["totalSamplesReceived"]])


async def share_concealed(browser, relay):
    """The share of concealed samples in what the page plays while enough packets pass to judge by."""
    before = await played(browser)
    relay.reset_counts()
    await until(lambda: relay.passed["down"].packets[RED] >= 2 * ENOUGH_PACKETS, what="RED from the service")
    concealed, total = await played(browser) - before
    return concealed / total


async def test_redundancy_mends_loss_in_both_directions(relayed):
    browser, python, relay = relayed
    dice = random.Random(20)
    plain = await mean_size_from_browser(relay)
    relay.drop = lambda _, __: dice.random() < LOSS
    # A sender learns of loss from receiver reports only, which browsers send every five seconds.

    async def browser_sends_copies():
        return await mean_size_from_browser(relay) > 1.5 * plain

    async def service_sends_copies():
        # Without any, what is lost is concealed: 20 %, and never a quarter of that over so many packets.
        return await share_concealed(browser, relay) < LOSS / 4

    await until(browser_sends_copies, 60, what=f"packets of the browser much larger than {plain}")
    await until(service_sends_copies, 60, what="little concealment in the browser")
    await hears(browser, PYTHON_HZ)
    await hears(python, FIRST_HZ)
