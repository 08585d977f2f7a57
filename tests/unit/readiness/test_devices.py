"""Checks of devices, each with what succeeds and with what must not."""

import asyncio
from typing import Any

import numpy as np
import pytest
from chime_native import MeetingReadinessChecker, MeetingReadinessCheckerConfiguration, MeetingSession
from chime_native.devices import ArraySink, ArrayVideoSource, PatternVideoSource, ToneSource
from chime_native.errors import DeviceError
from chime_native.readiness import (
    CheckAudioInputFeedback,
    CheckAudioOutputFeedback,
    CheckCameraResolutionFeedback,
    CheckVideoInputFeedback,
)
from chime_native.readiness.tone import Tone
from chime_native.session import MeetingSessionConfiguration

PATIENCE = 30


@pytest.fixture
async def checker() -> Any:
    configuration = MeetingSessionConfiguration(
        {"MeetingId": "m", "MediaPlacement": {"SignalingUrl": "ws://127.0.0.1:9", "AudioHostUrl": "x"}},
        {"AttendeeId": "a", "JoinToken": "t"},
    )
    limits = MeetingReadinessCheckerConfiguration(timeout_ms=200)
    async with MeetingSession(configuration) as session:
        yield MeetingReadinessChecker(session, limits)


class Microphone:
    """Raises when it is opened or read, or gives this block."""

    def __init__(self, opening: Any = None, block: Any = None) -> None:
        self.opening, self.block = opening, block
        self.closed = False

    async def start(self) -> None:
        if self.opening is not None:
            raise self.opening

    def read(self, frames: int) -> Any:
        if isinstance(self.block, Exception):
            raise self.block
        return np.zeros((frames, 1), np.int16) if self.block is None else self.block

    async def close(self) -> None:
        self.closed = True


class Camera(Microphone):
    async def read(self) -> Any:  # type: ignore[override]
        if isinstance(self.block, Exception):
            raise self.block
        return self.block


def wrapped_refusal() -> DeviceError:
    error = DeviceError("the microphone cannot be opened")
    error.__cause__ = PermissionError(13, "Permission denied")
    return error


async def test_an_audio_input_that_gives_sound(checker: Any) -> None:
    microphone = Microphone()
    assert await checker.check_audio_input(microphone) is CheckAudioInputFeedback.SUCCEEDED
    assert microphone.closed
    assert await checker.check_audio_input(ToneSource(440)) == "Succeeded"
    assert checker.detail == ""


@pytest.mark.parametrize(
    ("microphone", "feedback", "detail"),
    [
        (Microphone(PermissionError(13, "Permission denied")), "PermissionDenied", "Permission denied"),
        (Microphone(wrapped_refusal()), "PermissionDenied", "cannot be opened"),
        (Microphone(DeviceError("it is gone")), "Failed", "it is gone"),
        (Microphone(block=OSError("it was pulled out")), "Failed", "pulled out"),
        (Microphone(block=np.zeros((480, 1))), "Failed", "float64"),
        (Microphone(block=np.zeros((10, 1), np.int16)), "Failed", "(10, 1)"),
    ],
)
async def test_an_audio_input_that_gives_none(
    checker: Any, microphone: Microphone, feedback: str, detail: str
) -> None:
    assert await checker.check_audio_input(microphone) == feedback
    assert detail in checker.detail


async def test_a_video_input_that_gives_pictures(checker: Any) -> None:
    assert await checker.check_video_input(PatternVideoSource(64, 64)) is CheckVideoInputFeedback.SUCCEEDED


@pytest.mark.parametrize(
    ("camera", "feedback"),
    [
        (Camera(PermissionError(13, "Permission denied")), "PermissionDenied"),
        (Camera(DeviceError("it is in use")), "Failed"),
        (Camera(block=None), "Failed"),
        (Camera(block=np.zeros((3, 3, 3, 3), np.uint8)), "Failed"),
        (ArrayVideoSource(), "Failed"),  # nothing is pushed
    ],
)
async def test_a_video_input_that_gives_none(checker: Any, camera: Any, feedback: str) -> None:
    assert await asyncio.wait_for(checker.check_video_input(camera), PATIENCE) == feedback


async def test_the_resolution_is_that_of_the_pictures(checker: Any) -> None:
    feedback = CheckCameraResolutionFeedback
    check = checker.check_camera_resolution
    assert await check(PatternVideoSource(320, 180), 320, 180) is feedback.SUCCEEDED
    assert await check(PatternVideoSource(320, 180), 1280, 720) is feedback.RESOLUTION_NOT_SUPPORTED
    assert "320 x 180 pixels, not 1280 x 720" in checker.detail
    refused = Camera(PermissionError(13, "Permission denied"))
    assert await check(refused, 320, 180) is feedback.PERMISSION_DENIED
    assert await check(Camera(block=None), 320, 180) is feedback.FAILED


async def test_the_tone_is_heard_and_fades(checker: Any) -> None:
    sink = ArraySink()

    async def verify() -> bool:
        await sink.wait_for(0.3)
        return True

    feedback = await asyncio.wait_for(checker.check_audio_output(sink, verify), PATIENCE)
    assert feedback is CheckAudioOutputFeedback.SUCCEEDED
    heard = sink.array()[:, 0].astype(float)
    spectrum = np.abs(np.fft.rfft(heard))
    strongest = np.fft.rfftfreq(len(heard), 1 / 48_000)[spectrum.argmax()]
    assert strongest == pytest.approx(440, abs=10)
    assert np.abs(heard).max() == pytest.approx(3277, rel=0.02)  # a gain of 0.1
    assert np.abs(heard[:4800]).max() == 0
    assert np.abs(heard[-20:]).max() < 20


@pytest.mark.parametrize("answer", [False, OSError("nobody is there")])
async def test_a_tone_that_nobody_hears(checker: Any, answer: Any) -> None:
    def verify() -> bool:
        if isinstance(answer, Exception):
            raise answer
        return bool(answer)

    assert await checker.check_audio_output(ArraySink(), verify) is CheckAudioOutputFeedback.FAILED
    assert checker.detail


@pytest.mark.parametrize("method", ["start", "write"])
async def test_an_audio_output_that_does_not_work(checker: Any, method: str) -> None:
    class Speaker:
        async def start(self) -> None:
            if method == "start":
                raise DeviceError("there is no speaker")

        def write(self, _pcm: Any) -> None:
            raise DeviceError("there is no speaker")

    feedback = await asyncio.wait_for(checker.check_audio_output(Speaker(), lambda: True), PATIENCE)
    assert feedback is CheckAudioOutputFeedback.FAILED
    assert checker.detail == "there is no speaker"


async def test_what_is_no_device_is_refused(checker: Any) -> None:
    for check in (checker.check_audio_input, checker.check_video_input):
        with pytest.raises(TypeError, match=r"must have read\(\)"):
            await check(object())
    with pytest.raises(TypeError, match=r"must have write\(\)"):
        await checker.check_audio_output(object(), lambda: True)


def test_a_tone_begins_with_silence_and_ends_when_it_fades() -> None:
    tone = Tone(1000, 0.5)
    assert not tone.read(4800).any()
    assert np.abs(tone.read(9600)).max() == pytest.approx(16_384, rel=0.01)
    tone.fade()
    assert not tone.ended
    faded = np.abs(tone.read(4800).astype(int))
    assert tone.ended
    assert faded[:480].max() > 10 * faded[-480:].max()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"timeout_ms": 0}, "timeout_ms must be more than 0"),
        ({"wait_duration_ms": -1}, "wait_duration_ms must be more than 0"),
        ({"audio_output_frequency": 24_000}, "less than 24000 Hz"),
        ({"audio_output_gain": 1.1}, "at most 1"),
    ],
)
def test_a_configuration_out_of_range_is_refused(options: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        MeetingReadinessCheckerConfiguration(**options)
