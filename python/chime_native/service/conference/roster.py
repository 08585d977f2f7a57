"""Who is present: audio stream ids, mute states, and the AUDIO_STREAM_ID_INFO entries that tell of changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chime_native.signaling.messages import SdkAudioStreamIdInfo

__all__ = ["Roster", "RosterEntry"]


@dataclass(slots=True)
class RosterEntry:
    """One present attendee (or content share, as an attendee of its own)."""

    stream_id: int
    attendee_id: str
    external_user_id: str
    muted: bool
    connection: int
    """The connection whose media makes it present."""

    def info(self) -> SdkAudioStreamIdInfo:
        return SdkAudioStreamIdInfo(
            audio_stream_id=self.stream_id,
            attendee_id=self.attendee_id,
            external_user_id=self.external_user_id,
            muted=self.muted,
        )


class Roster:
    """Every change returns the entries to be sent to all, in their order.

    Stream ids start at 1 (0 is nobody to clients) and only rise, so that a client can tell the end of an attendee's old
    stream from its leaving (DefaultVolumeIndicatorAdapter.ts).
    """

    def __init__(self) -> None:
        self._entries: dict[str, RosterEntry] = {}
        self._next_stream_id = 1

    def __iter__(self) -> Iterator[RosterEntry]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, attendee_id: str) -> RosterEntry | None:
        return self._entries.get(attendee_id)

    def join(
        self, attendee_id: str, external_user_id: str, muted: bool, connection: int
    ) -> list[SdkAudioStreamIdInfo]:
        """Present, or present again on another connection: then the old stream ends after the new one began."""
        old = self._entries.pop(attendee_id, None)
        entry = RosterEntry(self._next_stream_id, attendee_id, external_user_id, muted, connection)
        self._next_stream_id += 1
        self._entries[attendee_id] = entry
        if old is None:
            return [entry.info()]
        return [entry.info(), SdkAudioStreamIdInfo(audio_stream_id=old.stream_id)]

    def leave(self, attendee_id: str, dropped: bool) -> list[SdkAudioStreamIdInfo]:
        entry = self._entries.pop(attendee_id, None)
        if entry is None:
            return []
        info = SdkAudioStreamIdInfo(audio_stream_id=entry.stream_id)
        if dropped:
            info.dropped = True
        return [info]

    def set_muted(self, attendee_id: str, muted: bool) -> list[SdkAudioStreamIdInfo]:
        entry = self._entries.get(attendee_id)
        if entry is None or entry.muted == muted:
            return []
        entry.muted = muted
        return [SdkAudioStreamIdInfo(audio_stream_id=entry.stream_id, muted=muted)]

    def complete(self, but: str) -> list[SdkAudioStreamIdInfo]:
        """Everybody except one: the first frame that a client gets."""
        return [entry.info() for entry in self._entries.values() if entry.attendee_id != but]
