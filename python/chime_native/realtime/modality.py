"""Attendee ids and what they stand for (SDK: ``src/modality/DefaultModality.ts``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = ["Modality"]

_SEPARATOR = "#"


@dataclass(frozen=True, slots=True)
class Modality:
    """An attendee id taken apart: the content share of attendee X is an attendee of its own, ``X#content``."""

    id: str

    CONTENT: ClassVar[str] = "content"

    @property
    def base(self) -> str:
        """The attendee that this id belongs to."""
        return self.id.split(_SEPARATOR, 1)[0]

    @property
    def modality(self) -> str:
        """What follows the one separator; empty where there is none, or more than one."""
        parts = self.id.split(_SEPARATOR)
        return parts[1] if len(parts) == 2 else ""

    def has_modality(self, modality: str) -> bool:
        """Whether this id has the given modality; the empty one never."""
        return modality != "" and self.modality == modality

    def with_modality(self, modality: str) -> Modality:
        """The same attendee with another modality, or without one if it cannot be used."""
        if not modality or not self.base or _SEPARATOR in modality:
            return Modality(self.base)
        return Modality(f"{self.base}{_SEPARATOR}{modality}")
