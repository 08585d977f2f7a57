"""The audio sections of a peer after the first: each carries the sound of one attendee, one way."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Any

from chime_native.rtc.agreement import audio_parameters
from chime_native.rtc.audio import AudioChannel
from chime_native.rtc.options import AudioProfileOptions
from chime_native.rtc.reports import RtcpReporter
from chime_native.rtc.router import Route
from chime_native.rtc.sdp import SessionDescription

__all__ = ["FurtherAudio"]


class FurtherAudio:
    """Keeps one :class:`AudioChannel` for each such section that is agreed, for as long as it stays agreed."""

    def __init__(self, reporter: RtcpReporter, send: Callable[[Iterable[bytes]], None]) -> None:
        self.channels: dict[str, AudioChannel] = {}
        self._reporter = reporter
        self._send = send
        self._ssrcs: dict[str, int] = {}
        self._report_blocks: dict[str, Callable[[], Any]] = {}

    def ssrcs(self, mids: Iterable[str]) -> dict[str, int]:
        """The SSRC of what is sent in each of these sections; a section keeps its own while it is agreed."""
        return {mid: self._ssrcs.setdefault(mid, secrets.randbelow(0xFFFFFFFE) + 1) for mid in mids}

    def agree(
        self, ours: SessionDescription, theirs: SessionDescription, options: AudioProfileOptions
    ) -> list[Route]:
        """Takes what a negotiation agreed on; the routes of what is received."""
        first = ours.first("audio")
        wanted = {}
        for section in ours.sections:
            if section.kind == "audio" and section is not first:
                parameters = audio_parameters(ours, theirs, section.mid)
                if parameters is not None and (parameters.sends or parameters.receives):
                    wanted[section.mid] = parameters
        for mid in self.channels.keys() - wanted.keys():
            self._drop(mid)
        routes = []
        for mid, parameters in wanted.items():
            channel = self.channels.get(mid)
            if channel is None:
                channel = AudioChannel(parameters, self.ssrcs([mid])[mid], options, self._send)
                self.channels[mid] = channel
                self._report(mid, channel)
            else:
                channel.renegotiate(parameters, channel.ssrc)
            if parameters.receives:
                routes.append(
                    Route(mid, channel.push_packet, parameters.remote_ssrcs, mid_id=parameters.mid_id)
                )
        return routes

    def stop(self) -> None:
        """Ends the sound of all of them."""
        for mid in tuple(self.channels):
            self._drop(mid)

    def _report(self, mid: str, channel: AudioChannel) -> None:
        if channel.parameters.sends:
            self._reporter.add_sender(channel.ssrc, channel.sender.sender_info, channel.handle_report_now)
        else:
            self._report_blocks[mid] = channel.receiver.report_block
            self._reporter.add_receiver(self._report_blocks[mid])

    def _drop(self, mid: str) -> None:
        channel = self.channels.pop(mid)
        # A sender that comes later begins with any sequence number, which SRTP takes for a replay under an old SSRC.
        self._ssrcs.pop(mid, None)
        channel.stop()
        self._reporter.remove_sender(channel.ssrc)
        if mid in self._report_blocks:
            self._reporter.remove_receiver(self._report_blocks.pop(mid))
