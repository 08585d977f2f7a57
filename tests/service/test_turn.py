"""TURN: credentials with an end, and a call that goes through coturn alone."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
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
from interop_harness import TurnRelay

SECRET = "shared with the relay"


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


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[TurnRelay]:
    async with TurnRelay(tmp_path) as running:
        yield running


async def test_a_session_is_connected_through_the_relay_alone(relay: TurnRelay) -> None:
    settings = ServiceSettings(turn=TurnServer([relay.uri], relay.secret))
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
            assert remote_port in relay.ports


def media_of(service: LocalService) -> dict[int, dict[str, Any]]:
    (live,) = service._live.values()
    return live.media.stats()
