"""Where the sound and the pictures that are sent come from, and where those that are received go.

A source has ``read(frames)`` and gives int16 of shape ``(frames, channels)`` at 48 kHz without ever waiting; a sink has
``write(pcm)`` and is called every 10 ms. Both may have ``async start()`` and ``async close()``, which the session calls. Anything with these
methods will do; those here cover the usual needs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chime_native.devices.file_source import FileSource
    from chime_native.devices.parsing import parse_audio_source
    from chime_native.devices.screen_source import ScreenVideoSource
    from chime_native.devices.sinks import ArraySink, BlockSink, CallbackSink
    from chime_native.devices.sources import ArraySource, NoiseSource, SilenceSource, ToneSource
    from chime_native.devices.tracks import TrackSink, TrackSource
    from chime_native.devices.video_file_sink import VideoFileSink
    from chime_native.devices.video_file_source import VideoFileSource
    from chime_native.devices.video_parsing import parse_content_source, parse_video_source
    from chime_native.devices.video_sinks import CallbackVideoSink, FrameSink, VideoSink
    from chime_native.devices.video_sources import ArrayVideoSource, PatternVideoSource, VideoSource
    from chime_native.devices.wav_sink import WavFileSink

__all__ = [
    "ArraySink",
    "ArraySource",
    "ArrayVideoSource",
    "BlockSink",
    "CallbackSink",
    "CallbackVideoSink",
    "FileSource",
    "FrameSink",
    "NoiseSource",
    "PatternVideoSource",
    "ScreenVideoSource",
    "SilenceSource",
    "ToneSource",
    "TrackSink",
    "TrackSource",
    "VideoFileSink",
    "VideoFileSource",
    "VideoSink",
    "VideoSource",
    "WavFileSink",
    "parse_audio_source",
    "parse_content_source",
    "parse_video_source",
]

# Loaded when first asked for: importing the package costs neither PyAV nor aiortc.
_HOMES = {
    "ArraySink": "sinks",
    "ArraySource": "sources",
    "ArrayVideoSource": "video_sources",
    "BlockSink": "sinks",
    "CallbackSink": "sinks",
    "CallbackVideoSink": "video_sinks",
    "FileSource": "file_source",
    "FrameSink": "video_sinks",
    "NoiseSource": "sources",
    "PatternVideoSource": "video_sources",
    "ScreenVideoSource": "screen_source",
    "SilenceSource": "sources",
    "ToneSource": "sources",
    "TrackSink": "tracks",
    "TrackSource": "tracks",
    "VideoFileSink": "video_file_sink",
    "VideoFileSource": "video_file_source",
    "VideoSink": "video_sinks",
    "VideoSource": "video_sources",
    "WavFileSink": "wav_sink",
    "parse_audio_source": "parsing",
    "parse_content_source": "video_parsing",
    "parse_video_source": "video_parsing",
}


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
