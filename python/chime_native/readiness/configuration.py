"""How long checks wait (SDK: ``MeetingReadinessCheckerConfiguration.ts``)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MeetingReadinessCheckerConfiguration"]

_HIGHEST_HZ = 24_000  # half of the sample rate, 48 kHz


@dataclass(frozen=True, slots=True)
class MeetingReadinessCheckerConfiguration:
    """The SDK's names and defaults.

    Attributes:
        timeout_ms: how long each condition of a check is waited for, in milliseconds: that the meeting starts, and that
            what is checked is seen.
        wait_duration_ms: how often a condition is looked at again, in milliseconds, if nothing happens meanwhile. What
            happens is looked at when it happens, so that checks end earlier than the SDK's, which only poll.
        audio_output_frequency: of the tone of the audio output check, in Hz.
        audio_output_gain: of that tone, 0 to 1 of full scale.

    Raises:
        ValueError: a value out of its range.
    """

    timeout_ms: float = 10_000
    wait_duration_ms: float = 3_000
    audio_output_frequency: float = 440
    audio_output_gain: float = 0.1

    def __post_init__(self) -> None:
        for name in ("timeout_ms", "wait_duration_ms"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be more than 0 milliseconds, not {getattr(self, name)!r}")
        if not 0 < self.audio_output_frequency < _HIGHEST_HZ:
            raise ValueError(
                f"audio_output_frequency must be more than 0 and less than {_HIGHEST_HZ} Hz, "
                f"not {self.audio_output_frequency!r}"
            )
        if not 0 < self.audio_output_gain <= 1:
            raise ValueError(
                f"audio_output_gain must be more than 0 and at most 1, not {self.audio_output_gain!r}"
            )
