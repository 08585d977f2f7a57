"""Opus on its own: encoder, decoder, and a look into packets."""

from chime_native._native.audio import (
    OpusDecoder,
    OpusEncoder,
    OpusPacketInfo,
    opus_packet_info,
    opus_version,
)

__all__ = ["OpusDecoder", "OpusEncoder", "OpusPacketInfo", "opus_packet_info", "opus_version"]
