"""How well speech is told from noise: ours beside webrtcvad, on the labelled set of speech_set.py.

    python bench/speech_roc.py [--recordings N]

For every mode of webrtcvad the table gives its share of noise taken for speech (false alarms) and of speech found (hits),
and our hits where our probability has the same false alarms. Both judge 10 ms at a time at 48 kHz. Voices, sentences and
seeds are others than those the model was fitted to, and so are the parameters of the noises; the kinds of noise are the
same. Babble is eight voices at once, which nobody can call speech or noise with certainty, and is also told apart.
"""

import argparse
from collections.abc import Sequence

import numpy as np
import speech_set
import webrtcvad
from chime_native.audio import SpeechDetector
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Scores = NDArray[np.float64]


def judge_ours(recording: speech_set.Recording) -> tuple[Scores, Flags]:
    """Probability of each block, and the flag with its hangover."""
    detector = SpeechDetector()
    scores, flags = [], []
    for block in recording.pcm.reshape(-1, speech_set.BLOCK, 1):
        flags.append(detector.push(block))
        scores.append(detector.probability)
    return np.array(scores), np.array(flags)


def judge_webrtcvad(recording: speech_set.Recording, mode: int) -> Flags:
    vad = webrtcvad.Vad(mode)
    blocks = recording.pcm.reshape(-1, speech_set.BLOCK)
    return np.array([vad.is_speech(block.tobytes(), speech_set.RATE) for block in blocks])


def rates(flags: Flags, labels: Flags) -> tuple[float, float]:
    """False alarms and hits, as shares."""
    return float(flags[~labels].mean()), float(flags[labels].mean())


def hits_at(scores: Scores, labels: Flags, false_alarms: float) -> float:
    threshold = np.quantile(scores[~labels], 1 - false_alarms)
    return float((scores[labels] > threshold).mean())


def area(scores: Scores, labels: Flags) -> float:
    """Under the ROC: the chance that a block of speech scores above one of noise."""
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores, kind="stable")] = np.arange(1, len(scores) + 1)
    speech, noise = int(labels.sum()), int((~labels).sum())
    return float((ranks[labels].sum() - speech * (speech + 1) / 2) / (speech * noise))


def print_table(title: str, recordings: Sequence[speech_set.Recording]) -> None:
    labels = np.concatenate([recording.labels for recording in recordings])
    judged = [judge_ours(recording) for recording in recordings]
    scores = np.concatenate([score for score, _ in judged])
    flags = np.concatenate([flag for _, flag in judged])
    print(f"\n{title}: {len(labels) / 100:.0f} s, {labels.mean():.0%} speech")
    print(f"area under our ROC {area(scores, labels):.4f}; our flag with hangover: ", end="")
    print("false alarms {:.1%}, hits {:.1%}".format(*rates(flags, labels)))
    for mode in range(4):
        peer = np.concatenate([judge_webrtcvad(recording, mode) for recording in recordings])
        false_alarms, hits = rates(peer, labels)
        ours = hits_at(scores, labels, false_alarms)
        print(
            f"  webrtcvad {mode}: false alarms {false_alarms:.1%}, hits {hits:.1%}; ours there: hits {ours:.1%}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=int, default=60)
    arguments = parser.parse_args()
    recordings = list(speech_set.recordings(speech_set.TEST, arguments.recordings))
    print_table("all", recordings)
    print_table("without babble", [r for r in recordings if r.noise != "babble"])
    for kind in speech_set.NOISES:
        print_table(kind, [r for r in recordings if r.noise == kind])
    for low, high in ((0, 5), (10, 15), (20, 30), (60, 60)):
        print_table(f"{low} to {high} dB", [r for r in recordings if low <= r.snr_db <= high])


if __name__ == "__main__":
    main()
