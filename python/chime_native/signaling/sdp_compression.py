"""Compression of SDP in SUBSCRIBE and SUBSCRIBE_ACK (SDK: ``src/sdp/ZLIBTextCompressor.ts``).

Raw deflate of the UTF-8 text, with the previous SDP of the same kind and direction as preset dictionary. The SDK
compresses offers without a dictionary and expects answers with one; since raw deflate that was made without a dictionary
never refers to before its start, a reader sets the dictionary always.
"""

from __future__ import annotations

import zlib
from typing import Final

from chime_native.errors import FrameError

__all__ = ["DEFAULT_MAX_SDP_SIZE", "SdpCompressor", "SdpDecompressor", "compress_sdp", "decompress_sdp"]

# UTF-16 code units of the previous SDP, counted from its beginning, that serve as the dictionary (31 KiB: deflate's
# window of 32 KiB less some room).
DICTIONARY_LENGTH: Final = 31 * 1024
# Bytes of text; offers with 25 videos have about 100 kB. A bound, because deflate expands a thousandfold.
DEFAULT_MAX_SDP_SIZE: Final = 1024 * 1024
_RAW_DEFLATE_WINDOW_BITS: Final = -15
_LEVEL: Final = 6
_MEMORY_LEVEL: Final = 9


def _dictionary(previous: str) -> bytes:
    # The reference cuts in UTF-16 code units, so a pair of surrogates may be cut in half: it is then encoded by itself.
    units = previous.encode("utf-16-le", "surrogatepass")[: 2 * DICTIONARY_LENGTH]
    return units.decode("utf-16-le", "surrogatepass").encode("utf-8", "surrogatepass")


def compress_sdp(sdp: str, previous: str = "") -> bytes:
    """``sdp`` compressed, with ``previous`` as the dictionary unless it is empty."""
    compressor = zlib.compressobj(
        _LEVEL,
        zlib.DEFLATED,
        _RAW_DEFLATE_WINDOW_BITS,
        _MEMORY_LEVEL,
        zlib.Z_DEFAULT_STRATEGY,
        _dictionary(previous),
    )
    return compressor.compress(sdp.encode()) + compressor.flush()


def decompress_sdp(data: bytes, previous: str = "", *, max_size: int = DEFAULT_MAX_SDP_SIZE) -> str:
    """The text in ``data``; ``previous`` is the dictionary (harmless where none was used).

    Raises ``FrameError`` for data that is no raw deflate, ends early, needs another dictionary, or gives more than
    ``max_size`` bytes.
    """
    decompressor = zlib.decompressobj(_RAW_DEFLATE_WINDOW_BITS, zdict=_dictionary(previous))
    try:
        text = decompressor.decompress(data, max_size)
    except zlib.error as error:
        raise FrameError(f"compressed SDP of {len(data)} bytes cannot be decompressed: {error}") from error
    if len(text) >= max_size and not decompressor.eof:
        raise FrameError(f"compressed SDP of {len(data)} bytes gives more than {max_size} bytes")
    if not decompressor.eof:
        raise FrameError(f"compressed SDP of {len(data)} bytes ends early")
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise FrameError(f"compressed SDP of {len(data)} bytes is no UTF-8 text: {error}") from error


class SdpCompressor:
    """The sender's side of one kind of SDP on one connection.

    ``use_previous``: whether the previous SDP is the dictionary; a client's offers are compressed without, a service's
    answers with it.
    """

    def __init__(self, *, use_previous: bool) -> None:
        self._use_previous = use_previous
        self._previous = ""

    def compress(self, sdp: str) -> bytes:
        """The bytes to send for ``sdp``, which becomes the next dictionary."""
        data = compress_sdp(sdp, self._previous if self._use_previous else "")
        self._previous = sdp
        return data

    def remember(self, sdp: str) -> None:
        """Notes an SDP that was sent uncompressed: the other side takes it as its next dictionary."""
        self._previous = sdp

    def reset(self) -> None:
        """Forgets all, as both sides do when JOIN goes by."""
        self._previous = ""


class SdpDecompressor:
    """The receiver's side of one kind of SDP on one connection; ``max_size`` bounds one text, in bytes."""

    def __init__(self, *, max_size: int = DEFAULT_MAX_SDP_SIZE) -> None:
        self._max_size = max_size
        self._previous = ""

    def decompress(self, data: bytes) -> str:
        """The SDP in ``data``, which becomes the next dictionary; ``FrameError`` (and nothing changed) if bad or empty."""
        sdp = decompress_sdp(data, self._previous, max_size=self._max_size)
        if not sdp:
            raise FrameError("compressed SDP gives no text")
        self._previous = sdp
        return sdp

    def remember(self, sdp: str) -> None:
        """Notes an SDP that came uncompressed: the other side may take it as its next dictionary."""
        self._previous = sdp

    def reset(self) -> None:
        """Forgets all, as both sides do when JOIN goes by."""
        self._previous = ""
