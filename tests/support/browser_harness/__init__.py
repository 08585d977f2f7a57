"""Drives the real amazon-chime-sdk-js in Chromium, for tests that need it as the other side of a meeting."""

from browser_harness.attendee import BrowserAttendee, PageEvent, Source
from browser_harness.bundle import build_page
from browser_harness.chromium import Chromium
from browser_harness.devtools import DevTools, DevToolsError, PageTarget
from browser_harness.page_server import PageServer
from browser_harness.relay import SignalingRelay, UdpRelay
from browser_harness.sound import dominant_frequency, rms, tone_amplitude
from browser_harness.waiting import until

__all__ = [
    "BrowserAttendee",
    "Chromium",
    "DevTools",
    "DevToolsError",
    "PageEvent",
    "PageServer",
    "PageTarget",
    "SignalingRelay",
    "Source",
    "UdpRelay",
    "build_page",
    "dominant_frequency",
    "rms",
    "tone_amplitude",
    "until",
]
