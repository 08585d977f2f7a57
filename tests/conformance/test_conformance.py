"""Every golden vector file of ours passes, and the runner keeps its contract."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).parent / "run.py"
VECTORS = Path(__file__).parent.parent / "vectors"
FILES = sorted(VECTORS.glob("*.json"))


def run(*files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, RUNNER, *files], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_all_cases_pass(file: Path) -> None:
    result = run(file)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[0].endswith("passed, 0 failed")


def test_a_failed_case_is_counted_and_shown(tmp_path: Path) -> None:
    document = json.loads((VECTORS / "red_split.json").read_text())
    document["cases"][0]["result"] = [{"ts": 1, "redundant": False, "data": "00", "fec": False}]
    file = tmp_path / "red_split.json"
    file.write_text(json.dumps(document))
    result = run(file)
    assert result.returncode == 1
    assert f"{file}: {len(document['cases']) - 1} passed, 1 failed" in result.stdout
    assert document["cases"][0]["id"] in result.stdout


def test_an_unknown_suite_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "weather.json"
    file.write_text('{"cases": []}')
    result = run(file, VECTORS / "red_split.json")
    assert result.returncode == 2
    assert "unknown suite weather" in result.stderr
    assert "passed, 0 failed" in result.stdout
