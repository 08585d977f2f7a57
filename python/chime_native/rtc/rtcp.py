"""RTCP packets, read and written (RFC 3550 section 6, RFC 4585, RFC 5104, draft-alvestrand-rmcat-remb).

Only values: when reports are sent, and what is done with those that come, is in ``reports``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "FullIntraRequest",
    "Goodbye",
    "Nack",
    "PictureLossIndication",
    "ReceivedReport",
    "ReceiverReport",
    "Remb",
    "RtcpPacket",
    "SenderReport",
    "SourceDescription",
    "parse_rtcp",
    "write_rtcp",
]

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, GOODBYE = 200, 201, 202, 203
TRANSPORT_FEEDBACK, PAYLOAD_FEEDBACK = 205, 206
FMT_NACK, FMT_PLI, FMT_FIR, FMT_APPLICATION = 1, 1, 4, 15
SDES_CNAME = 1
#: The five bits that count the blocks of a report.
MAX_BLOCKS = 31


@dataclass(frozen=True, slots=True)
class ReceivedReport:
    """A report block: how one of the streams arrives at the other end (RFC 3550, section 6.4.1)."""

    ssrc: int
    fraction_lost: float
    """0 to 1, since the report before; on the wire in steps of 1/256."""
    packets_lost: int
    """Since the start; negative when there were more duplicates than losses."""
    highest_sequence_number: int
    jitter: int
    """In RTP timestamp units."""
    last_sender_report: int = 0
    """Middle 32 bits of the NTP time of the last sender report, 0 when there was none."""
    delay_since_last_sender_report: int = 0
    """In 1/65536 s."""

    def __bytes__(self) -> bytes:
        lost = max(-(1 << 23), min(self.packets_lost, (1 << 23) - 1)) & 0xFFFFFF
        fraction = max(0, min(int(self.fraction_lost * 256), 255))
        return struct.pack(
            "!6I",
            self.ssrc,
            fraction << 24 | lost,
            self.highest_sequence_number & 0xFFFFFFFF,
            self.jitter & 0xFFFFFFFF,
            self.last_sender_report,
            self.delay_since_last_sender_report,
        )

    @classmethod
    def parse(cls, data: bytes) -> ReceivedReport:
        """From the 24 bytes of a report block."""
        ssrc, losses, highest, jitter, last, delay = struct.unpack("!6I", data)
        lost = losses & 0xFFFFFF
        return cls(ssrc, (losses >> 24) / 256, lost - ((lost & 0x800000) << 1), highest, jitter, last, delay)


@dataclass(frozen=True, slots=True)
class SenderReport:
    """What a sender has sent so far, and how its RTP clock stands to wall-clock time."""

    ssrc: int
    ntp_time: int
    """64 bits, seconds since 1900 and their fraction."""
    rtp_timestamp: int
    packet_count: int
    octet_count: int
    reports: tuple[ReceivedReport, ...] = ()

    def __bytes__(self) -> bytes:
        body = struct.pack(
            "!IQIII",
            self.ssrc,
            self.ntp_time,
            self.rtp_timestamp & 0xFFFFFFFF,
            self.packet_count & 0xFFFFFFFF,
            self.octet_count & 0xFFFFFFFF,
        )
        return _packet(SENDER_REPORT, len(self.reports), body + b"".join(map(bytes, self.reports)))


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """Report blocks of somebody who has not sent anything since the last report."""

    ssrc: int
    reports: tuple[ReceivedReport, ...] = ()

    def __bytes__(self) -> bytes:
        body = struct.pack("!I", self.ssrc) + b"".join(map(bytes, self.reports))
        return _packet(RECEIVER_REPORT, len(self.reports), body)


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """The CNAMEs of SSRCs; other items are not kept."""

    cnames: tuple[tuple[int, str], ...]

    def __bytes__(self) -> bytes:
        body = b""
        for ssrc, cname in self.cnames:
            text = cname.encode()[:255]
            chunk = struct.pack("!IBB", ssrc, SDES_CNAME, len(text)) + text
            # At least one zero ends the items of a chunk, and chunks end on 32 bits.
            body += chunk + bytes(4 - len(chunk) % 4)
        return _packet(SOURCE_DESCRIPTION, len(self.cnames), body)


@dataclass(frozen=True, slots=True)
class Goodbye:
    """SSRCs that will not send any more."""

    ssrcs: tuple[int, ...]

    def __bytes__(self) -> bytes:
        return _packet(GOODBYE, len(self.ssrcs), struct.pack(f"!{len(self.ssrcs)}I", *self.ssrcs))


@dataclass(frozen=True, slots=True)
class PictureLossIndication:
    """The sender of ``media_ssrc`` shall make a key frame (RFC 4585, section 6.3.1)."""

    ssrc: int
    media_ssrc: int

    def __bytes__(self) -> bytes:
        return _packet(PAYLOAD_FEEDBACK, FMT_PLI, struct.pack("!II", self.ssrc, self.media_ssrc))


@dataclass(frozen=True, slots=True)
class FullIntraRequest:
    """The same with a number for each request (RFC 5104, section 4.3.1): ``(media SSRC, number)``."""

    ssrc: int
    requests: tuple[tuple[int, int], ...]

    def __bytes__(self) -> bytes:
        body = struct.pack("!II", self.ssrc, 0)
        body += b"".join(
            struct.pack("!IB3x", media_ssrc, number & 0xFF) for media_ssrc, number in self.requests
        )
        return _packet(PAYLOAD_FEEDBACK, FMT_FIR, body)


@dataclass(frozen=True, slots=True)
class Nack:
    """Sequence numbers that are missing (RFC 4585, section 6.2.1)."""

    ssrc: int
    media_ssrc: int
    sequence_numbers: tuple[int, ...]

    def __bytes__(self) -> bytes:
        pairs: list[list[int]] = []
        for number in self.sequence_numbers:
            distance = (number - pairs[-1][0]) & 0xFFFF if pairs else 0
            if pairs and 1 <= distance <= 16:
                pairs[-1][1] |= 1 << (distance - 1)
            else:
                pairs.append([number & 0xFFFF, 0])
        body = struct.pack("!II", self.ssrc, self.media_ssrc)
        return _packet(
            TRANSPORT_FEEDBACK, FMT_NACK, body + b"".join(struct.pack("!HH", *pair) for pair in pairs)
        )


@dataclass(frozen=True, slots=True)
class Remb:
    """Receiver estimated maximum bitrate, in bits per second, over all the SSRCs named."""

    ssrc: int
    bitrate: int
    media_ssrcs: tuple[int, ...]

    def __bytes__(self) -> bytes:
        exponent = max(0, self.bitrate.bit_length() - 18)
        number = len(self.media_ssrcs) << 24 | exponent << 18 | self.bitrate >> exponent
        body = struct.pack("!II4sI", self.ssrc, 0, b"REMB", number)
        return _packet(
            PAYLOAD_FEEDBACK,
            FMT_APPLICATION,
            body + struct.pack(f"!{len(self.media_ssrcs)}I", *self.media_ssrcs),
        )


RtcpPacket = (
    SenderReport
    | ReceiverReport
    | SourceDescription
    | Goodbye
    | PictureLossIndication
    | FullIntraRequest
    | Nack
    | Remb
)


def write_rtcp(packets: Iterable[RtcpPacket]) -> bytes:
    """A compound packet; the first one has to be a report (RFC 3550, section 6.1) unless reduced size was agreed."""
    return b"".join(map(bytes, packets))


def parse_rtcp(data: bytes) -> list[RtcpPacket]:
    """The packets of a compound packet; kinds that are not known here are left out. Malformed: ValueError."""
    packets: list[RtcpPacket] = []
    position = 0
    while position < len(data):
        if len(data) - position < 4:
            raise ValueError("RTCP packet shorter than its header")
        first, kind, words = struct.unpack_from("!BBH", data, position)
        end = position + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            raise ValueError("RTCP packet of a wrong version or length")
        body = data[position + 4 : end]
        if first & 0x20:
            if not body or not 0 < body[-1] <= len(body):
                raise ValueError("RTCP packet with wrong padding")
            body = body[: -body[-1]]
        try:
            packet = _parse_one(kind, first & 0x1F, body)
        except (struct.error, IndexError) as error:
            raise ValueError(f"truncated RTCP packet of type {kind}") from error
        if packet is not None:
            packets.append(packet)
        position = end
    return packets


def _parse_one(kind: int, count: int, body: bytes) -> RtcpPacket | None:
    if kind == SENDER_REPORT:
        ssrc, ntp_time, timestamp, packet_count, octets = struct.unpack_from("!IQIII", body)
        return SenderReport(ssrc, ntp_time, timestamp, packet_count, octets, _blocks(body, 24, count))
    if kind == RECEIVER_REPORT:
        return ReceiverReport(struct.unpack_from("!I", body)[0], _blocks(body, 4, count))
    if kind == SOURCE_DESCRIPTION:
        return _parse_source_description(body, count)
    if kind == GOODBYE:
        return Goodbye(struct.unpack_from(f"!{count}I", body))
    if kind == TRANSPORT_FEEDBACK and count == FMT_NACK:
        return _parse_nack(body)
    if kind == PAYLOAD_FEEDBACK:
        return _parse_payload_feedback(count, body)
    return None


def _blocks(body: bytes, offset: int, count: int) -> tuple[ReceivedReport, ...]:
    if len(body) < offset + 24 * count:
        raise ValueError("RTCP report with fewer blocks than it says")
    return tuple(ReceivedReport.parse(body[offset + 24 * i : offset + 24 * i + 24]) for i in range(count))


def _parse_source_description(body: bytes, count: int) -> SourceDescription:
    cnames = []
    position = 0
    for _ in range(count):
        (ssrc,) = struct.unpack_from("!I", body, position)
        position += 4
        while body[position] != 0:
            item, length = body[position], body[position + 1]
            text = body[position + 2 : position + 2 + length]
            if len(text) < length:
                raise ValueError("truncated RTCP source description")
            if item == SDES_CNAME:
                cnames.append((ssrc, text.decode(errors="replace")))
            position += 2 + length
        position += 4 - position % 4
    return SourceDescription(tuple(cnames))


def _parse_nack(body: bytes) -> Nack:
    ssrc, media_ssrc = struct.unpack_from("!II", body)
    numbers: list[int] = []
    for first, mask in struct.iter_unpack("!HH", body[8:]):
        numbers.append(first)
        numbers += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
    return Nack(ssrc, media_ssrc, tuple(numbers))


def _parse_payload_feedback(fmt: int, body: bytes) -> RtcpPacket | None:
    ssrc, media_ssrc = struct.unpack_from("!II", body)
    if fmt == FMT_PLI:
        return PictureLossIndication(ssrc, media_ssrc)
    if fmt == FMT_FIR:
        return FullIntraRequest(ssrc, tuple(struct.iter_unpack("!IB3x", body[8:])))
    if fmt == FMT_APPLICATION and body[8:12] == b"REMB":
        (number,) = struct.unpack_from("!I", body, 12)
        count, exponent, mantissa = number >> 24, number >> 18 & 0x3F, number & 0x3FFFF
        return Remb(ssrc, mantissa << exponent, struct.unpack_from(f"!{count}I", body, 16))
    return None


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body
