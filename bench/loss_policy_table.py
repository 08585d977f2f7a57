"""What each kind of loss makes a sender do, what that costs and what stays lost: the table of docs/topics/loss-policy.md.

``python bench/loss_policy_table.py``: real speech through real senders, whose packets are dropped by seeded models; a
receiver report a second goes back. A frame counts as mended when a copy of it, or the in-band FEC of a copy of the next
one, arrives within the deadline after it was due. Only active frames count, as nothing else is repeated.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from chime_native.audio import AudioSender, RtpPacket, opus_packet_info, split_red
from common import FRAME, RATE, speech

SECONDS = 60
#: Left out at the start, while senders learn.
LEARNING_SECONDS = 10
#: One run each; figures are of all together.
SEEDS = (5, 11, 23, 37)
DEADLINES_MS = (60, 100, 200)
PACKETS_PER_SECOND = RATE // FRAME
BITRATE = 40_000


@dataclass(frozen=True)
class Loss:
    """A share of packets lost, in runs of a mean length; what reports tell beside it."""

    name: str
    share: float
    burst: float = 1.0
    rtt_ms: float = 60.0
    late_rtt_ms: float | None = None
    jitter_ms: float = 5.0

    def pattern(self, seed: int) -> Iterator[bool]:
        """True for each packet that is lost (a two-state model)."""
        chance = random.Random(seed)
        lost = False
        enter = self.share / self.burst / (1 - self.share) if self.share < 1 else 1.0
        while True:
            lost = (
                chance.random() < (1 - 1 / self.burst if lost else enter)
                if self.burst > 1
                else (chance.random() < self.share)
            )
            yield lost


LOSSES = [
    Loss("none", 0),
    Loss("1 %, single", 0.01),
    Loss("3 %, single", 0.03),
    Loss("5 %, single", 0.05),
    Loss("10 %, single", 0.10),
    Loss("20 %, single", 0.20),
    Loss("40 %, single", 0.40),
    Loss("5 %, runs of 3", 0.05, burst=3),
    Loss("10 %, runs of 3", 0.10, burst=3),
    Loss("10 %, runs of 5", 0.10, burst=5),
    Loss("10 %, runs of 5, jitter 40 ms", 0.10, burst=5, jitter_ms=40),
    Loss("15 %, round trip grows by 240 ms", 0.15, late_rtt_ms=300),
]


@dataclass
class Outcome:
    """Of one sender under one kind of loss."""

    octets: int = 0
    active: int = 0
    lost: int = 0
    unmended: Counter[int] = field(default_factory=Counter)
    plans: Counter[str] = field(default_factory=Counter)

    def residual(self, deadline_ms: int) -> float:
        """Percent of active frames that stay lost."""
        return 100 * self.unmended[deadline_ms] / max(self.active, 1)

    @property
    def usual_plan(self) -> str:
        """What was sent most of the time."""
        return self.plans.most_common(1)[0][0]


def run(loss: Loss, redundancy: str, seeds: Sequence[int] = SEEDS) -> Outcome:
    """Sends a minute of speech for each seed and looks at what arrived."""
    outcome = Outcome()
    for seed in seeds:
        _run_once(loss, redundancy, seed, outcome)
    return outcome


def _run_once(loss: Loss, redundancy: str, seed: int, outcome: Outcome) -> None:
    sender = AudioSender(
        ssrc=1,
        red_payload_type=63,
        bitrate=BITRATE,
        redundancy=redundancy,
        first_timestamp=0,
        first_sequence_number=0,
    )
    pcm, pattern = speech(20.0), loss.pattern(seed)
    sent: dict[int, tuple[bool, bool]] = {}  # timestamp: active, lost
    mended: dict[int, int] = {}  # timestamp: first arrival in any form
    total_lost = lost_now = 0
    for number in range(SECONDS * 100):
        at = number * 480 % len(pcm)
        for data in sender.push(pcm[at : at + 480], number * 10_000):
            packet = RtpPacket.parse(data)
            _, blocks = split_red(packet.payload, packet.timestamp)
            lost = next(pattern)
            lost_now += lost
            sent[packet.timestamp] = (opus_packet_info(blocks[-1].data).worth_repeating, lost)
            if number >= LEARNING_SECONDS * 100:
                outcome.octets += len(data)
            if lost:
                continue
            for block in blocks:
                mended.setdefault(block.timestamp, packet.timestamp)
                if opus_packet_info(block.data).has_fec:
                    mended.setdefault(block.timestamp - FRAME, packet.timestamp)
        if number % 100 == 99:
            total_lost += lost_now
            second = number // 100
            late = loss.late_rtt_ms is not None and second > LEARNING_SECONDS
            sender.on_report(
                fraction_lost=lost_now / PACKETS_PER_SECOND,
                rtt_ms=loss.late_rtt_ms if late else loss.rtt_ms,
                jitter_ms=loss.jitter_ms,
                now_us=number * 10_000,
                packets_lost=total_lost,
            )
            lost_now = 0
            if second >= LEARNING_SECONDS:
                outcome.plans[_plan(sender)] += 1
    _judge(outcome, sent, mended)


def _plan(sender: AudioSender) -> str:
    stats = sender.stats()
    copies = "+".join(str(offset // FRAME) for offset in stats["copy_offsets"]) or "none"
    bitrate = f", {stats['target_bitrate'] // 1000} kbit/s" if stats["target_bitrate"] != BITRATE else ""
    return copies + bitrate


def _judge(outcome: Outcome, sent: dict[int, tuple[bool, bool]], mended: dict[int, int]) -> None:
    for timestamp, (active, lost) in sent.items():
        if timestamp < LEARNING_SECONDS * RATE or not active:
            continue
        outcome.active += 1
        outcome.lost += lost
        for deadline in DEADLINES_MS:
            wait = mended.get(timestamp, 2**40) - timestamp
            outcome.unmended[deadline] += lost and wait > deadline * RATE // 1000


def main() -> None:
    """Prints the table."""
    print(
        "| loss | copies at (packets back) | bitrate | lost, % | "
        + " | ".join(f"left at {deadline} ms" for deadline in DEADLINES_MS)
        + " | SDK: copies | bitrate | left at 100 ms |"
    )
    print("|---" * (7 + len(DEADLINES_MS)) + "|")
    plain_octets = run(Loss("none", 0), "off", SEEDS[:1]).octets * len(SEEDS)
    for loss in LOSSES:
        ours, sdk = run(loss, "adaptive"), run(loss, "chime")
        cells = [
            loss.name,
            ours.usual_plan,
            f"{ours.octets / plain_octets:.1f} x",
            f"{100 * ours.lost / ours.active:.1f}",
            *(f"{ours.residual(deadline):.2f}" for deadline in DEADLINES_MS),
            sdk.usual_plan,
            f"{sdk.octets / plain_octets:.1f} x",
            f"{sdk.residual(100):.2f}",
        ]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
