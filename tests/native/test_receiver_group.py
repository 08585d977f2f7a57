"""AudioReceiverGroup through the binding: the same as single pulls, arguments, threads, lifetime."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from chime_native.audio import AudioReceiver, AudioReceiverGroup, AudioSender


def streams(count: int, seconds: float = 1.0) -> list[list[bytes]]:
    """RTP packets of buzzing voices of different pitch, a packet each 20 ms."""
    t = np.arange(int(48_000 * seconds)) / 48_000
    made = []
    for n in range(count):
        pcm = (8000 * np.sin(2 * np.pi * (110 + 17 * n) * t) * (np.sin(2 * np.pi * 3 * t) > 0)).astype(
            np.int16
        )
        sender = AudioSender(ssrc=n + 1, red_payload_type=63, first_sequence_number=0, first_timestamp=0)
        made.append(
            [packet for at in range(0, len(pcm), 480) for packet in sender.push(pcm[at : at + 480, None])]
        )
    return made


def receivers(count: int) -> list[AudioReceiver]:
    return [AudioReceiver(red_payload_type=63) for _ in range(count)]


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_pull_gives_what_single_pulls_give(threads: int) -> None:
    packets = streams(9)
    alone, together = receivers(9), receivers(9)
    group = AudioReceiverGroup(threads=threads)
    for key, receiver in enumerate(together):
        group.add(key, receiver)
    levels = np.empty(9, np.uint8)
    heard = np.zeros(9)
    for tick in range(98):
        now_us = tick * 10_000
        for stream, *pair in zip(packets, alone, together, strict=True):
            for receiver in pair:
                if tick % 2 == 0 and tick // 2 % 9 != 4:
                    receiver.push(stream[tick // 2], now_us)
        blocks = group.pull(levels=levels, now_us=now_us)
        assert blocks.shape == (9, 480, 1)
        assert blocks.dtype == np.int16
        for n, receiver in enumerate(alone):
            np.testing.assert_array_equal(blocks[n], receiver.pull(now_us=now_us))
            assert levels[n] == receiver.audio_level
        heard += np.abs(blocks).max(axis=(1, 2)) > 1000
    assert (heard > 20).all()


def test_without_a_time_each_receiver_counts_pulls() -> None:
    alone, together = receivers(1)[0], receivers(1)[0]
    group = AudioReceiverGroup(threads=2)
    group.add(1, together)
    for index, packet in enumerate(streams(1)[0][:20]):
        for receiver in (alone, together):
            receiver.push(packet, index * 20_000)
        for _ in range(2):
            np.testing.assert_array_equal(group.pull()[0], alone.pull())


def test_blocks_are_in_the_order_of_keys_and_follow_changes() -> None:
    group = AudioReceiverGroup(threads=1)
    assert group.pull().shape == (0, 480, 1)
    for key in (5, -3, 9):
        group.add(key, AudioReceiver())
    assert group.keys == [5, -3, 9]
    assert group.pull().shape == (3, 480, 1)
    group.remove(-3)
    assert (group.keys, len(group)) == ([5, 9], 2)
    out = np.ones((2, 480, 1), np.int16)
    assert group.pull(out) is out
    assert not out.any()


def test_arguments_are_refused_by_name_and_nothing_moves_on() -> None:
    group = AudioReceiverGroup(sample_rate=16000, channels=2, threads=3)
    assert (group.sample_rate, group.channels, group.threads) == (16000, 2, 3)
    receiver = AudioReceiver(sample_rate=16000, channels=2)
    group.add(1, receiver)
    with pytest.raises(ValueError, match="key is 1, which another receiver has"):
        group.add(1, AudioReceiver(sample_rate=16000, channels=2))
    with pytest.raises(ValueError, match="in the group already, with the key 1"):
        group.add(2, receiver)
    with pytest.raises(ValueError, match="48000 Hz and 1 channels, the group 16000 Hz and 2"):
        group.add(2, AudioReceiver())
    with pytest.raises(TypeError):
        group.add(2, None)  # type: ignore[arg-type]
    with pytest.raises(KeyError, match="no receiver of the group has the key 2"):
        group.remove(2)
    for shape in [(160, 2), (1, 160, 1), (2, 160, 2), (1, 480, 2)]:
        with pytest.raises(ValueError, match=r"out must have shape \(1, 160, 2\)"):
            group.pull(np.empty(shape, np.int16))
    with pytest.raises(TypeError, match="int16"):
        group.pull(np.empty((1, 160, 2), np.float32))
    with pytest.raises(ValueError, match=r"levels must have shape \(1,\)"):
        group.pull(levels=np.empty(2, np.uint8))
    receiver.push(streams(1)[0][0], 0)
    assert receiver.stats()["total_samples_received"] == 0
    assert group.pull().shape == (1, 160, 2)
    for threads in (0, 65):
        with pytest.raises(ValueError, match=f"threads is {threads}, allowed are 1 to 64"):
            AudioReceiverGroup(threads=threads)
    with pytest.raises(ValueError, match="44100"):
        AudioReceiverGroup(sample_rate=44100)
    assert 1 <= AudioReceiverGroup().threads <= 4


def test_receivers_live_as_long_as_they_are_in() -> None:
    group = AudioReceiverGroup(threads=2)
    receiver = AudioReceiver()
    gone = weakref.ref(group)
    group.add(1, receiver)
    group.pull()
    del receiver
    gc.collect()
    assert group.pull().shape == (1, 480, 1)
    group.remove(1)
    assert group.pull().shape == (0, 480, 1)
    del group
    gc.collect()
    assert gone() is None


def test_threads_push_add_remove_and_drop_while_it_is_pulled() -> None:
    packets = streams(3)
    group = AudioReceiverGroup(threads=3)
    done = threading.Event()

    def come_and_go(key: int) -> int:
        times = 0
        while not done.is_set():
            receiver = AudioReceiver(red_payload_type=63)
            group.add(key, receiver)
            for index, packet in enumerate(packets[key]):
                receiver.push(packet, index * 20_000)
            del receiver
            group.remove(key)
            times += 1
        return times

    with ThreadPoolExecutor(3) as others:
        running = [others.submit(come_and_go, key) for key in range(3)]
        for tick in range(500):
            blocks = group.pull(now_us=tick * 10_000)
            assert len(blocks) <= 3
        done.set()
        assert sum(thread.result() for thread in running) > 0
    assert len(group) == 0


def test_one_thread_at_a_time_pulls() -> None:
    group = AudioReceiverGroup(threads=1)
    for key in range(50):
        receiver = AudioReceiver(red_payload_type=63)
        group.add(key, receiver)
    done = threading.Event()

    def pull() -> None:
        try:
            while not done.is_set():
                group.pull()
        finally:
            done.set()

    with ThreadPoolExecutor(2) as others:
        running = [others.submit(pull) for _ in range(2)]
        assert done.wait(60)
        errors = [thread.exception() for thread in running]
    refused = [error for error in errors if error is not None]
    assert len(refused) >= 1
    for error in refused:
        assert isinstance(error, RuntimeError)
        assert "in use by another thread" in str(error)


def test_a_child_process_pulls_without_the_threads() -> None:
    """Threads do not survive fork(); the child does all of the work itself."""
    code = """
import os, sys
from chime_native.audio import AudioReceiver, AudioReceiverGroup
group = AudioReceiverGroup(threads=3)
for key in range(5):
    group.add(key, AudioReceiver())
group.pull()
child = os.fork()
if child == 0:
    os._exit(0 if group.pull().shape == (5, 480, 1) else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
