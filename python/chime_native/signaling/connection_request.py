"""How a signaling connection is asked for: URL, subprotocols and headers of each dialect
(SDK: ``SignalingClientConnectionRequest.ts``, ``Versioning.ts``)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlsplit

from chime_native.errors import ConfigurationError

from .dialect import BROWSER_SUBPROTOCOL, NATIVE_COOKIE, PROTOCOL_VERSION_PARAMETER, Dialect

__all__ = ["ConnectionRequest", "connection_request"]

_PROTOCOL_VERSION: Final = "3"
# RFC 9110 section 5.6.2: what a subprotocol may be made of; and RFC 6265 section 4.1.1 for the value of a cookie.
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_COOKIE_VALUE: Final = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+")


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """What the WebSocket handshake asks for; the join token in it is not shown by ``repr``."""

    url: str
    subprotocols: tuple[str, ...] = field(default=(), repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)


def connection_request(
    signaling_url: str, join_token: str, dialect: Dialect, *, sdk_version: str, user_agent: str
) -> ConnectionRequest:
    """The request for the signaling URL of a meeting and the join token of an attendee.

    ``user_agent`` names the client as NAME-MAJOR, like chrome-126. Raises ``ConfigurationError`` for a URL that is not
    ws: or wss:, and for a token that cannot be carried as the dialect wants.
    """
    if urlsplit(signaling_url).scheme not in ("ws", "wss"):
        raise ConfigurationError(f"the signaling URL must begin with ws:// or wss://, not {signaling_url!r}")
    if dialect is Dialect.NATIVE:
        if not _COOKIE_VALUE.fullmatch(join_token):
            raise ConfigurationError("the join token has characters that a cookie cannot carry")
        headers = {"Cookie": f"{NATIVE_COOKIE}={join_token}", PROTOCOL_VERSION_PARAMETER: _PROTOCOL_VERSION}
        return ConnectionRequest(signaling_url, headers=headers)
    if not _TOKEN.fullmatch(join_token):
        raise ConfigurationError("the join token has characters that a WebSocket subprotocol cannot carry")
    separator = "&" if urlsplit(signaling_url).query else "?"
    url = (
        f"{signaling_url}{separator}{PROTOCOL_VERSION_PARAMETER}={_PROTOCOL_VERSION}"
        "&X-Amzn-Chime-Send-Close-On-Error=1"
        f"&X-Amzn-Version={quote(sdk_version)}&X-Amzn-User-Agent={quote(user_agent)}"
    )
    return ConnectionRequest(url, subprotocols=(BROWSER_SUBPROTOCOL, join_token))
