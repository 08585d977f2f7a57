"""What a receiver gets where it leaves that to the service."""

from __future__ import annotations

import pytest
from chime_native.service.conference.video_allocation import Candidate, DownlinkBudget, Layer, allocate

LOW, HIGH = Layer(0, 200_000, 300_000), Layer(1, 1_000_000, 1_200_000)


def video(mid: str, priority: int = 0, target_bps: int = 0) -> Candidate:
    return Candidate(mid, (LOW, HIGH), priority, target_bps)


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (None, {"a": 1, "b": 1}),
        (2_100_000, {"a": 1, "b": 1}),
        (1_500_000, {"a": 1, "b": 0}),
        (500_000, {"a": 0, "b": 0}),
        (300_000, {"a": 0}),
        (100_000, {}),
    ],
)
def test_the_important_ones_get_more_and_lose_last(budget: int | None, expected: dict[str, int]) -> None:
    assert allocate([video("b", 1), video("a", 2)], budget, {}) == expected


def test_nobody_gets_more_than_is_shown() -> None:
    assert allocate([video("a", target_bps=600_000), video("b")], None, {}) == {"a": 0, "b": 1}
    assert allocate([video("a", target_bps=100_000)], None, {}) == {"a": 0}


def test_what_worked_is_kept_and_one_more_is_tried_at_a_time() -> None:
    videos = [video("a", 2), video("b", 1)]
    assert allocate(videos, None, {"a": 0, "b": 0}) == {"a": 1, "b": 0}
    assert allocate(videos, None, {"a": 1, "b": 0}) == {"a": 1, "b": 1}
    assert allocate(videos, None, {"a": -1, "b": 0}) == {"a": 1, "b": 0}


def test_places_of_layers_are_those_of_the_sender() -> None:
    middle = Candidate("a", (Layer(1, 500_000, 600_000),))
    assert allocate([middle], None, {}) == {"a": 1}
    assert allocate([], 1000, {}) == {}


def test_a_budget_is_set_when_less_arrives_than_is_sent_and_lifted_after_a_while() -> None:
    budget = DownlinkBudget()
    budget.update(0, 1_000_000, 0)
    budget.update(1_400_000, 1_000_000, 2)
    assert budget.bps is None
    budget.update(700_000, 1_000_000, 4)
    assert budget.bps == 700_000
    budget.update(1_000_000, 700_000, 6)
    assert budget.bps == 700_000
    budget.update(1_000_000, 700_000, 12)
    assert budget.bps is None


def test_an_estimate_on_its_way_up_is_no_limit_but_one_that_stands_still_is() -> None:
    """As Chromium's was after its first five seconds with a low layer, when a better one came."""
    budget = DownlinkBudget()
    for number, estimate in enumerate((112_000, 132_000, 155_000, 176_000, 203_000)):
        budget.update(estimate, 110_000 if number == 0 else 614_000, 2.0 * number)
        assert budget.bps is None
    budget.update(204_000, 614_000, 10)
    assert budget.bps == 204_000


def test_each_failed_try_makes_the_next_one_later_until_all_was_well_for_long() -> None:
    budget = DownlinkBudget()
    tries = []
    now, limited_at = 0.0, 0.0
    for _ in range(600):
        was_free = budget.bps is None
        budget.update(700_000, 1_000_000 if was_free else 600_000, now)
        if was_free:
            tries.append(now - limited_at)
            limited_at = now
        now += 2
    waits = tries[1:6]
    assert waits == sorted(waits)
    assert waits[-1] > 4 * waits[0]
    budget.update(700_000, 600_000, now + 100)
    budget.update(700_000, 1_000_000, now + 200)
    budget.update(1_000_000, 600_000, now + 208)
    assert budget.bps is None
