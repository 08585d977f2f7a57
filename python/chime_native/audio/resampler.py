"""Other sample rates and sample formats."""

from chime_native._native.audio import Resampler, to_float32, to_int16

__all__ = ["Resampler", "to_float32", "to_int16"]
