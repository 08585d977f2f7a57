"""What is known of a tile (SDK: ``src/videotile/VideoTileState.ts``)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["VideoTileState"]


@dataclass(frozen=True, slots=True)
class VideoTileState:
    """One tile at one moment: whose video, where it goes, and how it is.

    The SDK's fields but for those of a page (sizes in CSS pixels, the ratio of device pixels, the nameplate that is never set).
    """

    tile_id: int
    local_tile: bool = False  #: this client's own camera
    is_content: bool = False
    active: bool = False  #: pictures go to the sink: bound to a stream and a sink, neither paused nor cut off
    paused: bool = False  #: by the application or the service
    poor_connection: bool = False  #: its sender has paused it for want of bandwidth
    bound_attendee_id: str | None = None  #: None right after the tile was made
    bound_external_user_id: str | None = None
    bound_video_stream: object | None = None  #: None: there are no pictures (yet)
    bound_video_sink: object | None = None
    video_stream_content_width: int | None = None  #: pixels, where it is known when the stream is bound
    video_stream_content_height: int | None = None
    stream_id: int | None = None
    group_id: int | None = None
