"""The checks of devices, which need no meeting; the part of the checker that they are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from chime_native.readiness.configuration import MeetingReadinessCheckerConfiguration
from chime_native.readiness.devices import (
    answer,
    first_picture_size,
    is_refused,
    opened_picture_size,
    require_method,
    try_audio_source,
)
from chime_native.readiness.feedback import (
    CheckAudioInputFeedback,
    CheckAudioOutputFeedback,
    CheckCameraResolutionFeedback,
    CheckVideoInputFeedback,
)
from chime_native.readiness.tone import PlayedTone, Tone
from chime_native.session.waiting import unless

if TYPE_CHECKING:
    from chime_native.devices import VideoSource
    from chime_native.rtc import AudioSink, AudioSource
    from chime_native.session import MeetingSession

__all__ = ["DeviceChecks"]

logger = logging.getLogger(__name__)


class DeviceChecks:
    """See :class:`MeetingReadinessChecker`, which is made of this and of the checks that need a meeting."""

    def __init__(
        self,
        meeting_session: MeetingSession,
        configuration: MeetingReadinessCheckerConfiguration | None = None,
    ) -> None:
        self.configuration = configuration or MeetingReadinessCheckerConfiguration()
        self.detail = ""
        """What is known of why the last check has not succeeded, for people; empty: nothing, or it has."""
        self._session = meeting_session

    async def check_audio_input(self, source: AudioSource) -> CheckAudioInputFeedback:
        """Whether a source can be opened and gives sound; reads 10 ms of it.

        Raises:
            TypeError: it is no audio source.
        """
        feedback = CheckAudioInputFeedback
        require_method(source, "read", "an audio source")
        self.detail = ""
        try:
            await self._session.audio_video.start_audio_input(source)
            try:
                try_audio_source(source)
            finally:
                await self._session.audio_video.stop_audio_input()
        except Exception as error:  # noqa: BLE001 - whatever a device raises is what the check tells
            self._note(error)
            return feedback.PERMISSION_DENIED if is_refused(error) else feedback.FAILED
        return feedback.SUCCEEDED

    async def check_audio_output(
        self, sink: AudioSink, verify: Callable[[], bool | Awaitable[bool]]
    ) -> CheckAudioOutputFeedback:
        """Plays a tone into ``sink`` until ``verify`` says whether it is heard; the sink is started before and closed after.

        Fails also when the sink cannot be started or raises, or ``verify`` does.

        Raises:
            TypeError: it is no audio sink.
        """
        require_method(sink, "write", "an audio sink")
        self.detail = ""
        tone = Tone(self.configuration.audio_output_frequency, self.configuration.audio_output_gain)
        try:
            async with PlayedTone(sink, tone) as played:
                heard = await unless(played.done, answer(verify))
        except Exception as error:  # noqa: BLE001 - likewise
            self._note(error)
            return CheckAudioOutputFeedback.FAILED
        if not heard:
            self.detail = "the tone was not heard"
        return CheckAudioOutputFeedback.SUCCEEDED if heard else CheckAudioOutputFeedback.FAILED

    async def check_video_input(self, source: VideoSource) -> CheckVideoInputFeedback:
        """Whether a source can be opened and gives a picture within the time-out.

        Raises:
            TypeError: it is no video source.
        """
        feedback = CheckVideoInputFeedback
        require_method(source, "read", "a video source")
        self.detail = ""
        try:
            await self._session.audio_video.start_video_input(source)
            try:
                async with asyncio.timeout(self._timeout):
                    await first_picture_size(source)
            finally:
                await self._session.audio_video.stop_video_input()
        except Exception as error:  # noqa: BLE001 - likewise
            self._note(error)
            return feedback.PERMISSION_DENIED if is_refused(error) else feedback.FAILED
        return feedback.SUCCEEDED

    async def check_camera_resolution(
        self, source: VideoSource, width: int, height: int
    ) -> CheckCameraResolutionFeedback:
        """Whether a source gives pictures of exactly ``width`` x ``height`` pixels; it is opened and closed, unsent.

        Raises:
            TypeError: it is no video source.
        """
        feedback = CheckCameraResolutionFeedback
        require_method(source, "read", "a video source")
        self.detail = ""
        try:
            async with asyncio.timeout(self._timeout):
                size = await opened_picture_size(source)
        except Exception as error:  # noqa: BLE001 - likewise
            self._note(error)
            return feedback.PERMISSION_DENIED if is_refused(error) else feedback.FAILED
        if size != (width, height):
            self.detail = f"its pictures have {size[0]} x {size[1]} pixels, not {width} x {height}"
            return feedback.RESOLUTION_NOT_SUPPORTED
        return feedback.SUCCEEDED

    # --- inside ---

    @property
    def _timeout(self) -> float:
        return self.configuration.timeout_ms / 1000

    def _note(self, error: Exception) -> None:
        self.detail = str(error) or type(error).__name__
        logger.info("a readiness check has failed: %r", error)
