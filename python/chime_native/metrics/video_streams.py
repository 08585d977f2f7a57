"""What the metrics ask the video stream index."""

from __future__ import annotations

from typing import Protocol

__all__ = ["NoVideoStreams", "VideoStreams"]


class VideoStreams(Protocol):
    """Whose video has which SSRC; ``chime_native.videotiles`` has the real index."""

    def stream_id_for_ssrc(self, ssrc: int) -> int | None:
        """The stream that is received with this SSRC."""

    def group_id_for_ssrc(self, ssrc: int) -> int | None:
        """Its group: all streams of one source."""

    def attendee_id_for_stream_id(self, stream_id: int) -> str:
        """Who sends it; empty: nobody known."""

    def attendee_id_for_group_id(self, group_id: int) -> str:
        """Likewise, by group."""

    def send_video_stream_id_from_rid(self, rid: str = "") -> int | None:
        """The own stream that is sent under this rid."""


class NoVideoStreams:
    """There is no video."""

    def stream_id_for_ssrc(self, ssrc: int) -> int | None:  # noqa: ARG002
        return None

    def group_id_for_ssrc(self, ssrc: int) -> int | None:  # noqa: ARG002
        return None

    def attendee_id_for_stream_id(self, stream_id: int) -> str:  # noqa: ARG002
        return ""

    def attendee_id_for_group_id(self, group_id: int) -> str:  # noqa: ARG002
        return ""

    def send_video_stream_id_from_rid(self, rid: str = "") -> int | None:  # noqa: ARG002
        return None
