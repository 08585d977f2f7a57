"""Two attendees in processes of their own, through a service in a third."""

import json
import signal
import socket
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PATIENCE = 60


def read_wav(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels()) == (48000, 1)
        return np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16).astype(float)


def level_at(pcm: np.ndarray, hz: float) -> float:
    """Level of one frequency relative to the strongest, in dB."""
    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm))))
    near = np.abs(np.fft.rfftfreq(len(pcm), 1 / 48000) - hz) < 3
    return float(20 * np.log10(spectrum[near].max() / spectrum.max()))


def events(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def of(journal: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    return [line for line in journal if line["event"] == event]


def test_two_attendees_hear_each_other_and_not_themselves(command: Any, service: Any, tmp_path: Path) -> None:
    service.write_files(tmp_path, "ada", "bob")
    journal = tmp_path / "ada.jsonl"
    ada = command.start(
        *("join", "--meeting", "meeting.json", "--attendee", "ada.json", "--play", "tone:440"),
        *("--record", "ada.wav", "--events", "ada.jsonl"),
        cwd=tmp_path,
    )
    assert ada.stdout.readline().startswith("joined ")
    bob = command.run(
        *("join", "--meeting", "meeting.json", "--attendee", "bob.json", "--play", "tone:660"),
        *("--record", "bob.wav", "--send-data", "chat=hello there", "--seconds", "6"),
        cwd=tmp_path,
    )
    assert bob.returncode == 0, bob
    assert bob.stderr == ""
    assert "left: Left" in bob.stdout
    ada.send_signal(signal.SIGINT)
    output, errors = ada.communicate(timeout=PATIENCE)
    assert (ada.returncode, errors) == (0, "")
    assert "left: Left" in output

    for name, other, own in (("ada", 660, 440), ("bob", 440, 660)):
        pcm = read_wav(tmp_path / f"{name}.wav")
        blocks = pcm[: len(pcm) // 4800 * 4800].reshape(-1, 4800)
        loud = blocks[np.abs(blocks).mean(axis=1) > 1000].reshape(-1)
        assert len(loud) > 24000
        assert level_at(loud, other) == 0
        assert level_at(loud, own) < -25  # how clean the other's tone is depends on how busy this machine is

    lines = events(journal)
    assert [line["t"] for line in lines] == sorted(line["t"] for line in lines)
    assert lines[0] == {
        "t": lines[0]["t"],
        "event": "audio_video_did_start_connecting",
        "reconnecting": False,
    }
    assert len(of(lines, "audio_video_did_start")) == 1
    presence = [(line["external_user_id"], line["present"]) for line in of(lines, "attendee_id_presence")]
    assert presence == [("ada", True), ("bob", True), ("bob", False)]
    volumes = [line["volume"] for line in of(lines, "volume_indicator") if line["external_user_id"] == "bob"]
    assert max(volume for volume in volumes if volume is not None) > 0.5
    (message,) = of(lines, "receive_data_message")
    assert (message["topic"], message["data"], message["sender_external_user_id"]) == (
        "chat",
        "hello there",
        "bob",
    )
    assert lines[-1]["event"] == "audio_video_did_stop"
    assert lines[-1]["status"] == {"status_code": 1, "name": "Left"}


def test_a_meeting_that_ends_is_a_normal_end(command: Any, service: Any, tmp_path: Path) -> None:
    meeting_id = service.create_meeting()["Meeting"]["MeetingId"]
    ada = command.start(
        *("join", "--api", service.url, "--meeting-id", meeting_id, "--name", "ada", "--muted"),
        *("--loss", "5", "--jitter", "10", "--seed", "1", "--events", "ada.jsonl"),
        cwd=tmp_path,
    )
    assert ada.stdout.readline().startswith(f"joined {meeting_id} as ")
    service.chime.delete_meeting(MeetingId=meeting_id)
    output, errors = ada.communicate(timeout=PATIENCE)
    assert (ada.returncode, errors) == (0, "")
    assert "left: MeetingEnded" in output
    assert events(tmp_path / "ada.jsonl")[-1]["status"] == {"status_code": 5, "name": "MeetingEnded"}


@pytest.mark.parametrize("option", ["--record", "--events"])
def test_a_disk_that_is_full_is_told_at_the_end(
    command: Any, service: Any, tmp_path: Path, option: str
) -> None:
    meeting_id = service.create_meeting()["Meeting"]["MeetingId"]
    # A device of Linux on which every write fails.
    arguments = ("--api", service.url, "--meeting-id", meeting_id, "--seconds", "1", option, "/dev/full")
    result = command.run("join", *arguments, cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr == "chime-native join: cannot write /dev/full: No space left on device\n"


def test_nobody_reading_the_output_is_no_reason_to_fail(command: Any, service: Any, tmp_path: Path) -> None:
    meeting_id = service.create_meeting()["Meeting"]["MeetingId"]
    process = command.start(
        *("join", "--api", service.url, "--meeting-id", meeting_id, "--seconds", "1"), cwd=tmp_path
    )
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=PATIENCE) == 0


def test_sigterm_leaves_even_while_connecting(command: Any, tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}/silent"
        placement = {"SignalingUrl": url, "AudioHostUrl": "127.0.0.1:1"}
        (tmp_path / "meeting.json").write_text(json.dumps({"MeetingId": "m", "MediaPlacement": placement}))
        (tmp_path / "a.json").write_text(json.dumps({"AttendeeId": "a", "JoinToken": "t"}))
        process = command.start("join", "--meeting", "meeting.json", "--attendee", "a.json", cwd=tmp_path)
        accepted, _ = listener.accept()
        with accepted:  # the process waits for an answer to its handshake
            process.terminate()
            output, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")
    assert "left: Left" in output
