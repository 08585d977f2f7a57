"""``chime-native join`` with video: a film and a test pattern as camera, content, and a recording of what is seen."""

import json
import signal
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from chime_native.devices import PatternVideoSource

PATIENCE = 90


def test_a_pattern_is_recorded_by_another_attendee(command: Any, service: Any, tmp_path: Path) -> None:
    service.write_files(tmp_path, "ada", "bob")
    ada = command.start(
        *("join", "--meeting", "meeting.json", "--attendee", "ada.json"),
        *("--record-video", "seen.mp4", "--events", "ada.jsonl"),
        cwd=tmp_path,
    )
    assert ada.stdout.readline().startswith("joined ")
    bob = command.run(
        *("join", "--meeting", "meeting.json", "--attendee", "bob.json"),
        *("--video", "pattern", "--content", "pattern", "--play", "tone:440", "--seconds", "8"),
        *("--events", "bob.jsonl"),
        cwd=tmp_path,
    )
    assert (bob.returncode, bob.stderr) == (0, "")
    ada.send_signal(signal.SIGINT)
    _, errors = ada.communicate(timeout=PATIENCE)
    assert (ada.returncode, errors) == (0, "")

    with av.open(str(tmp_path / "seen.mp4")) as container:
        pictures = [frame.to_ndarray(format="yuv420p") for frame in container.decode(video=0)]
    with av.open(str(tmp_path / "seen.mp4")) as container:
        pcm = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert np.argmax(np.abs(np.fft.rfft(pcm))) * 48000 / len(pcm) == pytest.approx(440, abs=2)
    # Side by side in fields of 640 x 720: the content and the camera, 640 x 360 each after scaling.
    fields = [
        np.concatenate([picture[180:540, 640 * side : 640 * side + 640], np.zeros((180, 640), np.uint8)])
        for picture in pictures[len(pictures) // 2 :]
        for side in (0, 1)
    ]
    for side in (0, 1):
        numbers = [PatternVideoSource.number_in(field) for field in fields[side::2]]
        assert len({number for number in numbers if 0 < number < 300}) > 10

    journal = [json.loads(line) for line in (tmp_path / "ada.jsonl").read_text().splitlines()]
    tiles = [line["tile_state"] for line in journal if line["event"] == "video_tile_did_update"]
    assert {True, False} == {tile["is_content"] for tile in tiles if tile["bound_attendee_id"]}
    assert any(tile["active"] and tile["bound_video_stream"] is True for tile in tiles)
    told = [json.loads(line)["event"] for line in (tmp_path / "bob.jsonl").read_text().splitlines()]
    assert "content_share_did_start" in told
