"""How connections end: told so, closed, or given up. No I/O."""

from __future__ import annotations

from chime_native.service.conference.actions import Close, StopMedia
from chime_native.service.conference.connection import ConnectionState
from chime_native.service.conference.hall import Hall
from chime_native.service.conference.member import Member
from chime_native.service.conference.outgoing import AudioStatus, CloseCode
from chime_native.service.conference.presence import Presence

__all__ = ["Endings"]


class Endings:
    """From least to most: :meth:`stop` (the client may still say something), :meth:`remove`, :meth:`discard`."""

    def __init__(self, hall: Hall, presence: Presence) -> None:
        self._hall = hall
        self._presence = presence

    def end(self, member: Member, status: AudioStatus, code: CloseCode) -> None:
        """The service ends the connection: with ``status`` if it has joined, else with the close code ``code``."""
        if member.is_joined and member.socket_open:
            member.connection.end(status)
            self.stop(member)
        elif member.socket_open and member.connection.state is ConnectionState.OPEN:
            # Not joined yet: a close code is what clients understand then.
            self._hall.actions.append(Close(member.number, code))
            self.remove(member, dropped=False)
        elif not member.socket_open:
            self.remove(member, dropped=False)

    def stop(self, member: Member) -> None:
        """No media any more; the socket stays for the client's last words."""
        self._hall.actions.append(StopMedia(member.number))
        self._presence.leave(member, dropped=False)
        self.give_time(member)

    def give_time(self, member: Member) -> None:
        """The client knows of the end, and may keep its socket for a while."""
        member.deadline = self._hall.now + self._hall.limits.leave_s

    def remove(self, member: Member, dropped: bool) -> None:
        """Neither the attendee is present nor the connection there."""
        self._presence.leave(member, dropped)
        self.discard(member)

    def discard(self, member: Member) -> None:
        """Forgets the connection; whether the attendee is present is another matter."""
        self._hall.send_queued([member])
        self._hall.actions.append(StopMedia(member.number))
        if member.socket_open:
            self._hall.actions.append(Close(member.number, CloseCode.NORMAL))
        self._hall.forget(member)

    def interrupt(self, member: Member) -> None:
        """The service stops while the meeting goes on: the client comes back by itself."""
        if member.socket_open:
            self._hall.actions.append(Close(member.number, CloseCode.RESTARTING))
            member.socket_open = False
        self._hall.actions.append(StopMedia(member.number))
        self.remove(member, dropped=False)

    def handle_timeout(self) -> None:
        """Gives up connections whose time is over."""
        now = self._hall.now
        for member in [
            m for m in self._hall.members.values() if m.deadline is not None and m.deadline <= now
        ]:
            self.remove(member, dropped=not member.socket_open)
