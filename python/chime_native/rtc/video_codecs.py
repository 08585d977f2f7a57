"""Encoding and decoding of pictures, by the codecs that aiortc brings (libvpx and FFmpeg through PyAV).

Both block, for a few milliseconds, with the GIL released; they belong into a thread.
"""

from __future__ import annotations

import fractions
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chime_native.video import scale_i420

__all__ = ["DECODABLE_CODECS", "MIN_BITRATE", "VideoDecoder", "VideoEncoder", "frame_i420"]

DECODABLE_CODECS = ("VP8", "VP9", "H264")

MIN_BITRATE = 250_000
"""Bits per second: the encoder goes no lower; below it pictures have to be left out."""

# FFmpeg's names; those that aiortc takes, and libvpx for VP9 as well.
_DECODERS = {"VP8": "libvpx", "VP9": "libvpx-vp9", "H264": "h264"}

_CLOCK = fractions.Fraction(1, 90_000)


class VideoEncoder:
    """Pictures in, RTP payloads of VP8 out; one thread at a time."""

    def __init__(self) -> None:
        from aiortc.codecs.vpx import Vp8Encoder

        self._encoder = Vp8Encoder()

    def encode(
        self, i420: NDArray[np.uint8], timestamp: int, *, size: tuple[int, int], bitrate: int, key: bool
    ) -> list[bytes]:
        """The payloads (RFC 7741) of one picture, at most 1300 bytes each.

        ``timestamp`` counts 90,000 a second and rises; ``bitrate`` in bits per second, a change by more than a tenth begins
        with a key frame; so does ``key``, and another ``size``, to which pictures are scaled.
        """
        import av

        if size != (i420.shape[1], i420.shape[0] * 2 // 3):
            i420 = scale_i420(i420, *size)
        frame = av.VideoFrame.from_ndarray(i420, format="yuv420p")
        frame.pts, frame.time_base = timestamp, _CLOCK
        self._encoder.target_bitrate = bitrate
        payloads, _ = self._encoder.encode(frame, force_keyframe=key)
        return payloads


class VideoDecoder:
    """Encoded pictures in, pictures out; one thread at a time."""

    def __init__(self) -> None:
        self._codec = ""
        self._decoder: Any = None

    def decode(self, codec: str, data: bytes, timestamp: int) -> list[tuple[NDArray[np.uint8], int]]:
        """Pictures as I420 and their timestamps: mostly one.

        ``codec`` is one of ``DECODABLE_CODECS``. Raises ValueError for data that cannot be decoded.
        """
        import av

        if codec != self._codec:
            self._decoder = av.CodecContext.create(_DECODERS[codec], "r")
            self._codec = codec
        packet = av.Packet(data)
        packet.pts, packet.time_base = timestamp, _CLOCK
        try:
            frames = self._decoder.decode(packet)
        except av.FFmpegError as error:
            self._codec = ""  # what it remembers is of no use
            raise ValueError(f"a picture in {codec} cannot be decoded: {error}") from error
        return [(frame_i420(frame), frame.pts if frame.pts is not None else timestamp) for frame in frames]


def frame_i420(frame: Any) -> NDArray[np.uint8]:
    """A picture of PyAV as an array of I420 in BT.601; of odd sizes the last row or column is left out."""
    from av.video.reformatter import ColorRange, Colorspace

    is_ours = frame.format.name == "yuv420p" and frame.color_range != ColorRange.JPEG
    if not is_ours or frame.colorspace == Colorspace.ITU709:
        frame = frame.reformat(
            format="yuv420p", dst_color_range=ColorRange.MPEG, dst_colorspace=Colorspace.ITU601
        )
    width, height = frame.width & ~1, frame.height & ~1
    i420 = np.empty((height * 3 // 2, width), np.uint8)
    i420[:height] = _plane(frame.planes[0])[:height, :width]
    chroma = i420[height:].reshape(2, height // 2, width // 2)
    for target, plane in zip(chroma, frame.planes[1:3], strict=True):
        target[:] = _plane(plane)[: height // 2, : width // 2]
    return i420


def _plane(plane: Any) -> NDArray[np.uint8]:
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
