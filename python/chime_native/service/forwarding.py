"""The video of one meeting: what connections send is forwarded to those who chose it, never decoded."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chime_native._native.video import VideoForwarder
from chime_native.rtc import PlayoutClock, RtcPeer, VideoAnswer, VideoParameters, VideoPayloadType
from chime_native.rtc.reports import Feedback
from chime_native.rtc.rtcp import FullIntraRequest, Nack, PictureLossIndication, ReceivedReport, Remb
from chime_native.rtc.sdp import SessionDescription
from chime_native.service.conference.actions import Downlink, LayerRate, VideoTrack, VideoWish
from chime_native.service.video_meter import VideoMeter
from chime_native.service.video_wishes import wished_streams

__all__ = ["VideoForwarding"]

logger = logging.getLogger(__name__)

POLL_TICKS = 2
"""What is missing is asked for every 20 ms."""
REPORT_TICKS = 100
"""Senders are told once a second how much they may send."""
MEASURE_TICKS = 200
"""Bitrates of layers are means over 2 s, the interval of BITRATES frames."""
ARRIVAL_TICKS = 5
"""Senders are told of arrivals every 50 ms, the shortest interval of libwebrtc."""
SENDING_LIMIT_BPS = 5_000_000
"""More than the largest video that clients make (2.5 Mbit/s); what a path carries, a sender finds by its losses."""


Measured = Callable[[Mapping[tuple[int, int], LayerRate], Mapping[int, Downlink]], None]
"""Gets what comes of each layer (connection, layer), and how video reaches connections."""


@dataclass(slots=True)
class _Sink:
    """A section in which a connection receives."""

    key: int
    ssrc: int
    rtx_ssrc: int
    is_added: bool = False
    selection: tuple[int, int] | None = None
    is_paused: bool = False


@dataclass(slots=True)
class _Party:
    """One connection: the peer, and its sections."""

    peer: RtcPeer
    sinks: dict[str, _Sink] = field(default_factory=dict)
    """By mid."""
    sent_mid: str | None = None
    """The section in which it sends; there is one."""
    tells_arrivals: bool = False
    """It estimates its path itself, from when its packets came."""
    reports: list[Callable[[], object]] = field(default_factory=list)
    estimate_bps: int = 0
    """What its REMB says it can receive; 0: nothing yet."""

    def added_sinks(self) -> list[_Sink]:
        """Those that were agreed on."""
        return [sink for sink in self.sinks.values() if sink.is_added]


class VideoForwarding:
    """Connections are named by their number, which is also the key of what they send."""

    def __init__(self, on_measured: Measured) -> None:
        self._on_measured = on_measured
        self._meter = VideoMeter(0)
        self._forwarder = VideoForwarder()
        self._parties: dict[int, _Party] = {}
        self._owners: dict[int, int] = {}
        """Connection by sink."""
        self._next_key = 1
        self._ticks = 0
        self._clock: PlayoutClock | None = None

    # --- negotiation ---

    def plan(self, number: int, peer: RtcPeer, offer: SessionDescription) -> dict[str, VideoAnswer]:
        """What the answer says of video sections, by mid: what is sent in those that the connection receives in."""
        party = self._parties.setdefault(number, _Party(peer))
        answers = {}
        for section in offer.sections:
            if section.kind != "video" or section.rejected:
                continue
            peer.set_video_handler(section.mid, partial(self._push, number))
            if section.direction == "recvonly":
                sink = party.sinks.get(section.mid)
                if sink is None:
                    sink = party.sinks[section.mid] = self._new_sink()
                answers[section.mid] = VideoAnswer(sink.ssrc, f"v_{section.mid}", sink.rtx_ssrc)
        return answers

    def agree(self, number: int, offer: SessionDescription, wish: VideoWish) -> tuple[VideoTrack, ...]:
        """Takes what was agreed by the answer to :meth:`plan`: the sections and the streams that they shall carry."""
        party = self._parties.get(number)
        if party is None:
            return ()
        agreed = party.peer.video
        for mid in party.sinks.keys() - {mid for mid, section in agreed.items() if section.sends}:
            self._drop_sink(party, mid)
        for mid, sink in party.sinks.items():
            self._agree_sink(number, party, agreed[mid], sink)
        self._agree_source(number, party)
        streams = wished_streams(offer, wish)
        return tuple(
            VideoTrack(mid, streams[mid], sink.ssrc)
            for mid, sink in party.sinks.items()
            if streams.get(mid, 0)
        )

    def codecs(self, number: int) -> frozenset[str]:
        """What the connection can receive, in each of its sections that receive; empty where none does."""
        party = self._parties.get(number)
        sections = [] if party is None else [party.peer.video[mid] for mid in party.sinks]
        codecs = [frozenset(item.codec for item in section.payload_types) for section in sections]
        return frozenset.intersection(*codecs) if codecs else frozenset()

    def _new_sink(self) -> _Sink:
        key, self._next_key = self._next_key, self._next_key + 1
        return _Sink(key, secrets.randbelow(0xFFFFFFFE) + 1, secrets.randbelow(0xFFFFFFFE) + 1)

    def _agree_sink(self, number: int, party: _Party, section: VideoParameters, sink: _Sink) -> None:
        has_rtx = any(item.rtx is not None for item in section.payload_types)
        change = (
            self._forwarder.renegotiate_sink
            if sink.is_added
            else partial(
                self._forwarder.add_sink,
                first_sequence_number=secrets.randbelow(1 << 15),
                first_timestamp=secrets.randbits(32),
            )
        )
        change(
            sink.key,
            ssrc=sink.ssrc,
            rtx_ssrc=sink.rtx_ssrc if has_rtx else 0,
            payload_types=_payload_types(section.payload_types),
            mid=section.mid,
            mid_id=section.mid_id,
            abs_send_time_id=section.abs_send_time_id,
        )
        if sink.is_added:
            return
        sink.is_added = True
        self._owners[sink.key] = number
        self._forwarder.select(sink.key, sink.selection)
        self._forwarder.set_paused(sink.key, sink.is_paused)
        party.peer.reporter.add_sender(sink.ssrc, partial(self._sender_info, sink.key), _ignore_report)

    def _agree_source(self, number: int, party: _Party) -> None:
        section = next((section for section in party.peer.video.values() if section.receives), None)
        if section is None:
            # A camera that is off keeps its section, and begins with a key frame when it is on again.
            return
        layers = [(layer.rid, layer.ssrc, layer.rtx_ssrc) for layer in section.remote_layers]
        change = self._forwarder.renegotiate_source if party.sent_mid else self._forwarder.add_source
        change(
            number,
            payload_types=_payload_types(section.payload_types),
            layers=layers,
            rid_id=section.rid_id,
            repaired_rid_id=section.repaired_rid_id,
            transport_cc_id=section.transport_cc_id,
        )
        party.tells_arrivals = section.transport_cc_id != 0
        party.sent_mid = section.mid
        while len(party.reports) < len(layers):
            report = partial(self._forwarder.report_block, number, len(party.reports))
            party.reports.append(report)
            party.peer.reporter.add_receiver(report)
        if self._clock is None:
            self._clock = PlayoutClock.running()
            self._clock.add(self._tick)
            self._meter = VideoMeter(_now_us())

    # --- who gets what ---

    def forward(self, number: int, mid: str, selection: tuple[int, int] | None, is_paused: bool) -> None:
        """From now on the section carries that layer of that connection (``selection``), or nothing."""
        party = self._parties.get(number)
        sink = party.sinks.get(mid) if party is not None else None
        if sink is None:
            return
        sink.selection, sink.is_paused = selection, is_paused
        if sink.is_added:
            self._forwarder.set_paused(sink.key, is_paused)
            self._forwarder.select(sink.key, selection)

    # --- packets ---

    def _push(self, number: int, packet: bytes, arrival_us: int) -> None:
        party = self._parties.get(number)
        if party is None or party.sent_mid is None:
            return
        self._send(self._forwarder.push(number, packet, arrival_us))

    def _send(self, packets: list[tuple[int, bytes]]) -> None:
        for key, packet in packets:
            self._parties[self._owners[key]].peer.send_rtp((packet,))

    def handle_feedback(self, number: int, feedback: Feedback) -> None:
        """What a receiver asks for."""
        party = self._parties.get(number)
        if party is None:
            return
        match feedback:
            case PictureLossIndication(media_ssrc=ssrc):
                self._request_key_frame(party, ssrc)
            case FullIntraRequest(requests=requests):
                for ssrc, _ in requests:
                    self._request_key_frame(party, ssrc)
            case Nack(media_ssrc=ssrc, sequence_numbers=numbers):
                if (sink := _sink_of(party, ssrc)) is not None:
                    self._send(self._forwarder.retransmit(sink.key, numbers))
            case Remb(bitrate=bitrate):
                party.estimate_bps = bitrate
                self._meter.estimate(number, bitrate, _now_us())

    def _request_key_frame(self, party: _Party, ssrc: int) -> None:
        if (sink := _sink_of(party, ssrc)) is not None:
            self._forwarder.request_key_frame(sink.key)

    def _tick(self, now_us: int) -> None:
        self._ticks += 1
        if self._ticks % POLL_TICKS == 0:
            for number, ssrc, sequence_numbers in self._forwarder.poll(now_us):
                peer = self._parties[number].peer
                if sequence_numbers:
                    peer.send_feedback(Nack(peer.ssrc, ssrc, tuple(sequence_numbers)))
                else:
                    peer.send_feedback(PictureLossIndication(peer.ssrc, ssrc))
        if self._ticks % ARRIVAL_TICKS == 0:
            for number, party in self._parties.items():
                if party.tells_arrivals and party.sent_mid is not None:
                    arrivals = self._forwarder.transport_feedback(number, party.peer.ssrc)
                    if arrivals:
                        party.peer.send_feedback(arrivals)
        if self._ticks % REPORT_TICKS == 0:
            for number, party in self._parties.items():
                self._tell_limit(number, party)
        if self._ticks % MEASURE_TICKS == 0:
            self._measure(now_us)

    def _measure(self, now_us: int) -> None:
        received = {
            number: self._forwarder.source_stats(number)["layers"]
            for number, party in self._parties.items()
            if party.sent_mid is not None
        }
        sent = {
            number: sum(self._forwarder.sink_stats(sink.key)["octets"] for sink in party.added_sinks())
            for number, party in self._parties.items()
        }
        try:
            self._on_measured(*self._meter.measure(received, sent, now_us))
        except Exception:
            # The clock would take the forwarding off for it.
            logger.exception("reporting the bitrates of a meeting failed")

    def _tell_limit(self, number: int, party: _Party) -> None:
        """For senders that cannot estimate: a limit that is none for what clients send."""
        if party.sent_mid is None or party.tells_arrivals:
            return
        layers = self._forwarder.source_stats(number)["layers"]
        ssrcs = tuple(layer["ssrc"] for layer in layers if layer["ssrc"])
        if ssrcs:
            party.peer.send_feedback(Remb(party.peer.ssrc, SENDING_LIMIT_BPS, ssrcs))

    def _sender_info(self, key: int) -> tuple[int, int, int]:
        return self._forwarder.sender_info(key, _now_us())

    def stats(self, number: int) -> dict[str, Any]:
        """Counters of what the connection sends (None: nothing) and, by mid, of what it receives."""
        party = self._parties.get(number)
        if party is None:
            return {"sent": None, "received": {}, "estimate_bps": 0}
        return {
            "sent": None if party.sent_mid is None else self._forwarder.source_stats(number),
            "received": {
                mid: self._forwarder.sink_stats(sink.key)
                for mid, sink in party.sinks.items()
                if sink.is_added
            },
            "estimate_bps": party.estimate_bps,
        }

    # --- the end ---

    def remove(self, number: int) -> None:
        """The connection is gone, as sender and as receiver."""
        party = self._parties.pop(number, None)
        if party is None:
            return
        self._meter.forget(number)
        for mid in list(party.sinks):
            self._drop_sink(party, mid)
        if party.sent_mid is not None:
            self._forwarder.remove_source(number)
        if self._clock is not None and not any(other.sent_mid for other in self._parties.values()):
            self._clock.remove(self._tick)
            self._clock = None

    def _drop_sink(self, party: _Party, mid: str) -> None:
        sink = party.sinks.pop(mid)
        if sink.is_added:
            self._forwarder.remove_sink(sink.key)
            del self._owners[sink.key]
            party.peer.reporter.remove_sender(sink.ssrc)


def _payload_types(agreed: tuple[VideoPayloadType, ...]) -> list[tuple[int, str, int | None]]:
    return [(item.number, item.codec, item.rtx) for item in agreed]


def _sink_of(party: _Party, ssrc: int) -> _Sink | None:
    return next((sink for sink in party.sinks.values() if sink.ssrc == ssrc and sink.is_added), None)


def _ignore_report(_report: ReceivedReport, _round_trip_ms: float | None) -> None:
    """What arrives is the receiver's REMB to say."""


def _now_us() -> int:
    return time.monotonic_ns() // 1000
