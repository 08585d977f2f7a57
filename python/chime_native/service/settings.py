"""What can be set about the local service; every limit has a safe default."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from chime_native.service.hosts import host_name
from chime_native.service.transcribers import TranscriberFactory
from chime_native.service.turn import TurnServer

__all__ = ["ServiceSettings"]

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s]+")
"""As browsers write it: no path, not even a slash, or it would never be the same."""


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Limits and times of the service; the defaults are Amazon Chime's documented ones where there are any."""

    region: str = "us-east-1"
    account_id: str = "000000000000"
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Secret access keys by access key id; REST requests must be signed with one of them. Empty: not checked."""
    allowed_origins: frozenset[str] = frozenset()
    """Origins of web pages that may use the REST API, such as ``https://app.example``; the service's own always may."""
    allowed_hosts: frozenset[str] = frozenset()
    """Names by which the service may be called over plain HTTP without credentials, such as ``chime.example``, beside
    addresses, localhost and this machine's own name (`HostCheck`)."""
    max_meetings: int = 250
    """Quota of meetings at once."""
    max_attendee_records: int = 1000
    """Attendees that may be created for one meeting; how many may join at once is MeetingFeatures.Attendee.MaxCount."""
    max_replicas: int = 4
    """Replica meetings of one primary meeting."""
    max_tags: int = 50
    empty_meeting_s: float = 300.0
    """A meeting ends when nobody has been connected for this long."""
    meeting_lifetime_s: float = 24 * 3600.0
    """A meeting ends this long after its creation; an ended meeting is remembered as long for its ClientRequestToken."""
    max_body_bytes: int = 1 << 20
    """Largest body of a REST request."""
    request_rate: float = 100.0
    """REST requests a second from one address, and `request_burst` at once; beyond it they are throttled (429)."""
    request_burst: int = 1000
    max_message_bytes: int = 1 << 20
    """Largest WebSocket message that is read at all; a client that sends a larger one is disconnected."""
    max_frame_bytes: int = 1 << 18
    """Largest signaling frame, others are dropped; the SDK's largest, offers with 25 videos, are a tenth of this."""
    max_connections: int = 2000
    """Signaling connections at once, over all meetings."""
    max_connections_per_attendee: int = 4
    audio_subscription_limit: int = 25
    """Attendees whose sound alone ("unmixed") a connection that asks for it may get at once; 0: only the mix."""
    send_queue_frames: int = 1024
    """Messages waiting for one slow client before it is disconnected."""
    heartbeat_s: float = 20.0
    """WebSocket pings that find dead connections."""
    reconnect_grace_s: float = 10.0
    """How long an attendee whose signaling broke stays present while its media may go on."""
    leave_s: float = 5.0
    """How long a client that was told the end may take to leave."""
    turn: TurnServer | None = None
    """A TURN server that clients are to use."""
    public_address: str | None = None
    """The address under which clients reach this machine, where it is not one of its own (behind one-to-one NAT)."""
    tls_cert: str | None = None
    """File with the certificate chain (PEM), with `tls_key` its private key: https and wss only."""
    tls_key: str | None = None
    state_file: str | None = None
    """SQLite file that keeps meetings and attendees when the service stops; clients then come back to them."""
    transcriber: TranscriberFactory | None = None
    """Makes the recogniser of a meeting when StartMeetingTranscription is called; None: it fails."""
    stop_s: float = 1.0
    """How long the service waits for clients to leave when it stops."""

    def __post_init__(self) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("TLS needs both tls_cert and tls_key")
        if self.public_address is not None:
            ipaddress.ip_address(self.public_address)
        for origin in self.allowed_origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is not an origin such as https://app.example")
        for host in self.allowed_hosts:
            if host_name(host) is None or ":" in host:
                raise ValueError(f"{host!r} is not the name of a host")
