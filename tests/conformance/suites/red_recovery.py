"""Suite ``red_recovery``: lost and recovered packets of a received RED stream, counted and really mended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from chime_native.audio import AudioReceiver, RedRecoveryCounter, RtpPacket

Case = dict[str, Any]

SAMPLES_PER_MS = 48
PULL_MS = 10
# Longer than any copy reaches back and any packet is late.
DELAY_MS = 700
# The jitter buffer may stretch time a little on the way; a packet's own place is still told from its neighbours'.
MOST_MOVED_MS = 20


def run_case(case: Case, document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    return (
        _totals(case, document)
        + _reports(case, document, "3.31", "reports")
        + _reports(case, document, "3.18", "reports_legacy")
        + (_mended(case, document) if "oracle" in case else [])
    )


def _arrivals(case: Case, document: Case) -> list[tuple[bytes, int, int, int]]:
    """(payload, payload type, sequence number, timestamp) in the order of arrival."""
    red = document["streams"][case["stream"]]["red"]
    return [
        (bytes.fromhex(red[what[0]]), document["red_pt"], sequence_number, timestamp)
        if len(what) == 1
        else (bytes.fromhex(what[0]), what[1], sequence_number, timestamp)
        for sequence_number, timestamp, *what in case["arrivals"]
    ]


def _counter(document: Case, sdk: str) -> RedRecoveryCounter:
    return RedRecoveryCounter(
        opus_payload_type=document["opus_pt"], red_payload_type=document["red_pt"], sdk=sdk
    )


def _totals(case: Case, document: Case) -> list[str]:
    counter = _counter(document, "3.31")
    differences: list[str] = []
    for index, (arrival, wanted) in enumerate(zip(_arrivals(case, document), case["totals"], strict=True)):
        counter.receive(*arrival)
        if list(counter.totals) != wanted:
            differences.append(f"after arrival {index}: wanted {wanted}, got {counter.totals}")
    return differences


def _reports(case: Case, document: Case, sdk: str, key: str) -> list[str]:
    counter = _counter(document, sdk)
    got = [
        [index, *counter.totals]
        for index, arrival in enumerate(_arrivals(case, document))
        if counter.receive(*arrival)
    ]
    return [] if got == case[key] else [f"{key}: wanted {case[key]}, got {got}"]


# --- what a receive path really mends ---


@dataclass
class _Playout:
    """A receiver with a deep buffer, pulled every 10 ms; notes when a frame that it plays was mended and how."""

    receiver: AudioReceiver
    pulls: int = 0
    mended: list[tuple[int, str]] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=lambda: {"red": 0, "fec": 0})

    def pull(self) -> None:
        self.receiver.pull(now_us=self.pulls * PULL_MS * 1000)
        stats = self.receiver.stats()
        for kind in ("red", "fec"):
            count = stats[f"recovered_by_{kind}"]
            self.mended += [(self.pulls, kind)] * (count - self._counts[kind])
            self._counts[kind] = count
        self.pulls += 1


def _play(case: Case, document: Case) -> _Playout:
    receiver = AudioReceiver(
        opus_payload_type=document["opus_pt"],
        red_payload_type=document["red_pt"],
        min_delay_ms=DELAY_MS,
        max_delay_ms=2 * DELAY_MS,
    )
    playout = _Playout(receiver)
    first = case["arrivals"][0][1]
    now_ms = 0.0
    for payload, payload_type, sequence_number, timestamp in _arrivals(case, document):
        # A late packet arrives with the one that it follows here.
        sent_ms = int(np.int32(np.uint32((timestamp - first) % 2**32))) / SAMPLES_PER_MS
        now_ms = max(now_ms, sent_ms)
        while playout.pulls * PULL_MS <= now_ms:
            playout.pull()
        packet = RtpPacket(
            payload_type=payload_type,
            sequence_number=sequence_number,
            timestamp=timestamp,
            ssrc=1,
            payload=payload,
        )
        receiver.push(packet.pack(), int(now_ms * 1000))
    for _ in range(2 * DELAY_MS // PULL_MS):
        playout.pull()
    return playout


def _mended(case: Case, document: Case) -> list[str]:
    """Exactly the packets that the oracle names come back, in the way it names, each in its own place."""
    oracle, stream = case["oracle"], document["streams"][case["stream"]]
    playout = _play(case, document)
    places = sorted(
        (_place_ms(stream, position), kind) for kind in ("red", "fec") for position in oracle[f"{kind}_pos"]
    )
    got = [(pull * PULL_MS, kind) for pull, kind in playout.mended]
    delays = {at - place for (at, _), (place, _) in zip(got, places, strict=False)}
    moved = max(delays, default=0) - min(delays, default=0)
    same = [kind for _, kind in got] == [kind for _, kind in places] and moved <= MOST_MOVED_MS
    counted = {"red": len(oracle["red_pos"]), "fec": len(oracle["fec_pos"])}
    lost = oracle["lost"] == oracle["red"] + oracle["fec"] + oracle["none"]
    if same and lost and counted == {kind: oracle[kind] for kind in counted}:
        return []
    return [f"mended: wanted {places}, got {got}"]


def _place_ms(stream: Case, position: int) -> float:
    """When a packet was sent; the stream's payloads repeat after their end."""
    offsets = stream["offsets"]
    rounds, index = divmod(position, len(offsets))
    length: int = offsets[-1] + stream["ms"] * SAMPLES_PER_MS
    return float(offsets[index] + rounds * length) / SAMPLES_PER_MS
