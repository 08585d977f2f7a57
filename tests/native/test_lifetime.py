"""Engine objects are dropped whenever Python likes: in the middle of calls, by other threads, at interpreter exit.

And however long a stream runs, memory stays what it was.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from chime_native.audio import AudioMixer, AudioReceiver, AudioReceiverGroup, AudioSender

PCM = np.random.default_rng(1).normal(0, 3000, (480, 1)).astype(np.int16)


def receiver() -> Callable[[], object]:
    made, sender = AudioReceiver(red_payload_type=63), AudioSender(ssrc=1, red_payload_type=63)

    def call() -> None:
        for packet in sender.push(PCM):
            made.push(packet, 0)
        made.pull()

    return call


def sender() -> Callable[[], object]:
    made = AudioSender(ssrc=1, red_payload_type=63)
    return lambda: made.push(PCM)


def group() -> Callable[[], object]:
    made = AudioReceiverGroup(threads=3)
    for key in range(4):
        made.add(key, AudioReceiver())
    return made.pull


def mixer() -> Callable[[], object]:
    made = AudioMixer()
    for key in range(4):
        made.add(key, AudioReceiver(), AudioSender(ssrc=key), key)
    return lambda: made.tick(0)


@pytest.mark.parametrize("make", [receiver, sender, group, mixer])
def test_objects_are_dropped_by_other_threads_while_they_are_used(
    make: Callable[[], Callable[[], object]],
) -> None:
    shared = [make()]
    replaced = threading.Event()

    def use() -> int:
        calls = 0
        while not replaced.is_set():
            try:
                shared[0]()
            except RuntimeError as error:  # two threads met at an object that one at a time may use
                if "in use by another thread" not in str(error):
                    raise
            calls += 1
        return calls

    with ThreadPoolExecutor(2) as users:
        running = [users.submit(use) for _ in range(2)]
        for _ in range(100):
            shared[0] = make()
        replaced.set()
        assert all(calls.result() > 0 for calls in running)


EXIT = """
import sys, threading
import numpy as np
from chime_native.audio import AudioMixer, AudioReceiver, AudioReceiverGroup, AudioSender

pcm = np.random.default_rng(1).normal(0, 3000, (480, 1)).astype(np.int16)
senders = [AudioSender(ssrc=n, red_payload_type=63) for n in range(8)]
receivers = [AudioReceiver(red_payload_type=63) for _ in range(8)]
group, mixer = AudioReceiverGroup(threads=3), AudioMixer()
for key in range(8):
    group.add(key, receivers[key])
    mixer.add(key, AudioReceiver(), AudioSender(ssrc=100 + key), key)

def receive():
    for packet in senders[0].push(pcm):
        receivers[0].push(packet, 0)
    receivers[0].pull()

calls = {
    "receiver": receive,
    "sender": lambda: senders[1].push(pcm),
    "group": group.pull,
    "mixer": lambda: mixer.tick(0),
}
running = threading.Barrier(3)

def run(call):
    call()
    running.wait()
    while True:
        call()

for name in sys.argv[1:]:
    threading.Thread(target=run, args=(calls[name],), daemon=True).start()
running.wait()
"""


@pytest.mark.parametrize("uses", [("receiver", "sender"), ("group", "mixer")])
def test_an_interpreter_ends_in_the_middle_of_calls(uses: tuple[str, str]) -> None:
    for _ in range(5):
        ended = subprocess.run(
            [sys.executable, "-c", EXIT, *uses], check=False, capture_output=True, text=True, timeout=60
        )
        assert (ended.returncode, ended.stderr) == (0, "")


SOAK = """
from pathlib import Path
import numpy as np
from chime_native.audio import AudioReceiver, AudioReceiverGroup, AudioSender

STREAMS, FRAMES = 20, 10_000

def resident_kib():
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))

t = np.arange(48_000 * 4) / 48_000
pcm = (6000 * np.sin(2 * np.pi * 200 * t) * (np.sin(2 * np.pi * 2.5 * t) > 0)).astype(np.int16)[:, None]
sender = AudioSender(ssrc=1, red_payload_type=63, first_sequence_number=0, first_timestamp=0, complexity=0)
sender.on_report(fraction_lost=0.1)
packets = [packet for at in range(0, len(pcm), 480) for packet in sender.push(pcm[at : at + 480])]
receivers = [AudioReceiver(red_payload_type=63, sample_rate=8000) for _ in range(STREAMS)]
group = AudioReceiverGroup(sample_rate=8000, threads=2)
for key, receiver in enumerate(receivers):
    group.add(key, receiver)
out, rng = np.empty((STREAMS, 80, 1), np.int16), np.random.default_rng(1)
after_warm_up = 0
for frame in range(FRAMES):
    base = packets[frame % len(packets)]
    packet = base[:2] + (frame & 0xFFFF).to_bytes(2, "big") + (frame * 960 & 0xFFFFFFFF).to_bytes(4, "big") + base[8:]
    lost = rng.random(STREAMS) < 0.1
    for n, receiver in enumerate(receivers):
        if not lost[n]:
            receiver.push(packet, frame * 20_000 + int(rng.integers(0, 30_000)))
    for tick in range(2):
        group.pull(out, now_us=frame * 20_000 + tick * 10_000)
    if frame % 500 == 0:
        [(receiver.stats(), receiver.report_block(), receiver.voice_activity) for receiver in receivers]
    if frame == FRAMES // 10:
        after_warm_up = resident_kib()
stats = receivers[0].stats()
assert stats["packets_received"] > 0.8 * FRAMES and stats["recovered_by_red"] + stats["recovered_by_fec"] > 100, stats
print(resident_kib() - after_warm_up)
"""


@pytest.mark.slow
def test_memory_is_flat_over_200_000_frames() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SOAK], check=True, capture_output=True, text=True, timeout=600
    )
    # What the interpreter and the C library keep for themselves varies by some hundred KiB.
    assert int(ran.stdout) < 1024
