"""Which layer of each video a receiver gets, where it leaves that to the service: pure decisions, no I/O.

Clients that ask for ``BANDWIDTH_PROBING_AND_VIDEO_QUALITY_ADAPTION`` name what they want to see, how important each is
and how large it is shown; the service fits that into what the receiver's path carries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Candidate", "DownlinkBudget", "Layer", "allocate"]

LIMITED_SHARE = 0.95
"""A receiver that estimates less than this share of what it is sent is short of bandwidth.

Estimates follow what comes in (libwebrtc's is at most 1.5 times it), so that only a lower one says something.
"""
GROWTH_SHARE = 1.02
"""One that has grown by this since the last time says nothing: it is on its way to what it is sent, such as a better layer
since just now, by 8 % a second. On a path that is too narrow it falls, or stands still."""
MIN_HOLD_S, MAX_HOLD_S = 6.0, 60.0
"""How long nothing more is tried after that: longer each time, as trying costs the picture."""
GOOD_S = 30.0
"""After so long without being short of bandwidth the next time counts as the first."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One encoding that is sent."""

    place: int
    """Among the sender's encodings."""
    bitrate_bps: int
    """As measured, or the most where nothing is known yet."""
    max_bitrate_bps: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """One section's video."""

    mid: str
    layers: tuple[Layer, ...]
    """Ascending in bitrate; at least one."""
    priority: int = 0
    """Higher is more important."""
    target_bps: int = 0
    """As large as it is shown; 0: no limit."""


class DownlinkBudget:
    """What one receiver may be sent in sum, from its estimates. None: no limit is known."""

    def __init__(self) -> None:
        self.bps: int | None = None
        self._hold_s = MIN_HOLD_S
        self._limited_at = 0.0
        self._lifted_at: float | None = None
        """When more was tried, None while it never was."""
        self._estimate_bps = 0

    def update(self, estimate_bps: int, sent_bps: int, now: float) -> None:
        """``estimate_bps`` 0: unknown; ``sent_bps`` is what it was sent in the time that the estimate is about."""
        grows = estimate_bps > self._estimate_bps * GROWTH_SHARE
        self._estimate_bps = estimate_bps
        if 0 < estimate_bps < sent_bps * LIMITED_SHARE and not grows:
            if self.bps is None and self._lifted_at is not None:
                has_failed = now - self._lifted_at <= GOOD_S
                self._hold_s = min(2 * self._hold_s, MAX_HOLD_S) if has_failed else MIN_HOLD_S
            self._limited_at = now
            self.bps = estimate_bps
        elif self.bps is not None and now - self._limited_at > self._hold_s:
            self._lifted_at = now
            self.bps = None


def allocate(
    candidates: Sequence[Candidate], budget_bps: int | None, current: Mapping[str, int]
) -> dict[str, int]:
    """The layer of each section by its mid; a section that is not named gets nothing.

    ``current`` is what is sent now, -1 where nothing is for want of bandwidth. First everybody gets the lowest layer, in the
    order of importance, then the important ones more. Without a limit one section at a time gets the next better layer than
    now, so that what is too much shows before all of them have it.
    """
    ranked = sorted(candidates, key=lambda candidate: -candidate.priority)
    chosen: dict[str, int] = {}
    left = budget_bps
    for candidate in ranked:
        cost = candidate.layers[0].bitrate_bps
        if left is None or cost <= left:
            chosen[candidate.mid] = 0
            left = None if left is None else left - cost
    may_try = True
    for candidate in ranked:
        if candidate.mid not in chosen:
            continue
        for step in range(1, _steps_wanted(candidate)):
            extra = candidate.layers[step].bitrate_bps - candidate.layers[step - 1].bitrate_bps
            if left is None:
                is_more = step > _current_step(candidate, current)
                if is_more and not may_try:
                    break
                may_try = may_try and not is_more
            elif extra > left:
                break
            else:
                left -= extra
            chosen[candidate.mid] = step
    by_mid = {candidate.mid: candidate for candidate in candidates}
    return {mid: by_mid[mid].layers[step].place for mid, step in chosen.items()}


def _steps_wanted(candidate: Candidate) -> int:
    """How many of its layers are no more than it is shown in; the lowest always is."""
    target = candidate.target_bps
    return max(1, sum(not target or layer.max_bitrate_bps <= target for layer in candidate.layers))


def _current_step(candidate: Candidate, current: Mapping[str, int]) -> int:
    """How far the section is now; all the way for a new one, whose first picture should be a good one."""
    if candidate.mid not in current:
        return len(candidate.layers)
    places = [layer.place for layer in candidate.layers]
    return places.index(current[candidate.mid]) if current[candidate.mid] in places else 0
