"""The receiver against an obvious oracle: whatever the order and the numbers, it plays what was sent, once, in order."""

from __future__ import annotations

import struct
from functools import cache

import numpy as np
from chime_native.audio import AudioReceiver, OpusDecoder, OpusEncoder
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

PACKETS = 25
FRAME = 960
BLOCK = 480
MOST_EXTRA_MS = 120


@cache
def sent() -> list[bytes]:
    """A chord without pauses, so that there is hardly an occasion to change the delay."""
    t = np.arange(PACKETS * FRAME) / 48000
    pcm = np.rint(4000 * (np.sin(2 * np.pi * 220 * t) + np.sin(2 * np.pi * 331 * t))).astype(np.int16)
    encoder = OpusEncoder(bitrate=48000)
    return [encoder.encode(pcm[at : at + FRAME, None]) for at in range(0, len(pcm), FRAME)]


@cache
def decoded_in_order() -> NDArray[np.int16]:
    decoder = OpusDecoder()
    return np.concatenate([decoder.decode(packet) for packet in sent()])


def rtp(index: int, sequence: int, timestamp: int) -> bytes:
    header = struct.pack(
        ">BBHII", 0x80, 111, (sequence + index) & 0xFFFF, (timestamp + index * FRAME) & 0xFFFFFFFF, 7
    )
    return header + sent()[index]


@settings(max_examples=60, deadline=None)
@given(
    sequence=st.one_of(st.integers(0, 0xFFFF), st.integers(0xFFFF - PACKETS, 0xFFFF)),
    timestamp=st.one_of(st.integers(0, 0xFFFFFFFF), st.integers(0xFFFFFFFF - PACKETS * FRAME, 0xFFFFFFFF)),
    extra_ms=st.lists(st.integers(0, MOST_EXTRA_MS), min_size=PACKETS, max_size=PACKETS),
    twice=st.sets(st.integers(0, PACKETS - 1)),
)
@example(sequence=0xFFF8, timestamp=0xFFFFE000, extra_ms=[0] * PACKETS, twice={3, 20})
def test_any_order_any_numbers_and_duplicates(
    sequence: int, timestamp: int, extra_ms: list[int], twice: set[int]
) -> None:
    receiver = AudioReceiver(opus_payload_type=111, min_delay_ms=200)
    extra_ms[0] = 0
    arrivals = [(index * 20 + extra, index) for index, extra in enumerate(extra_ms)]
    arrivals += [(index * 20 + extra_ms[index] + 1, index) for index in twice]
    arrivals.sort()
    heard = []
    unstretched = 0
    for now in range(5, PACKETS * 20 + 400, 10):
        while arrivals and arrivals[0][0] <= now:
            at, index = arrivals.pop(0)
            receiver.push(rtp(index, sequence, timestamp), at * 1000)
        heard.append(receiver.pull(now_us=now * 1000))
        stats = receiver.stats()
        stretched = stats["inserted_samples_for_deceleration"] + stats["removed_samples_for_acceleration"]
        unstretched += not stretched
    assert stats["packets_received"] == PACKETS + len(twice)
    assert stats["packets_duplicated"] == len(twice)
    assert stats["packets_late"] == 0
    assert stats["jitter_buffer_emitted_count"] == PACKETS * FRAME + (
        stats["inserted_samples_for_deceleration"] - stats["removed_samples_for_acceleration"]
    )
    # Up to where the delay is corrected, which may reach one block back, it is the oracle's sound to the last bit.
    expected = decoded_in_order()[:, 0]
    sound = np.concatenate(heard)[: (unstretched - 1) * BLOCK, 0]
    if sound.any():
        begin = int(np.flatnonzero(sound)[0]) - int(np.flatnonzero(expected)[0])
        played = sound[begin : begin + len(expected)]
        assert np.array_equal(played, expected[: len(played)])
