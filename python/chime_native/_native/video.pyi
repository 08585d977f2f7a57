from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

# A frame in I420 is an array of shape (height * 3 / 2, width): height rows of luma, then the two chroma planes at half
# the width and height, without gaps. PyAV's to_ndarray(format="yuv420p") and OpenCV have it so.
Frame: TypeAlias = NDArray[np.uint8]
Order: TypeAlias = Literal["rgb", "bgr", "rgba", "bgra"]

def i420_to_rgb(
    frame: Frame,
    *,
    order: Order = "rgb",
    colour: Literal["bt601", "bt709", "jpeg"] = "bt601",
    out: Frame | None = None,
) -> Frame:
    """An I420 frame as packed pixels, shape (height, width, 3), or 4 for the orders with alpha, which is 255.

    ``frame`` has shape (height * 3 / 2, width), uint8, C-contiguous, even width and height up to 16384. ``order`` is
    that of the bytes in memory. ``colour`` says how it was coded: BT.601 or BT.709 with the range of video, or the full
    range of JPEG. Within 3 of the exact value; blue in BT.709 within 14, where it is strong. Writes into ``out`` when given and returns it; the GIL is released.

    Raises TypeError for another dtype, ValueError for other shapes and names, with what is allowed.
    """

def rgb_to_i420(
    pixels: Frame,
    *,
    order: Order = "rgb",
    colour: Literal["bt601", "jpeg"] = "bt601",
    out: Frame | None = None,
) -> Frame:
    """Packed pixels, shape (height, width, 3) or (height, width, 4), as an I420 frame of shape (height * 3 / 2, width).

    Alpha is not read. Otherwise as i420_to_rgb.
    """

def scale_i420(
    frame: Frame,
    width: int,
    height: int,
    *,
    filtering: Literal["none", "bilinear", "box"] = "box",
    out: Frame | None = None,
) -> Frame:
    """An I420 frame at another size, whatever its shape was: shape (height * 3 / 2, width).

    ``filtering``: ``none`` takes the nearest pixel, ``bilinear`` goes between neighbours (and aliases when much smaller),
    ``box`` is the mean of all that a pixel covers when smaller and bilinear when larger.
    """

def mirror_i420(frame: Frame, *, out: Frame | None = None) -> Frame:
    """An I420 frame with left and right exchanged. ``out`` must be other memory than ``frame``."""
