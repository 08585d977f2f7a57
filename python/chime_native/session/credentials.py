"""Who joins: what CreateAttendee gave (SDK: ``src/meetingsession/MeetingSessionCredentials.ts``)."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["MeetingSessionCredentials"]


@dataclass(slots=True)
class MeetingSessionCredentials:
    """An attendee's identity. The join token is a secret: neither ``repr`` nor ``to_json`` shows it."""

    attendee_id: str | None = None
    external_user_id: str | None = None
    join_token: str | None = field(default=None, repr=False)

    def to_json(self) -> dict[str, str | None]:
        """For logs and reports: the SDK's JSON form with the token hidden."""
        return {
            "attendeeId": self.attendee_id,
            "joinToken": None if self.join_token is None else "<redacted>",
        }
