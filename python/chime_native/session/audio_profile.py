"""Audio profiles: how one's own audio is coded (``AudioProfile.ts`` of amazon-chime-sdk-js)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = ["AudioProfile"]

#: Chromium has encoded transforms, which the SDK needs for redundancy, from this major version on.
_FIRST_CHROMIUM_WITH_REDUNDANCY = 107


@dataclass(frozen=True, slots=True)
class AudioProfile:
    """Bitrate and redundancy of sent audio; without a bitrate the peers decide.

    ``audio_bitrate_bps`` is in bits per second; exactly 128000 means stereo, as in the SDK. ``audio_redundancy`` lets
    audio be sent redundantly (RFC 2198) when packets are lost. A change takes effect with the next connection.
    """

    STEREO_BITRATE_BPS: ClassVar[int] = 128_000

    audio_bitrate_bps: float | None = None
    audio_redundancy: bool = True

    @classmethod
    def fullband_speech_mono(cls, audio_redundancy: bool = True) -> AudioProfile:
        """Speech at 40 kbit/s."""
        return cls(40_000, audio_redundancy)

    @classmethod
    def fullband_music_mono(cls, audio_redundancy: bool = True) -> AudioProfile:
        """Music at 64 kbit/s."""
        return cls(64_000, audio_redundancy)

    @classmethod
    def fullband_music_stereo(cls, audio_redundancy: bool = True) -> AudioProfile:
        """Music at 128 kbit/s, in stereo."""
        return cls(cls.STEREO_BITRATE_BPS, audio_redundancy)

    def is_stereo(self) -> bool:
        """Whether audio is stereo."""
        return self.audio_bitrate_bps == self.STEREO_BITRATE_BPS

    def has_redundancy_enabled(self) -> bool:
        """Whether audio may be sent redundantly."""
        return self.audio_redundancy

    def has_redundancy_enabled_in(self, browser: str, major_version: int) -> bool:
        """Whether the SDK would send redundantly in a browser ("chrome", "firefox", "safari").

        Firefox never does, Chromium from version 107 on.
        """
        if browser == "firefox":
            return False
        old = browser == "chrome" and major_version < _FIRST_CHROMIUM_WITH_REDUNDANCY
        return self.audio_redundancy and not old
