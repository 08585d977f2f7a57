"""What the rooms of one conference share: who is connected, what is to be done, and what time it is. No I/O."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from typing import Any

from chime_native.service.conference.actions import Action, Send, SetAudio
from chime_native.service.conference.member import ConferenceLimits, Member
from chime_native.service.conference.outgoing import FrameType, Outgoing
from chime_native.service.conference.roster import Roster
from chime_native.service.conference.video import VideoDirectory
from chime_native.service.model import Attendee

__all__ = ["Hall"]


class Hall:
    """``epoch_s`` plus ``now`` is the time in seconds since 1970; `Conference` sets ``now`` at every input."""

    def __init__(self, epoch_s: float, now: float, limits: ConferenceLimits) -> None:
        self.now = now
        self.limits = limits
        self.counters: Counter[str] = Counter()
        self.members: dict[int, Member] = {}
        self.roster = Roster()
        self.video = VideoDirectory(limits.max_video_senders)
        self.actions: list[Action] = []
        """What is to be done so far, without what the connections have queued since."""
        self._epoch_s = epoch_s
        self._groups: dict[str, int] = {}
        self._next_group = itertools.count(1)

    @property
    def time_s(self) -> float:
        """Seconds since 1970."""
        return self._epoch_s + self.now

    def clock_ms(self) -> int:
        """Milliseconds since 1970, for frames."""
        return int(self.time_s * 1000)

    # --- who is there ---

    def joined(self) -> list[Member]:
        return [member for member in self.members.values() if member.is_joined]

    def listeners(self) -> list[Member]:
        """Joined, and not for a content share: who gets messages."""
        return [member for member in self.joined() if not member.is_content]

    def group_of(self, attendee: Attendee) -> int:
        """The number of those who do not hear each other: an attendee's connections, content share included."""
        known = self._groups.get(attendee.attendee_id)
        group = self._groups[attendee.attendee_id] = known or next(self._next_group)
        return group

    def forget(self, member: Member) -> None:
        """The connection is no more."""
        self.counters.update(member.connection.counters)
        self.members.pop(member.number, None)
        if all(other.attendee is not member.attendee for other in self.members.values()):
            self._groups.pop(member.attendee.attendee_id, None)
        self.video.is_stale = True

    # --- what is to be done ---

    def drain(self) -> list[Action]:
        """All that is to be done, in its order; the next call begins anew."""
        if self.video.is_stale:
            self.actions += self.video.refresh(tuple(self.members.values()), self.roster)
        self.send_queued(self.members.values())
        actions, self.actions = self.actions, []
        return actions

    def send_queued(self, members: Iterable[Member]) -> None:
        """What these connections have queued comes before all that is done from now on."""
        for member in members:
            data = member.connection.data_to_send()
            if member.socket_open:
                self.actions += [Send(member.number, message) for message in data]

    def set_audio(self, member: Member) -> None:
        """Tells the media how the member's audio flows now."""
        self.actions.append(SetAudio(member.number, member.audio))

    def broadcast(self, frame_type: FrameType.Type, **body: Any) -> None:
        """Sends a frame to all who have joined."""
        self.send_to(self.joined(), frame_type, **body)

    def send_to(self, members: Iterable[Member], frame_type: FrameType.Type, **body: Any) -> None:
        """Sends a frame to some; it is encoded once for each dialect."""
        outgoing = Outgoing(frame_type, self.clock_ms(), **body)
        for member in members:
            member.connection.send_outgoing(outgoing)
