"""Signaling: wire messages, frames, SDP compression, and the client of one connection.

All of it is sans-I/O (bytes and the time in, events and bytes out) but for ``shell``, which owns the WebSocket.
"""

from .dialect import Dialect
from .frames import decode_frame, encode_frame
from .sdp_compression import SdpCompressor, SdpDecompressor, compress_sdp, decompress_sdp

__all__ = [
    "Dialect",
    "SdpCompressor",
    "SdpDecompressor",
    "compress_sdp",
    "decode_frame",
    "decompress_sdp",
    "encode_frame",
]
