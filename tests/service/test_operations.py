"""Health, metrics, and the endpoint for client events."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from chime_native.service.operations import Metric

EVENTS = {
    "metadata": {"meetingId": "m", "attendeeId": "a", "sdkName": "amazon-chime-sdk-js"},
    "events": [{"type": "Meet", "v": 1, "payloads": [{"name": "meetingStartSucceeded", "ts": 1}]}],
}


async def test_health_and_metrics_say_what_is_going_on(desk: Any) -> None:
    meeting = desk.meeting()
    async with desk.client(meeting, desk.attendee(meeting)) as peer, aiohttp.ClientSession() as session:
        await peer.join()
        await peer.socket.send(b"\x05rubbish")
        await peer.socket.send("text")
        await peer.leave()
        async with session.get(f"{desk.service.url}/healthz") as response:
            health = await response.json()
        assert health["status"] == "ok"
        assert health["meetings"] == 1
        async with session.get(f"{desk.service.url}/metrics") as response:
            assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            lines = (await response.text()).splitlines()
    assert "chime_meetings 1" in lines
    assert 'chime_signaling_total{what="frames_malformed"} 1' in lines
    assert 'chime_signaling_total{what="text_messages"} 1' in lines
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert float(values["process_resident_memory_bytes"]) > 1e7
    assert int(values["process_open_fds"]) > 3
    assert int(values["chime_tasks"]) > 0
    assert float(values["process_cpu_seconds_total"]) > 0


def test_counters_are_told_to_the_last_digit() -> None:
    metric = Metric("ticks_total", "Ticks.", "counter", {"done": 12_345_678, "late": 0.25}, "what")
    assert list(metric.lines())[2:] == ['ticks_total{what="done"} 12345678', 'ticks_total{what="late"} 0.25']


@pytest.mark.parametrize("beacon", [False, True])
async def test_client_events_are_taken_in_both_forms(desk: Any, beacon: bool) -> None:
    meeting = desk.meeting()
    token = desk.attendee(meeting).join_token
    url = f"{desk.service.url}/v1/client-events"
    async with aiohttp.ClientSession() as session:
        if beacon:
            request = session.post(f"{url}?beacon=1", data=json.dumps(EVENTS | {"authorization": token}))
        else:
            request = session.post(url, data=json.dumps(EVENTS), headers={"Authorization": f"Bearer {token}"})
        async with request as response:
            assert response.status == 200
            assert await response.json() == {}
            assert response.headers["Access-Control-Allow-Origin"] == "*"
    (event,) = desk.service.ingestion.events
    assert event == {"name": "meetingStartSucceeded", "ts": 1, "meetingId": "m", "attendeeId": "a"}


async def test_the_browsers_preflight_is_answered(desk: Any) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.options(f"{desk.service.url}/v1/client-events") as response,
    ):
        assert response.status == 204
        assert "Authorization" in response.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff", 400),
        (b"[]", 400),
        (b"[" * 100_000, 400),
        (b'{"events": [1]}', 400),
        (b'{"events": [{}]}', 400),
        (b'{"events": [{"payloads": [1]}]}', 400),
        (b'{"authorization": 1}', 400),
        (b'{"events": [], "authorization": "wrong"}', 401),
        (b"{}", 401),
    ],
)
async def test_malformed_or_unauthorized_events_are_refused(desk: Any, body: bytes, status: int) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{desk.service.url}/v1/client-events", data=body) as response,
    ):
        assert response.status == status
    assert list(desk.service.ingestion.events) == []
