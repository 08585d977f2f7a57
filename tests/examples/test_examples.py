"""Every example runs, and says what its text says that it does."""

import asyncio
import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
HELPERS = {"local_meeting"}
# Needs loopback among aiortc's candidates: run by tests/interop/test_aiortc_native_audio.py.
RUN_ELSEWHERE = {"aiortc_native_audio"}

# What each prints, as patterns in this order; whatever may differ from run to run is left open.
EXPECTED = {
    "05_hear_the_meeting": [
        r"bob hears something at -2\d dBov, in blocks of \(480, 1\)",
        "recorded to .*heard.wav",
    ],
    "06_life_cycle": [
        "observer: connecting",
        "observer: started",
        "iterator: started",
        "observer: stopped: Left",
        "iterator: stopped: LEFT",
    ],
    "07_mute": [
        "bob sees that ada is muted",
        "unmuting works: True",
        "bob sees that ada is not muted",
        "muted in the block: True",
        "muted after it: False",
    ],
    "08_am_i_muted": ["told: muted", "asked: True", "told: not muted", "asked: False"],
    "09_forbid_unmuting": ["told: may not unmute", "unmuted: False", "told: may unmute", "unmuted: True"],
    "10_volume": [r"ada: volume 0\.[1-9]", r"softer now: 0\.\d+"],
    "11_mute_and_signal_changes": [
        "iterator: muted",
        "callback: signal strength 0",
        "iterator: the signal is weak",
    ],
    "12_active_speaker": ["callback: 1 active", "speaking: ada"],
    "13_share_video": [
        "local tile: 1",
        "observer: a tile of ada",
        "sink: 640 x 360",
        "sends video: ada",
        r"iterator: 1[0-9] pictures of the pattern in a second",
        "saved to .*seen.png",
        "observer: tile 1 is gone",
    ],
    "20_share_content": [
        "observer: the meeting has the content",
        "bob sees 640 x 360",
        "a tile of content: True",
        "observer: the content share has ended",
    ],
    "23_presence": [
        "callback: ada came",
        "callback: bob came",
        "iterator: bob came",
        "callback: bob left",
        "iterator: bob went",
    ],
    "24_roster": [
        r"ada \(me\): ",
        r"bob: volume 0\.\d+, muted False, signal (1\.0|None), content False",
        "bob has left:\nada",
    ],
    "25_metrics": [
        r"observer: \d+ packets a second sent",
        r"iterator: \d+ received, 0(\.0)? % lost, played after \d+ ms",
    ],
    "26_alerts": ["room for a camera: True", "observer: the connection is poor"],
    "27_leave": ["observer: left", "ended: Left", "observer: left", "once more: Left"],
    "28_meeting_ended": ["observer: the meeting has ended", "ada: MeetingEnded", "bob: MeetingEnded"],
    "37_application_metadata": ["joined as example-app"],
    "per_attendee_audio": ["granted: True", "ada sounds at about 440 Hz", "bob sounds at about 660 Hz"],
    "readiness": [
        "audio input: Succeeded",
        "audio output: Succeeded",
        "video input: Succeeded",
        "network over UDP: Succeeded",
        "network over TCP: ICENegotiationFailed, because the service offers no TURN server over TCP",
        "audio: Succeeded",
        "video: Succeeded",
        "content share: Succeeded",
    ],
    "replicated_meetings": [
        r"on stage: \['speaker'\]",
        "promoted: OK",
        "guest came on stage",
        r"guest asks: may I ask something\?",
        "watcher: watching again, OK",
        "guest left the stage",
    ],
    "transcripts": ["transcription failed: this service has no transcriber"],
    "data_messages": ["ada: hello", "ada: {'hand': 'raised'}"],
}


def test_every_example_is_run() -> None:
    names = {path.stem for path in EXAMPLES.glob("*.py")} - HELPERS - RUN_ELSEWHERE
    assert names == set(EXPECTED)


@pytest.fixture
def example(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module of an example, imported as if from its own folder."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    spec = importlib.util.spec_from_file_location(
        f"example_{request.param}", EXAMPLES / f"{request.param}.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("example", sorted(EXPECTED), indirect=True)
def test_example(example: Any, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(asyncio.wait_for(example.main(), 60))
    printed = capsys.readouterr().out
    position = 0
    for pattern in EXPECTED[example.__name__.removeprefix("example_")]:
        found = re.compile(pattern).search(printed, position)
        assert found, (pattern, printed[position:])
        position = found.end()
