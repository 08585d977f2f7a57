"""How loud and whether someone speaks: levels in dBov (RFC 6464) and speech detection."""

from chime_native._native.audio import Level, SpeechDetector, measure_level, measure_levels

__all__ = ["Level", "SpeechDetector", "measure_level", "measure_levels"]
