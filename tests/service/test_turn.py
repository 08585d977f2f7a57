"""TURN: credentials with an end, and a call that goes through coturn alone."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import shutil
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from chime_native import MeetingSession
from chime_native.rtc.ice import with_public_address
from chime_native.rtc.sdp import Candidate
from chime_native.service import LocalService, ServiceSettings
from chime_native.service.turn import TurnServer

SECRET = "shared with the relay"
RELAY_PORTS = range(61_000, 61_200)
"""Above those that systems give to sockets by themselves."""


def test_the_password_proves_the_name_and_the_name_says_when_it_ends() -> None:
    made = TurnServer(["turn:relay:3478"], SECRET, 60).credentials("alice", 1_000_000.4)
    assert made.username == "1000060:alice"
    expected = hmac.new(SECRET.encode(), b"1000060:alice", hashlib.sha1).digest()
    assert base64.b64decode(made.password) == expected
    assert (made.ttl_s, made.uris) == (60, ("turn:relay:3478",))
    assert made.password not in repr(made)
    assert SECRET not in repr(TurnServer(["turn:relay:3478"], SECRET))


@pytest.mark.parametrize(("uris", "secret"), [(["stun:x"], "s"), ([], "s"), (["turn:x"], "")])
def test_what_is_no_turn_server_is_refused(uris: list[str], secret: str) -> None:
    with pytest.raises(ValueError, match="TURN"):
        TurnServer(uris, secret)


def test_a_public_address_is_offered_besides_the_machines_own() -> None:
    own = Candidate("1", 1, "udp", 100, "10.0.0.5", 4000, "host")
    loopback = Candidate("2", 1, "udp", 90, "127.0.0.1", 4001, "host")
    assert with_public_address([own, loopback], None) == (own, loopback)
    *kept, public = with_public_address([own, loopback], "203.0.113.9")
    assert kept == [own, loopback]
    assert (public.address, public.port, public.type) == ("203.0.113.9", 4000, "srflx")
    assert (public.related_address, public.related_port) == ("10.0.0.5", 4000)
    with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6 address"):
        ServiceSettings(public_address="my-laptop")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[str]:
    """coturn on the loopback, with our secret; its URI."""
    program = shutil.which("turnserver") or "/usr/bin/turnserver"
    port = free_port()
    arguments = [
        *("-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}"),
        *("--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=test", "--allow-loopback-peers"),
        *(f"--min-port={RELAY_PORTS[0]}", f"--max-port={RELAY_PORTS[-1]}"),
        *("--no-tls", "--no-dtls", "--no-cli", "--log-file=stdout", "--simple-log"),
        *(f"--pidfile={tmp_path / 'pid'}", f"--userdb={tmp_path / 'turndb'}"),
    ]
    process = await asyncio.create_subprocess_exec(
        program, *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                assert time.monotonic() < deadline, "coturn does not answer"
                assert process.returncode is None, "coturn ended"
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                break
        yield f"turn:127.0.0.1:{port}?transport=udp"
    finally:
        process.terminate()
        await process.wait()


async def test_a_session_is_connected_through_the_relay_alone(relay: str) -> None:
    settings = ServiceSettings(turn=TurnServer([relay], SECRET))
    async with LocalService(settings=settings) as service:
        client = service.boto3_client()
        meeting = await asyncio.to_thread(
            client.create_meeting, MediaRegion="us-east-1", ExternalMeetingId="m1"
        )
        attendee = await asyncio.to_thread(
            client.create_attendee, MeetingId=meeting["Meeting"]["MeetingId"], ExternalUserId="alice"
        )
        client.close()
        async with MeetingSession.join(meeting, attendee):
            (record,) = service.store.meetings()
            deadline = time.monotonic() + 30
            while attendee["Attendee"]["AttendeeId"] not in record.connected:
                assert time.monotonic() < deadline, "the session did not get through"
                await asyncio.sleep(0.05)
            ((_, stats),) = media_of(service).items()
            (_, remote_port) = stats["selected_pair"]["remote"]
            # The service is spoken to by the relay, never by the client's own socket.
            assert remote_port in RELAY_PORTS


def media_of(service: LocalService) -> dict[int, dict[str, Any]]:
    (live,) = service._live.values()
    return live.media.stats()
