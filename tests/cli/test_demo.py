"""The README's first command: a whole call on a lossy network, and what it leaves behind."""

import json
import struct
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import pytest

ATTEMPTS = 3


def run_demo(out: Path) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    result = subprocess.run(
        [sys.executable, "-m", "chime_native", "demo", "--loss", "10", "--out", out],
        check=False,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result, json.loads((out / "report.json").read_text())


@pytest.mark.slow
def test_demo_is_intelligible_at_ten_percent_loss_and_leaves_its_report(tmp_path: Path) -> None:
    out = tmp_path / "chime-demo"
    # The call is in real time: a machine that is busy with something else adds gaps of its own, but not every time.
    for _ in range(ATTEMPTS):
        result, report = run_demo(out)
        if report["stoi"] >= 0.9:
            break
    assert report["stoi"] >= 0.9
    assert report["frames_mended_by_red"] + report["frames_mended_by_fec"] > 0
    assert 5 < report["loss_percent"] < 15
    assert f"{report['loss_percent']:g} %" in result.stdout
    with wave.open(str(out / "bob.wav")) as recording:
        assert recording.getframerate() == 48000
        assert recording.getnframes() > 20 * 48000
    header = (out / "report.png").read_bytes()[:24]
    width, height = struct.unpack(">II", header[16:24])
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert width > 1000
    assert height > 1000


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--loss", "100"], "must be at least 0 and below 100, not 100"),
        (["--jitter", "-1"], "must be 0 or more, not -1"),
        (["--speech", "no-such-file.wav"], "no-such-file.wav"),
        (["--out", "/proc/nowhere"], "cannot write to /proc/nowhere"),
    ],
)
def test_demo_refuses_bad_arguments_in_one_line(arguments: list[str], complaint: str, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "chime_native", "demo", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
    )
    assert result.returncode == 1
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1
