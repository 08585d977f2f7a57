"""The receive path of one audio stream: RTP in, PCM out."""

from chime_native._native.audio import AudioReceiver, ReportBlock

__all__ = ["AudioReceiver", "ReportBlock"]
