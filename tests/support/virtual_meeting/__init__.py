"""Meetings in virtual time: the service's conference and mixer, attendees with engine objects, and a network between."""

from virtual_meeting.attendee import VirtualAttendee
from virtual_meeting.life import DEPARTURES, Life
from virtual_meeting.link import Link
from virtual_meeting.meeting import VirtualMeeting

__all__ = ["DEPARTURES", "Life", "Link", "VirtualAttendee", "VirtualMeeting"]
