"""Labelled speech in noise, made from a seed: espeak-ng voices, noises of several kinds, levels, rooms.

The label of each 10 ms says whether the clean speech is there; it is set before noise and room come in. Fitting and
measuring use different voices, sentences and seeds (``FIT`` and ``TEST``). Needs espeak-ng on the machine.
"""

import functools
import io
import subprocess
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from chime_native.audio import Resampler, to_int16
from numpy.typing import NDArray

RATE = 48000
BLOCK = RATE // 100
Wave = NDArray[np.float32]

SENTENCES = {
    "en": [
        "The boy was there when the sun rose, and a rod is used to catch pink salmon.",
        "Please send me the figures before the meeting starts on Thursday afternoon.",
        "Can you hear me now? I think my microphone was muted.",
        "Six spoons of fresh snow peas, five thick slabs of blue cheese.",
        "We should wait until everyone has joined. Yes. No. Perhaps later.",
        "Her purse was full of useless trash, the wide road shimmered in the hot sun.",
    ],
    "de": [
        "Guten Morgen, können Sie mich gut verstehen? Wir fangen gleich an.",
        "Der Zug nach München hat heute leider zwanzig Minuten Verspätung.",
        "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.",
    ],
    "fr": [
        "Bonjour à tous, je partage mon écran dans un instant.",
        "Le petit chat dort sous la table pendant que la pluie tombe.",
        "Portez ce vieux whisky au juge blond qui fume.",
    ],
    "es": [
        "Buenos días, ¿me escuchan bien? Empezamos en cinco minutos.",
        "El perro de San Roque no tiene rabo porque Ramón Ramírez se lo ha cortado.",
    ],
    "it": [
        "Il gatto dorme sul divano, e fuori comincia a piovere.",
        "Ci sentiamo domani alle nove, va bene?",
    ],
    "pl": ["Dzień dobry, czy wszyscy mnie słyszą? Zaczynamy za chwilę."],
}


@dataclass(frozen=True, slots=True)
class Split:
    """Which voices and numbers a set is made from."""

    languages: tuple[str, ...]
    variants: tuple[str, ...]
    seed: int


FIT = Split(("en", "de", "es"), ("m1", "m3", "m5", "m7", "f1", "f3", "f5", "croak"), seed=1)
TEST = Split(("en", "fr", "it", "pl"), ("m2", "m4", "m6", "f2", "f4", "klatt"), seed=2)

NOISES = ("white", "pink", "brown", "hum", "fan", "keyboard", "music", "engine", "rumble", "babble")


@dataclass(frozen=True, slots=True)
class Recording:
    """Speech in noise, 48 kHz mono int16 of shape (frames, 1), and a label for each 10 ms of it."""

    pcm: NDArray[np.int16]
    labels: NDArray[np.bool_]
    noise: str
    snr_db: float


@functools.lru_cache(maxsize=500)
def say(text: str, voice: str, speed: int, pitch: int) -> Wave:
    """What espeak-ng makes of a sentence, at 48 kHz."""
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text]
    spoken = subprocess.run(command, capture_output=True, check=True).stdout
    with wave.open(io.BytesIO(spoken)) as reader:
        rate = reader.getframerate()
    header = spoken.index(b"data") + 8  # espeak-ng cannot know the length when it writes the header
    samples = np.frombuffer(spoken[header : len(spoken) - len(spoken) % 2], "<i2").astype(np.float32) / 32768
    resampler = Resampler(rate, RATE, quality=8)
    return np.concatenate([resampler.process(samples[:, None]), resampler.flush(np.float32)])[:, 0]


def label(clean: Wave) -> NDArray[np.bool_]:
    """Whether each 10 ms is speech: within 40 dB of its loudest, without gaps below 50 ms (closures of plosives)."""
    blocks = clean[: len(clean) // BLOCK * BLOCK].reshape(-1, BLOCK)
    energy = (blocks.astype(np.float64) ** 2).mean(axis=1)
    labels = energy > np.quantile(energy, 0.98) * 1e-4
    edges = np.flatnonzero(np.diff(labels.astype(int)))
    for start, end in pairwise(edges):
        if not labels[start + 1] and end - start <= 5:
            labels[start + 1 : end + 1] = True
    return labels


def talk(random: np.random.Generator, split: Split, seconds: float) -> Wave:
    """One voice that says sentences, with pauses of a breath up to several seconds."""
    language = str(random.choice(split.languages))
    voice = f"{language}+{random.choice(split.variants)}"
    speed, pitch = int(random.choice([130, 150, 175, 210])), int(random.choice([20, 40, 60, 80]))
    parts: list[Wave] = [np.zeros(int(random.uniform(0.5, 3) * RATE), np.float32)]
    while sum(map(len, parts)) < seconds * RATE:
        spoken = say(str(random.choice(SENTENCES[language])), voice, speed, pitch)
        parts.append(spoken * np.float32(10 ** (random.uniform(-3, 3) / 20)))
        parts.append(np.zeros(int(np.exp(random.uniform(np.log(0.1), np.log(5))) * RATE), np.float32))
    return np.concatenate(parts)[: int(seconds * RATE)]


def coloured(random: np.random.Generator, frames: int, slope_db: float) -> Wave:
    """Noise whose power changes by so many dB an octave."""
    spectrum = np.fft.rfft(random.standard_normal(frames))
    frequency = np.maximum(np.fft.rfftfreq(frames, 1 / RATE), 20)
    return np.fft.irfft(spectrum * (frequency / 1000) ** (slope_db / 6.0206), frames).astype(np.float32)


def harmonics(frequency: NDArray[np.float64], amplitudes: NDArray[np.float64]) -> Wave:
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    return sum(a * np.sin((k + 1) * phase) for k, a in enumerate(amplitudes)).astype(np.float32)  # type: ignore[union-attr]


def music(random: np.random.Generator, frames: int) -> Wave:
    """Chords of decaying notes with overtones."""
    sound = np.zeros(frames, np.float32)
    start = 0
    while start < frames:
        length = int(random.uniform(0.2, 0.8) * RATE)
        for _ in range(int(random.integers(1, 5))):
            count = min(2 * length, frames - start)
            time = np.arange(count) / RATE
            note = np.full(count, 110 * 2 ** (random.integers(0, 36) / 12))
            tone = harmonics(note, random.uniform(0.1, 1, 6) / np.arange(1, 7))
            sound[start : start + count] += tone * np.exp(-time * random.uniform(1, 6)).astype(np.float32)
        start += length
    return sound


def keyboard(random: np.random.Generator, frames: int) -> Wave:
    """Clicks of some ten milliseconds, several a second, in a little noise."""
    sound = coloured(random, frames, -3) * np.float32(0.01)
    for start in np.flatnonzero(random.random(frames) < 6 / RATE):
        count = min(int(random.uniform(0.005, 0.04) * RATE), frames - start)
        decay = np.exp(-np.arange(count) / (count / 5))
        sound[start : start + count] += (
            random.standard_normal(count) * decay * random.uniform(0.3, 1)
        ).astype(np.float32)
    return sound


def make_noise(kind: str, random: np.random.Generator, frames: int, split: Split) -> Wave:
    if kind in {"white", "pink", "brown"}:
        return coloured(random, frames, {"white": 0, "pink": -3, "brown": -6}[kind])
    wobble = 1 + 0.02 * np.cumsum(random.standard_normal(frames)) / np.sqrt(frames)
    if kind == "hum":
        mains = np.full(frames, random.choice([50.0, 60.0, 100.0, 120.0]))
        return harmonics(mains, random.uniform(0.1, 1, 8)) + coloured(random, frames, -3) * np.float32(0.1)
    if kind == "engine":
        return harmonics(random.uniform(25, 70) * wobble, random.uniform(0.1, 1, 20)) + coloured(
            random, frames, -6
        )
    if kind in {"fan", "rumble"}:
        rate, depth = (random.uniform(3, 12), 0.3) if kind == "fan" else (random.uniform(0.1, 0.6), 0.8)
        swell = 1 + depth * np.sin(2 * np.pi * rate * np.arange(frames) / RATE * wobble)
        return (coloured(random, frames, random.uniform(-8, -2)) * swell).astype(np.float32)
    if kind == "music":
        return music(random, frames)
    if kind == "keyboard":
        return keyboard(random, frames)
    voices = [talk(random, split, frames / RATE + 6)[6 * RATE // 2 :][:frames] for _ in range(8)]
    return np.sum(voices, axis=0).astype(np.float32)


def room(random: np.random.Generator, clean: Wave) -> Wave:
    """The same in a room with a decay time of 0.15 to 0.5 s."""
    decay = random.uniform(0.15, 0.5)
    time = np.arange(int(decay * RATE)) / RATE
    response = random.standard_normal(len(time)) * np.exp(-6.9 * time / decay) * 0.02
    response[0] = 1.0
    frames = len(clean) + len(response)
    wet = np.fft.irfft(np.fft.rfft(clean, frames) * np.fft.rfft(response, frames), frames)
    return wet[: len(clean)].astype(np.float32)


def equalised(random: np.random.Generator, clean: Wave) -> Wave:
    """The same through another microphone: a tilt and a resonance."""
    spectrum = np.fft.rfft(clean)
    frequency = np.maximum(np.fft.rfftfreq(len(clean), 1 / RATE), 20)
    tilt_db = random.uniform(-4, 4) * np.log2(frequency / 1000)
    bump_db = random.uniform(-8, 8) * np.exp(-(np.log2(frequency / random.uniform(200, 5000)) ** 2))
    gain = 10 ** (np.clip(tilt_db + bump_db, -20, 20) / 20)
    return np.fft.irfft(spectrum * gain, len(clean)).astype(np.float32)


def rms(sound: Wave) -> float:
    return float(np.sqrt(np.mean(sound.astype(np.float64) ** 2)) + 1e-12)


def recordings(split: Split, count: int, seconds: float = 20) -> Iterator[Recording]:
    """So many recordings of the split; each noise kind comes about as often as the others."""
    for index in range(count):
        random = np.random.default_rng([split.seed, index])
        clean = equalised(random, talk(random, split, seconds))
        labels = label(clean)
        spoken = np.repeat(labels, BLOCK)
        kind = NOISES[index % len(NOISES)]
        noise = make_noise(kind, random, len(clean), split)
        snr_db = float(random.choice([0, 5, 10, 15, 20, 30, 60]))
        speech_rms = rms(clean[: len(spoken)][spoken])
        if random.random() < 0.5:
            clean = room(random, clean)
        mixed = clean + noise * np.float32(speech_rms / rms(noise) * 10 ** (-snr_db / 20))
        level = 10 ** (random.uniform(-38, -14) / 20) / speech_rms
        pcm = to_int16(np.ascontiguousarray(mixed * np.float32(level))[:, None])
        yield Recording(pcm[: len(labels) * BLOCK], labels, kind, snr_db)
