"""Whether a source gives what a meeting needs, and why it does not."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator

import numpy as np

from chime_native.devices import VideoSource
from chime_native.devices.pcm import BLOCK_FRAMES
from chime_native.errors import DeviceError
from chime_native.rtc import AudioSource
from chime_native.session import device_life
from chime_native.video import to_i420

__all__ = [
    "answer",
    "first_picture_size",
    "is_refused",
    "opened_picture_size",
    "require_method",
    "try_audio_source",
]


def require_method(device: object, method: str, kind: str) -> None:
    """Raises ``TypeError`` for what can be no such device."""
    if not callable(getattr(device, method, None)):
        raise TypeError(f"{kind} must have {method}(), which {device!r} has not")


def is_refused(error: BaseException) -> bool:
    """Whether the operating system does not let this user at the device."""
    return any(isinstance(cause, PermissionError) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def try_audio_source(source: AudioSource) -> None:
    """Reads 10 ms of a source that is started; raises what it raises, or ``DeviceError`` for what is no sound."""
    pcm = source.read(BLOCK_FRAMES)
    if pcm.dtype != np.int16 or pcm.ndim != 2 or pcm.shape[0] != BLOCK_FRAMES or pcm.shape[1] not in (1, 2):
        raise DeviceError(
            f"read({BLOCK_FRAMES}) gave shape {pcm.shape} of {pcm.dtype}, not ({BLOCK_FRAMES}, 1 or 2) of int16"
        )


async def first_picture_size(source: VideoSource) -> tuple[int, int]:
    """Pixels, width and height, of the next picture of a source that is started; raises ``DeviceError`` for none."""
    pixels = await source.read()
    if pixels is None:
        raise DeviceError("there is no picture in it")
    picture = to_i420(pixels)
    return picture.shape[1], picture.shape[0] * 2 // 3


async def opened_picture_size(source: VideoSource) -> tuple[int, int]:
    """The same, of a source that is opened for it and closed again."""
    await device_life.start(source)
    try:
        return await first_picture_size(source)
    finally:
        await device_life.close(source)


async def answer(verify: Callable[[], bool | Awaitable[bool]]) -> bool:
    """What a question to the listener says, whether it is asked by a function or a coroutine function."""
    result = verify()
    return bool(await result if inspect.isawaitable(result) else result)
