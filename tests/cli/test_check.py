"""``chime-native check`` as users run it."""

import json
import urllib.request
import wave
from pathlib import Path
from typing import Any

import pytest
from chime_native.cli import main as cli


def test_a_machine_that_is_ready(command: Any, service: Any, tmp_path: Path) -> None:
    result = command.run("check", "--api", service.url, "--record", "tone.wav", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, ""), result
    assert result.stdout.splitlines() == [
        "ok audio input: Succeeded",
        "ok audio output: Succeeded",
        "ok video input: Succeeded",
        "ok network over UDP: Succeeded",
        "- network over TCP: not offered by the service (no TURN server over TCP)",
        "ok audio connectivity: Succeeded",
        "ok video connectivity: Succeeded",
        "ok content share connectivity: Succeeded",
    ]
    with wave.open(str(tmp_path / "tone.wav")) as tone:
        assert any(tone.readframes(tone.getnframes()))
    # The meeting that was made for it is gone.
    with urllib.request.urlopen(f"{service.url}/healthz", timeout=30) as answer:
        assert json.load(answer)["meetings"] == 0


def test_what_fails_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = {"SignalingUrl": "ws://127.0.0.1:9/control", "AudioHostUrl": "127.0.0.1:9"}
    (tmp_path / "meeting.json").write_text(
        json.dumps({"Meeting": {"MeetingId": "m", "MediaPlacement": nowhere}})
    )
    (tmp_path / "ada.json").write_text(
        json.dumps({"Attendee": {"AttendeeId": "a", "ExternalUserId": "ada", "JoinToken": "t"}})
    )
    files = ["--meeting", str(tmp_path / "meeting.json"), "--attendee", str(tmp_path / "ada.json")]
    status = cli.main(["check", *files, "--record", "/dev/full", "--video", "none", "--content", "none"])
    printed = capsys.readouterr()
    assert status == 1
    assert printed.err == (
        "chime-native check: 4 of the checks failed: audio output (Failed), network over UDP (ConnectionFailed), "
        "network over TCP (ConnectionFailed), audio connectivity (ConnectionFailed)\n"
    )
    assert printed.out.startswith(
        "ok audio input: Succeeded\nFAILED audio output: Failed: cannot write /dev/full"
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "give either --meeting and --attendee, or --api"),
        (["--api", "http://127.0.0.1:9", "--meeting", "m.json"], "give either"),
        (["--meeting", "m.json"], "--meeting and --attendee go together"),
        (["--api", "http://127.0.0.1:9"], "no meeting service answers at http://127.0.0.1:9"),
    ],
)
def test_what_cannot_be_checked(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", *arguments]) == 1
    assert complaint in capsys.readouterr().err
