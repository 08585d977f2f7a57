"""Everyone hears everyone else: mix-minus over arrays, and over streams of a conference."""

from chime_native._native.audio import AudioMixer, mix_minus

__all__ = ["AudioMixer", "mix_minus"]
