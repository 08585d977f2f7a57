"""``chime-native serve`` as a process."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out) == (0, "")
        assert err == "requests are not authenticated: whoever can reach the port can make meetings\n"


def test_logs_and_notifications_are_json_lines(tmp_path: Path) -> None:
    notifications, state = tmp_path / "events.jsonl", tmp_path / "state.sqlite"
    arguments = ("--port", "0", "--log-format", "json", "--notifications", str(notifications))
    with serving(*arguments, "--state", str(state)) as (process, url):
        session = boto3.session.Session("key", "secret", region_name="us-east-1")
        client = session.client("chime-sdk-meetings", endpoint_url=url)
        meeting = client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m1")["Meeting"][
            "MeetingId"
        ]
        client.close()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=120)
    records = [json.loads(line) for line in err.splitlines()]
    assert {"time", "level", "logger", "message"} <= records[0].keys()
    assert any(record.get("meeting") == meeting for record in records)
    (request,) = [record for record in records if record["message"].startswith("POST /meetings ")]
    assert (request["status"], request["result"]) == ("200", "ok")
    (event,) = [json.loads(line) for line in notifications.read_text().splitlines()]
    assert event["detail"]["meetingId"] == meeting
    with serving("--port", "0", "--state", str(state)) as (_, url):
        client = session.client("chime-sdk-meetings", endpoint_url=url)
        assert client.get_meeting(MeetingId=meeting)["Meeting"]["ExternalMeetingId"] == "m1"
        client.close()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--turn-uri", "turn:relay:3478"), "--turn-uri needs --turn-secret-file"),
        (("--turn-uri", "turn:relay:3478", "--turn-secret-file", "/missing"), "cannot read /missing"),
        (("--turn-secret-file", "/missing"), "--turn-secret-file needs --turn-uri"),
        (("--allowed-origin", "app.example/"), "'app.example/' is not an origin such as https://app.example"),
        (("--tls-cert", "cert.pem"), "TLS needs both tls_cert and tls_key"),
        (("--tls-cert", "/missing", "--tls-key", "/missing"), "cannot use /missing with /missing"),
        (("--tls-cert", __file__, "--tls-key", __file__), "not a certificate (PEM) and its private key"),
        (("--public-address", "laptop"), "'laptop' does not appear to be an IPv4 or IPv6 address"),
        (("--allowed-host", "http://chime"), "'http://chime' is not the name of a host"),
        (("--state", "/missing/state"), "cannot keep state in /missing/state"),
        (("--notifications", "/missing/events"), "cannot write /missing/events"),
    ],
)
def test_options_that_cannot_be_met_are_one_clear_line(arguments: tuple[str, ...], complaint: str) -> None:
    assert complaint in refused("--port", "0", *arguments)


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = subprocess.run(
            [*COMMAND, "--port", str(port)], capture_output=True, text=True, timeout=120, check=False
        )
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert f"cannot listen on 127.0.0.1 port {port}: Address already in use" in line


def refused(*arguments: str) -> str:
    result = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def test_an_address_that_others_can_reach_needs_credentials_or_a_word() -> None:
    assert "give --credentials FILE, or say --insecure" in refused("--host", "0.0.0.0", "--port", "0")


def test_credentials_that_cannot_be_read_are_one_clear_line(tmp_path: Path) -> None:
    assert "cannot read the credentials file" in refused("--credentials", str(tmp_path / "absent"))


def test_with_credentials_only_signed_requests_are_answered(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text("[default]\naws_access_key_id = KEY\naws_secret_access_key = right\n")
    with serving("--port", "0", "--credentials", str(file)) as (_, url):
        for secret, status in (("right", 404), ("wrong", 401)):
            session = boto3.session.Session("KEY", secret, region_name="us-east-1")
            client = session.client("chime-sdk-meetings", endpoint_url=url)
            with pytest.raises(client.exceptions.ClientError) as caught:
                client.get_meeting(MeetingId="00000000-0000-0000-0000-000000000000")
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
            client.close()


@pytest.mark.parametrize("port", ["-1", "65536", "http", "²"])
def test_a_bad_port_is_one_clear_line(port: str) -> None:
    result = subprocess.run(
        [*COMMAND, f"--port={port}"], capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 1
    assert "is not a port between 0 and 65535" in result.stderr
    assert "Traceback" not in result.stderr
