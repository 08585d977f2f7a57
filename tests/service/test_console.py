"""What the page is given: figures without secrets, and nothing where credentials are needed."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from chime_native.service import LocalService, ServiceSettings


async def get(url: str) -> tuple[int, str, Any]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text(), answer.headers


async def test_the_page_and_its_parts_are_served(desk: Any) -> None:
    url = desk.service.url
    status, text, headers = await get(f"{url}/")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    for part, kind in (("page.js", "javascript"), ("plots.js", "javascript"), ("page.css", "css")):
        assert f"/console/{part}" in text or part == "plots.js"
        status, _, headers = await get(f"{url}/console/{part}")
        assert (status, headers["Content-Type"]) == (200, f"text/{kind}; charset=utf-8")
    for missing in ("../app.py", "app.py", "index.html", "%2e%2e%2fapp.py"):
        status, _, _ = await get(f"{url}/console/{missing}")
        assert status in (403, 404)


async def test_the_status_tells_of_meetings_and_events_and_no_secrets(desk: Any) -> None:
    meeting = desk.meeting(max_count=7)
    alice = desk.attendee(meeting, "alice")
    desk.service._drain()
    status, text, _ = await get(f"{desk.service.url}/console/status")
    assert status == 200
    assert alice.join_token not in text
    assert meeting.request.client_request_token not in text.replace(meeting.meeting_id, "")
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{desk.service.url}/console/status") as answer:
            document = await answer.json()
        (shown,) = document["meetings"]
        assert (shown["id"], shown["external_id"]) == (meeting.meeting_id, "m1")
        assert shown["features"]["Attendee"]["MaxCount"] == 7
        (attendee,) = shown["attendees"]
        assert (attendee["user"], attendee["present"], attendee["speaking"]) == ("alice", False, False)
        assert [event["eventType"] for event in document["events"]] == [
            "chime:MeetingStarted",
            "chime:AttendeeAdded",
        ]
        async with session.get(f"{desk.service.url}/console/status?after=1") as answer:
            assert [event["number"] for event in (await answer.json())["events"]] == [2]
        for nonsense in ("-1", "x", "9" * 40):
            async with session.get(f"{desk.service.url}/console/status?after={nonsense}") as answer:
                assert len((await answer.json())["events"]) == 2


@pytest.mark.parametrize(
    ("path", "expected"), [("/", 403), ("/console/status", 404), ("/console/page.js", 404)]
)
async def test_the_page_is_off_where_requests_must_be_signed(path: str, expected: int) -> None:
    async with LocalService(settings=ServiceSettings(credentials={"key": "secret"})) as service:
        status, _, _ = await get(f"{service.url}{path}")
        assert status == expected


async def test_other_origins_cannot_read_the_status(desk: Any) -> None:
    async with (
        aiohttp.ClientSession(headers={"Origin": "https://evil.example"}) as session,
        session.get(f"{desk.service.url}/console/status") as answer,
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers
