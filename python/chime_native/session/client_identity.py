"""What the client says about itself, and the signaling connection that it says it on."""

from __future__ import annotations

import platform
import secrets
import time
from collections.abc import Callable

from chime_native import __version__
from chime_native.errors import ConfigurationError
from chime_native.session.configuration import MeetingSessionConfiguration
from chime_native.signaling.connection_request import connection_request
from chime_native.signaling.events import SignalingEvent
from chime_native.signaling.shell import WebSocketConnection
from chime_native.signaling.types import ClientDetails

__all__ = ["client_details", "new_audio_session_id", "signaling_opener"]

CLIENT_SOURCE = "chime-native"
_USER_AGENT = f"{CLIENT_SOURCE}-{__version__.partition('.')[0]}"


def new_audio_session_id() -> int:
    """32 random bits: the same on every reconnect of a session, so that the service knows it is no second device."""
    return secrets.randbits(32)


def client_details(configuration: MeetingSessionConfiguration) -> ClientDetails:
    """Name and version of this package, of Python, of the system, and of the application if it gave them."""
    application = configuration.application_metadata
    return ClientDetails(
        client_source=CLIENT_SOURCE,
        chime_sdk_version=__version__,
        platform_name=platform.python_implementation(),
        platform_version=platform.python_version(),
        client_utc_offset=_utc_offset(),
        os_name=platform.system(),
        os_version=platform.release(),
        app_name=application.app_name if application else "",
        app_version=application.app_version if application else "",
    )


def signaling_opener(
    configuration: MeetingSessionConfiguration,
) -> Callable[[Callable[[SignalingEvent], None]], WebSocketConnection]:
    """Makes signaling connections to the meeting of the configuration, as it is at that moment.

    Raises ``ConfigurationError`` when the URL or the token cannot be used.
    """

    def make(on_event: Callable[[SignalingEvent], None]) -> WebSocketConnection:
        url = configuration.urls.signaling_url if configuration.urls else None
        token = configuration.credentials.join_token if configuration.credentials else None
        if not url or not token:
            raise ConfigurationError("the meeting cannot be joined without a signaling URL and a join token")
        dialect = configuration.signaling_dialect
        request = connection_request(url, token, dialect, sdk_version=__version__, user_agent=_USER_AGENT)
        return WebSocketConnection(
            request, on_event, dialect, step_timeout_ms=configuration.connection_timeout_ms
        )

    make(_nobody)  # so that what cannot work is told when the session is made
    return make


def _nobody(_event: SignalingEvent) -> None:
    """Hears nothing."""


def _utc_offset() -> str:
    """The local time's distance from UTC, like +05:30."""
    seconds = time.localtime().tm_gmtoff
    sign = "-" if seconds < 0 else "+"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{sign}{hours:02d}:{minutes:02d}"
