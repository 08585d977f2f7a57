"""The real JavaScript SDK in Chromium, and the local service that it joins."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from interop_harness import (
    BrowserAttendee,
    Chromium,
    DevTools,
    Meeting,
    PageServer,
    ServiceProcess,
    build_page,
)

ROOT = Path(__file__).parents[2]

OpenBrowser = Callable[[str], Awaitable[BrowserAttendee]]


@pytest.fixture(scope="session")
def page_server() -> Iterator[PageServer]:
    """Serves the page with the SDK in it; built first when needed."""
    with PageServer(build_page(Path(__file__).parent / "browser", ROOT / "build" / "browser")) as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """One browser for all tests; each test has browser contexts of its own in it."""
    with Chromium() as browser:
        yield browser


@pytest.fixture
async def devtools(chromium: Chromium) -> AsyncIterator[DevTools]:
    async with DevTools(chromium.devtools_url) as connection:
        yield connection


@pytest.fixture
async def open_browser(devtools: DevTools, page_server: PageServer) -> AsyncIterator[OpenBrowser]:
    """Opens a page by name; every page is closed after the test."""
    opened: list[BrowserAttendee] = []

    async def open_page(name: str) -> BrowserAttendee:
        attendee = await BrowserAttendee.open(devtools, page_server.url, name)
        opened.append(attendee)
        return attendee

    yield open_page
    for attendee in opened:
        await attendee.close()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """One ``chime-native serve`` for all tests; each has a meeting of its own in it."""
    with ServiceProcess(tmp_path_factory.mktemp("service") / "serve.log") as process:
        yield process


@pytest.fixture
async def meeting(service: ServiceProcess, request: pytest.FixtureRequest) -> AsyncIterator[Meeting]:
    """A fresh meeting, deleted after the test."""
    client = service.boto3_client()
    meeting = await Meeting.create(client, request.node.name)
    yield meeting
    await meeting.delete()
    client.close()
