"""The video engine: NumPy in, NumPy out.

Frames are uint8 and C-contiguous. I420, what codecs take, has the shape ``(height * 3 / 2, width)``: luma, then both
chroma planes. Packed pixels have the shape ``(height, width, 3)`` or, with alpha, ``(height, width, 4)``.
"""

from chime_native.video.conversion import i420_to_rgb, mirror_i420, rgb_to_i420, scale_i420
from chime_native.video.frame import VideoFrame, to_i420

__all__ = ["VideoFrame", "i420_to_rgb", "mirror_i420", "rgb_to_i420", "scale_i420", "to_i420"]
