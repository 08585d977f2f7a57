"""Our peer connection against the browser's own, with no SDK and no signaling between them."""

import asyncio
import base64
import json

import numpy as np
import pytest
from chime_native.devices import ArraySink
from chime_native.rtc import AudioProfileOptions, PlayoutClock, RtcPeer
from interop_harness import Tone, hears, until

pytestmark = pytest.mark.browser

OUR_HZ, BROWSER_HZ = 440, 880
CONNECT_TIMEOUT_S = 15


class BarePage:
    """The browser's side, as something that hears."""

    name = "browser"
    attendee_id = ""

    def __init__(self, page):
        self._page = page

    async def call(self, method, *arguments):
        texts = ", ".join(json.dumps(argument) for argument in arguments)
        return await self._page.evaluate(f"peer.{method}({texts})")

    async def hear(self, seconds=0.5):
        return np.frombuffer(base64.b64decode(await self.call("hear", seconds)), dtype="<i2").reshape(-1, 2)

    async def statistics(self, kind):
        return [entry for entry in await self.call("statistics") if entry["type"] == kind]


class OurEar:
    """Our side, as something that hears."""

    name = "our peer"
    attendee_id = ""

    def __init__(self):
        self.sink = ArraySink()

    async def hear(self, seconds=0.5):
        self.sink.clear()
        return await self.sink.wait_for(seconds)


@pytest.fixture
async def page(open_browser):
    page = await open_browser("bare")
    await page.evaluate(f"globalThis.peer = new tools.BarePeer({{ hz: {BROWSER_HZ} }}); 0")
    return BarePage(page)


async def start_audio(peer):
    """Waits for the connection, and returns what our side hears from then on."""
    async with asyncio.timeout(CONNECT_TIMEOUT_S):
        await peer.connected()
    ear = OurEar()
    peer.audio.start(PlayoutClock.running(), Tone(OUR_HZ), [ear.sink])
    return ear


async def hear_each_other(page, ear):
    await hears(page, OUR_HZ, absent=[BROWSER_HZ])
    await hears(ear, BROWSER_HZ, absent=[OUR_HZ])


@pytest.mark.parametrize("redundancy", [True, False], ids=["red", "opus"])
async def test_answering_the_browser(page, redundancy):
    async with RtcPeer(controlling=False, host="127.0.0.1") as peer:
        offer = await page.call("offer")
        answer = await peer.create_answer(offer, audio=AudioProfileOptions(redundancy=redundancy))
        await page.call("accept", answer)
        await hear_each_other(page, await start_audio(peer))


async def test_offering_to_the_browser(page):
    async with RtcPeer(controlling=True) as peer:
        await peer.apply_answer(await page.call("answer", await peer.create_offer()))
        await hear_each_other(page, await start_audio(peer))


async def test_negotiating_again_keeps_the_sound(page):
    async with RtcPeer(controlling=False) as peer:
        await page.call("accept", await peer.create_answer(await page.call("offer")))
        ear = await start_audio(peer)
        await hear_each_other(page, ear)
        await page.call("accept", await peer.create_answer(await page.call("offerAgain")))
        await hear_each_other(page, ear)


async def test_the_browser_learns_of_round_trip_and_loss(page):
    """Receiver reports are what makes a browser add redundancy; sender reports what makes it know the delay."""
    async with RtcPeer(controlling=False) as peer:
        await page.call("accept", await peer.create_answer(await page.call("offer")))
        await hear_each_other(page, await start_audio(peer))

        async def reports():
            remote = await page.statistics("remote-inbound-rtp")
            return remote and remote[0].get("roundTripTimeMeasurements", 0) >= 1

        await until(reports, what="receiver reports in the browser")
        assert (await page.statistics("remote-inbound-rtp"))[0]["packetsLost"] == 0

        async def sender_reports():
            remote = await page.statistics("remote-outbound-rtp")
            return remote and remote[0].get("reportsSent", 0) >= 1

        await until(sender_reports, what="sender reports in the browser")


async def test_closing_is_noticed_by_our_side(page):
    async with RtcPeer(controlling=False) as peer:
        await page.call("accept", await peer.create_answer(await page.call("offer")))
        await hear_each_other(page, await start_audio(peer))
        await page.call("close")
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await peer.closed()


async def test_an_ice_restart_of_the_browser_gets_a_new_transport(page):
    async with RtcPeer(controlling=False) as peer:
        await page.call("accept", await peer.create_answer(await page.call("offer")))
        ear = await start_audio(peer)
        await hear_each_other(page, ear)
        pair = peer.stats()["selected_pair"]
        await page.call("accept", await peer.create_answer(await page.call("offerWithRestart")))

        async def moved():
            return peer.stats()["selected_pair"] not in (None, pair)

        await until(moved, what="the new transport")
        await hear_each_other(page, ear)
        assert peer.failure is None
