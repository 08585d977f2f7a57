"""Video sources from the words of a command line."""

from __future__ import annotations

from chime_native.devices.screen_source import ScreenVideoSource
from chime_native.devices.video_file_source import VideoFileSource
from chime_native.devices.video_sources import PatternVideoSource, VideoSource

__all__ = ["parse_content_source", "parse_video_source"]


def parse_video_source(text: str) -> VideoSource | None:
    """The source that ``FILE``, ``pattern`` or ``none`` means; a file of one of these names is written ``./pattern``.

    Raises:
        MediaFileError: a file that cannot be played.
    """
    if text == "none":
        return None
    return PatternVideoSource() if text == "pattern" else VideoFileSource(text)


def parse_content_source(text: str) -> VideoSource:
    """The source that ``FILE``, ``pattern`` or ``screen`` means.

    Raises:
        MediaFileError: a file that cannot be played.
        MissingExtraError: sharing the screen needs a package that is not there.
    """
    if text == "screen":
        return ScreenVideoSource()
    return PatternVideoSource(1280, 720) if text == "pattern" else VideoFileSource(text)
