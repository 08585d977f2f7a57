"""Who is in the meeting now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .events import VolumeIndicator
from .modality import Modality

__all__ = ["Roster", "RosterEntry"]


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """An attendee who is present, as of the moment of asking."""

    attendee_id: str
    external_user_id: str | None
    volume: float | None  # 0 to 1; None: not known yet
    muted: bool | None
    signal_strength: float | None  # 0, 0.5 or 1

    @property
    def modality(self) -> Modality:
        """The attendee id taken apart: who it belongs to, and whether it is a content share."""
        return Modality(self.attendee_id)

    @property
    def is_content(self) -> bool:
        """Whether this is the content share of an attendee rather than an attendee."""
        return self.modality.has_modality(Modality.CONTENT)


class Roster(Mapping[str, RosterEntry]):
    """Attendees by id, in the order in which they were first seen; it changes as people come and go."""

    def __init__(self, volume_indicator: Callable[[str], VolumeIndicator]) -> None:
        self._volume_indicator = volume_indicator
        self._external_user_ids: dict[str, str | None] = {}

    def set_presence(self, attendee_id: str, present: bool, external_user_id: str | None) -> None:
        """Takes in a change of presence."""
        if present:
            self._external_user_ids[attendee_id] = external_user_id
        else:
            self._external_user_ids.pop(attendee_id, None)

    def clear(self) -> None:
        """The session has stopped: nobody is known to be there."""
        self._external_user_ids.clear()

    def __getitem__(self, attendee_id: str) -> RosterEntry:
        external_user_id = self._external_user_ids[attendee_id]
        indicator = self._volume_indicator(attendee_id)
        return RosterEntry(
            attendee_id, external_user_id, indicator.volume, indicator.muted, indicator.signal_strength
        )

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._external_user_ids))

    def __len__(self) -> int:
        return len(self._external_user_ids)

    def __repr__(self) -> str:
        return f"Roster({list(self.values())!r})"
