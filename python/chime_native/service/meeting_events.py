"""What a `MeetingStore` tells: of live connections some must hear of it, observers of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chime_native.service.meeting import Attendee, Meeting

__all__ = [
    "AttendeeAdded",
    "AttendeeDeleted",
    "CapabilitiesUpdated",
    "MeetingEnded",
    "MeetingStarted",
    "StoreEvent",
    "TagsChanged",
    "TranscriptionStarted",
    "TranscriptionStopped",
]


@dataclass(frozen=True, slots=True)
class MeetingStarted:
    meeting: Meeting


@dataclass(frozen=True, slots=True)
class MeetingEnded:
    meeting: Meeting
    reason: str
    """deleted, expired, empty or primary_ended."""


@dataclass(frozen=True, slots=True)
class AttendeeAdded:
    meeting: Meeting
    attendee: Attendee


@dataclass(frozen=True, slots=True)
class AttendeeDeleted:
    meeting: Meeting
    attendee: Attendee


@dataclass(frozen=True, slots=True)
class CapabilitiesUpdated:
    meeting: Meeting
    attendees: tuple[Attendee, ...]


@dataclass(frozen=True, slots=True)
class TranscriptionStarted:
    meeting: Meeting
    configuration: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TranscriptionStopped:
    meeting: Meeting
    configuration: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TagsChanged:
    meeting: Meeting


StoreEvent = (
    MeetingStarted
    | MeetingEnded
    | AttendeeAdded
    | AttendeeDeleted
    | CapabilitiesUpdated
    | TranscriptionStarted
    | TranscriptionStopped
    | TagsChanged
)
