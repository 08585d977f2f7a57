"""Meetings and attendees in an SQLite file, so that they outlive the service: ``--state FILE``.

A record is written before the call that changed it is answered; each takes well below a millisecond. The file holds join
tokens, so nobody but its owner may read it.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chime_native.errors import ServiceError
from chime_native.service.features import Capabilities, MeetingFeatures
from chime_native.service.model import (
    Attendee,
    AttendeeAdded,
    AttendeeDeleted,
    CapabilitiesUpdated,
    Meeting,
    MeetingEnded,
    MeetingRequest,
    StoreEvent,
)

__all__ = ["StateFile"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meetings (id TEXT PRIMARY KEY, created REAL NOT NULL, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS attendees (
    id TEXT PRIMARY KEY, meeting TEXT NOT NULL REFERENCES meetings (id) ON DELETE CASCADE, ordinal INTEGER NOT NULL,
    record TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS attendees_of_meeting ON attendees (meeting);
"""


class StateFile:
    """The records of one service; ``epoch_s`` plus the store's time is the time in seconds since 1970.

    Raises `ServiceError` for a file that cannot be opened or is no state of a service.
    """

    def __init__(self, path: str, epoch_s: float) -> None:
        self._epoch_s = epoch_s
        try:
            Path(path).touch(mode=stat.S_IRUSR | stat.S_IWUSR)
            os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)
            self._database = sqlite3.connect(path, isolation_level=None)
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
                self._database.execute(f"PRAGMA {pragma}")
            self._database.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise ServiceError(f"cannot keep state in {path}: {error}") from error
        self._path = path

    def close(self) -> None:
        """Closes the file; idempotent."""
        self._database.close()

    # --- writing ---

    def write(self, event: StoreEvent) -> None:
        """Takes one change of the records."""
        match event:
            case AttendeeAdded(meeting, attendee):
                self._put_attendee(meeting, attendee)
            case AttendeeDeleted(_, attendee):
                self._execute("DELETE FROM attendees WHERE id = ?", attendee.attendee_id)
            case CapabilitiesUpdated(meeting, attendees):
                for attendee in attendees:
                    self._put_attendee(meeting, attendee)
            case MeetingEnded(meeting):
                self._execute("DELETE FROM meetings WHERE id = ?", meeting.meeting_id)
            case _:
                self._put_meeting(event.meeting)

    def _execute(self, statement: str, *values: object) -> None:
        try:
            self._database.execute(statement, values)
        except sqlite3.Error as error:
            raise ServiceError(f"cannot write to {self._path}: {error}") from error

    def _put_meeting(self, meeting: Meeting) -> None:
        record = {
            "arn": meeting.arn,
            "request": asdict(meeting.request) | {"tags": dict(meeting.request.tags)},
            "tags": meeting.tags,
            "transcription": meeting.transcription,
        }
        created = self._epoch_s + meeting.created_at
        self._execute(
            "INSERT INTO meetings VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record",
            meeting.meeting_id,
            created,
            json.dumps(record),
        )

    def _put_attendee(self, meeting: Meeting, attendee: Attendee) -> None:
        record = {
            "user": attendee.external_user_id,
            "token": attendee.join_token,
            "capabilities": attendee.capabilities.to_api(),
        }
        self._execute(
            "INSERT INTO attendees VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record",
            attendee.attendee_id,
            meeting.meeting_id,
            attendee.ordinal,
            json.dumps(record),
        )

    # --- reading ---

    def read(self, now: float) -> list[Meeting]:
        """The meetings, oldest first, as if all their attendees had just been disconnected."""
        try:
            return list(self._meetings(now))
        except (sqlite3.Error, LookupError, TypeError, ValueError) as error:
            raise ServiceError(f"{self._path} is no state of a service: {error}") from error

    def _meetings(self, now: float) -> Iterator[Meeting]:
        rows = self._rows("SELECT id, created, record FROM meetings ORDER BY created")
        for meeting_id, created, text in rows:
            record = json.loads(text)
            meeting = Meeting(
                meeting_id,
                record["arn"],
                _request(record["request"]),
                created - self._epoch_s,
                dict(record["tags"]),
                empty_since=now,
            )
            meeting.transcription = record["transcription"]
            self._read_attendees(meeting)
            yield meeting

    def _read_attendees(self, meeting: Meeting) -> None:
        statement = "SELECT id, ordinal, record FROM attendees WHERE meeting = ? ORDER BY ordinal"
        for attendee_id, ordinal, text in self._rows(statement, meeting.meeting_id):
            record = json.loads(text)
            capabilities = Capabilities.from_api(record["capabilities"])
            attendee = Attendee(attendee_id, record["user"], record["token"], capabilities, ordinal)
            meeting.attendees[attendee_id] = attendee
            meeting.by_external_user_id[attendee.external_user_id.casefold()] = attendee
            meeting.next_ordinal = ordinal + 1

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(self._database.execute(statement, values)) as cursor:
            return cursor.fetchall()


def _request(record: dict[str, Any]) -> MeetingRequest:
    convert: dict[str, Callable[[Any], Any]] = {
        "features": lambda value: MeetingFeatures(**value),
        "tenant_ids": tuple,
    }
    return MeetingRequest(**{name: convert.get(name, _same)(value) for name, value in record.items()})


def _same(value: Any) -> Any:
    return value
