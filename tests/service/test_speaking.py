"""Who counts as speaking, by a clock of the test's own."""

from __future__ import annotations

import pytest
from chime_native.service.speaking import RecentSpeakers

ALICE, BOB = 1, 2


def test_a_speaker_is_held_through_a_pause_and_then_let_go() -> None:
    speakers = RecentSpeakers()
    speakers.handle_levels({ALICE: 20}, 10.0)
    for tenth in range(1, 10):
        now = 10.0 + tenth / 10
        speakers.handle_levels({}, now)
        assert speakers.is_speaking(ALICE, now)
    assert not speakers.is_speaking(ALICE, 11.0)
    speakers.handle_levels({ALICE: 20}, 12.0)
    assert speakers.is_speaking(ALICE, 12.0)


@pytest.mark.parametrize("phase", range(5))
def test_a_beep_in_step_with_the_asking_is_seen_at_every_asking(phase: int) -> None:
    """A beep in one of five reports, twice a second, as Chromium's fake microphone makes them."""
    speakers = RecentSpeakers()
    for report in range(100):
        now = report / 10
        speakers.handle_levels({ALICE: 25} if report % 5 == 0 else {}, now)
        if report % 5 == phase:
            assert speakers.is_speaking(ALICE, now)


@pytest.mark.parametrize(("level", "speaks"), [(0, True), (41, True), (42, False), (127, False)])
def test_only_who_clients_show_a_volume_of_speaks(level: int, speaks: bool) -> None:
    speakers = RecentSpeakers()
    speakers.handle_levels({ALICE: level, BOB: 90}, 5.0)
    assert speakers.is_speaking(ALICE, 5.0) == speaks
    assert not speakers.is_speaking(BOB, 5.0)


def test_nobody_is_remembered_for_ever() -> None:
    speakers = RecentSpeakers()
    for number in range(10_000):
        speakers.handle_levels({number: 10}, number / 10)
    assert len(speakers._heard_at) <= 11
