"""A picture of a video, as it is sent and received."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chime_native.video.conversion import i420_to_rgb, rgb_to_i420

__all__ = ["VideoFrame", "to_i420"]

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class VideoFrame:
    """One picture.

    ``i420`` is uint8 of shape ``(height * 3 / 2, width)``, C-contiguous: ``height`` rows of luma, then the two chroma planes at
    half the width and height (what PyAV and OpenCV call yuv420p and I420), BT.601, of even width and height: where the
    sender's are odd, the last row or column is left out. It is not to be changed: others may look at it, too.
    """

    i420: Picture
    time: float = (
        0.0  #: seconds on the clock of ``time.monotonic()``: when it was taken, or when its first packet came
    )
    timestamp: int = 0  #: RTP timestamp, 90,000 a second, that never wraps; what recordings keep time by
    attendee_id: str = ""  #: whose it is; ends with ``#content`` for a content share

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.i420.shape[1])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.i420.shape[0]) * 2 // 3

    def to_rgb(self, order: Literal["rgb", "bgr", "rgba", "bgra"] = "rgb") -> Picture:
        """The picture as packed pixels: uint8 of shape ``(height, width, 3)``, or 4 for the orders with alpha (255)."""
        return i420_to_rgb(self.i420, order=order)


def to_i420(pixels: object) -> Picture:
    """A picture that an application gives, as I420.

    ``pixels`` is uint8: I420 of shape ``(height * 3 / 2, width)``, RGB of ``(height, width, 3)`` or RGBA of ``(height, width, 4)``.
    An odd last row or column of RGB is left out. I420 that is C-contiguous is given back as it is.

    Raises:
        TypeError: it is no array of uint8.
        ValueError: it has another shape.
    """
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        what = f"{pixels.dtype} array" if isinstance(pixels, np.ndarray) else type(pixels).__name__
        raise TypeError(f"a picture is a NumPy array of uint8, not {what}")
    if pixels.ndim == 2:
        height, width = pixels.shape[0] * 2 // 3, pixels.shape[1]
        if pixels.shape[0] % 3 or width % 2 or height < 2 or width < 2:
            raise ValueError(
                f"I420 has the shape (height * 3 / 2, width) with even width and height, not {pixels.shape}"
            )
        return np.ascontiguousarray(pixels)
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or min(pixels.shape[:2]) < 2:
        raise ValueError(
            f"a picture has the shape (height, width, 3 or 4), or (height * 3 / 2, width) for I420, not {pixels.shape}"
        )
    even = pixels[: pixels.shape[0] & ~1, : pixels.shape[1] & ~1]
    return rgb_to_i420(np.ascontiguousarray(even), order="rgb" if pixels.shape[2] == 3 else "rgba")
