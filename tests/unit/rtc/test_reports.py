from dataclasses import dataclass

import pytest
from chime_native.rtc.reports import Feedback, RtcpReporter
from chime_native.rtc.rtcp import (
    Goodbye,
    PictureLossIndication,
    ReceivedReport,
    ReceiverReport,
    SenderReport,
    SourceDescription,
    parse_rtcp,
    write_rtcp,
)

SECOND = 1_000_000


@dataclass
class Block:
    ssrc: int = 50
    fraction_lost: float = 0.5
    packets_lost: int = 7
    highest_sequence_number: int = 70_000
    jitter: int = 96


class Stream:
    def __init__(self) -> None:
        self.info = (960, 0, 0)
        self.reports: list[tuple[ReceivedReport, float | None]] = []

    def add_to(self, reporter: RtcpReporter, ssrc: int) -> None:
        reporter.add_sender(ssrc, lambda: self.info, lambda block, rtt: self.reports.append((block, rtt)))


def test_a_silent_end_sends_receiver_reports() -> None:
    reporter = RtcpReporter("name", 9)
    reporter.add_receiver(Block)
    reporter.add_receiver(lambda: None)
    report, names = parse_rtcp(reporter.compounds(SECOND, 0.0)[0])
    assert report == ReceiverReport(9, (ReceivedReport(50, 0.5, 7, 70_000, 96),))
    assert names == SourceDescription(((9, "name"),))


def test_who_has_sent_since_sends_a_sender_report() -> None:
    reporter, stream = RtcpReporter("name", 9), Stream()
    stream.add_to(reporter, 9)
    reporter.add_receiver(Block)
    stream.info = (4800, 5, 500)
    report, _ = parse_rtcp(reporter.compounds(SECOND, 100.5)[0])
    assert isinstance(report, SenderReport)
    assert report.ntp_time == (2_208_988_900 << 32) + (1 << 31)
    assert (report.rtp_timestamp, report.packet_count, report.octet_count) == (4800, 5, 500)
    assert len(report.reports) == 1
    report, _ = parse_rtcp(reporter.compounds(2 * SECOND, 101.5)[0])
    assert isinstance(report, ReceiverReport)


def test_round_trip_time_comes_from_the_report_that_was_answered() -> None:
    here, there, stream = RtcpReporter("here", 9), RtcpReporter("there", 50), Stream()
    stream.add_to(here, 9)
    there.add_receiver(lambda: Block(ssrc=9))
    stream.info = (960, 1, 10)
    there.handle(here.compounds(10 * SECOND, 5.0)[0], 500 * SECOND)  # clocks of two machines
    here.handle(there.compounds(500 * SECOND + 300_000, 7.0)[0], 10 * SECOND + 340_000)
    ((block, rtt_ms),) = stream.reports
    assert block.fraction_lost == 0.5
    assert rtt_ms == pytest.approx(40.0, abs=0.1)
    assert here.round_trip_time_ms == rtt_ms
    assert here.fraction_lost == 0.5


def test_reports_about_others_and_unknown_sender_reports_give_no_time() -> None:
    reporter, stream = RtcpReporter("here", 9), Stream()
    stream.add_to(reporter, 9)
    other, unknown = ReceivedReport(8, 0.1, 1, 1, 1), ReceivedReport(9, 0.1, 1, 1, 1, 0xDEAD, 1)
    reporter.handle(write_rtcp([ReceiverReport(1, (other, unknown))]), SECOND)
    assert [rtt for _, rtt in stream.reports] == [None]
    assert reporter.reports_received == 1


def test_feedback_reaches_its_taker_and_malformed_packets_are_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen: list[Feedback] = []
    reporter = RtcpReporter("here", 9, seen.append)
    reporter.handle(bytes(PictureLossIndication(1, 9)), SECOND)
    assert seen == [PictureLossIndication(1, 9)]
    for _ in range(3):
        reporter.handle(b"\x80\xc8\x00", SECOND)
    assert reporter.packets_malformed == 3
    assert len(caplog.records) == 1


def test_goodbye_names_what_was_sent() -> None:
    reporter, stream = RtcpReporter("here", 9), Stream()
    stream.add_to(reporter, 9)
    assert parse_rtcp(reporter.goodbye())[-1] == Goodbye((9,))


def test_a_removed_stream_is_not_reported() -> None:
    reporter, stream = RtcpReporter("here", 9), Stream()
    stream.add_to(reporter, 4)
    stream.info = (1, 1, 1)
    reporter.add_receiver(Block)
    reporter.remove_sender(4)
    reporter.remove_receiver(Block)
    reporter.remove_receiver(Block)
    assert parse_rtcp(reporter.compounds(1, 1.0)[0])[0] == ReceiverReport(9)


def test_reports_of_many_senders_are_spread_over_packets_that_fit_into_datagrams() -> None:
    reporter = RtcpReporter("c" * 16, 9)
    for ssrc in range(1, 27):
        reporter.add_sender(ssrc, lambda: (1, 2, 3), lambda *_: None)
    for number in range(40):
        block = Block(ssrc=number)
        reporter.add_receiver(lambda block=block: block)
    packets = reporter.compounds(SECOND, 100.0)
    assert len(packets) == 4
    assert max(map(len, packets)) < 1200
    parsed = [packet for compound in packets for packet in parse_rtcp(compound)]
    assert [p.ssrc for p in parsed if isinstance(p, SenderReport)] == list(range(1, 27))
    names = [ssrc for p in parsed if isinstance(p, SourceDescription) for ssrc, _ in p.cnames]
    assert names == list(range(1, 27))
    assert len(parsed[0].reports) == 31
