"""How loud and whether someone speaks: levels in dBov (RFC 6464), speech detection, and who of many is talking."""

from chime_native._native.audio import (
    ActiveSpeakerRanking,
    Level,
    LoudnessMeter,
    SpeakerScores,
    SpeechDetector,
    measure_level,
    measure_levels,
)

__all__ = [
    "ActiveSpeakerRanking",
    "Level",
    "LoudnessMeter",
    "SpeakerScores",
    "SpeechDetector",
    "measure_level",
    "measure_levels",
]
