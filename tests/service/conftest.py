"""A running service for tests that use blocking clients, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from chime_native.service import LocalService


@pytest.fixture(scope="session")
def served() -> Iterator[LocalService]:
    """A service on its own thread and event loop, for the whole test run."""
    ready: threading.Event = threading.Event()
    state: dict[str, Any] = {}

    async def run() -> None:
        state["stop"] = asyncio.Event()
        state["loop"] = asyncio.get_running_loop()
        async with LocalService() as service:
            state["service"] = service
            ready.set()
            await state["stop"].wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert ready.wait(30)
    yield state["service"]
    state["loop"].call_soon_threadsafe(state["stop"].set)
    thread.join(30)
    assert not thread.is_alive()


@pytest.fixture(scope="session")
def meetings(served: LocalService) -> Iterator[Any]:
    """boto3's own client of that service."""
    client = served.boto3_client()
    yield client
    client.close()


@pytest.fixture
def meeting_id(meetings: Any) -> str:
    response = meetings.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="a meeting")
    return str(response["Meeting"]["MeetingId"])
