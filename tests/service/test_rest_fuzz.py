"""Random and hostile requests: each is answered below 500, and the service goes on."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from chime_native.service import LocalService, ServiceSettings
from chime_native.service.errors import ServiceFailure
from yarl import URL

SEED = 11
REQUESTS = 600
STRANGE: list[Any] = [
    None, True, -1, 0, 1 << 70, 1.5, float("nan"), "", "x" * 3000, "\0", "é😀", "\ud800", "../..", [], [[]], {}, {"": None}, [None] * 200,
]  # fmt: skip


@pytest.fixture
async def service() -> AsyncIterator[LocalService]:
    async with LocalService(settings=ServiceSettings(request_rate=1e6, request_burst=1_000_000)) as running:
        yield running


def good_requests(meeting: str, attendee: str) -> list[tuple[str, str, dict[str, Any]]]:
    capabilities = {"Audio": "SendReceive", "Video": "Receive", "Content": "None"}
    path = f"/meetings/{meeting}"
    arn = f"arn:aws:chime:us-east-1:000000000000:meeting/{meeting}"
    create = {
        "ClientRequestToken": "again",
        "MediaRegion": "us-east-1",
        "ExternalMeetingId": "m1",
        "MeetingFeatures": {"Audio": {"EchoReduction": "AVAILABLE"}, "Attendee": {"MaxCount": 5}},
        "Tags": [{"Key": "k", "Value": "v"}],
        "NotificationsConfiguration": {"SqsQueueArn": arn},
        "TenantIds": ["t"],
    }
    people = [{"ExternalUserId": f"u{n}", "Capabilities": capabilities} for n in range(3)]
    engine = {"LanguageCode": "en-US", "ContentIdentificationType": "PII"}
    return [
        ("POST", "/meetings", create),
        ("POST", "/meetings?operation=create-attendees", create | {"Attendees": people}),
        ("GET", path, {}),
        ("POST", f"{path}/attendees", people[0]),
        ("POST", f"{path}/attendees?operation=batch-create", {"Attendees": people}),
        ("GET", f"{path}/attendees?max-results=2&next-token=x", {}),
        ("GET", f"{path}/attendees/{attendee}", {}),
        ("PUT", f"{path}/attendees/{attendee}/capabilities", {"Capabilities": capabilities}),
        (
            "PUT",
            f"{path}/attendees/capabilities?operation=batch-update-except",
            {"ExcludedAttendeeIds": [{"AttendeeId": attendee}], "Capabilities": capabilities},
        ),
        (
            "POST",
            f"{path}/transcription?operation=start",
            {"TranscriptionConfiguration": {"EngineTranscribeSettings": engine}},
        ),
        ("POST", f"{path}/transcription?operation=stop", {}),
        ("GET", f"/tags?arn={arn}", {}),
        ("POST", "/tags?operation=tag-resource", {"ResourceARN": arn, "Tags": [{"Key": "k", "Value": "v"}]}),
        ("POST", "/tags?operation=untag-resource", {"ResourceARN": arn, "TagKeys": ["k"]}),
        ("POST", "/v1/client-events", {"metadata": {}, "events": [{"payloads": [{"name": "x"}]}]}),
    ]


def spoiled(value: Any, generator: random.Random) -> Any:
    """A copy in which some member, at any depth, is another, gone or new."""
    if generator.random() < 0.15 or (not isinstance(value, dict | list) and generator.random() < 0.5):
        return generator.choice(STRANGE)
    if isinstance(value, dict):
        changed = {key: spoiled(item, generator) for key, item in value.items() if generator.random() > 0.1}
        return changed | ({"Surprise": generator.choice(STRANGE)} if generator.random() < 0.1 else {})
    if isinstance(value, list):
        return [spoiled(item, generator) for item in value for _ in range(generator.choice((1, 1, 0, 40)))]
    return value


async def test_spoiled_requests_are_refused_and_nothing_else(service: LocalService) -> None:
    generator = random.Random(SEED)
    async with aiohttp.ClientSession() as session:
        request = {"ClientRequestToken": "first", "MediaRegion": "us-east-1", "ExternalMeetingId": "m1"}
        meeting = (await (await session.post(f"{service.url}/meetings", json=request)).json())["Meeting"]
        path = f"{service.url}/meetings/{meeting['MeetingId']}"
        made = await (await session.post(f"{path}/attendees", json={"ExternalUserId": "alice"})).json()
        requests = good_requests(meeting["MeetingId"], made["Attendee"]["AttendeeId"])
        for _ in range(REQUESTS):
            method, target, body = generator.choice(requests)
            data = json.dumps(spoiled(body, generator)).encode()
            if generator.random() < 0.2:
                at = generator.randrange(len(data))
                data = data[:at] + generator.randbytes(3) + data[at + 1 :]
            if generator.random() < 0.2:
                at = generator.randrange(1, len(target))
                target = target[:at] + generator.choice("%?&=/é\\;%00") + target[at + 1 :]
            url = URL(f"{service.url}{target.replace(' ', '')}", encoded=target.isascii())
            async with session.request(method, url, data=None if method == "GET" else data) as answer:
                text = await answer.text()
                assert answer.status < 500, (method, target, data, text)
        async with session.get(path) as answer:
            assert (await answer.json())["Meeting"]["ExternalMeetingId"] == "m1"
    counters = service._meetings.counters
    assert counters["BadRequestException"] > REQUESTS / 10
    assert counters[ServiceFailure.error_type] == 0


async def test_what_is_hardly_http_does_no_harm(service: LocalService) -> None:
    generator = random.Random(SEED)
    good = b"POST /meetings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n" + b"{" * 20
    hostile = [
        b"\x16\x03\x01" + generator.randbytes(200),
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"POST /meetings HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{",
        b"POST /meetings HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n{}",
        b"POST /meetings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        b"GET /control/x HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET " + b"/" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        *(good[:at] + generator.randbytes(4) + good[at + 4 :] for at in range(0, len(good), 5)),
    ]
    for data in hostile:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(data)
        writer.write_eof()
        async with asyncio.timeout(20):
            answer = await reader.read(4096)
        assert not answer or answer.startswith(b"HTTP/1.1 ")
        assert not answer.startswith(b"HTTP/1.1 5"), (data, answer)
        writer.close()
    async with aiohttp.ClientSession() as session, session.get(f"{service.url}/healthz") as response:
        assert response.status == 200
