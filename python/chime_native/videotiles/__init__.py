"""Video of a meeting: who sends what, and what this client receives of it.

Sans-I/O: decisions from the service's frames; nothing here knows a socket, a clock or pixels.
"""

from .all_highest_policy import AllHighestVideoBandwidthPolicy
from .stream_index import VideoSource, VideoStreamDescription, VideoStreamIndex, without_own_content

__all__ = [
    "AllHighestVideoBandwidthPolicy",
    "VideoSource",
    "VideoStreamDescription",
    "VideoStreamIndex",
    "without_own_content",
]
