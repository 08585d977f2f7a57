"""RTP packets and the audio level in them, for tools and tests; the media path reads them natively."""

from chime_native._native.rtp import RtpPacket, read_audio_level, write_audio_level

__all__ = ["RtpPacket", "read_audio_level", "write_audio_level"]
