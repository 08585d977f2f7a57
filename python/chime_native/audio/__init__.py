"""The audio engine: Opus, RED, jitter buffer, levels, mixing and resampling. NumPy in, NumPy out; no asyncio, no network."""

from chime_native.audio.receiver import AudioReceiver, ReportBlock

__all__ = ["AudioReceiver", "ReportBlock"]
