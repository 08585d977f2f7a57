"""The last two values of everything that is measured, per stream and for the whole connection."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import nan
from typing import Any

from .raw_stats import RawStats

__all__ = ["Direction", "MediaType", "MetricTable", "StreamTable"]


class MediaType(enum.Enum):
    """Of a stream."""

    AUDIO = "audio"
    VIDEO = "video"


class Direction(enum.Enum):
    """As seen from the client."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"


@dataclass(slots=True)
class MetricTable:
    """Numbers, texts and mappings by their W3C names; what never came is NaN (before: 0), as in the SDK."""

    current: dict[str, float] = field(default_factory=dict)
    previous: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    current_mappings: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    previous_mappings: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def update(self, report: RawStats, known: Collection[str]) -> None:
        """Takes the values of a report whose names are known."""
        for name, value in report.items():
            if name not in known or isinstance(value, bool):
                continue
            if isinstance(value, int | float):
                self._set(name, value)
            elif isinstance(value, str):
                self.texts[name] = value
            elif isinstance(value, Mapping):
                self.previous_mappings[name] = self.current_mappings.get(name, value)
                self.current_mappings[name] = value

    def _set(self, name: str, value: float) -> None:
        if name in self.current:
            self.previous[name] = self.current[name]
        else:
            self.previous.pop(name, None)
        self.current[name] = value

    def __contains__(self, name: str) -> bool:
        return name in self.current or name in self.texts or name in self.current_mappings

    def value(self, name: str) -> float:
        """The current number."""
        return self.current.get(name, nan)

    def difference(self, name: str) -> float:
        """How much a counter has grown; a first value is all growth."""
        before = self.previous.get(name, 0.0)
        return self.value(name) - (before if before == before else 0.0)  # noqa: PLR0124 - NaN counts as 0


@dataclass(slots=True)
class StreamTable(MetricTable):
    """The table of one SSRC."""

    media_type: MediaType = MediaType.AUDIO
    direction: Direction = Direction.UPSTREAM
    stream_id: int | None = None
    group_id: int | None = None
