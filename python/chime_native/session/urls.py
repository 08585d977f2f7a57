"""Where a meeting is: the URLs of its MediaPlacement (SDK: ``src/meetingsession/MeetingSessionURLs.ts``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

__all__ = ["MeetingSessionURLs", "URLRewriter", "URLRewriterMulti"]

# Gets a URL, or None where the meeting has none, and gives the one to use (None: none).
URLRewriter = Callable[[str | None], str | None]
# Gets a TURN URI and gives all that are to be used in its place.
URLRewriterMulti = Callable[[str], Sequence[str] | None]


def _unchanged(url: str | None) -> str | None:
    return url


class MeetingSessionURLs:
    """The URLs of a meeting. Each is read through ``url_rewriter``, which may be replaced at any time.

    ``url_rewriter_multi``, if set, takes its place for TURN URIs, and only there.
    """

    def __init__(
        self,
        audio_host_url: str | None = None,
        signaling_url: str | None = None,
        turn_control_url: str | None = None,
        event_ingestion_url: str | None = None,
    ) -> None:
        self._audio_host_url = audio_host_url
        self._signaling_url = signaling_url
        self._turn_control_url = turn_control_url
        self._event_ingestion_url = event_ingestion_url
        self.url_rewriter: URLRewriter = _unchanged
        self.url_rewriter_multi: URLRewriterMulti | None = None

    @property
    def audio_host_url(self) -> str | None:
        """Host of the audio service, without a scheme; empty or None: this meeting has no audio."""
        return self.url_rewriter(self._audio_host_url)

    @audio_host_url.setter
    def audio_host_url(self, value: str | None) -> None:
        self._audio_host_url = value

    @property
    def signaling_url(self) -> str | None:
        """WebSocket URL of the signaling service."""
        return self.url_rewriter(self._signaling_url)

    @signaling_url.setter
    def signaling_url(self, value: str | None) -> None:
        self._signaling_url = value

    @property
    def turn_control_url(self) -> str | None:
        """Where TURN credentials used to be asked for; today they come with JOIN_ACK."""
        return self.url_rewriter(self._turn_control_url)

    @turn_control_url.setter
    def turn_control_url(self, value: str | None) -> None:
        self._turn_control_url = value

    @property
    def event_ingestion_url(self) -> str | None:
        """Where meeting events are reported; None: nowhere."""
        return self.url_rewriter(self._event_ingestion_url)

    @event_ingestion_url.setter
    def event_ingestion_url(self, value: str | None) -> None:
        self._event_ingestion_url = value

    def rewrite_turn_uris(self, uris: Iterable[str]) -> list[str]:
        """The TURN URIs to use for those which the service gave; a rewriter drops one by giving nothing for it."""
        rewritten: list[str] = []
        for uri in uris:
            if self.url_rewriter_multi is not None:
                rewritten.extend(other for other in self.url_rewriter_multi(uri) or () if other)
            elif other := self.url_rewriter(uri):
                rewritten.append(other)
        return rewritten

    def __repr__(self) -> str:
        return (
            f"MeetingSessionURLs(audio_host_url={self.audio_host_url!r}, signaling_url={self.signaling_url!r}, "
            f"turn_control_url={self.turn_control_url!r}, event_ingestion_url={self.event_ingestion_url!r})"
        )
