"""Makes a speech file of its own, in four codings, to tune the receive path on.

    python bench/make_speech.py DIR --seed 1 --name speech

needs espeak-ng and sox. Writes DIR/NAME.wav (50 s, 48 kHz mono: sentences by different voices, with pauses, over a faint noise),
NAME.segments.json (where to score: 6 to 12 s, cut in pauses) and NAME.{plain,fec,red1,red2}.pkts: RTP payloads of 20 ms, each
after its length as a little-endian uint16. `plain` is Opus of 32 kb/s without in-band FEC, `fec` with it, at 20 % expected
loss; `red1` is `plain` with a RED copy at distance 1; `red2` is `fec` with copies at distances 2 and 4 of what is active.
"""

from __future__ import annotations

import argparse
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from chime_native.audio import OpusEncoder, opus_packet_info
from jitter_traces import OPUS_PAYLOAD_TYPE, read_wav, write_wav
from numpy.typing import NDArray

RATE = 48000
SECONDS = 50
FRAME = 960
NOISE_DBFS = -75.0
SPEECH_DBFS = -25.0
VOICES = ("en-us", "en-gb", "en-us+f3", "en-gb+m3", "en-us+f5", "en-gb+f2", "en-us+m7")
SENTENCES = (
    "The committee will meet again on Thursday afternoon, at a quarter past three.",
    "Could you share your screen, please?",
    "Most of the packets took the longer way round, and some never arrived.",
    "Yes.",
    "Six thousand four hundred and twelve, if I remember rightly.",
    "She had walked along the shore for an hour before anyone noticed that the boats were gone.",
    "I am not sure that I understood the last part; would you say it once more?",
    "Left, then right, then straight on until the bridge.",
    "We should measure it first and argue afterwards.",
    "A quick reply would be welcome, though there is no hurry.",
    "The forecast speaks of fog in the valleys and sunshine above them.",
)


def spoken(text: str, voice: str, speed: int, pitch: int) -> NDArray[np.float64]:
    """One sentence at 48 kHz, at the usual level."""
    with tempfile.TemporaryDirectory() as folder:
        raw, wav = Path(folder, "raw.wav"), Path(folder, "wav.wav")
        subprocess.run(
            ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "-w", raw, text], check=True
        )
        subprocess.run(["sox", raw, "-r", str(RATE), "-b", "16", "-c", "1", wav, "gain", "-3"], check=True)
        sound = read_wav(wav).astype(np.float64)
    level = np.sqrt(np.mean(sound[np.abs(sound) > 100] ** 2))
    return sound * (32768 * 10 ** (SPEECH_DBFS / 20) / level)


def conversation(rng: np.random.Generator) -> tuple[NDArray[np.int16], list[list[int]]]:
    """The sound, and the segments to score."""
    sound = rng.normal(0.0, 32768 * 10 ** (NOISE_DBFS / 20), RATE * SECONDS)
    at, end = RATE, RATE * SECONDS - 3 * RATE
    segments: list[list[int]] = []
    began = at - RATE // 10
    while True:
        said = spoken(
            rng.choice(SENTENCES), rng.choice(VOICES), int(rng.integers(140, 190)), int(rng.integers(30, 70))
        )
        if at + said.size > end:
            break
        sound[at : at + said.size] += said
        at += said.size + int(rng.uniform(0.15, 0.9) * RATE)
        if at - began > 6 * RATE:
            segments.append([began, at - RATE // 10])
            began = at - RATE // 10
    return np.clip(sound, -32768, 32767).astype(np.int16), segments


def encoded(pcm: NDArray[np.int16], fec: bool) -> list[bytes]:
    encoder = OpusEncoder(bitrate=32000, complexity=9, fec=fec, expected_loss_percent=20 if fec else 0)
    return [encoder.encode(pcm[at : at + FRAME, np.newaxis]) for at in range(0, pcm.size - FRAME + 1, FRAME)]


def red(primary: bytes, copies: list[tuple[int, bytes]]) -> bytes:
    """An RFC 2198 payload; `copies` are (distance in packets, payload), oldest first."""
    headers = b"".join(
        struct.pack(">I", 1 << 31 | OPUS_PAYLOAD_TYPE << 24 | distance * FRAME << 10 | len(copy))
        for distance, copy in copies
    )
    return headers + bytes([OPUS_PAYLOAD_TYPE]) + b"".join(copy for _, copy in copies) + primary


def red_stream(packets: list[bytes], distances: tuple[int, ...], active_only: bool) -> list[bytes]:
    """Copies of the packets so many before; with `active_only` of those with voice activity (or CELT), else of the last."""

    payloads = []
    for index, primary in enumerate(packets):
        usable = [
            d
            for d in distances
            if index >= d and (not active_only or opus_packet_info(packets[index - d]).worth_repeating)
        ]
        if not usable and index:
            usable = [1]
        copies = [(d, packets[index - d]) for d in sorted(usable, reverse=True)]
        payloads.append(red(primary, [c for c in copies if len(c[1]) < 1024]))
    return payloads


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--name", default="speech")
    arguments = parser.parse_args(argv)
    base = arguments.directory / arguments.name
    arguments.directory.mkdir(parents=True, exist_ok=True)
    pcm, segments = conversation(np.random.default_rng(arguments.seed))
    write_wav(base.with_name(base.name + ".wav"), pcm)
    base.with_name(base.name + ".segments.json").write_text(json.dumps({"segments": segments}) + "\n")
    plain, fec = encoded(pcm, False), encoded(pcm, True)
    codings = {
        "plain": plain,
        "fec": fec,
        "red1": red_stream(plain, (1,), False),
        "red2": red_stream(fec, (2, 4), True),
    }
    for coding, payloads in codings.items():
        data = b"".join(struct.pack("<H", len(payload)) + payload for payload in payloads)
        base.with_name(f"{base.name}.{coding}.pkts").write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
