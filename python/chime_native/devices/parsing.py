"""Audio sources from the words of a command line."""

from __future__ import annotations

from chime_native.devices.file_source import FileSource
from chime_native.devices.sources import NoiseSource, SilenceSource, ToneSource

__all__ = ["parse_audio_source"]


def parse_audio_source(text: str) -> FileSource | ToneSource | SilenceSource | NoiseSource:
    """The source that ``FILE``, ``tone:HZ``, ``silence`` or ``noise`` means.

    A file of one of these names is written with a folder: ``./noise``.

    Raises:
        MediaFileError: a file that cannot be played.
        ValueError: a tone without a usable frequency.
    """
    if text == "silence":
        return SilenceSource()
    if text == "noise":
        return NoiseSource()
    if text.startswith("tone:"):
        return _tone(text)
    return FileSource(text)


def _tone(text: str) -> ToneSource:
    try:
        return ToneSource(float(text.removeprefix("tone:")))
    except ValueError:
        raise ValueError(
            f"a tone is written tone:HZ with HZ from 1 to 23999, for example tone:440, not {text}"
        ) from None
