"""Who sent what and how it arrived: the RTCP reports of one bundle. Knows no clock and no network."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from chime_native.rtc.rtcp import (
    MAX_BLOCKS,
    FullIntraRequest,
    Goodbye,
    Nack,
    PictureLossIndication,
    ReceivedReport,
    ReceiverReport,
    Remb,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    parse_rtcp,
    write_rtcp,
)

__all__ = ["Feedback", "RtcpReporter"]

logger = logging.getLogger(__name__)

Feedback = PictureLossIndication | FullIntraRequest | Nack | Remb

#: Sender reports remembered for the round-trip time; with one a second this is longer than any answer takes.
REMEMBERED_REPORTS = 16

#: Sender reports in one compound packet. With their CNAMEs and 31 report blocks these are some 1100 octets.
REPORTS_IN_PACKET = 8

#: Seconds from 1900, where NTP time begins, to 1970.
NTP_OFFSET = 2_208_988_800


class ReportSource(Protocol):
    """The native ReportBlock's attributes."""

    @property
    def ssrc(self) -> int: ...
    @property
    def fraction_lost(self) -> float: ...
    @property
    def packets_lost(self) -> int: ...
    @property
    def highest_sequence_number(self) -> int: ...
    @property
    def jitter(self) -> int: ...


@dataclass(slots=True)
class _Sender:
    info: Callable[[], tuple[int, int, int]]
    on_report: Callable[[ReceivedReport, float | None], None]
    packets_reported: int = 0


class RtcpReporter:
    """Makes the compound packet that goes out once a second, and takes the compound packets that come.

    :meth:`handle` never raises for what a peer sends: malformed packets are counted in ``packets_malformed``.
    """

    def __init__(self, cname: str, ssrc: int, on_feedback: Callable[[Feedback], None] | None = None) -> None:
        self._cname = cname
        self._ssrc = ssrc
        self.on_feedback = on_feedback
        self._senders: dict[int, _Sender] = {}
        self._receivers: list[Callable[[], ReportSource | None]] = []
        self._sent: OrderedDict[int, int] = OrderedDict()  # middle 32 bits of the NTP time: sent at, us
        self._received: dict[int, tuple[int, int]] = {}  # SSRC: middle 32 bits, arrived at, us
        self.packets_malformed = 0
        self.reports_received = 0
        self.round_trip_time_ms: float | None = None
        self.fraction_lost: float | None = None

    def add_sender(
        self,
        ssrc: int,
        info: Callable[[], tuple[int, int, int]],
        on_report: Callable[[ReceivedReport, float | None], None],
    ) -> None:
        """A stream of ours: ``info()`` is (RTP timestamp, packets, octets), ``on_report(block, rtt_ms)`` the peer's view."""
        self._senders[ssrc] = _Sender(info, on_report)

    def remove_sender(self, ssrc: int) -> None:
        """Ends the reports about a stream of ours."""
        self._senders.pop(ssrc, None)

    def add_receiver(self, report_block: Callable[[], ReportSource | None]) -> None:
        """A stream of the peer; its ``report_block`` is asked once for each report."""
        self._receivers.append(report_block)

    def remove_receiver(self, report_block: Callable[[], ReportSource | None]) -> None:
        """Ends the reports about a stream of the peer."""
        if report_block in self._receivers:
            self._receivers.remove(report_block)

    def forget_streams(self) -> None:
        """Ends the reports about all streams, of ours and of the peer."""
        self._senders.clear()
        self._receivers.clear()

    def compounds(self, now_us: int, unix_time: float) -> list[bytes]:
        """Compound packets: sender reports of those who have sent since the last time, or a receiver report; report blocks; CNAMEs.

        More than one where one datagram could not take them all.
        """
        blocks = [block for ask in self._receivers if (block := self._block(ask, now_us)) is not None]
        ntp_time = int((unix_time + NTP_OFFSET) * (1 << 32)) & (1 << 64) - 1
        reports = self._sender_reports(ntp_time)
        if reports:
            self._sent[ntp_time >> 16 & 0xFFFFFFFF] = now_us
            while len(self._sent) > REMEMBERED_REPORTS:
                self._sent.popitem(last=False)
            reports[0] = replace(reports[0], reports=tuple(blocks[:MAX_BLOCKS]))
        else:
            reports.append(ReceiverReport(self._ssrc, tuple(blocks[:MAX_BLOCKS])))
        ssrcs = [report.ssrc for report in reports if isinstance(report, SenderReport)]
        # Those who have nothing to report keep their names, as far as there is room.
        idle = [ssrc for ssrc in list(self._senders) or [self._ssrc] if ssrc not in ssrcs]
        ssrcs += idle[: max(0, REPORTS_IN_PACKET - len(ssrcs))]
        return [
            self._compound(reports[at : at + REPORTS_IN_PACKET], ssrcs[at : at + REPORTS_IN_PACKET])
            for at in range(0, len(reports), REPORTS_IN_PACKET)
        ]

    def _sender_reports(self, ntp_time: int) -> list[SenderReport | ReceiverReport]:
        reports: list[SenderReport | ReceiverReport] = []
        for ssrc, sender in self._senders.items():
            timestamp, packet_count, octet_count = sender.info()
            if packet_count != sender.packets_reported:
                sender.packets_reported = packet_count
                reports.append(SenderReport(ssrc, ntp_time, timestamp, packet_count, octet_count))
        return reports

    def _compound(self, reports: Sequence[RtcpPacket], ssrcs: Iterable[int]) -> bytes:
        # One packet each: aiortc refuses a compound packet with two chunks in one (RFC 3550 allows both).
        return write_rtcp([*reports, *(SourceDescription(((ssrc, self._cname),)) for ssrc in ssrcs)])

    def goodbye(self) -> bytes:
        """The last compound packet."""
        ssrcs = tuple(self._senders)[:MAX_BLOCKS] or (self._ssrc,)
        return write_rtcp(
            [ReceiverReport(self._ssrc), SourceDescription(((self._ssrc, self._cname),)), Goodbye(ssrcs)]
        )

    def handle(self, data: bytes, now_us: int) -> None:
        """Takes a compound packet that arrived at ``now_us``."""
        try:
            packets = parse_rtcp(data)
        except ValueError as error:
            self.packets_malformed += 1
            if self.packets_malformed == 1:
                logger.warning("dropped an RTCP packet (%s); further ones are only counted", error)
            return
        for packet in packets:
            if isinstance(packet, SenderReport):
                if packet.ssrc not in self._received and len(self._received) >= MAX_BLOCKS:
                    self._received.clear()
                self._received[packet.ssrc] = (packet.ntp_time >> 16 & 0xFFFFFFFF, now_us)
            if isinstance(packet, SenderReport | ReceiverReport):
                for block in packet.reports:
                    self._handle_block(block, now_us)
            elif isinstance(packet, Feedback) and self.on_feedback is not None:
                self.on_feedback(packet)

    def _handle_block(self, block: ReceivedReport, now_us: int) -> None:
        sender = self._senders.get(block.ssrc)
        if sender is None:
            return
        self.reports_received += 1
        sent_us = self._sent.get(block.last_sender_report)
        rtt_ms = None
        if sent_us is not None:
            rtt_us = now_us - sent_us - block.delay_since_last_sender_report * 1_000_000 // 65536
            rtt_ms = max(0, rtt_us) / 1000
            self.round_trip_time_ms = rtt_ms
        self.fraction_lost = block.fraction_lost
        sender.on_report(block, rtt_ms)

    def _block(self, ask: Callable[[], ReportSource | None], now_us: int) -> ReceivedReport | None:
        source = ask()
        if source is None:
            return None
        last, arrived_us = self._received.get(source.ssrc, (0, now_us))
        delay = min((now_us - arrived_us) * 65536 // 1_000_000, 0xFFFFFFFF)
        return ReceivedReport(
            ssrc=source.ssrc,
            fraction_lost=source.fraction_lost,
            packets_lost=source.packets_lost,
            highest_sequence_number=source.highest_sequence_number,
            jitter=source.jitter,
            last_sender_report=last,
            delay_since_last_sender_report=max(0, delay),
        )
