"""Video conversion through the binding: against the definitions, shapes, dtypes, errors."""

from typing import Literal

import numpy as np
import pytest
from chime_native.video import i420_to_rgb, mirror_i420, rgb_to_i420, scale_i420
from numpy.typing import NDArray
from oracle import video as oracle

Frame = NDArray[np.uint8]
SIZES = [(2, 2), (16, 16), (34, 18), (640, 360)]


def smooth_pixels(width: int, height: int, seed: int = 0) -> Frame:
    """Colours that change slowly, so that chroma at half the size loses little."""
    phase = np.random.default_rng(seed).uniform(0, 6, 3)
    x, y = np.meshgrid(np.arange(width) / 97, np.arange(height) / 53)
    waves = [127.5 + 120 * np.sin(x * (k + 1) + y * (3 - k) + phase[k]) for k in range(3)]
    return np.rint(np.stack(waves, axis=-1)).astype(np.uint8)


def random_frame(width: int, height: int, seed: int = 0) -> Frame:
    return np.random.default_rng(seed).integers(16, 236, (height * 3 // 2, width), dtype=np.uint8)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("colour", ["bt601", "bt709", "jpeg"])
def test_i420_to_rgb(width: int, height: int, colour: Literal["bt601", "bt709", "jpeg"]) -> None:
    frame = random_frame(width, height)
    pixels = i420_to_rgb(frame, colour=colour)
    assert pixels.shape == (height, width, 3)
    assert pixels.dtype == np.uint8
    error = np.abs(pixels - oracle.i420_to_rgb(frame, colour)).max(axis=(0, 1))
    # libyuv's coefficient of blue in BT.709 is 2.0 where 2.112 is right: it has to fit 8 bits.
    assert (error <= [3, 3, 14 if colour == "bt709" else 3]).all(), error


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("colour", ["bt601", "jpeg"])
def test_rgb_to_i420(width: int, height: int, colour: Literal["bt601", "jpeg"]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    frame = rgb_to_i420(pixels, colour=colour)
    assert frame.shape == (height * 3 // 2, width)
    assert np.abs(frame - oracle.rgb_to_i420(pixels, colour)).max() <= 2.5


@pytest.mark.parametrize("order", ["rgb", "bgr", "rgba", "bgra"])
@pytest.mark.parametrize("colour", ["bt601", "jpeg"])
def test_orders_agree_and_come_back(
    order: Literal["rgb", "bgr", "rgba", "bgra"], colour: Literal["bt601", "jpeg"]
) -> None:
    channels = ["rgba".index(letter) for letter in order]
    rgba = np.dstack([smooth_pixels(64, 36), np.full((36, 64), 255, np.uint8)])
    pixels = np.ascontiguousarray(rgba[:, :, channels])
    frame = rgb_to_i420(pixels, order=order, colour=colour)
    # libyuv converts orders with and without alpha by different code, which may round differently.
    assert np.abs(frame.astype(int) - rgb_to_i420(rgba[:, :, :3].copy(), colour=colour)).max() <= 1
    back = i420_to_rgb(frame, order=order, colour=colour)
    assert back.shape == pixels.shape
    assert np.abs(back.astype(int) - pixels).max() <= 8


def test_scale() -> None:
    frame = rgb_to_i420(smooth_pixels(128, 64))
    half = scale_i420(frame, 64, 32)
    assert half.shape == (48, 64)
    assert np.abs(half - oracle.halve(frame)).max() <= 1
    double = scale_i420(half, 128, 64, filtering="bilinear")
    assert np.abs(double.astype(int) - frame).mean() < 2
    assert np.array_equal(scale_i420(frame, 128, 64, filtering="none"), frame)


def test_mirror() -> None:
    frame = random_frame(34, 18)
    assert np.array_equal(mirror_i420(frame), oracle.mirror(frame))
    assert np.array_equal(mirror_i420(mirror_i420(frame)), frame)


def test_writes_into_out() -> None:
    frame = random_frame(16, 8)
    pixels = np.empty((8, 16, 4), np.uint8)
    assert i420_to_rgb(frame, order="bgra", out=pixels) is pixels
    back = np.empty_like(frame)
    assert rgb_to_i420(pixels, order="bgra", out=back) is back
    assert scale_i420(frame, 16, 8, out=back) is back
    assert mirror_i420(frame, out=back) is back


def test_refuses_what_does_not_fit() -> None:
    frame = random_frame(16, 8)
    with pytest.raises(ValueError, match="order is 'grb', allowed are 'rgb', 'bgr', 'rgba', 'bgra'"):
        i420_to_rgb(frame, order="grb")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="colour is 'bt2020', allowed are 'bt601', 'bt709', 'jpeg'"):
        i420_to_rgb(frame, colour="bt2020")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="colour is 'bt709', allowed are 'bt601', 'jpeg'"):
        rgb_to_i420(np.zeros((8, 16, 3), np.uint8), colour="bt709")  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match=r"frame must have shape \(height \* 3 / 2, width\), got \(8, 16, 3\)"
    ):
        i420_to_rgb(np.zeros((8, 16, 3), np.uint8))
    with pytest.raises(ValueError, match="even width and height of 2 to 16384, got 15 x 8"):
        i420_to_rgb(np.zeros((12, 15), np.uint8))
    with pytest.raises(ValueError, match=r"\(height, width, 4\) for order 'rgba', got \(8, 16, 3\)"):
        rgb_to_i420(np.zeros((8, 16, 3), np.uint8), order="rgba")
    with pytest.raises(ValueError, match="the scaled frame must have even width and height"):
        scale_i420(frame, 0, 8)
    with pytest.raises(ValueError, match=r"out must have shape \(8, 16, 3\), got \(8, 16, 4\)"):
        i420_to_rgb(frame, out=np.zeros((8, 16, 4), np.uint8))
    with pytest.raises(ValueError, match="out must not be the frame itself"):
        mirror_i420(frame, out=frame)
    with pytest.raises(TypeError, match="uint8"):
        i420_to_rgb(frame.astype(np.float32))  # type: ignore[arg-type]
