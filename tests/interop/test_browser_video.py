"""Browsers with the real SDK see each other through the local service, which forwards their video as it is."""

import asyncio
import random
import re
from contextlib import AsyncExitStack

import pytest
from chime_native import MeetingSession
from chime_native.rtc import RtcPeer
from interop_harness import Source, UdpRelay, seen, sees, sees_no_tile, until

pytestmark = pytest.mark.browser

QUIET = Source("none")
RED, BLUE, GREEN = "rgb(220,20,20)", "rgb(20,20,220)", "rgb(20,200,20)"
# The SDK's SimulcastLayers.
LOW_AND_HIGH, HIGH = 2, 5
LOW_LAYER = (240, 135)
ADAPTED = "BandwidthProbingAndRemoteVideoQualityAdaption"
NARROW_BPS = 60_000
"""Half of it goes to sound."""
MAY_ALL = {"Audio": "SendReceive", "Video": "SendReceive", "Content": "SendReceive"}


class PeerWithoutVp9(RtcPeer):
    """Offers VP8 and H.264 only."""

    async def create_offer(self, **options):
        offer = await super().create_offer(**options)
        lines = re.sub(r"a=(?:rtpmap|fmtp|rtcp-fb):9[89] [^\r\n]*\r\n", "", offer)
        return re.sub(r"(m=video [^\r\n]*?) 98 99", r"\1", lines)


@pytest.fixture
def join(meeting, open_browser):
    """Opens a page that joins the meeting without sound."""

    async def join(name, **options):
        page = await open_browser(name)
        await page.join(meeting.response, await meeting.attendee(name), source=QUIET, **options)
        await page.started()
        return page

    return join


@pytest.fixture
async def two(join):
    return await join("alice"), await join("bob")


async def total(page, kind, name):
    """The sum of a figure over the video streams of that kind."""
    return sum(entry.get(name, 0) for entry in await page.statistics(kind, "video"))


async def stops_receiving(page):
    """Waits until no video comes in for half a second."""
    bytes_received, same = -1, 0

    async def stopped():
        nonlocal bytes_received, same
        now = await total(page, "inbound-rtp", "bytesReceived")
        same = same + 1 if now == bytes_received else 0
        bytes_received = now
        return same >= 10

    await until(stopped, 30, what=f"{page.name} receiving no video")


async def test_a_camera_is_seen_by_another_browser(two):
    alice, bob = two
    await alice.call("startCamera")
    picture = await sees(bob, alice.attendee_id)
    assert (picture["width"], picture["height"]) == (960, 540)
    assert picture["isContent"] is False
    await alice.call("stopVideo")
    await sees_no_tile(bob, alice.attendee_id)
    await alice.call("startCamera")
    await sees(bob, alice.attendee_id)


async def test_both_see_each_other(two):
    alice, bob = two
    await alice.call("startVideo", {"colour": RED})
    await bob.call("startVideo", {"colour": BLUE})
    await sees(bob, alice.attendee_id, colour="red", size=(320, 180))
    await sees(alice, bob.attendee_id, colour="blue", size=(320, 180))


async def test_who_comes_later_sees_who_sends_already(two, join):
    alice, bob = two
    await alice.call("startVideo", {"colour": RED})
    await bob.call("startVideo", {"colour": BLUE})
    carol = await join("carol")
    await sees(carol, alice.attendee_id, colour="red")
    await sees(carol, bob.attendee_id, colour="blue")
    await bob.leave()
    await sees_no_tile(carol, bob.attendee_id)
    await sees(carol, alice.attendee_id, colour="red")


async def test_a_paused_video_is_not_sent_and_comes_back(join):
    """Paused by the page, then by the service because it does not get through."""
    async with UdpRelay() as relay:
        alice = await join("alice")
        bob = await join("bob", chooses_video=ADAPTED, media_relay=relay)
        await alice.call("startCamera", {"width": 320, "height": 180})
        await sees(bob, alice.attendee_id)
        for _ in range(2):
            await bob.call("pauseVideo", alice.attendee_id)
            await stops_receiving(bob)
            await bob.call("resumeVideo", alice.attendee_id)
            await sees(bob, alice.attendee_id)

        async def paused():
            return (await seen(bob, alice.attendee_id))["paused"]

        relay.down_limit_bps = NARROW_BPS
        await until(paused, 60, what="the service pausing what does not get through")
        relay.down_limit_bps = None
        await sees(bob, alice.attendee_id)


async def test_lost_packets_are_sent_again(join):
    loss = random.Random(7)
    # Audio has 63 and 111; the connectivity checks have no payload type and always pass.
    drop = lambda _, payload_type: payload_type not in (63, 111) and loss.random() < 0.05
    async with AsyncExitStack() as stack:
        relays = [await stack.enter_async_context(UdpRelay(drop)) for _ in range(2)]
        alice = await join("alice", media_relay=relays[0])
        bob = await join("bob", media_relay=relays[1])
        await alice.call("startCamera")
        await sees(bob, alice.attendee_id)

        async def has_asked_and_got():
            return (
                await total(bob, "inbound-rtp", "retransmittedPacketsReceived") > 3
                and await total(alice, "outbound-rtp", "retransmittedPacketsSent") > 3
            )

        await until(has_asked_and_got, 60, what="retransmissions on both ways")
        await sees(bob, alice.attendee_id)


@pytest.mark.parametrize("adaption", ["None", ADAPTED])
async def test_simulcast_layers_switch_on_request(join, adaption):
    """Of the client itself, and of the service that is told how large the video is shown."""
    alice = await join("alice", simulcast=True)
    bob = await join("bob")
    carol = await join("carol", chooses_video=adaption)
    await alice.call("startCamera", {"width": 960, "height": 540})
    # A busy machine makes Chromium scale the upper layer down; the lower one is a quarter of the camera's size.
    await sees(bob, alice.attendee_id, wider_than=LOW_LAYER[0])
    await sees(carol, alice.attendee_id, wider_than=LOW_LAYER[0])
    (ssrc,) = [entry["ssrc"] for entry in await carol.statistics("inbound-rtp", "video")]
    for size, expected in (
        ("Low", {"size": LOW_LAYER}),
        ("Maximum", {"wider_than": LOW_LAYER[0]}),
        ("Low", {"size": LOW_LAYER}),
    ):
        await carol.call("chooseVideo", {alice.attendee_id: size})
        await sees(carol, alice.attendee_id, **expected)
        await sees(bob, alice.attendee_id, wider_than=LOW_LAYER[0])
    assert [entry["ssrc"] for entry in await carol.statistics("inbound-rtp", "video")] == [ssrc]


async def test_two_in_a_meeting_send_one_layer_and_three_send_two(join):
    alice = await join("alice", simulcast=True)
    bob = await join("bob")
    await alice.call("startCamera", {"width": 1280, "height": 720})
    await alice.event("encoding_simulcast_layers_did_change", layers=HIGH)
    await sees(bob, alice.attendee_id)
    carol = await join("carol")
    await alice.event("encoding_simulcast_layers_did_change", layers=LOW_AND_HIGH)
    await sees(carol, alice.attendee_id)
    await sees(bob, alice.attendee_id)
    place = alice.mark()
    await carol.leave()
    await alice.event("encoding_simulcast_layers_did_change", layers=HIGH, after=place)
    await sees(bob, alice.attendee_id)


async def test_a_sender_learns_what_its_path_carries(two):
    alice, bob = two
    await alice.call("startCamera")
    await sees(bob, alice.attendee_id)

    async def estimates_much():
        pairs = await alice.statistics("candidate-pair")
        return any(pair.get("availableOutgoingBitrate", 0) > 900_000 for pair in pairs)

    # Without feedback Chromium never gets above the 300 kbit/s that it begins with in so short a time.
    await until(estimates_much, 20, what="an estimate from transport-wide feedback")


async def test_senders_go_by_what_everybody_can_decode(two, meeting):
    """The SDK prefers VP9, which this client does not decode: VP9 while browsers are among themselves."""
    alice, bob = two
    await alice.call("startCamera")

    async def sends(vp9):
        entries = await alice.call("statistics")
        codecs = {entry["id"]: entry["mimeType"] for entry in entries if entry["type"] == "codec"}
        sent = [entry for entry in entries if entry["type"] == "outbound-rtp" and entry["kind"] == "video"]
        return [codecs.get(entry.get("codecId")) == "video/VP9" for entry in sent] == [vp9]

    await sees(bob, alice.attendee_id)
    await until(lambda: sends(vp9=True), 30, what="VP9")
    attendee = await meeting.attendee("python")
    make_peer = lambda ice_servers: PeerWithoutVp9(controlling=True, ice_servers=ice_servers)
    async with MeetingSession.join(meeting.response, attendee, make_peer=make_peer) as session:
        async with asyncio.timeout(60):
            frame = await anext(session.audio_video.video_frames(alice.attendee_id))
        assert (frame.width, frame.height) == (960, 540)
        assert await sends(vp9=False)
        await sees(bob, alice.attendee_id)
    await until(lambda: sends(vp9=True), 30, what="VP9 again")
    await sees(bob, alice.attendee_id)


async def test_content_is_seen_beside_the_camera(two):
    alice, bob = two
    await alice.call("startVideo", {"colour": RED})
    await alice.call("startContentShare", {"colour": GREEN})
    await alice.event("content_share_did_start")
    picture = await sees(bob, f"{alice.attendee_id}#content", colour="green")
    assert picture["isContent"] is True
    await sees(bob, alice.attendee_id, colour="red")
    await bob.call("startContentShare", {"colour": BLUE})
    await sees(alice, f"{bob.attendee_id}#content", colour="blue")
    await alice.call("stopContentShare")
    await alice.event("content_share_did_stop")
    await sees_no_tile(bob, f"{alice.attendee_id}#content")


async def test_a_third_content_is_refused(two, join):
    for page in two:
        await page.call("startContentShare", {"colour": GREEN})
        await page.event("content_share_did_start")
    carol = await join("carol")
    await carol.call("startContentShare", {"colour": RED})
    await carol.event("content_share_did_stop")
    assert not carol.all("content_share_did_start")
    assert await seen(two[0], f"{carol.attendee_id}#content") is None


async def test_capabilities_are_enforced_while_they_change(two, meeting):
    alice, bob = two
    await alice.call("startVideo", {"colour": RED})
    await bob.call("startVideo", {"colour": BLUE})
    await sees(bob, alice.attendee_id)
    await sees(alice, bob.attendee_id)

    async def allow(page, **capabilities):
        await meeting.call(
            "update_attendee_capabilities",
            AttendeeId=page.attendee_id,
            Capabilities=MAY_ALL | capabilities,
        )

    await allow(alice, Video="Receive")
    await alice.event("video_send_did_become_unavailable")
    await sees_no_tile(bob, alice.attendee_id)
    await sees(alice, bob.attendee_id)
    await allow(alice)
    await alice.call("startVideo", {"colour": RED})
    await sees(bob, alice.attendee_id, colour="red")
    await allow(bob, Video="Send", Content="Send")
    await sees_no_tile(bob, alice.attendee_id)
    await sees(alice, bob.attendee_id, colour="blue")
    await allow(bob)
    await sees(bob, alice.attendee_id, colour="red")


async def test_content_alone_may_be_forbidden(two, meeting):
    alice, bob = two
    await meeting.call(
        "update_attendee_capabilities",
        AttendeeId=bob.attendee_id,
        Capabilities=MAY_ALL | {"Content": "Send"},
    )
    await alice.call("startVideo", {"colour": RED})
    await alice.call("startContentShare", {"colour": GREEN})
    await alice.event("content_share_did_start")
    await sees(bob, alice.attendee_id, colour="red")
    assert await seen(bob, f"{alice.attendee_id}#content") is None
