"""Video of a meeting: who sends what, and what this client receives of it.

Sans-I/O: decisions from the service's frames; nothing here knows a socket, a clock or pixels.
"""

from .all_highest_policy import AllHighestVideoBandwidthPolicy
from .no_video_policy import NoVideoDownlinkBandwidthPolicy
from .nscale_policy import NScaleVideoUplinkBandwidthPolicy
from .stream_index import VideoSource, VideoStreamDescription, VideoStreamIndex, without_own_content
from .tile_controller import VideoTileController
from .tile_state import VideoTileState

__all__ = [
    "AllHighestVideoBandwidthPolicy",
    "NScaleVideoUplinkBandwidthPolicy",
    "NoVideoDownlinkBandwidthPolicy",
    "VideoSource",
    "VideoStreamDescription",
    "VideoStreamIndex",
    "VideoTileController",
    "VideoTileState",
    "without_own_content",
]
