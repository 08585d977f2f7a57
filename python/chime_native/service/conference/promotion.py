"""Who of a replica meeting may take part in the primary meeting (guide "Replicated meetings" of the SDK).

Attendees of a replica watch: they get the sound, the roster, the messages of the primary meeting, and nobody learns of
them. With the credentials of an attendee of the primary meeting they are promoted to that attendee, on the connection that
they have. The status codes of a refusal are those that the SDK knows.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Iterable
from enum import IntEnum

from chime_native.service.conference.member import Member
from chime_native.service.conference.requests import PrimaryMeetingJoinRequested
from chime_native.service.model import Attendee

__all__ = ["AttendeeFinder", "Refusal", "participants", "promotion"]

#: An attendee of the primary meeting by its id; None: there is no such attendee.
AttendeeFinder = Callable[[str], Attendee | None]


class Refusal(IntEnum):
    """Error status of PRIMARY_MEETING_JOIN_ACK."""

    WRONG_CREDENTIALS = 403  # also: this is no replica
    NO_ROOM = 409
    NO_MEDIA = 503  # nothing could be heard of the attendee yet


def promotion(
    member: Member,
    request: PrimaryMeetingJoinRequested,
    find_attendee: AttendeeFinder,
    members: Iterable[Member],
    max_attendees: int,
) -> Attendee | Refusal:
    """As whom ``member`` takes part from now on, or why not; ``members``: all connections of the primary meeting."""
    attendee = find_attendee(request.attendee_id)
    if member.replica is None or member.is_content or attendee is None:
        return Refusal.WRONG_CREDENTIALS
    if not hmac.compare_digest(attendee.join_token.encode(), request.join_token.encode()):
        return Refusal.WRONG_CREDENTIALS
    if not member.has_media:
        return Refusal.NO_MEDIA
    others = participants(other for other in members if other is not member)
    if attendee.attendee_id not in others and len(others) >= max_attendees:
        return Refusal.NO_ROOM
    return attendee


def participants(members: Iterable[Member]) -> Collection[str]:
    """Ids of the attendees who take part through these connections, contents not counted."""
    return {
        member.participant.attendee_id
        for member in members
        if member.is_joined and not member.is_content and member.participant is not None
    }
