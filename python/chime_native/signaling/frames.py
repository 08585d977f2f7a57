"""Signaling frames: one WebSocket message is one prefix byte and one serialised ``SdkSignalFrame``."""

from __future__ import annotations

from typing import Final

from google.protobuf.message import DecodeError, EncodeError

from chime_native.errors import FrameError

from .chime_signaling_pb2 import SdkSignalFrame
from .dialect import Dialect

__all__ = ["DEFAULT_MAX_FRAME_SIZE", "decode_frame", "encode_frame"]

# Bytes. The largest honest frames are answers and indexes of full meetings, tens of kilobytes.
DEFAULT_MAX_FRAME_SIZE: Final = 1024 * 1024


def encode_frame(frame: SdkSignalFrame, dialect: Dialect = Dialect.BROWSER) -> bytes:
    """The WebSocket message for a frame; raises ``ValueError`` where a required field is missing."""
    try:
        return bytes((dialect.frame_prefix,)) + frame.SerializeToString()
    except EncodeError as error:
        raise ValueError(f"a frame without its required fields cannot be sent: {error}") from error


def decode_frame(
    data: bytes | bytearray | memoryview, *, max_size: int = DEFAULT_MAX_FRAME_SIZE
) -> SdkSignalFrame:
    """The frame in a binary WebSocket message, whatever its prefix byte is.

    Unknown types, enum numbers and fields are no errors (``frame.type`` is then a number that no name belongs to).
    Raises ``FrameError`` for a message that is empty, too long, cut off, malformed or without a required field.
    """
    if len(data) > max_size:
        raise FrameError(f"a signaling frame of {len(data)} bytes is longer than the limit of {max_size}")
    if len(data) < 2:
        raise FrameError(f"a signaling frame of {len(data)} bytes has no content")
    try:
        frame = SdkSignalFrame.FromString(bytes(data[1:]))
    except DecodeError as error:
        raise FrameError(f"a signaling frame of {len(data)} bytes is malformed: {error}") from error
    if not frame.IsInitialized():
        raise FrameError(f"a signaling frame of {len(data)} bytes lacks a required field")
    return frame
