"""libopus itself, through ctypes: the word on what a packet is."""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass

__all__ = ["Parsed", "parse"]

MAX_FRAMES = 48


@dataclass(frozen=True)
class Parsed:
    """What ``opus_packet_parse`` answers; ``frames`` are (offset, size)."""

    frames: list[tuple[int, int]]
    payload_offset: int
    samples: int


def _library() -> ctypes.CDLL:
    name = ctypes.util.find_library("opus")
    if name is None:
        raise RuntimeError("libopus is not installed")
    return ctypes.CDLL(name)


def parse(packet: bytes) -> Parsed | None:
    """The packet's framing, None when libopus calls it invalid."""
    opus = _library()
    # A copy that stays in place, as offsets come from pointers.
    data = ctypes.create_string_buffer(packet, max(len(packet), 1))
    toc = ctypes.c_ubyte()
    frames = (ctypes.c_void_p * MAX_FRAMES)()
    sizes = (ctypes.c_int16 * MAX_FRAMES)()
    offset = ctypes.c_int()
    count = opus.opus_packet_parse(data, len(packet), ctypes.byref(toc), frames, sizes, ctypes.byref(offset))
    if count <= 0:
        return None
    start = ctypes.addressof(data)
    samples = opus.opus_packet_get_nb_samples(data, len(packet), 48000)
    places = [((frames[n] or start) - start, sizes[n]) for n in range(count)]
    return Parsed(places, offset.value, samples)
