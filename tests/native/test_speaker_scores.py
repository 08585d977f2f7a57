"""The engine's speaker scores against a slow and obvious reading of DefaultActiveSpeakerPolicy.ts."""

from __future__ import annotations

import threading
from random import Random

import pytest
from chime_native.audio import SpeakerScores
from chime_native.realtime import DefaultActiveSpeakerPolicy


class Reference:
    def __init__(self, weight: float, cutoff: float, silence: float, takeover: float) -> None:
        self.weight, self.cutoff, self.silence, self.takeover = weight, cutoff, silence, takeover
        self.volumes: dict[str, float] = {}

    def update(self, speaker: str, volume: float) -> float:
        loudness = 1.0 if volume > self.silence else 0.0
        score = self.volumes.get(speaker, 0.0) * self.weight + loudness * (1 - self.weight)
        self.volumes[speaker] = score
        for other in self.volumes:
            if other != speaker:
                self.volumes[other] = max(self.volumes[other] - self.takeover * loudness, 0.0)
        return 0.0 if score < self.cutoff else score


@pytest.mark.parametrize("options", [(0.9, 0.01, 0.2, 0.2), (0.5, 0.3, 0.0, 0.01), (1.1, 0.0, 0.7, 0.0)])
def test_the_same_doubles(options: tuple[float, float, float, float]) -> None:
    random = Random(1)
    ours, reference = SpeakerScores(*options), Reference(*options)
    for _ in range(3000):
        speaker = f"attendee {random.randrange(12)} é"
        volume = random.choice((0.0, 0.2, 0.7, random.random()))
        assert ours.update(speaker, volume) == reference.update(speaker, volume)
    assert len(ours) == 12


def test_muted_and_untold_volumes_are_silence() -> None:
    policy = DefaultActiveSpeakerPolicy()
    assert policy.calculate_score("a", 1.0, True) == 0
    assert policy.calculate_score("a", None, None) == 0
    assert policy.calculate_score("a", 1.0, None) == 1 - 0.9


def test_what_it_is_given_is_checked() -> None:
    scores = SpeakerScores()
    with pytest.raises(TypeError):
        scores.update(7, 0.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        scores.update("a", "loud")  # type: ignore[arg-type]
    assert len(scores) == 0


def test_threads_taking_turns() -> None:
    scores = SpeakerScores()
    turn = threading.Lock()

    def speak(name: str) -> None:
        for _ in range(500):
            with turn:
                scores.update(name, 1.0)

    threads = [threading.Thread(target=speak, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(scores) == 4
