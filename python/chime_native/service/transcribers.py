"""Recognisers for live transcription, and what they look like: ``chime-native serve --transcriber module:function``.

The function is called with the TranscriptionConfiguration of each StartMeetingTranscription and returns a `Transcriber`;
what it raises is told to the meeting as the reason why transcription failed.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from chime_native.errors import ConfigurationError

__all__ = [
    "SAMPLE_RATE",
    "Phrase",
    "Transcriber",
    "TranscriberFactory",
    "Word",
    "echo",
    "load_transcriber",
    "pocketsphinx",
]

SAMPLE_RATE = 16_000


@dataclass(frozen=True, slots=True)
class Word:
    """One word; times in milliseconds since 1970."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Phrase:
    """What somebody said. A partial one is replaced by a later one with the same number."""

    number: int
    """Of the attendee's phrases."""
    words: tuple[Word, ...]
    is_partial: bool = False

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


class Transcriber(Protocol):
    """One meeting's recogniser. Called from one thread that is not the event loop's, so it may take its time."""

    def push(self, attendee_id: str, pcm: NDArray[np.int16], start_ms: int) -> Iterable[Phrase]:
        """Takes 100 ms of one attendee, int16 of shape (1600,), 16 kHz mono, that began ``start_ms`` after 1970.

        Time without sound (muted, gone) is left out: the next block then begins later than the last one ended.
        """

    def close(self) -> None:
        """The transcription is over."""


TranscriberFactory = Callable[[Mapping[str, Any]], Transcriber]


def load_transcriber(name: str) -> TranscriberFactory:
    """The function that ``module:function`` names; of this module with ``function`` alone. Raises `ConfigurationError`."""
    module, found, function = name.rpartition(":")
    try:
        factory = getattr(importlib.import_module(module if found else __name__), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(f"there is no transcriber {name}: {error}") from None
    if not callable(factory):
        raise ConfigurationError(f"the transcriber {name} is no function")
    return factory  # type: ignore[no-any-return]


# --- for tests ---

ECHO_LOUD = 300
"""Mean amplitude from which the echo transcriber hears something: about -40 dBov."""
ECHO_BLOCKS = 5
"""Blocks of 100 ms after which it says so."""


class EchoTranscriber:
    """Recognises nothing: says ``sound at 440 Hz`` for each half second in which it hears something."""

    def __init__(self) -> None:
        self._blocks: dict[str, list[NDArray[np.int16]]] = {}
        self._phrases: dict[str, int] = {}

    def push(self, attendee_id: str, pcm: NDArray[np.int16], start_ms: int) -> Iterable[Phrase]:
        blocks = self._blocks.setdefault(attendee_id, [])
        if np.abs(pcm.astype(np.int32)).mean() < ECHO_LOUD:
            blocks.clear()
            return ()
        blocks.append(pcm)
        number = self._phrases.get(attendee_id, 0)
        is_partial = len(blocks) < ECHO_BLOCKS
        sound = np.concatenate(blocks)
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
        hertz = round(float(np.argmax(spectrum)) * SAMPLE_RATE / len(sound), -1)
        if not is_partial:
            self._phrases[attendee_id] = number + 1
            blocks.clear()
        end_ms = start_ms + 100
        texts = ("sound", "at", f"{hertz:.0f}", "Hz")
        begin_ms = end_ms - len(sound) * 1000 // SAMPLE_RATE
        return (Phrase(number, tuple(Word(text, begin_ms, end_ms) for text in texts), is_partial),)

    def close(self) -> None:
        pass


def echo(configuration: Mapping[str, Any]) -> Transcriber:  # noqa: ARG001 (there is nothing to configure)
    """For tests: an `EchoTranscriber`, which recognises no speech at all."""
    return EchoTranscriber()


# --- offline ---


def pocketsphinx(configuration: Mapping[str, Any]) -> Transcriber:
    """CMU PocketSphinx with the US English model that its package brings: offline and quick, of modest accuracy.

    Needs ``pip install 'chime-native[transcription]'``; LookupError for another language.
    """
    engine: Mapping[str, Any] = next(iter(configuration.values()), {})
    language = engine.get("LanguageCode", "en-US")
    if not str(language).startswith("en-"):
        raise LookupError(f"PocketSphinx has no model for {language}, only for en-US")
    return PocketSphinxTranscriber()


@dataclass(slots=True)
class _Speaker:
    decoder: Any
    endpointer: Any
    rest: bytes = b""
    started_ms: int | None = None
    phrases: int = 0


class PocketSphinxTranscriber:
    """A decoder for each attendee, which begins and ends with speech."""

    def __init__(self) -> None:
        try:
            self._library = importlib.import_module("pocketsphinx")
        except ImportError:
            raise LookupError(
                "PocketSphinx is not installed: pip install 'chime-native[transcription]'"
            ) from None
        self._speakers: dict[str, _Speaker] = {}

    def push(self, attendee_id: str, pcm: NDArray[np.int16], start_ms: int) -> Iterable[Phrase]:
        speaker = self._speakers.get(attendee_id)
        if speaker is None:
            decoder = self._library.Decoder(samprate=SAMPLE_RATE, loglevel="FATAL")
            speaker = _Speaker(decoder, self._library.Endpointer(sample_rate=SAMPLE_RATE))
            self._speakers[attendee_id] = speaker
        phrases = []
        size = speaker.endpointer.frame_bytes
        data = speaker.rest + pcm.tobytes()
        whole = len(data) - len(data) % size
        for at in range(0, whole, size):
            phrase = self._frame(speaker, data[at : at + size], start_ms)
            if phrase is not None:
                phrases.append(phrase)
        speaker.rest = data[whole:]
        return phrases

    @staticmethod
    def _frame(speaker: _Speaker, frame: bytes, now_ms: int) -> Phrase | None:
        was_speech = speaker.endpointer.in_speech
        speech = speaker.endpointer.process(frame)
        if speech is None:
            return None
        if not was_speech:
            speaker.started_ms = now_ms
            speaker.decoder.start_utt()
        speaker.decoder.process_raw(speech, False, False)
        if speaker.endpointer.in_speech:
            return None
        speaker.decoder.end_utt()
        return _phrase(speaker)

    def close(self) -> None:
        self._speakers.clear()


def _phrase(speaker: _Speaker) -> Phrase | None:
    start_ms = speaker.started_ms or 0
    words = tuple(
        # Words have frames of 10 ms; fillers and variants of pronunciation are marked in the dictionary's way.
        Word(
            segment.word.partition("(")[0],
            start_ms + 10 * segment.start_frame,
            start_ms + 10 * segment.end_frame,
        )
        for segment in speaker.decoder.seg() or ()
        if not segment.word.startswith(("<", "["))
    )
    if not words:
        return None
    speaker.phrases += 1
    return Phrase(speaker.phrases, words)
