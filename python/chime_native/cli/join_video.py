"""What ``chime-native join`` shows, shares and records of video."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chime_native.devices import (
    FileSource,
    ScreenVideoSource,
    VideoFileSink,
    VideoFileSource,
    VideoSource,
    parse_content_source,
    parse_video_source,
)
from chime_native.errors import MediaFileError
from chime_native.session import MeetingSession
from chime_native.videotiles import VideoTileState

if TYPE_CHECKING:
    from chime_native.rtc import AudioSource

__all__ = ["Video", "add_video_arguments", "open_video"]


def add_video_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments that concern video."""
    video = parser.add_argument_group("video")
    video.add_argument(
        "--video",
        metavar="FILE|pattern|none",
        default="none",
        help="what to send as camera: a video, again and again, or a test pattern (default: none)",
    )
    video.add_argument(
        "--record-video",
        metavar="OUT.mp4",
        help="record what is seen and heard: all cameras and contents of others side by side, and the sound as with "
        "--record (H.264 of 1280 x 720, AAC)",
    )
    video.add_argument(
        "--content",
        metavar="FILE|pattern|screen",
        help="what to share as content: a video with its sound, again and again, a test pattern, or the screen (which needs the extra 'screen')",
    )


@dataclass(frozen=True, slots=True)
class Video:
    """What was opened before joining."""

    camera: VideoSource | None
    content: VideoSource | None
    content_sound: AudioSource | None
    recorder: VideoFileSink | None

    async def start(self, session: MeetingSession, stack: contextlib.AsyncExitStack) -> None:
        """Shows the camera and records, from when the session is connected on; ``stack`` ends the recording."""
        if self.recorder is not None:
            session.audio_video.add_observer(_Recording(session, self.recorder))
            listening = asyncio.create_task(_record_sound(session, self.recorder))
            stack.push_async_callback(_end, listening)
        if self.camera is not None:
            await session.audio_video.start_video_input(self.camera)
            session.audio_video.start_local_video_tile()

    async def share(self, session: MeetingSession) -> None:
        """Shares the content; the session is connected."""
        if self.content is not None:
            await session.audio_video.start_content_share(self.content, audio=self.content_sound)


async def open_video(arguments: argparse.Namespace, stack: contextlib.AsyncExitStack) -> Video:
    """Opens files and the screen, so that what cannot be opened is known before joining; ``stack`` closes them.

    Raises:
        MediaFileError: a file cannot be played or made.
        DeviceError: there is no screen.
        MissingExtraError: sharing the screen needs a package that is not there.
    """

    async def opened(source: Any) -> Any:
        if source is not None and hasattr(source, "close"):
            stack.push_async_callback(source.close)
        if isinstance(source, ScreenVideoSource):
            await source.start()
        return source

    camera = await opened(await asyncio.to_thread(parse_video_source, arguments.video))
    content = sound = None
    if arguments.content is not None:
        content = await opened(await asyncio.to_thread(parse_content_source, arguments.content))
        if isinstance(content, VideoFileSource):
            sound = await opened(await asyncio.to_thread(_sound_of, content.path))
    recorder = None
    if arguments.record_video is not None:
        recorder = await opened(await asyncio.to_thread(_make_recorder, arguments.record_video))
    return Video(camera, content, sound, recorder)


def _make_recorder(path: str) -> VideoFileSink:
    return VideoFileSink(path, sound=True)


async def _record_sound(session: MeetingSession, recorder: VideoFileSink) -> None:
    async for pcm in session.audio_video.audio():
        recorder.write_sound(pcm)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


def _sound_of(path: str) -> FileSource | None:
    try:
        return FileSource(path, loop=True)
    except MediaFileError:
        return None  # a film without sound


class _Recording:
    """An observer that gives each remote tile a field of the recording."""

    def __init__(self, session: MeetingSession, recorder: VideoFileSink) -> None:
        self._session = session
        self._recorder = recorder
        self._names: dict[int, str] = {}

    def video_tile_did_update(self, tile_state: VideoTileState) -> None:
        attendee_id = tile_state.bound_attendee_id
        if attendee_id is None or tile_state.local_tile or tile_state.tile_id in self._names:
            return
        self._names[tile_state.tile_id] = attendee_id
        self._session.audio_video.bind_video_sink(tile_state.tile_id, self._recorder.sink(attendee_id))

    def video_tile_was_removed(self, tile_id: int) -> None:
        attendee_id = self._names.pop(tile_id, None)
        if attendee_id is not None:
            self._recorder.remove(attendee_id)
