"""Replays recorded network traces through the receive path, offline, and says how it sounds and what it costs in delay.

    python bench/jitter_traces.py TRACE.json... [--codings plain,fec,red1,red2] --json OUT [--no-score] [--wav DIR]

A trace is JSON: `packets[i]` = `[send_ms, arrival_ms]` (arrival null: lost) of packet i, and `speech`, which names the
files beside it: `SPEECH.wav` (the clean reference), `SPEECH.segments.json` and `SPEECH.CODING.pkts` (each RTP payload
after its length as a little-endian uint16). Time is virtual: the first tick is 5 ms after the first arrival, then one
every 10 ms; before each the packets that have arrived by then are pushed, in order of arrival. Figures cover the ticks
up to the arrival of packet N-11, the sound one second more. `bench/README.md` defines the figures.
"""

from __future__ import annotations

import argparse
import json
import struct
import sys
import wave
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from chime_native.audio import AudioReceiver
from numpy.typing import NDArray

CODINGS = ("plain", "fec", "red1", "red2")
OPUS_PAYLOAD_TYPE = 111
RED_PAYLOAD_TYPE = 63
TICK_US = 10_000
FIRST_TICK_US = 5_000
TAIL_TICKS = 100
# Packets at the end that need not be waited for, so that the end of the stream is not counted as concealment.
UNCOUNTED_PACKETS = 11


@dataclass(frozen=True, slots=True)
class Replay:
    """What came out of one replay: the figures, and the sound as mono int16 at 48 kHz."""

    figures: dict[str, float]
    pcm: NDArray[np.int16]


def read_payloads(path: Path) -> list[bytes]:
    """The RTP payloads of a `.pkts` file, in order."""
    data = path.read_bytes()
    payloads = []
    at = 0
    while at < len(data):
        (size,) = struct.unpack_from("<H", data, at)
        payloads.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    return payloads


def read_wav(path: Path) -> NDArray[np.int16]:
    """First channel of a 16-bit WAV file."""
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        return samples[:: file.getnchannels()]


def write_wav(path: Path, pcm: NDArray[np.int16]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(pcm.tobytes())


def rtp(index: int, payload: bytes, payload_type: int, ticks_per_packet: int) -> bytes:
    """Packet `index` of a stream: marker on the first, sequence numbers and timestamps from arbitrary starts."""
    first = 0x80 if index == 0 else 0
    header = struct.pack(
        ">BBHII",
        0x80,
        first | payload_type,
        (1000 + index) & 0xFFFF,
        (123_456 + index * ticks_per_packet) & 0xFFFFFFFF,
        0x5EED,
    )
    return header + payload


def mean_delay_ms(now: dict[str, Any], before: dict[str, Any] | None = None) -> float:
    """Mean jitter-buffer delay between two snapshots of the statistics."""
    delay = now["jitter_buffer_delay"] - (before["jitter_buffer_delay"] if before else 0.0)
    count = now["jitter_buffer_emitted_count"] - (before["jitter_buffer_emitted_count"] if before else 0)
    return 1000.0 * delay / count if count else 0.0


def replay(trace: dict[str, Any], payloads: list[bytes], coding: str, **options: Any) -> Replay:
    """Plays one trace with one coding through a fresh receiver."""
    payload_type = RED_PAYLOAD_TYPE if coding.startswith("red") else OPUS_PAYLOAD_TYPE
    receiver = AudioReceiver(
        opus_payload_type=OPUS_PAYLOAD_TYPE,
        red_payload_type=RED_PAYLOAD_TYPE,
        sample_rate=48000,
        channels=1,
        **options,
    )
    ticks_per_packet = round(trace.get("ptime_ms", 20) * 48)
    arrivals = [
        (round(arrival * 1000), index)
        for index, (_, arrival) in enumerate(trace["packets"])
        if arrival is not None
    ]
    arrivals.sort()
    last_counted = len(trace["packets"]) - UNCOUNTED_PACKETS
    counted_until = max(at for at, index in arrivals if index <= last_counted)
    now = arrivals[0][0] + FIRST_TICK_US
    began = now
    block = np.empty((480, 1), np.int16)
    blocks: list[NDArray[np.int16]] = []
    counted: dict[str, Any] | None = None
    at_10s: dict[str, Any] | None = None
    pushed = 0
    tail = 0
    while tail < TAIL_TICKS:
        while pushed < len(arrivals) and arrivals[pushed][0] <= now:
            at, index = arrivals[pushed]
            receiver.push(rtp(index, payloads[index], payload_type, ticks_per_packet), at)
            pushed += 1
        if counted is None and now >= counted_until:
            counted = receiver.stats()
        if at_10s is None and now - began >= 10_000_000:
            at_10s = receiver.stats()
        receiver.pull(block, now_us=now)
        blocks.append(block[:, 0].copy())
        tail += counted is not None
        now += TICK_US
    assert counted is not None
    total = counted["total_samples_received"]
    figures = {
        "concealed_ratio": counted["concealed_samples"] / total,
        "silent_concealed_ratio": counted["silent_concealed_samples"] / total,
        "jb_delay_ms": mean_delay_ms(counted),
        "jb_delay_after_10s_ms": mean_delay_ms(counted, at_10s),
        "jb_target_ms": 1000
        * counted["jitter_buffer_target_delay"]
        / max(1, counted["jitter_buffer_emitted_count"]),
        "accelerate_ratio": counted["removed_samples_for_acceleration"] / total,
        "decelerate_ratio": counted["inserted_samples_for_deceleration"] / total,
        "concealment_events": counted["concealment_events"],
        "recovered_by_red": counted["recovered_by_red"],
        "recovered_by_fec": counted["recovered_by_fec"],
        "packets_late": counted["packets_late"],
    }
    return Replay(figures, np.concatenate(blocks))


def run_cell(path: Path, coding: str, score: bool, wav_dir: Path | None) -> dict[str, float]:
    """One trace with one coding: replay, and what was asked for beside."""
    trace = json.loads(path.read_text())
    speech = path.parent / trace["speech"]
    result = replay(trace, read_payloads(speech.with_name(f"{speech.name}.{coding}.pkts")), coding)
    figures = dict(result.figures)
    if wav_dir is not None:
        write_wav(wav_dir / f"{path.stem}.{coding}.wav", result.pcm)
    if score:
        from quality import score_segments

        segments = json.loads(speech.with_name(f"{speech.name}.segments.json").read_text())["segments"]
        quality = score_segments(read_wav(speech.with_name(f"{speech.name}.wav")), result.pcm, segments)
        figures.update(pesq=quality.pesq, stoi=quality.stoi)
    return figures


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("traces", nargs="+", type=Path, metavar="TRACE.json")
    parser.add_argument(
        "--codings", default=",".join(CODINGS), help="comma-separated, default all: %(default)s"
    )
    parser.add_argument("--json", type=Path, required=True, metavar="OUT", help="where the figures go")
    parser.add_argument("--no-score", action="store_true", help="leave PESQ and STOI out")
    parser.add_argument("--wav", type=Path, metavar="DIR", help="keep the sound that came out")
    parser.add_argument("--jobs", type=int, default=1, help="processes to score in, default 1")
    arguments = parser.parse_args(argv)
    codings = [name for name in arguments.codings.split(",") if name]
    if arguments.wav is not None:
        arguments.wav.mkdir(parents=True, exist_ok=True)
    cells = [(path, coding) for path in arguments.traces for coding in codings]
    table: dict[str, dict[str, dict[str, float]]] = {}
    with ProcessPoolExecutor(arguments.jobs) as pool:
        pending = [
            pool.submit(run_cell, path, coding, not arguments.no_score, arguments.wav)
            for path, coding in cells
        ]
        for (path, coding), future in zip(cells, pending, strict=True):
            table.setdefault(path.stem, {})[coding] = future.result()
    arguments.json.write_text(json.dumps(table, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
