"""Drives the real amazon-chime-sdk-js in Chromium, for tests that need it as the other side of a meeting."""

from interop_harness.browser_attendee import BrowserAttendee, Source
from interop_harness.bundle import build_page
from interop_harness.chromium import Chromium
from interop_harness.devtools import DevTools, DevToolsError, PageTarget
from interop_harness.event_log import Event, EventLog
from interop_harness.listening import hears, hears_silence, sees_volume_move
from interop_harness.page_server import PageServer
from interop_harness.ports import lasting_port
from interop_harness.python_attendee import PythonAttendee, Tone
from interop_harness.python_tiles import PythonTiles, is_coloured, mean_colour
from interop_harness.relay import SignalingRelay, UdpRelay
from interop_harness.service_process import Meeting, ServiceProcess
from interop_harness.sound import dominant_frequency, rms, tone_amplitude
from interop_harness.turn_relay import TurnRelay
from interop_harness.waiting import until
from interop_harness.watching import seen, sees, sees_no_tile

__all__ = [
    "BrowserAttendee",
    "Chromium",
    "DevTools",
    "DevToolsError",
    "Event",
    "EventLog",
    "Meeting",
    "PageServer",
    "PageTarget",
    "PythonAttendee",
    "PythonTiles",
    "ServiceProcess",
    "SignalingRelay",
    "Source",
    "Tone",
    "TurnRelay",
    "UdpRelay",
    "build_page",
    "dominant_frequency",
    "hears",
    "hears_silence",
    "is_coloured",
    "lasting_port",
    "mean_colour",
    "rms",
    "seen",
    "sees",
    "sees_no_tile",
    "sees_volume_move",
    "tone_amplitude",
    "until",
]
