"""What the demo notes down while the call runs, ten times a second."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Sample", "Timeline"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the call; the counts are totals since its start."""

    t: float
    """Seconds of recording."""
    volume: float
    """Alice's volume as Bob's SDK reports it, 0 to 1."""
    delay_ms: float
    """Delay of Bob's jitter buffer."""
    packets_received: int
    packets_lost: int
    concealed_ms: float
    """Sound that had to be made up."""
    mended_by_red: int
    """Frames taken from a redundant copy."""
    mended_by_fec: int
    """Frames taken from the in-band FEC of a later packet."""


@dataclass(slots=True)
class Timeline:
    samples: list[Sample] = field(default_factory=list)

    def increases(self, name: str) -> list[tuple[float, float]]:
        """(time, growth) wherever the counter `name` grew between two samples."""
        pairs = zip(self.samples, self.samples[1:], strict=False)
        grown = ((after.t, getattr(after, name) - getattr(before, name)) for before, after in pairs)
        return [(t, growth) for t, growth in grown if growth > 0]

    def total(self, name: str) -> float:
        """How much the counter `name` grew from the first sample to the last."""
        if not self.samples:
            return 0.0
        return float(getattr(self.samples[-1], name) - getattr(self.samples[0], name))
