"""The harness itself: a meter that hears what isn't there, or a relay that loses by itself, would spoil every other test."""

import asyncio
import secrets

import numpy as np
import pytest
from interop_harness import (
    Chromium,
    DevToolsError,
    SignalingRelay,
    UdpRelay,
    build_page,
    dominant_frequency,
    rms,
    tone_amplitude,
    until,
)

pytestmark = pytest.mark.browser

# A tone from a page to itself over a peer connection, with Opus between, played by the audio element.
LOOPBACK = """(async () => {
  const source = new tools.ToneSource({ hz: 660, gain: 0.3 });
  const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
  near.onicecandidate = ({ candidate }) => candidate && far.addIceCandidate(candidate);
  far.onicecandidate = ({ candidate }) => candidate && near.addIceCandidate(candidate);
  const arrived = new Promise((resolve) => { far.ontrack = ({ streams }) => resolve(streams[0]); });
  near.addTrack(source.stream.getAudioTracks()[0], source.stream);
  await near.setLocalDescription();
  await far.setRemoteDescription(near.localDescription);
  await far.setLocalDescription();
  await near.setRemoteDescription(far.localDescription);
  const speaker = document.getElementById('speaker');
  speaker.srcObject = await arrived;
  await speaker.play();
  attendee.ear = new tools.Ear(speaker);
})()"""


async def test_ear_hears_the_tone_that_is_played(open_browser):
    page = await open_browser("loopback")
    await page.evaluate(LOOPBACK)

    async def tone_arrived():
        return tone_amplitude(await page.hear(0.25), 660) > 0.2

    await until(tone_arrived, what="the tone in the page's own loop")
    pcm = await page.hear(0.5)
    assert pcm.shape == (24000, 2)
    assert dominant_frequency(pcm) == pytest.approx(660, abs=3)
    assert tone_amplitude(pcm, 660) == pytest.approx(0.3, rel=0.1)
    assert rms(pcm) == pytest.approx(0.21, rel=0.1)
    assert tone_amplitude(pcm, 440) < 0.003


async def test_events_arrive_in_order_and_errors_are_told(open_browser):
    page = await open_browser("talkative")
    await page.evaluate(
        "for (let n = 0; n < 50; n++) report(JSON.stringify({ event: 'counted', byHand: n }))"
    )
    await page.event("counted", by_hand=49)
    assert [event["by_hand"] for event in page.all("counted")] == list(range(50))
    with pytest.raises(DevToolsError, match="no such luck"):
        await page.evaluate("Promise.reject(new Error('no such luck'))")
    with pytest.raises(TimeoutError, match="talkative saw no never"):
        await page.event("never", within=0.1)


def test_tone_amplitude_covers_a_swinging_tone():
    time = np.arange(48000) / 48000
    swing = 0.6 + 0.4 * np.sin(2 * np.pi * 3 * time)
    pcm = (swing * 0.3 * np.sin(2 * np.pi * 440 * time) * 32768).astype(np.int16)
    assert tone_amplitude(pcm, 440) == pytest.approx(0.3 * np.sqrt(np.mean(swing**2)), rel=0.05)
    assert tone_amplitude(pcm, 520) < 0.002


def test_what_is_not_installed_is_named(monkeypatch, tmp_path):
    """Without a browser these tests fail; they are not passed over in silence."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="npm is needed"):
        build_page(tmp_path, tmp_path / "built")
    with pytest.raises(RuntimeError, match="no chromium"), Chromium():
        pass


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(data, addr)


class Inbox(asyncio.DatagramProtocol):
    def __init__(self):
        self.received = []

    def datagram_received(self, data, _):
        self.received.append(data)


async def test_media_relay_counts_and_drops_by_payload_type():
    loop = asyncio.get_running_loop()
    service, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    async with UdpRelay(
        drop=lambda direction, payload_type: direction == "down" and payload_type == 111
    ) as relay:
        relay.take_service_candidates([["::1", 5], list(service.get_extra_info("sockname"))])
        page, inbox = await loop.create_datagram_endpoint(Inbox, remote_addr=relay.address)
        stun = bytes([0, 1]) + secrets.token_bytes(18)
        red, opus = (bytes([128, payload_type]) + secrets.token_bytes(30) for payload_type in (63, 111))
        for packet in (stun, red, opus, red):
            page.sendto(packet)
        await until(lambda: len(inbox.received) == 3, what="what the relay lets pass")
        assert inbox.received == [stun, red, red]
        assert relay.passed["up"].packets == {63: 2, 111: 1}
        assert relay.passed["down"].dropped == {111: 1}
        assert relay.passed["down"].mean_size(63) == 32
        page.close()
    service.close()


async def test_signaling_relay_resets_and_refuses():
    async def echo(reader, writer):
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with SignalingRelay(f"ws://{host}:{port}/control/path") as relay:
        assert relay.url.endswith("/control/path")
        relay_host, relay_port = relay.url.removeprefix("ws://").removesuffix("/control/path").split(":")
        reader, writer = await asyncio.open_connection(relay_host, int(relay_port))
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        relay.reset()
        with pytest.raises(ConnectionResetError):
            await reader.read(1)
        writer.transport.abort()
        relay.refusing = True
        reader, writer = await asyncio.open_connection(relay_host, int(relay_port))
        assert await reader.read(1) == b""
        writer.transport.abort()
    server.close()
    await server.wait_closed()
