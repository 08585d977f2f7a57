from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

class RawOpusDecode:
    """libopus' decoder in a loop over packets."""

    def __init__(self, packets: Sequence[bytes], sample_rate: int = 48000, channels: int = 1) -> None: ...
    def run(self) -> int:
        """Decodes all packets; the frames made."""

class RawOpusEncode:
    """libopus' encoder in a loop over frames of PCM of shape (frames, channels)."""

    def __init__(
        self,
        pcm: NDArray[np.int16],
        sample_rate: int = 48000,
        frame: int = 960,
        bitrate: int = 32000,
        complexity: int = 5,
    ) -> None: ...
    def run(self) -> int:
        """Encodes all whole frames; the octets made."""
