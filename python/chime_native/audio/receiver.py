"""The receive path of audio streams: RTP in, PCM out."""

from chime_native._native.audio import AudioReceiver, AudioReceiverGroup, ReportBlock

__all__ = ["AudioReceiver", "AudioReceiverGroup", "ReportBlock"]
