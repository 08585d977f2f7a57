"""AudioSender with PCM of every form, and what it tells in headers."""

from __future__ import annotations

import numpy as np
import pytest
from chime_native.audio import AudioReceiver, AudioSender, RtpPacket
from numpy.typing import NDArray
from virtual_call.measure import dbov, largest_jump, pitch_hz

BLOCK_US = 10_000
RATES = [8000, 12000, 16000, 24000, 32000, 44100, 48000, 96000]


def tone(rate: int, channels: int, seconds: float = 2, hz: float = 1000) -> NDArray[np.int16]:
    wave = 8000 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)
    return np.stack([wave.astype(np.int16)] * channels, axis=1)


def send(sender: AudioSender, pcm: NDArray[np.int16], rate: int) -> list[bytes]:
    step = rate // 100
    return [
        packet
        for at in range(0, len(pcm), step)
        for packet in sender.push(pcm[at : at + step], at * 100 // step)
    ]


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", RATES)
def test_a_tone_arrives_at_its_pitch_and_level_whatever_the_rate(rate: int, channels: int) -> None:
    sender = AudioSender(
        ssrc=1, sample_rate=rate, channels=channels, application="audio", bitrate=96000, audio_level_id=1
    )
    packets = send(sender, tone(rate, channels), rate)
    assert len(packets) == 100
    assert RtpPacket.parse(packets[-1]).extensions[1][0] & 0x7F == round(-dbov(tone(rate, 1)[:, 0] / 32768))
    receiver = AudioReceiver(channels=channels)
    heard = []
    for index, packet in enumerate(packets):
        receiver.push(packet, 2 * index * BLOCK_US)
        heard += [receiver.pull(now_us=(2 * index + half) * BLOCK_US + 5000).copy() for half in (0, 1)]
    for channel in range(channels):
        sound = np.concatenate(heard)[48000:, channel] / 32768
        assert pitch_hz(sound, 48000) == pytest.approx(1000, rel=1e-3)
        assert dbov(sound) == pytest.approx(dbov(tone(rate, 1)[:, 0] / 32768), abs=0.5)
        assert largest_jump(sound) <= 1.2 * 8000 / 32768 * 2 * np.pi * 1000 / 48000
    assert sender.stats()["total_samples_duration"] == pytest.approx(2)


@pytest.mark.parametrize("rate", [0, 7900, 11025, 22050, 44101, 192100])
def test_rates_without_whole_blocks_are_refused(rate: int) -> None:
    with pytest.raises(ValueError, match="sample"):
        AudioSender(ssrc=1, sample_rate=rate)


def test_mute_and_unmute_fade_at_other_rates_too() -> None:
    sender = AudioSender(ssrc=1, sample_rate=44100)
    pcm = tone(44100, 1)
    sender.push(pcm[:441])
    sender.muted = True
    sender.push(pcm[441:882])
    assert sender.muted
    with pytest.raises(ValueError, match="441"):
        sender.push(pcm[:480])


def test_transport_wide_sequence_numbers_count_the_packets_sent() -> None:
    sender = AudioSender(ssrc=1, transport_sequence_id=5)
    packets = send(sender, tone(48000, 1, 0.2), 48000)
    numbers = [int.from_bytes(RtpPacket.parse(packet).extensions[5], "big") for packet in packets]
    assert numbers == list(range(10))


def test_contributors_are_told_with_their_levels() -> None:
    sender = AudioSender(ssrc=1, csrc_audio_level_id=3, mid="0", mid_id=4)
    pcm = tone(48000, 1, 0.02)
    assert RtpPacket.parse(send(sender, pcm, 48000)[0]).csrcs == []
    sender.set_contributors([(7, 20), (2**32 - 1, 127)])
    packet = RtpPacket.parse(send(sender, pcm, 48000)[0])
    assert packet.csrcs == [7, 2**32 - 1]
    assert packet.extensions[3] == bytes([20, 127])
    assert packet.extensions[4] == b"0"
    sender.set_contributors([])
    assert 3 not in RtpPacket.parse(send(sender, pcm, 48000)[0]).extensions
    with pytest.raises(ValueError, match="at most 15"):
        sender.set_contributors([(1, 1)] * 16)
    with pytest.raises(ValueError, match="level"):
        sender.set_contributors([(1, 128)])


def test_a_pause_is_told_once_and_then_every_400_ms() -> None:
    sender = AudioSender(ssrc=1, dtx=True, sample_rate=16000)
    send(sender, tone(16000, 1, 1, 200), 16000)
    packets = [
        RtpPacket.parse(packet) for packet in send(sender, np.zeros((16000 * 4, 1), np.int16), 16000)[20:]
    ]
    sizes = [len(packet.payload) for packet in packets]
    # One packet of sound, then one of a single octet, and so on.
    small = [index for index, size in enumerate(sizes) if size <= 2]
    assert 2 <= len(small) <= 12
    assert all(sizes[index + 1] > 2 for index in small[:-1])
    for index in small[:-1]:
        assert not packets[index].marker
        assert packets[index + 1].marker
        gap = (packets[index + 1].timestamp - packets[index].timestamp) % 2**32
        assert gap <= 48 * 400
