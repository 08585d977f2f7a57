"""From measured levels and losses to AUDIO_METADATA.

Volume on the wire is an attenuation in dB: 14 shows as full, 42 as none (DefaultVolumeIndicatorAdapter.ts). Levels are
-dBov as in RFC 6464, which puts normal speech (about -20 to -30 dBov while speaking) in the middle of that range.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from chime_native.service.conference.roster import RosterEntry
from chime_native.signaling.messages import SdkAudioAttendeeState

__all__ = ["FULL_SIGNAL", "LevelMeter", "VolumeReporter", "signal_strength"]

SILENT_VOLUME = 42
"""Attenuation in dB from which clients show nothing."""
LOUDEST_VOLUME = 1
"""0 would be read as full scale by clients, but also as "no value" by careless ones."""
NOBODY = 0
"""The stream id that is nobody's: an entry with it says that values are carried, without naming anybody."""

FULL_SIGNAL, WEAK_SIGNAL, NO_SIGNAL = 2, 1, 0
WEAK_LOSS = 0.10
"""Share of lost packets from which a signal counts as weak: about where redundancy begins to be needed all the time."""
NO_SIGNAL_LOSS = 0.40
"""Share of lost packets from which redundancy no longer mends speech."""


def signal_strength(fraction_lost: float | None) -> int:
    """2 (good), 1 (weak) or 0 (none) from the share of packets lost, 0 to 1; None: no packet came at all."""
    if fraction_lost is None or fraction_lost >= NO_SIGNAL_LOSS:
        return NO_SIGNAL
    return WEAK_SIGNAL if fraction_lost >= WEAK_LOSS else FULL_SIGNAL


class LevelMeter:
    """Mean power over an interval, from levels in -dBov (0 loudest to 127 silence) sampled at any pace."""

    def __init__(self) -> None:
        self._power: dict[int, float] = {}
        self._samples = 0

    def add(self, levels: Iterable[tuple[int, int]]) -> None:
        """One sample: (connection, level) of everybody who is heard; the others count as silent."""
        self._samples += 1
        for connection, level in levels:
            if level < 127:
                self._power[connection] = self._power.get(connection, 0.0) + 10.0 ** (-level / 10.0)

    def take(self) -> dict[int, int]:
        """Levels in -dBov since the last call; silent ones are missing."""
        samples, power = max(self._samples, 1), self._power
        self._samples, self._power = 0, {}
        return {connection: round(-10.0 * math.log10(total / samples)) for connection, total in power.items()}


class VolumeReporter:
    """Decides what the next AUDIO_METADATA frame says.

    One volume in a frame silences everybody whom the frame does not name, and an empty frame silences nobody: talkers
    go into one frame together, silent ones are left out, and when all have fallen silent one frame says so with stream 0.
    """

    def __init__(self) -> None:
        self._somebody_heard = False

    def states(
        self, roster: Iterable[RosterEntry], levels: Mapping[int, int], strengths: Mapping[int, int] | None
    ) -> list[SdkAudioAttendeeState]:
        """Entries of the frame, none when there is nothing to say.

        ``levels``: -dBov per connection. ``strengths``: `signal_strength` per connection, when it is time to send them.
        """
        states: list[SdkAudioAttendeeState] = []
        heard = False
        for entry in roster:
            level = levels.get(entry.connection)
            volume = None
            if level is not None and level < SILENT_VOLUME and not entry.muted:
                volume = max(level, LOUDEST_VOLUME)
                heard = True
            strength = strengths.get(entry.connection, FULL_SIGNAL) if strengths is not None else FULL_SIGNAL
            if volume is not None or strength != FULL_SIGNAL:
                state = SdkAudioAttendeeState(audio_stream_id=entry.stream_id)
                if volume is not None:
                    state.volume = volume
                if strength != FULL_SIGNAL:
                    state.signal_strength = strength
                states.append(state)
        all_silent_now = self._somebody_heard and not heard
        self._somebody_heard = heard
        if all_silent_now or strengths is not None:
            states.append(self._nobody(all_silent_now, strengths is not None))
        return states

    @staticmethod
    def _nobody(volume: bool, strength: bool) -> SdkAudioAttendeeState:
        state = SdkAudioAttendeeState(audio_stream_id=NOBODY)
        if volume:
            state.volume = 127
        if strength:
            state.signal_strength = FULL_SIGNAL
        return state
