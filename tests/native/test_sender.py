"""AudioSender's binding: what comes out, refusals, threads, life time."""

import threading
from typing import Any

import numpy as np
import pytest
from chime_native.audio import (
    AudioSender,
    OpusDecoder,
    RtpPacket,
    opus_packet_info,
    read_audio_level,
    split_red,
)
from numpy.typing import NDArray

Pcm = NDArray[np.int16]


def speechlike(seconds: float, rate: int = 48000, channels: int = 1) -> Pcm:
    """A buzz with a syllable's swell: voice to Opus and to the level meter."""
    t = np.arange(int(seconds * rate)) / rate
    buzz = sum(np.sin(2 * np.pi * 130 * k * t) / k for k in range(1, 12))
    wave = 5000 * buzz * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * t))
    return np.repeat(wave.astype(np.int16)[:, None], channels, axis=1)


def send(sender: AudioSender, pcm: Pcm, rate: int = 48000) -> list[bytes]:
    block = rate // 100
    return [packet for i in range(0, len(pcm), block) for packet in sender.push(pcm[i : i + block], i)]


def make(**options: Any) -> AudioSender:
    return AudioSender(**({"ssrc": 99, "red_payload_type": 63} | options))


def test_a_packet_every_two_blocks() -> None:
    sender = make(mid="audio", mid_id=4, audio_level_id=1)
    pcm = speechlike(1)
    assert sender.push(pcm[:480]) == []
    (first,) = sender.push(pcm[480:960])
    packet = RtpPacket.parse(first)
    assert packet.ssrc == sender.ssrc == 99
    assert packet.payload_type == 63
    assert packet.marker
    assert packet.sequence_number < 2**15
    assert packet.extensions[4] == b"audio"
    level, voice = read_audio_level(packet.extensions[1])
    assert 0 < level < 60
    assert isinstance(voice, bool)
    assert sender.sender_info() == ((packet.timestamp + 960) % 2**32, 1, len(packet.payload))


def test_starts_are_random_unless_given() -> None:
    assert len({make().sender_info()[0] for _ in range(8)}) == 8
    sender = make(first_sequence_number=65535, first_timestamp=2**32 - 1)
    packets = [RtpPacket.parse(packet) for packet in send(sender, speechlike(0.04))]
    assert [packet.sequence_number for packet in packets] == [65535, 0]
    assert [packet.timestamp for packet in packets] == [2**32 - 1, 959]


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 2), (48000, 2)])
def test_the_sound_arrives(rate: int, channels: int) -> None:
    sender = make(sample_rate=rate, channels=channels, bitrate=96000, application="audio")
    decoder = OpusDecoder(sample_rate=rate, channels=channels)
    pcm = speechlike(1, rate, channels)
    payloads = [RtpPacket.parse(packet) for packet in send(sender, pcm, rate)]
    blocks = [split_red(packet.payload, packet.timestamp)[1][-1].data for packet in payloads]
    heard = np.concatenate([decoder.decode(block) for block in blocks]).astype(float)
    assert heard.shape == pcm.shape
    lag = int(np.argmax(np.correlate(heard[:, 0], pcm[: rate // 2, 0].astype(float))))
    aligned = heard[lag : lag + rate // 2, 0]
    assert np.corrcoef(aligned, pcm[: rate // 2, 0])[0, 1] > 0.9


def test_reports_change_redundancy_and_the_encoder() -> None:
    sender = make(bitrate=40000)
    pcm = speechlike(1)
    assert sender.stats()["copy_offsets"] == (960,)
    sender.on_report(fraction_lost=0.4, rtt_ms=40, jitter_ms=3, now_us=1_000_000, packets_lost=5)
    send(sender, pcm)
    stats = sender.stats()
    assert stats["expected_loss_percent"] == 40
    assert stats["lbrr_frames"] > 20
    assert stats["copy_offsets"] == (1920, 3840)
    assert stats["redundant_blocks_sent"] > 40
    assert stats["reports_received"] == 1
    assert stats["fraction_lost"] == 0.4
    assert stats["round_trip_time_ms"] == 40
    for second in range(2, 60):
        sender.on_report(fraction_lost=0, now_us=second * 1_000_000)
    assert sender.stats()["copy_offsets"] == ()
    assert sender.stats()["expected_loss_percent"] == 0


def test_statistics_count_what_was_sent() -> None:
    sender = make()
    packets = send(sender, speechlike(1))
    stats = sender.stats()
    assert stats["packets_sent"] == len(packets) == 50
    assert stats["bytes_sent"] + stats["header_bytes_sent"] == sum(map(len, packets))
    assert stats["total_samples_sent"] == 48000
    assert stats["total_samples_duration"] == 1
    assert stats["total_audio_energy"] == pytest.approx(np.mean((speechlike(1) / 32768.0) ** 2), rel=0.01)


def test_mute_is_silence_on_the_wire() -> None:
    sender = make(audio_level_id=1)
    send(sender, speechlike(0.5))
    sender.muted = True
    assert sender.muted
    packets = [RtpPacket.parse(packet) for packet in send(sender, speechlike(0.5))]
    assert len(packets) == 25
    assert read_audio_level(packets[-1].extensions[1]) == (127, False)
    decoder = OpusDecoder()
    for packet in packets:
        pcm = decoder.decode(split_red(packet.payload, packet.timestamp)[1][-1].data)
    assert np.abs(pcm).max() < 20


def test_plain_opus_without_red() -> None:
    sender = AudioSender(ssrc=1, opus_payload_type=96, frame_ms=10)
    (packet,) = sender.push(speechlike(0.01))
    assert RtpPacket.parse(packet).payload_type == 96
    assert opus_packet_info(RtpPacket.parse(packet).payload).samples == 480


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frame_ms": 30}, "frame_ms must be 10, 20, 40 or 60"),
        ({"redundancy": "much"}, "redundancy must be one of 'off', 'chime', 'adaptive', got 'much'"),
        ({"application": "x"}, "application must be one of"),
        ({"sample_rate": 22050}, "multiple of 100, got 22050"),
        ({"red_payload_type": 111}, "different payload types"),
        ({"opus_payload_type": 128}, "payload types must be 0 to 127"),
        ({"bitrate": 1}, "bitrate must be 500 to 510000, got 1"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**options)


def test_wrong_blocks_and_reports_are_refused() -> None:
    sender = make()
    with pytest.raises(ValueError, match=r"shape \(480, 1\), got \(960, 1\)"):
        sender.push(np.zeros((960, 1), np.int16))
    with pytest.raises(TypeError, match="int16"):
        sender.push(np.zeros((480, 1), np.float64))  # type: ignore[arg-type]
    for fraction in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="fraction_lost must be 0 to 1"):
            sender.on_report(fraction_lost=fraction)
    assert sender.stats()["frames_encoded"] == 0


def test_any_thread_may_call() -> None:
    sender = make()
    pcm = speechlike(1)
    packets: list[bytes] = []

    def push() -> None:
        packets.extend(send(sender, pcm))

    threads = [threading.Thread(target=push) for _ in range(4)]
    for thread in threads:
        thread.start()
    for second in range(100):
        sender.on_report(fraction_lost=second % 10 / 20, now_us=second * 1_000_000)
        sender.muted = second % 2 == 0
    for thread in threads:
        thread.join()
    assert len(packets) == 200
    assert len({RtpPacket.parse(packet).sequence_number for packet in packets}) == 200
