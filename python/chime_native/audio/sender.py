"""The send path of one audio stream: PCM in, RTP out."""

from chime_native._native.audio import AudioSender

__all__ = ["AudioSender"]
