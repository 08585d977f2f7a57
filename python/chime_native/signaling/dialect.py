"""The two ways in which clients speak the signaling protocol.

The JavaScript SDK's (browser) and the C++ SDK's (native) differ in how a connection is authenticated, in the byte that
precedes each frame, and in a few rules of content; the messages are the same.
"""

from __future__ import annotations

import enum

__all__ = ["BROWSER_SUBPROTOCOL", "NATIVE_COOKIE", "PROTOCOL_VERSION_PARAMETER", "Dialect"]

# The subprotocol that a service selects; the join token is offered beside it and must not be echoed.
BROWSER_SUBPROTOCOL = "_aws_wt_session"
# Name of the cookie that carries the join token of a native client.
NATIVE_COOKIE = "_aws_wt_session"
# Query parameter (browser) or request header (native) with the version of the control protocol, 3.
PROTOCOL_VERSION_PARAMETER = "X-Chime-Control-Protocol-Version"


class Dialect(enum.Enum):
    """How one signaling connection is spoken; a service tells it from what the client sends in its request."""

    BROWSER = "browser"
    NATIVE = "native"

    @property
    def frame_prefix(self) -> int:
        """The byte that precedes each serialised frame that this side of the dialect sends."""
        return 0x05 if self is Dialect.BROWSER else 0x02

    @property
    def compresses_sdp(self) -> bool:
        """Whether SDP may be compressed when both sides agree (the native dialect knows plain SDP only)."""
        return self is Dialect.BROWSER
