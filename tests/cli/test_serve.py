"""``chime-native serve`` as a process."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import boto3.session
import pytest

COMMAND = [sys.executable, "-m", "chime_native", "serve"]


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:"), line
        yield process, line.removeprefix("listening on ").strip()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    with serving("--port", "0") as (process, url):
        session = boto3.session.Session("key", "secret", region_name="us-east-1")
        client = session.client("chime-sdk-meetings", endpoint_url=url)
        client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m1")
        client.close()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out, err) == (0, "", "")


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = subprocess.run(
            [*COMMAND, "--port", str(port)], capture_output=True, text=True, timeout=30, check=False
        )
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert f"cannot listen on 127.0.0.1 port {port}: Address already in use" in line


@pytest.mark.parametrize("port", ["-1", "65536", "http", "²"])
def test_a_bad_port_is_one_clear_line(port: str) -> None:
    result = subprocess.run(
        [*COMMAND, f"--port={port}"], capture_output=True, text=True, timeout=30, check=False
    )
    assert result.returncode == 1
    assert "is not a port between 0 and 65535" in result.stderr
    assert "Traceback" not in result.stderr
