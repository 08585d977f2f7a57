"""Colour conversion and scaling of I420 frames by their definitions (ITU-R BT.601, BT.709, JFIF)."""

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
Plane = NDArray[np.float64]

# Share of red and of blue in luma.
WEIGHTS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "jpeg": (0.299, 0.114)}


def planes(frame: Frame) -> tuple[Plane, Plane, Plane]:
    """Luma and the two chromas, at their own sizes."""
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    flat = frame.ravel().astype(np.float64)
    luma, chroma = height * width, height * width // 4
    return (
        flat[:luma].reshape(height, width),
        flat[luma : luma + chroma].reshape(height // 2, width // 2),
        flat[luma + chroma :].reshape(height // 2, width // 2),
    )


def join(luma: Plane, u: Plane, v: Plane) -> Plane:
    return np.concatenate([luma.ravel(), u.ravel(), v.ravel()]).reshape(luma.shape[0] * 3 // 2, luma.shape[1])


def i420_to_rgb(frame: Frame, colour: str) -> Plane:
    red_share, blue_share = WEIGHTS[colour]
    luma, u, v = planes(frame)
    u, v = (np.kron(chroma, np.ones((2, 2))) - 128 for chroma in (u, v))
    if colour != "jpeg":
        luma, u, v = (luma - 16) * 255 / 219, u * 255 / 224, v * 255 / 224
    red = luma + 2 * (1 - red_share) * v
    blue = luma + 2 * (1 - blue_share) * u
    green = (luma - red_share * red - blue_share * blue) / (1 - red_share - blue_share)
    return np.clip(np.stack([red, green, blue], axis=-1), 0, 255)


def rgb_to_i420(pixels: Frame, colour: str) -> Plane:
    red_share, blue_share = WEIGHTS[colour]
    red, green, blue = np.moveaxis(pixels.astype(np.float64), -1, 0)
    luma = red_share * red + (1 - red_share - blue_share) * green + blue_share * blue
    u = (blue - luma) / (2 * (1 - blue_share))
    v = (red - luma) / (2 * (1 - red_share))
    if colour != "jpeg":
        luma, u, v = luma * 219 / 255 + 16, u * 224 / 255, v * 224 / 255
    quarter = (luma.shape[0] // 2, 2, luma.shape[1] // 2, 2)
    u, v = (chroma.reshape(quarter).mean(axis=(1, 3)) + 128 for chroma in (u, v))
    return join(luma, u, v)


def halve(frame: Frame) -> Plane:
    """Each pixel the mean of the four it covers."""
    return join(*(p.reshape(p.shape[0] // 2, 2, p.shape[1] // 2, 2).mean(axis=(1, 3)) for p in planes(frame)))


def mirror(frame: Frame) -> Plane:
    return join(*(plane[:, ::-1] for plane in planes(frame)))
