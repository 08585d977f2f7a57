"""What cannot work ends with one clear line and exit status 1, and leaves nothing running."""

import json
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from chime_native.cli import main as cli

MEETING = {
    "Meeting": {
        "MeetingId": "m",
        "MediaPlacement": {"AudioHostUrl": "127.0.0.1:1", "SignalingUrl": "ws://127.0.0.1:1/control/m"},
    }
}
ATTENDEE = {"Attendee": {"AttendeeId": "a", "ExternalUserId": "ada", "JoinToken": "t"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a meeting whose service is not there."""
    (tmp_path / "meeting.json").write_text(json.dumps(MEETING))
    (tmp_path / "attendee.json").write_text(json.dumps(ATTENDEE))
    return tmp_path


@pytest.fixture
def refused(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs ``join`` in this process and gives the line with which it fails."""
    monkeypatch.chdir(folder)

    def run(*arguments: str) -> str:
        threads = threading.active_count()
        assert cli.main(["join", *arguments]) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        lines = printed.err.splitlines()
        assert len(lines) == 1, printed.err
        assert threading.active_count() == threads
        prefix = "chime-native join: "
        assert lines[0].startswith(prefix)
        return lines[0].removeprefix(prefix)

    return run


FILES = ("--meeting", "meeting.json", "--attendee", "attendee.json")


def test_as_a_process(command: Any, folder: Path) -> None:
    result = command.run("join", *FILES, cwd=folder)
    assert result.returncode == 1
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1


def test_nothing_given(refused: Any) -> None:
    assert refused() == "give either --meeting and --attendee, or --api and --meeting-id"
    assert refused("--meeting", "meeting.json") == "--meeting and --attendee go together"
    assert refused("--api", "http://127.0.0.1:1") == "--api and --meeting-id go together"
    assert "give either" in refused(*FILES, "--api", "http://127.0.0.1:1")


def test_files_that_are_not_there_or_not_json(refused: Any, folder: Path) -> None:
    absent = ("--meeting", "absent.json", "--attendee", "attendee.json")
    assert refused(*absent) == "cannot read absent.json: No such file or directory"
    (folder / "meeting.json").write_text("{")
    assert refused(*FILES).startswith("meeting.json is not JSON: ")
    (folder / "meeting.json").write_bytes(b"\xff\xfe\x00")
    assert refused(*FILES) == "meeting.json is not JSON: it is not even text"
    (folder / "meeting.json").write_text("[]")
    assert refused(*FILES) == "meeting.json must hold a JSON object, not list"


@pytest.mark.parametrize("content", [{}, {"Meeting": {"MeetingId": "m"}}, {"Meeting": 5}])
def test_a_meeting_that_is_none(refused: Any, folder: Path, content: object) -> None:
    (folder / "meeting.json").write_text(json.dumps(content))
    assert refused(*FILES).startswith("meeting.json: ")


def test_an_attendee_without_a_token(refused: Any, folder: Path) -> None:
    (folder / "attendee.json").write_text(json.dumps({"Attendee": {"AttendeeId": "a"}}))
    assert "Attendee.JoinToken" in refused(*FILES)


def test_a_signaling_url_that_is_none(refused: Any, folder: Path) -> None:
    meeting = json.loads(json.dumps(MEETING))
    meeting["Meeting"]["MediaPlacement"]["SignalingUrl"] = "http://example.com"
    (folder / "meeting.json").write_text(json.dumps(meeting))
    assert "must begin with ws:// or wss://" in refused(*FILES)


def test_sound_that_cannot_be_played(refused: Any, folder: Path) -> None:
    assert refused(*FILES, "--play", "absent.wav") == "cannot read absent.wav: No such file or directory"
    (folder / "text.wav").write_text("this is no sound\n" * 100)
    assert refused(*FILES, "--play", "text.wav").startswith("cannot read text.wav: Invalid data found")
    assert "--play: a tone is written tone:HZ" in refused(*FILES, "--play", "tone:high")


def test_files_that_cannot_be_written(refused: Any) -> None:
    assert refused(*FILES, "--record", "no/such.wav") == "cannot write no/such.wav: No such file or directory"
    assert (
        refused(*FILES, "--events", "no/such.jsonl")
        == "cannot write no/such.jsonl: No such file or directory"
    )


def test_video_that_cannot_be_shown_or_recorded(
    refused: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for option in ("--video", "--content"):
        assert refused(*FILES, option, "absent.mp4") == "cannot read absent.mp4: No such file or directory"
        (folder / "text.mp4").write_text("this is no film\n" * 100)
        assert refused(*FILES, option, "text.mp4").startswith("cannot read text.mp4: Invalid data found")
    missing = "cannot write no/such.mp4: No such file or directory"
    assert refused(*FILES, "--record-video", "no/such.mp4") == missing
    monkeypatch.setitem(sys.modules, "mss", None)
    assert refused(*FILES, "--content", "screen") == (
        "sharing the screen needs the extra 'screen': pip install 'chime-native[screen]'"
    )


def test_a_service_that_is_not_running(refused: Any) -> None:
    assert "the signaling connection cannot be opened" in refused(*FILES)
    line = refused("--api", "http://127.0.0.1:1", "--meeting-id", "m")
    assert line.startswith("no meeting service answers at http://127.0.0.1:1: ")
    assert "--api must be a URL" in refused("--api", "nowhere", "--meeting-id", "m")


def test_something_else_that_listens_there(refused: Any, folder: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        meeting = json.loads(json.dumps(MEETING))
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}/x"
        meeting["Meeting"]["MediaPlacement"]["SignalingUrl"] = url
        (folder / "meeting.json").write_text(json.dumps(meeting))
        listener.close()
        assert "cannot be opened" in refused(*FILES)


def test_a_wrong_token(refused: Any, service: Any, folder: Path) -> None:
    service.write_files(folder, "ada")
    attendee = json.loads((folder / "ada.json").read_text())
    attendee["Attendee"]["JoinToken"] = "wrong"
    (folder / "attendee.json").write_text(json.dumps(attendee))
    assert "does not accept the join token" in refused(*FILES)


def test_a_meeting_that_has_ended(refused: Any, service: Any, folder: Path) -> None:
    meeting = service.write_files(folder, "attendee")
    meeting_id = meeting["Meeting"]["MeetingId"]
    service.chime.delete_meeting(MeetingId=meeting_id)
    assert "the meeting has ended" in refused(*FILES)
    line = refused("--api", service.url, "--meeting-id", meeting_id)
    assert line == f"there is no meeting {meeting_id} at {service.url} (it may have ended)"


def test_a_meeting_that_is_full(refused: Any, service: Any, command: Any, folder: Path) -> None:
    meeting = service.create_meeting(MeetingFeatures={"Attendee": {"MaxCount": 1}})
    meeting_id = meeting["Meeting"]["MeetingId"]
    where = ("--api", service.url, "--meeting-id", meeting_id)
    first = command.start("join", *where, cwd=folder)
    try:
        assert first.stdout.readline().startswith("joined ")
        assert "is full" in refused(*where)
    finally:
        first.terminate()
        first.communicate(timeout=120)
    assert first.returncode == 0
