"""What a `Conference` wants done by those who own sockets and media; connections are named by their number."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "Action",
    "AttendeeJoined",
    "AttendeeLeft",
    "AudioFlow",
    "Close",
    "Downlink",
    "ForwardVideo",
    "LayerRate",
    "Negotiate",
    "Send",
    "SetAudio",
    "StopMedia",
    "VideoTrack",
    "VideoWish",
]


@dataclass(frozen=True, slots=True)
class AudioFlow:
    """Which ways one connection's audio goes."""

    heard: bool = True
    """Its audio is in the mixes of others; False while muted or not allowed to send."""
    hears: bool = True
    """It gets a mix, not silence."""


@dataclass(frozen=True, slots=True)
class VideoWish:
    """What a SUBSCRIBE says of the offer's video sections."""

    receive_stream_ids: tuple[int, ...] = ()
    """In the order of the sections, 0 where nothing is received."""
    is_native: bool = False
    """By the native dialect's way of counting sections."""


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """A section in which a connection receives a stream."""

    mid: str
    stream_id: int
    ssrc: int


@dataclass(frozen=True, slots=True)
class LayerRate:
    """What was measured of a layer that a connection sends."""

    bitrate_bps: int
    width: int = 0
    """0: not known yet."""
    height: int = 0


@dataclass(frozen=True, slots=True)
class Downlink:
    """How a connection's video reaches it."""

    estimate_bps: int
    """What the receiver says it can receive; 0: it does not say."""
    sent_bps: int
    """What it was sent."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send one binary WebSocket message."""

    connection: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket, after what was sent before."""

    connection: int
    code: int


@dataclass(frozen=True, slots=True)
class Negotiate:
    """Answer this offer; give the result to `Conference.handle_answer` or `handle_negotiation_failed`."""

    connection: int
    offer: str
    group: int
    """Those with the same number (an attendee and its content share) do not hear each other."""
    audio: AudioFlow
    solos: tuple[tuple[str, int], ...] = ()
    """Mids of audio sections after the first, each with the connection whose sound alone it carries."""
    video: VideoWish = VideoWish()


@dataclass(frozen=True, slots=True)
class SetAudio:
    """From now on the connection's audio flows like this."""

    connection: int
    audio: AudioFlow


@dataclass(frozen=True, slots=True)
class ForwardVideo:
    """From now on a section of the connection carries a layer of what the publisher (a connection) sends."""

    connection: int
    mid: str
    publisher: int | None
    """None: nothing."""
    layer: int = 0
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class StopMedia:
    """Close the connection's media; there may be none."""

    connection: int


@dataclass(frozen=True, slots=True)
class AttendeeJoined:
    """An attendee is present: its media is connected."""

    attendee_id: str
    external_user_id: str
    is_content: bool


@dataclass(frozen=True, slots=True)
class AttendeeLeft:
    """An attendee is present no more."""

    attendee_id: str
    external_user_id: str
    is_content: bool
    dropped: bool
    """True when it went without saying so."""


Action = Send | Close | Negotiate | SetAudio | ForwardVideo | StopMedia | AttendeeJoined | AttendeeLeft
