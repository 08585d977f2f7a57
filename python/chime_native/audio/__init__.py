"""The audio engine: NumPy in, NumPy out, no network and no event loop.

PCM is int16 and C-contiguous, of shape ``(frames, channels)``, unless a docstring says otherwise.
"""

from chime_native.audio.levels import Level, SpeechDetector, measure_level, measure_levels
from chime_native.audio.mixing import mix_minus
from chime_native.audio.receiver import AudioReceiver, ReportBlock
from chime_native.audio.resampler import Resampler, to_float32, to_int16

__all__ = [
    "AudioReceiver",
    "Level",
    "ReportBlock",
    "Resampler",
    "SpeechDetector",
    "measure_level",
    "measure_levels",
    "mix_minus",
    "to_float32",
    "to_int16",
]
