"""Leaves only the TURN servers of one transport, for as long as a network check runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import TracebackType
from typing import Literal, Self

from chime_native.session.urls import MeetingSessionURLs

__all__ = ["Transport", "TurnFilter", "transport_of"]

Transport = Literal["udp", "tcp"]

_NAMED_TRANSPORT = re.compile(r"[?&]transport=(udp|tcp)\b", re.IGNORECASE)


class TurnFilter:
    """A context manager over the URL rewriter for TURN URIs: those that name the other transport drop out.

    As in the SDK, with two differences: ``url_rewriter_multi``, which wins where it is set, is filtered too, and other URLs
    than those of TURN servers are let alone. The rewriters are put back at the end, whatever happens.
    """

    def __init__(self, urls: MeetingSessionURLs, transport: Transport) -> None:
        self._urls = urls
        self._transport = transport
        self._rewriter = urls.url_rewriter_multi
        self.offered: list[str] = []
        """The TURN URIs of the service, as the application's own rewriters leave them."""
        self.kept: list[str] = []
        """Those that were not dropped. The first is the one in use: aioice takes one TURN server."""

    def __enter__(self) -> Self:
        self._rewriter = self._urls.url_rewriter_multi
        self._urls.url_rewriter_multi = self._rewrite
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._urls.url_rewriter_multi = self._rewriter

    @property
    def carrier(self) -> Transport:
        """What media goes over: the transport of the first TURN server, or UDP, straight, without any."""
        return transport_of(self.kept[0]) if self.kept else "udp"

    def _rewrite(self, uri: str) -> Sequence[str]:
        others = self._rewriter(uri) if self._rewriter is not None else (self._urls.url_rewriter(uri),)
        rewritten = [other for other in others or () if other]
        kept = [other for other in rewritten if self._allows(other)]
        self.offered += rewritten
        self.kept += kept
        return kept

    def _allows(self, uri: str) -> bool:
        named = _NAMED_TRANSPORT.search(uri)
        return named is None or named[1].lower() == self._transport


def transport_of(uri: str) -> Transport:
    """Of a TURN URI; without a word on it UDP, or TCP for ``turns`` (RFC 7065, section 3.2)."""
    named = _NAMED_TRANSPORT.search(uri)
    if named is not None:
        return "tcp" if named[1].lower() == "tcp" else "udp"
    return "tcp" if uri.startswith("turns:") else "udp"
