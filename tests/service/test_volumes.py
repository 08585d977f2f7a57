"""Levels and losses as AUDIO_METADATA shows them."""

from __future__ import annotations

import pytest
from chime_native.service.conference.roster import Roster
from chime_native.service.conference.volumes import LevelMeter, VolumeReporter, signal_strength


@pytest.fixture
def roster() -> Roster:
    roster = Roster()
    roster.join("alice", "Alice", False, 11)
    roster.join("bob", "Bob", False, 12)
    roster.join("carol", "Carol", True, 13)
    return roster


def entries(states: list) -> list[tuple[int, int | None, int | None]]:
    return [
        (
            state.audio_stream_id,
            state.volume if state.HasField("volume") else None,
            state.signal_strength if state.HasField("signal_strength") else None,
        )
        for state in states
    ]


def test_all_talkers_are_in_one_frame_and_silent_ones_are_not(roster: Roster) -> None:
    states = VolumeReporter().states(roster, {11: 25, 12: 60, 13: 20}, None)
    assert entries(states) == [(1, 25, None)]


def test_full_scale_is_never_zero(roster: Roster) -> None:
    assert entries(VolumeReporter().states(roster, {11: 0}, None)) == [(1, 1, None)]


def test_silence_is_told_once_when_it_begins(roster: Roster) -> None:
    reporter = VolumeReporter()
    assert reporter.states(roster, {}, None) == []
    reporter.states(roster, {11: 25}, None)
    assert entries(reporter.states(roster, {}, None)) == [(0, 127, None)]
    assert reporter.states(roster, {}, None) == []


def test_signals_that_are_not_full_are_named_and_one_entry_carries_the_rest(roster: Roster) -> None:
    states = VolumeReporter().states(roster, {11: 25}, {11: 2, 12: 0, 13: 1})
    assert entries(states) == [(1, 25, None), (2, None, 0), (3, None, 1), (0, None, 2)]


@pytest.mark.parametrize(
    ("fraction_lost", "strength"), [(0.0, 2), (0.09, 2), (0.1, 1), (0.39, 1), (0.4, 0), (1.0, 0), (None, 0)]
)
def test_signal_strength_falls_with_loss(fraction_lost: float | None, strength: int) -> None:
    assert signal_strength(fraction_lost) == strength


def test_levels_are_mean_powers_of_the_interval() -> None:
    meter = LevelMeter()
    meter.add([(11, 20), (12, 127)])
    meter.add([(11, 20), (12, 127)])
    meter.add([(11, 20)])
    meter.add([])
    # Three of four samples at -20 dBov: 1.25 dB less.
    assert meter.take() == {11: 21}
    assert meter.take() == {}
