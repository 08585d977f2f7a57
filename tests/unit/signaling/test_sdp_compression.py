"""SDP compression: both sides of a connection, dictionaries, bounds."""

from __future__ import annotations

import zlib

import pytest
from chime_native.errors import FrameError
from chime_native.signaling import SdpCompressor, SdpDecompressor, compress_sdp, decompress_sdp
from hypothesis import given
from hypothesis import strategies as st

SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n" + "a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n" * 20


def test_a_dictionary_makes_the_same_text_tiny() -> None:
    assert len(compress_sdp(SDP, SDP)) < 20 < len(compress_sdp(SDP))


def test_a_service_and_a_client_keep_the_same_history() -> None:
    service, client = SdpCompressor(use_previous=True), SdpDecompressor()
    for number in range(4):
        answer = f"{SDP}a=mid:{number}\r\n"
        if number == 2:
            service.remember(answer)
            client.remember(answer)
        else:
            assert client.decompress(service.compress(answer)) == answer
    service.reset()
    client.reset()
    assert client.decompress(service.compress(SDP)) == SDP


def test_a_client_compresses_offers_without_a_dictionary_and_a_service_reads_them_with_one() -> None:
    client, service = SdpCompressor(use_previous=False), SdpDecompressor()
    assert client.compress(SDP) == client.compress(SDP) == compress_sdp(SDP)
    assert [service.decompress(client.compress(text)) for text in (SDP, SDP + "x")] == [SDP, SDP + "x"]


def test_only_the_beginning_of_a_long_previous_text_counts() -> None:
    previous = "".join(chr(0x4E00 + i % 5000) for i in range(31744)) + "the tail of the text"
    assert compress_sdp("the tail of the text", previous) == compress_sdp(
        "the tail of the text", previous[:31744]
    )


def test_a_pair_of_surrogates_may_be_cut_in_half() -> None:
    previous = "x" * 31743 + "\U0001f600"
    assert decompress_sdp(compress_sdp("xxxx", previous), previous) == "xxxx"


def test_a_bomb_is_refused() -> None:
    bomb = compress_sdp("a" * 10_000_000)
    assert len(bomb) < 20_000
    with pytest.raises(FrameError, match="more than"):
        decompress_sdp(bomb)
    with pytest.raises(FrameError, match="more than 100 bytes"):
        decompress_sdp(compress_sdp("b" * 101), max_size=100)
    assert decompress_sdp(compress_sdp("b" * 100), max_size=101) == "b" * 100


def test_bad_data_is_refused_and_changes_nothing() -> None:
    client = SdpDecompressor()
    client.remember(SDP)
    not_text = zlib.compressobj(wbits=-15)
    broken = [
        b"",
        b"\xff\xff\xff",
        compress_sdp(SDP)[:-3],
        zlib.compress(b"with a header"),
        compress_sdp(""),
        not_text.compress(b"\xff\xfe") + not_text.flush(),
    ]
    for data in broken:
        with pytest.raises(FrameError):
            client.decompress(data)
    assert client.decompress(compress_sdp(SDP + "y", SDP)) == SDP + "y"


@given(st.text(max_size=300), st.text(max_size=300))
def test_round_trips(sdp: str, previous: str) -> None:
    assert decompress_sdp(compress_sdp(sdp, previous), previous) == sdp
    assert decompress_sdp(compress_sdp(sdp), previous) == sdp


@given(st.binary(max_size=200))
def test_random_bytes_are_decompressed_or_refused(data: bytes) -> None:
    try:
        decompress_sdp(data, "previous", max_size=1000)
    except FrameError:
        return
