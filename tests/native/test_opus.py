"""The Opus bindings: shapes, dtypes, refusals, the GIL, and that sound comes through."""

import gc
import sys
import threading

import numpy as np
import pytest
from chime_native.audio import OpusDecoder, OpusEncoder, opus_packet_info, opus_version
from numpy.typing import NDArray

Pcm = NDArray[np.int16]


def tone(frames: int, rate: int = 48000, channels: int = 1, hz: float = 440.0) -> Pcm:
    wave = 8000 * np.sin(2 * np.pi * hz * np.arange(frames) / rate)
    return np.repeat(wave.astype(np.int16)[:, None], channels, axis=1)


def spectrum_peak(pcm: Pcm, rate: int) -> float:
    signal = pcm[:, 0] * np.hanning(len(pcm))
    return float(np.argmax(np.abs(np.fft.rfft(signal))) * rate / len(pcm))


@pytest.mark.parametrize("rate", [8000, 12000, 16000, 24000, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_tone_comes_through(rate: int, channels: int) -> None:
    encoder = OpusEncoder(sample_rate=rate, channels=channels, application="audio", bitrate=64000)
    decoder = OpusDecoder(sample_rate=rate, channels=channels)
    pcm = tone(rate, rate, channels)
    frame = rate // 50
    blocks = [decoder.decode(encoder.encode(pcm[i : i + frame])) for i in range(0, rate, frame)]
    assert {block.shape for block in blocks} == {(frame, channels)}
    assert {block.dtype for block in blocks} == {np.dtype(np.int16)}
    heard = np.concatenate(blocks)[rate // 2 :]
    assert spectrum_peak(heard, rate) == pytest.approx(440, abs=2)
    assert np.std(heard) == pytest.approx(np.std(pcm), rel=0.1)


@pytest.mark.parametrize("milliseconds", [2.5, 5, 10, 20, 40, 60])
def test_all_durations(milliseconds: float) -> None:
    frames = int(48 * milliseconds)
    packet = OpusEncoder(application="audio").encode(tone(frames))
    assert opus_packet_info(packet).samples == frames
    assert OpusDecoder().decode(packet).shape == (frames, 1)


def test_what_is_missing_is_mended_or_concealed() -> None:
    encoder = OpusEncoder(bitrate=40000, fec=True, expected_loss_percent=20)
    decoder = OpusDecoder()
    pcm = tone(48000)
    packets = [encoder.encode(pcm[i : i + 960]) for i in range(0, 48000, 960)]
    for packet in packets[:30]:
        heard = decoder.decode(packet)
    mended = decoder.decode_fec(packets[31], 960)
    assert mended.shape == heard.shape
    assert np.std(mended) > np.std(heard) / 3
    decoder.decode(packets[31])
    assert decoder.conceal(480).shape == (480, 1)
    decoder.reset()
    assert not decoder.conceal(960).any()


def test_out_is_filled_and_its_front_returned() -> None:
    packet = OpusEncoder().encode(tone(960))
    out = np.full((1920, 1), 77, np.int16)
    result = OpusDecoder().decode(packet, out=out)
    assert result.base is out
    assert result.shape == (960, 1)
    assert (out[960:] == 77).all()
    assert np.array_equal(result, OpusDecoder().decode(packet))
    exact = np.empty((960, 1), np.int16)
    assert OpusDecoder().decode(packet, exact) is exact


def test_results_outlive_the_coders() -> None:
    decoder = OpusDecoder()
    pcm = decoder.decode(OpusEncoder().encode(tone(960)))
    kept = pcm.copy()
    del decoder
    gc.collect()
    assert np.array_equal(pcm, kept)
    assert pcm.flags.owndata


@pytest.mark.parametrize(
    ("pcm", "error", "message"),
    [
        ([0] * 960, TypeError, "pcm must be C-contiguous memory of int16, got list"),
        (np.zeros((960, 1), np.float32), TypeError, "int16, got elements of format 'f'"),
        (np.zeros((1920, 1), np.int16)[::2], ValueError, "not C-contiguous"),
        (np.zeros((480, 2), np.int16), ValueError, r"shape \(frames, 1\), got \(480, 2\)"),
        (np.zeros((480, 1, 1), np.int16), ValueError, r"got \(480, 1, 1\)"),
        (np.zeros((0, 1), np.int16), ValueError, "pcm must last 2.5, 5, 10, 20, 40 or 60 ms, got 0 frames"),
        (np.zeros((481, 1), np.int16), ValueError, "got 481 frames at 48000 Hz"),
    ],
)
def test_wrong_pcm_is_refused(pcm: Pcm, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        OpusEncoder().encode(pcm)


def test_wrong_packets_and_outputs_are_refused() -> None:
    decoder = OpusDecoder()
    packet = OpusEncoder().encode(tone(960))
    with pytest.raises(ValueError, match="not a valid Opus packet"):
        decoder.decode(b"")
    with pytest.raises(ValueError, match="not a valid Opus packet"):
        decoder.decode(b"\xff\x00")
    with pytest.raises(TypeError, match="packet must be bytes-like, got str"):
        decoder.decode("packet")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="out must have at least 960 frames, got 480"):
        decoder.decode(packet, np.zeros((480, 1), np.int16))
    read_only = np.zeros((960, 1), np.int16)
    read_only.flags.writeable = False
    with pytest.raises(ValueError, match="written to"):
        decoder.decode(packet, read_only)
    for frames in (0, 100, -120, 5880):
        with pytest.raises(ValueError, match=f"frames must be a multiple of 120 .* got {frames}"):
            decoder.conceal(frames)
        with pytest.raises(ValueError, match="frames must be"):
            decoder.decode_fec(packet, frames)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample_rate": 44100}, "8000, 12000, 16000, 24000 or 48000 Hz, got 44100"),
        ({"channels": 3}, "channels must be 1 or 2, got 3"),
        ({"bitrate": 0}, "bitrate must be 500 to 510000, got 0"),
        ({"complexity": 11}, "complexity must be 0 to 10, got 11"),
        ({"expected_loss_percent": -1}, "must be 0 to 100, got -1"),
        ({"application": "music"}, "'voip', 'audio', 'low_delay', got 'music'"),
        ({"max_bandwidth": "huge"}, "'narrow', .* got 'huge'"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        OpusEncoder(**options)  # type: ignore[arg-type]


def test_options_can_change() -> None:
    encoder = OpusEncoder(max_bandwidth="wide", application="audio", bitrate=96000)
    assert opus_packet_info(encoder.encode(tone(960))).bandwidth == "wide"
    for name, value in {
        "bitrate": 20000,
        "complexity": 1,
        "dtx": True,
        "fec": True,
        "expected_loss_percent": 7,
    }.items():
        setattr(encoder, name, value)
        assert getattr(encoder, name) == value
    with pytest.raises(ValueError, match="bitrate must be"):
        encoder.bitrate = 1
    assert encoder.bitrate == 20000
    assert encoder.lookahead == 312
    assert "libopus" in opus_version()


def test_the_gil_is_released() -> None:
    """Another thread gets to run while packets are made, though Python itself would never switch."""
    encoder = OpusEncoder(complexity=10)
    pcm = tone(2880)
    started, stop = threading.Event(), threading.Event()
    rounds = 0

    def encode() -> None:
        nonlocal rounds
        started.set()
        while not stop.is_set() and rounds < 5000:
            encoder.encode(pcm)
            rounds += 1

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        thread = threading.Thread(target=encode)
        thread.start()
        started.wait()
        stop.set()
        thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert rounds < 5000


def test_deep_concealment_is_asked_for_where_the_library_knows_it() -> None:
    version = tuple(int(part) for part in opus_version().split()[1].split("-")[0].split(".")[:2])
    assert OpusDecoder().deep_concealment == (version >= (1, 5))
