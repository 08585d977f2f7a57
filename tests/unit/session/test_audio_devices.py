import numpy as np
import pytest
from chime_native.devices import ArraySink, ToneSource
from chime_native.session.audio_devices import AudioInput, AudioOutput


class Source:
    def __init__(self, value: int) -> None:
        self.value = value
        self.calls: list[str] = []

    async def start(self) -> None:
        self.calls.append("start")

    async def close(self) -> None:
        self.calls.append("close")

    def read(self, frames: int) -> np.ndarray:
        return np.full((frames, 1), self.value, dtype=np.int16)


async def test_input_is_silence_until_a_source_is_chosen() -> None:
    audio_input = AudioInput()
    assert not audio_input.read(480).any()
    assert audio_input.source is None
    first, second = Source(1), Source(2)
    await audio_input.choose(first)
    assert audio_input.source is first
    assert audio_input.read(480)[0, 0] == 1
    await audio_input.choose(first)
    await audio_input.choose(second)
    assert audio_input.read(480)[0, 0] == 2
    await audio_input.choose(None)
    assert not audio_input.read(480).any()
    assert first.calls == second.calls == ["start", "close"]
    await audio_input.close()


async def test_mute_outlives_a_change_of_source() -> None:
    audio_input = AudioInput()
    audio_input.muted = True
    await audio_input.choose(ToneSource(440))
    assert not audio_input.read(480).any()
    audio_input.muted = False
    assert audio_input.read(480).any()


async def test_a_source_that_raises_or_lies_gives_silence(caplog: pytest.LogCaptureFixture) -> None:
    class Raising:
        def read(self, frames: int) -> np.ndarray:
            if frames == 480:
                raise RuntimeError("mine")
            return np.zeros(frames)

    audio_input = AudioInput()
    await audio_input.choose(Raising())
    assert audio_input.read(480).shape == (480, 1)
    assert audio_input.read(240).dtype == np.int16
    assert audio_input.errors == 2
    assert len(caplog.records) == 1


async def test_a_source_that_cannot_start_leaves_silence() -> None:
    class Failing(Source):
        async def start(self) -> None:
            raise OSError("no such device")

    audio_input = AudioInput()
    before = Source(1)
    await audio_input.choose(before)
    with pytest.raises(OSError, match="no such device"):
        await audio_input.choose(Failing(2))
    assert audio_input.source is None
    assert before.calls == ["start", "close"]
    with pytest.raises(TypeError, match="an audio source must have read"):
        await audio_input.choose(5)  # type: ignore[arg-type]


async def test_output_reaches_the_bound_sink_and_the_others(caplog: pytest.LogCaptureFixture) -> None:
    class Raising:
        def write(self, _: np.ndarray) -> None:
            raise RuntimeError("mine")

    output = AudioOutput()
    bound, other = ArraySink(), ArraySink()
    output.add(Raising())
    await output.bind(bound)
    output.add(other)
    block = np.ones((480, 1), dtype=np.int16)
    output.write(block)
    output.write(block)
    assert len(bound) == len(other) == 960
    assert output.errors == 2
    assert len(caplog.records) == 1
    await output.bind(None)
    output.write(block)
    assert len(bound) == 960
    assert len(other) == 1440
    with pytest.raises(TypeError, match="an audio sink must have write"):
        await output.bind(5)  # type: ignore[arg-type]


async def test_output_closes_what_was_bound(caplog: pytest.LogCaptureFixture) -> None:
    class Closing(ArraySink):
        async def close(self) -> None:
            raise OSError("disk full")

    output = AudioOutput()
    await output.bind(Closing())
    await output.close()
    assert "closing" in caplog.text
    assert output.bound is None


async def test_the_switch_of_a_microphone_is_told() -> None:
    class Microphone:
        hardware_muted = False

        def read(self, frames: int) -> np.ndarray:
            return np.zeros((frames, 1), np.int16)

    told: list[tuple[object, bool]] = []
    audio_input = AudioInput(lambda source, muted: told.append((source, muted)))
    microphone = Microphone()
    await audio_input.choose(microphone)
    audio_input.read(480)
    assert told == []
    microphone.hardware_muted = True
    audio_input.read(480)
    audio_input.read(480)
    assert told == [(microphone, True)]
    microphone.hardware_muted = False
    audio_input.read(480)
    assert told[1:] == [(microphone, False)]
    microphone.hardware_muted = True
    await audio_input.close()
    await audio_input.choose(microphone)
    assert told[2:] == [(microphone, True)]
