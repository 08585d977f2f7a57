"""Credentials for a TURN server, good for a limited time ("A REST API for access to TURN services", draft-uberti)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["TurnCredentials", "TurnServer"]


@dataclass(frozen=True, slots=True)
class TurnCredentials:
    """What a client is given in JOIN_ACK."""

    username: str
    password: str = field(repr=False)
    ttl_s: int
    uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TurnServer:
    """A TURN server that shares a secret with this service (coturn: ``use-auth-secret``, ``static-auth-secret``).

    Clients that get its credentials send and receive media through it alone, as the SDK does
    (CreatePeerConnectionTask.ts). ValueError for a URI that is not a TURN one, an empty secret or no time at all.
    """

    uris: Sequence[str]
    secret: str = field(repr=False)
    lifetime_s: int = 12 * 3600

    def __post_init__(self) -> None:
        for uri in self.uris:
            if not uri.startswith(("turn:", "turns:")):
                raise ValueError(f"a TURN URI starts with turn: or turns:, not {uri!r}")
        if not self.uris or not self.secret or self.lifetime_s < 1:
            raise ValueError("a TURN server needs a URI, a secret, and a lifetime of its credentials")

    def credentials(self, attendee_id: str, now_s: float) -> TurnCredentials:
        """For one attendee, from ``now_s`` (since 1970) on: the name tells the end, the password proves it."""
        username = f"{int(now_s) + self.lifetime_s}:{attendee_id}"
        digest = hmac.new(self.secret.encode(), username.encode(), hashlib.sha1).digest()
        password = base64.b64encode(digest).decode()
        return TurnCredentials(username, password, self.lifetime_s, tuple(self.uris))
