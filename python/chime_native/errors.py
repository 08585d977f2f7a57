"""Every error of the package, as one tree; catch a branch to catch what is below it.

::

    ChimeError
    ├── ConfigurationError          what was given is not a meeting, an attendee or an option (also a ValueError)
    ├── DeviceError                 a source or a sink of media cannot be used
    │   └── MediaFileError          .path, .reason: a media file cannot be read or written
    ├── MissingExtraError           .extra: an optional dependency is not installed (also an ImportError)
    ├── SessionError                .status: the meeting session could not start, or ended while it was needed
    │   ├── AuthenticationRejectedError     the join token is not (or no longer) valid: create the attendee again
    │   ├── MeetingEndedError               the meeting is over: create another one
    │   ├── AtCapacityError                 the meeting is full: try later
    │   └── RemovedError                    this attendee was removed, or joined from another place
    ├── SignalingError              the signaling connection cannot be opened or its peer breaks the protocol
    │   └── FrameError              a frame cannot be decoded
    ├── RtcError                    the media connection cannot be set up (SDP, ICE, DTLS)
    │   └── SdpError                an offer or an answer is malformed or cannot be used
    └── ServiceError                the local service cannot run (port taken, bad address)

Wrong arguments raise the built-in ``ValueError`` and ``TypeError``. What arrives from the network never raises: it is
counted and dropped, or ends the session with a status.
"""

from __future__ import annotations

from os import PathLike, fspath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chime_native.session.status import MeetingSessionStatus

__all__ = [
    "AtCapacityError",
    "AuthenticationRejectedError",
    "ChimeError",
    "ConfigurationError",
    "DeviceError",
    "FrameError",
    "MediaFileError",
    "MeetingEndedError",
    "MissingExtraError",
    "RemovedError",
    "RtcError",
    "SdpError",
    "ServiceError",
    "SessionError",
    "SignalingError",
]


class ChimeError(Exception):
    """Base of all errors that this package raises on purpose."""


class ConfigurationError(ChimeError, ValueError):
    """A meeting, an attendee or an option is not what CreateMeeting, CreateAttendee or the documentation give."""


class DeviceError(ChimeError):
    """A source or a sink of media cannot be used."""


class MediaFileError(DeviceError):
    """A media file cannot be read or written; says which and why."""

    def __init__(self, path: str | PathLike[str], reason: str, action: str = "read") -> None:
        self.path = fspath(path)
        self.reason = reason
        super().__init__(f"cannot {action} {self.path}: {reason}")


class MissingExtraError(ChimeError, ImportError):
    """An optional dependency is needed and not installed."""

    def __init__(self, what: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{what} needs the extra '{extra}': pip install 'chime-native[{extra}]'")


class SessionError(ChimeError):
    """The meeting session could not start, or ended while it was needed; ``status`` says how."""

    def __init__(self, message: str, status: MeetingSessionStatus | None = None) -> None:
        self.status = status
        super().__init__(message)


class AuthenticationRejectedError(SessionError):
    """The service does not accept the join token."""


class MeetingEndedError(SessionError):
    """The meeting has ended."""


class AtCapacityError(SessionError):
    """The meeting is full."""


class RemovedError(SessionError):
    """This attendee was removed from the meeting, or joined it from another place."""


class SignalingError(ChimeError):
    """The signaling connection cannot be opened, or its peer breaks the protocol."""


class FrameError(SignalingError):
    """A signaling frame cannot be decoded."""


class RtcError(ChimeError):
    """The media connection cannot be set up."""


class SdpError(RtcError):
    """An offer or an answer is malformed, or asks for what is not possible; the message says what and where."""


class ServiceError(ChimeError):
    """The local service cannot run."""
