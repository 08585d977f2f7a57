"""The meeting readiness checker of the real SDK is content with the local service."""

import json

import pytest

pytestmark = pytest.mark.browser

# The checker's own deadlines are 10 s, and a failed one must be told apart from a slow one.
CHECK_TIMEOUT_S = 60


@pytest.mark.parametrize("check", ["audio", "video", "content"])
async def test_readiness(meeting, open_browser, check):
    page = await open_browser("checker")
    request = {"meeting": meeting.response, "attendee": await meeting.attendee("checker"), "check": check}
    feedback = await page.evaluate(f"tools.checkReadiness({json.dumps(request)})", within=CHECK_TIMEOUT_S)
    assert feedback == "Succeeded", page.story()
