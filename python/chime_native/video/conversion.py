"""Pixel formats, sizes and sides of video frames, by libyuv."""

from chime_native._native.video import i420_to_rgb, mirror_i420, rgb_to_i420, scale_i420

__all__ = ["i420_to_rgb", "mirror_i420", "rgb_to_i420", "scale_i420"]
