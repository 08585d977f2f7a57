import pytest
from aiortc import rtp as aiortc_rtp
from chime_native.rtc.rtcp import (
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
from hypothesis import given
from hypothesis import strategies as st

BLOCK = ReceivedReport(7, 0.25, -3, 0x12345, 480, 0xAABBCCDD, 65536)
PACKETS: list[RtcpPacket] = [
    SenderReport(1, 0x0123456789ABCDEF, 960, 10, 1000, (BLOCK,)),
    ReceiverReport(2, (BLOCK, BLOCK)),
    ReceiverReport(2),
    SourceDescription(((1, "a"), (2, "abcd"), (3, ""))),
    Goodbye((1, 2)),
    PictureLossIndication(1, 2),
    FullIntraRequest(1, ((5, 1), (6, 255))),
    Nack(1, 2, (65530, 65535, 3, 11, 500)),
    Remb(1, 300_000 << 4, (4, 5)),
]


@pytest.mark.parametrize("packet", PACKETS, ids=lambda packet: type(packet).__name__)
def test_round_trip(packet: RtcpPacket) -> None:
    assert parse_rtcp(bytes(packet)) == [packet]


def test_compound_packets_keep_their_order() -> None:
    assert parse_rtcp(write_rtcp(PACKETS)) == PACKETS


def test_aiortc_reads_what_is_written_and_writes_what_is_read() -> None:
    ours = [SourceDescription(((1, "name"),)) if isinstance(p, SourceDescription) else p for p in PACKETS]
    known = aiortc_rtp.RtcpPacket.parse(write_rtcp(ours))
    assert len(known) == len(PACKETS)
    report = known[0]
    assert isinstance(report, aiortc_rtp.RtcpSrPacket)
    assert report.sender_info.ntp_timestamp == 0x0123456789ABCDEF
    block = report.reports[0]
    assert (block.fraction_lost, block.packets_lost, block.highest_sequence) == (64, -3, 0x12345)
    assert (block.lsr, block.dlsr) == (0xAABBCCDD, 65536)
    assert [number & 0xFFFF for number in known[7].lost] == [
        65530,
        65535,
        3,
        11,
        500,
    ]  # it does not wrap them
    assert aiortc_rtp.unpack_remb_fci(known[8].fci) == (300_000 << 4, [4, 5])
    assert parse_rtcp(b"".join(map(bytes, known[:2]))) == PACKETS[:2]


def test_values_out_of_range_are_cut_not_wrapped() -> None:
    block = ReceivedReport(1, 1.0, 1 << 30, 1 << 40, 0)
    (report,) = parse_rtcp(bytes(ReceiverReport(9, (block,))))
    assert isinstance(report, ReceiverReport)
    assert report.reports[0].packets_lost == (1 << 23) - 1
    assert report.reports[0].fraction_lost == 255 / 256


def test_unknown_kinds_and_padding() -> None:
    unknown = bytes([0x80, 207, 0, 1, 0, 0, 0, 1])
    application = bytes([0x8F, 206, 0, 3]) + bytes(8) + b"ABCD"
    padded = bytes([0xA1, 203, 0, 2, 0, 0, 0, 5, 0, 0, 0, 4])
    assert parse_rtcp(unknown + application + padded) == [Goodbye((5,))]


@pytest.mark.parametrize(
    "data",
    [
        b"\x80",
        b"\x80\xc8\x00",
        bytes([0x00, 200, 0, 0]),  # version 0
        bytes([0x80, 200, 0, 9, 0, 0, 0, 1]),  # longer than it is
        bytes([0x81, 201, 0, 1, 0, 0, 0, 1]),  # a block that is not there
        bytes([0x80, 200, 0, 1, 0, 0, 0, 1]),  # no sender info
        bytes([0x82, 203, 0, 1, 0, 0, 0, 1]),
        bytes([0x81, 202, 0, 1, 0, 0, 0, 1]),  # items without an end
        bytes([0x81, 202, 0, 2, 0, 0, 0, 1, 1, 200, 65, 65]),
        bytes([0xA0, 201, 0, 0]),  # padding without any
        bytes([0xA0, 201, 0, 1, 0, 0, 0, 0]),
        bytes([0x81, 206, 0, 0]),
        bytes([0x81, 205, 0, 2, 0, 0, 0, 1]) + bytes(3),
        bytes([0x8F, 206, 0, 4]) + bytes(8) + b"REMB\xff\x00\x00\x00",
    ],
)
def test_malformed_packets_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="RTCP"):
        parse_rtcp(data)


@given(st.binary(max_size=200), st.sampled_from(PACKETS), st.integers(0, 60), st.integers(0, 255))
def test_anything_is_read_or_refused(noise: bytes, packet: RtcpPacket, place: int, value: int) -> None:
    damaged = bytearray(bytes(packet))
    damaged[place % len(damaged)] = value
    for data in (noise, bytes(damaged), bytes(damaged) + noise):
        try:
            parse_rtcp(data)
        except ValueError:
            continue
