"""A talker who is gone falls silent, and is heard at once on coming back."""

import numpy as np
from chime_native.audio import AudioReceiver, AudioSender

BLOCK = 480
BLOCK_US = 10_000


def tone(index):
    time = (index * BLOCK + np.arange(BLOCK)) / 48000
    return np.rint(0.3 * 32767 * np.sin(2 * np.pi * 440 * time)).astype(np.int16).reshape(-1, 1)


def rms(blocks):
    return float(np.sqrt(np.mean(np.concatenate(blocks).astype(np.float64) ** 2))) / 32768


def test_a_long_gap_fades_to_silence_and_ends_at_once():
    sender, receiver = AudioSender(ssrc=1), AudioReceiver()
    heard = []
    for index in range(700):
        now = index * BLOCK_US
        gone = 200 <= index < 500
        for packet in sender.push(tone(index), now):
            if not gone:
                receiver.push(packet, now)
        heard.append(receiver.pull(now_us=now).copy())
    assert rms(heard[100:200]) > 0.2
    assert rms(heard[205:220]) > 0.005  # a gap is mended
    assert not np.concatenate(heard[260:500]).any()
    assert rms(heard[530:700]) > 0.2
