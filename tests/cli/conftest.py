"""Commands as users run them: processes of their own, with their output and exit status."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

COMMAND = [sys.executable, "-m", "chime_native"]
PATIENCE = 60  # seconds: for a busy machine; nothing waits that long when all is well


class Service:
    """``chime-native serve`` in a process, and a boto3 client of it."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process = process
        self.url = url
        self.chime = boto3.client(
            "chime-sdk-meetings",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    def create_meeting(self, **arguments: Any) -> dict[str, Any]:
        given = {
            "ClientRequestToken": os.urandom(8).hex(),
            "MediaRegion": "us-east-1",
            "ExternalMeetingId": "test",
        }
        return self.chime.create_meeting(**given | arguments)  # type: ignore[no-any-return]

    def write_files(self, folder: Path, *names: str) -> dict[str, Any]:
        """Makes a meeting and attendees; ``meeting.json`` and ``NAME.json`` in ``folder``."""
        meeting = self.create_meeting()
        meeting_id = meeting["Meeting"]["MeetingId"]
        (folder / "meeting.json").write_text(json.dumps(meeting, default=str))
        for name in names:
            attendee = self.chime.create_attendee(MeetingId=meeting_id, ExternalUserId=name)
            (folder / f"{name}.json").write_text(json.dumps(attendee, default=str))
        return meeting


def run(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Runs the command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def start(*arguments: str, cwd: Path) -> "subprocess.Popen[str]":
    """Starts the command."""
    return subprocess.Popen(
        [*COMMAND, *arguments], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture(scope="session")
def command() -> Any:
    """``command.run`` and ``command.start``."""

    class Commands:
        run = staticmethod(run)
        start = staticmethod(start)

    return Commands


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    process = start("serve", "--port", "0", cwd=tmp_path_factory.mktemp("serve"))
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line.startswith("listening on http://127.0.0.1:"), line
    yield Service(process, line.removeprefix("listening on "))
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Traceback" not in errors
