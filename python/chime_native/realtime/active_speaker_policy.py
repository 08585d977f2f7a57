"""How active a speaker is (SDK: ``src/activespeakerpolicy/DefaultActiveSpeakerPolicy.ts``)."""

from __future__ import annotations

from typing import Protocol

from chime_native.audio import SpeakerScores

__all__ = ["ActiveSpeakerPolicy", "DefaultActiveSpeakerPolicy"]


class ActiveSpeakerPolicy(Protocol):
    """What a detector asks; implement it to weigh speakers in another way."""

    def calculate_score(self, attendee_id: str, volume: float | None, muted: bool | None) -> float:
        """The score after a volume (0 to 1; None: not told) of an attendee; 0 is not active."""

    def prioritize_video_send_bandwidth_for_active_speaker(self) -> bool:
        """Whether this client's video gets more bandwidth while it is the most active speaker."""


class DefaultActiveSpeakerPolicy:
    """Scores fall and rise with a memory; who speaks takes away from the others. Calculated by the engine.

    ``speaker_weight``: how much of the old score stays. ``cutoff_threshold``: below it a score counts as 0.
    ``silence_threshold``: a volume must be above it to count as speaking, and how much does not matter.
    ``takeover_rate``: what each loud update takes from every other score.
    """

    def __init__(
        self,
        speaker_weight: float = 0.9,
        cutoff_threshold: float = 0.01,
        silence_threshold: float = 0.2,
        takeover_rate: float = 0.2,
    ) -> None:
        self._scores = SpeakerScores(speaker_weight, cutoff_threshold, silence_threshold, takeover_rate)

    def calculate_score(self, attendee_id: str, volume: float | None, muted: bool | None) -> float:
        """See ``ActiveSpeakerPolicy``. A score below the cut-off is kept, though 0 is returned."""
        return self._scores.update(attendee_id, 0.0 if muted or volume is None else volume)

    def prioritize_video_send_bandwidth_for_active_speaker(self) -> bool:
        """It does."""
        return True
