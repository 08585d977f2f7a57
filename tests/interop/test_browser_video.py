"""Browsers with the real SDK see each other through the local service, which forwards their video as it is."""

import pytest
from interop_harness import Source, sees, sees_no_tile

pytestmark = pytest.mark.browser

QUIET = Source("none")


@pytest.fixture
async def two(meeting, open_browser):
    """Two pages in one meeting, without sound."""
    pages = []
    for name in ("alice", "bob"):
        page = await open_browser(name)
        await page.join(meeting.response, await meeting.attendee(name), source=QUIET)
        pages.append(page)
    for page in pages:
        await page.started()
    return pages


async def test_a_camera_is_seen_by_another_browser(two):
    alice, bob = two
    await alice.call("startCamera")
    picture = await sees(bob, alice.attendee_id)
    assert picture["width"] * 9 == picture["height"] * 16
    assert picture["isContent"] is False
    await alice.call("stopVideo")
    await sees_no_tile(bob, alice.attendee_id)
    await alice.call("startCamera")
    await sees(bob, alice.attendee_id)


async def test_both_see_each_other(two):
    alice, bob = two
    await alice.call("startVideo", {"colour": "rgb(220,20,20)"})
    await bob.call("startVideo", {"colour": "rgb(20,20,220)"})
    await sees(bob, alice.attendee_id, colour="red", size=(320, 180))
    await sees(alice, bob.attendee_id, colour="blue", size=(320, 180))
