import asyncio

import numpy as np
import pytest
from chime_native.devices import ArraySink, ToneSource
from chime_native.rtc import AudioSection, PlayoutClock, RtcPeer, VideoSection


def strongest_hz(pcm: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(pcm[-24000:, 0].astype(float))))) * 2


async def negotiate(client: RtcPeer, service: RtcPeer, sections: list[AudioSection], mids: list[str]) -> None:
    offer = await client.create_offer(video_sections=[VideoSection("1"), *sections])
    await client.apply_answer(await service.create_answer(offer, further_audio=mids))


async def test_each_section_carries_a_sound_of_its_own() -> None:
    async with RtcPeer(controlling=True) as client, RtcPeer(controlling=False, host="127.0.0.1") as service:
        await negotiate(client, service, [AudioSection("2"), AudioSection("3")], ["2", "3"])
        await asyncio.wait_for(asyncio.gather(client.connected(), service.connected()), 30)
        heard = {mid: ArraySink() for mid in "23"}
        mix = ArraySink()
        assert client.audio is not None
        assert service.audio is not None
        client.audio.start(PlayoutClock.running(), None, [mix])
        service.audio.start(PlayoutClock.running(), ToneSource(300))
        for mid, hz in (("2", 440), ("3", 600)):
            client.audio_channels[mid].start(PlayoutClock.running(), None, [heard[mid]])
            service.audio_channels[mid].start(PlayoutClock.running(), ToneSource(hz))
        for sink, hz in ((heard["2"], 440), (heard["3"], 600), (mix, 300)):
            async with asyncio.timeout(30):
                while strongest_hz(await sink.wait_for(1)) != pytest.approx(hz, abs=4):
                    sink.clear()

        kept = client.audio_channels["3"]
        await negotiate(client, service, [AudioSection("2", active=False), AudioSection("3")], ["3"])
        assert set(client.audio_channels) == set(service.audio_channels) == {"3"}
        assert client.audio_channels["3"] is kept
        heard["3"].clear()
        await asyncio.wait_for(heard["3"].wait_for(0.2), 30)

        await negotiate(client, service, [AudioSection("2"), AudioSection("3")], ["2", "3"])
        assert set(client.audio_channels) == {"2", "3"}


async def test_what_the_service_does_not_send_is_not_there() -> None:
    async with RtcPeer(controlling=True) as client, RtcPeer(controlling=False, host="127.0.0.1") as service:
        await negotiate(client, service, [AudioSection("2")], [])
        await asyncio.wait_for(client.connected(), 30)
        assert not client.audio_channels
        assert client.audio is not None
