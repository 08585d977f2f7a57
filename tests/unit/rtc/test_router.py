import struct

import pytest
from chime_native.rtc.router import MAX_LEARNED, PacketRouter, Route, header_extension
from hypothesis import given
from hypothesis import strategies as st


def rtp(
    ssrc: int, payload_type: int, *, mid: bytes | None = None, mid_id: int = 4, two_byte: bool = False
) -> bytes:
    extension = b""
    if mid is not None:
        body = (
            bytes([9, 0, mid_id, len(mid)]) + mid
            if two_byte
            else b"\x00\x20\xff" + bytes([mid_id << 4 | len(mid) - 1]) + mid
        )
        body += bytes(-len(body) % 4)
        extension = (b"\x10\x00" if two_byte else b"\xbe\xde") + struct.pack("!H", len(body) // 4) + body
    first = 0x90 if extension else 0x80
    return struct.pack("!BBHII", first, payload_type, 1, 2, ssrc) + extension + b"payload"


class Section:
    def __init__(self, mid: str, **options: object) -> None:
        self.packets: list[bytes] = []
        self.route = Route(mid, lambda packet, _: self.packets.append(packet), **options)  # type: ignore[arg-type]


@pytest.fixture
def sections() -> dict[str, Section]:
    return {
        "audio": Section("0", ssrcs=(100,), payload_types=frozenset({63, 111}), mid_id=4),
        "camera": Section("1", ssrcs=(200, 201), payload_types=frozenset({96}), mid_id=4),
        "other": Section("2", payload_types=frozenset({96}), mid_id=4),
    }


@pytest.fixture
def router(sections: dict[str, Section]) -> PacketRouter:
    router = PacketRouter()
    router.configure(section.route for section in sections.values())
    return router


@pytest.mark.parametrize("two_byte", [False, True])
def test_the_mid_extension_comes_first(
    router: PacketRouter, sections: dict[str, Section], two_byte: bool
) -> None:
    router.handle(rtp(100, 111, mid=b"2", two_byte=two_byte), 0)
    assert len(sections["other"].packets) == 1
    router.handle(rtp(100, 111), 0)  # what was learned holds for the SSRC
    assert len(sections["other"].packets) == 2


def test_then_the_ssrc_then_a_payload_type_of_one_section(
    router: PacketRouter, sections: dict[str, Section]
) -> None:
    router.handle(rtp(201, 96), 0)
    router.handle(rtp(999, 63), 0)
    router.handle(rtp(999, 96), 0)  # the SSRC is known by now
    assert len(sections["camera"].packets) == 1
    assert len(sections["audio"].packets) == 2


def test_what_has_no_section_is_counted(router: PacketRouter, sections: dict[str, Section]) -> None:
    router.handle(rtp(998, 96), 0)  # two sections have 96
    router.handle(rtp(997, 5), 0)
    router.handle(rtp(100, 111, mid=b"77"), 0)  # a mid that is gone
    assert router.packets_unroutable == 3
    for scrap in (b"", b"\x80", bytes(12), b"\x80" * 11):
        router.handle(scrap, 0)
    assert router.packets_malformed == 4
    assert not any(section.packets for section in sections.values())


def test_a_new_negotiation_forgets_what_was_learned_of_sections_that_are_gone(
    router: PacketRouter, sections: dict[str, Section]
) -> None:
    router.handle(rtp(100, 111), 0)
    router.configure([sections["other"].route])
    router.handle(rtp(100, 96), 0)
    assert len(sections["audio"].packets) == len(sections["other"].packets) == 1


def test_what_was_learned_by_mid_stays_with_it(router: PacketRouter, sections: dict[str, Section]) -> None:
    router.handle(rtp(300, 96, mid=b"2"), 0)
    again = Section("2", payload_types=frozenset({96}), mid_id=4)
    router.configure([sections["camera"].route, again.route])
    router.handle(rtp(300, 96), 0)
    assert len(again.packets) == 1


def test_a_new_ssrc_in_every_packet_does_not_fill_memory(router: PacketRouter) -> None:
    for ssrc in range(MAX_LEARNED + 500):
        router.handle(rtp(1000 + ssrc, 111), 0)
    assert len(router._learned) <= MAX_LEARNED


@given(st.binary(max_size=80))
def test_any_bytes_as_header_extensions(noise: bytes) -> None:
    for head in (
        b"\x90",
        b"\x9f",
        b"\x90" + bytes(11) + b"\xbe\xde\x00\x03",
        b"\x90" + bytes(11) + b"\x10\x00\x00\x03",
    ):
        header_extension(head + noise, 4)
    router = PacketRouter()
    router.configure([Route("0", lambda *_: None, (), frozenset({1}), 4)])
    router.handle(noise, 0)
