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
WAYS = ("up", "down")
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
        assert (await browser.leave())["status"] == "Left"


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


async def mean_sizes(relay):
    """Mean size of the next packets in each direction."""
    relay.reset_counts()
    await until(
        lambda: all(relay.passed[way].packets[RED] >= ENOUGH_PACKETS for way in WAYS), what="RED packets"
    )
    return {way: relay.passed[way].mean_size(RED) for way in WAYS}


async def concealment(browser):
    """Concealed and all samples that the page has played so far."""
    (figures,) = await browser.statistics("inbound-rtp")
    return np.array([figures["concealedSamples"], figures["totalSamplesReceived"]])


async def test_redundancy_mends_loss_in_both_directions(relayed):
    browser, python, relay = relayed
    dice = random.Random(20)
    plain = await mean_sizes(relay)

    # A sender learns of loss from receiver reports only, so redundancy begins some seconds later.
    relay.drop = lambda _, __: dice.random() < LOSS

    sizes = {}

    async def redundancy_is_sent():
        sizes.update(await mean_sizes(relay))
        return all(sizes[way] > 1.5 * plain[way] for way in WAYS)

    try:
        await until(redundancy_is_sent, 60)
    except TimeoutError:
        pytest.fail(f"mean packet sizes {sizes} are not much larger than {plain} without loss")
    before = await concealment(browser)
    await hears(browser, PYTHON_HZ)
    await hears(python, FIRST_HZ)
    await mean_sizes(relay)
    concealed, played = await concealment(browser) - before
    assert concealed / played < LOSS / 4
