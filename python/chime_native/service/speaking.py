"""Who speaks, for eyes: a word that does not go out between two syllables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["RecentSpeakers"]

SPEAKING_LEVEL: Final = 42
"""-dBov from which somebody counts as silent: what clients show as no volume (VolumeReporter)."""
HELD_S: Final = 1.0
"""Pauses within a sentence are shorter than this. It also spans two looks of a page that asks twice a second, which
would else miss, each time anew, a sound that comes in step with its asking."""


class RecentSpeakers:
    """Remembers who was loud enough within the last second, by connection."""

    def __init__(self) -> None:
        self._heard_at: dict[int, float] = {}

    def handle_levels(self, levels: Mapping[int, int], now: float) -> None:
        """Takes -dBov by connection of the time that ends ``now``; forgets who has been silent for longer."""
        kept = {number: at for number, at in self._heard_at.items() if now - at < HELD_S}
        kept.update((number, now) for number, level in levels.items() if level < SPEAKING_LEVEL)
        self._heard_at = kept

    def is_speaking(self, connection: int, now: float) -> bool:
        """Whether the connection was heard less than a second ago."""
        heard_at = self._heard_at.get(connection)
        return heard_at is not None and now - heard_at < HELD_S
