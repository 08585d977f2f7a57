import re
from pathlib import Path

import pytest
from chime_native.errors import SdpError
from chime_native.rtc.sdp import Candidate
from chime_native.rtc.sdp_parser import MAX_SDP_LENGTH, MAX_SECTIONS, parse_sdp
from hypothesis import given
from hypothesis import strategies as st

VECTORS = Path(__file__).parents[2] / "vectors" / "sdp"
OFFERS = sorted(VECTORS.glob("*.sdp"))
UFRAG, PWD = "abcd", "0123456789012345678901"

MINIMAL = f"""v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=audio 9 UDP/TLS/RTP/SAVPF 63 111 0
c=IN IP4 0.0.0.0
a=ice-ufrag:{UFRAG}
a=ice-pwd:{PWD}
a=fingerprint:sha-256 AB:CD
a=setup:actpass
a=mid:0
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=rtcp-mux
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10; useinbandfec=1
a=ssrc:5 cname:x
a=ssrc:5 msid:s t
a=unknown-thing:kept
"""


def read(name: str) -> str:
    return (VECTORS / f"{name}.sdp").read_bytes().decode()


@pytest.mark.parametrize("path", OFFERS, ids=lambda path: path.stem)
def test_what_was_read_and_written_reads_the_same(path: Path) -> None:
    description = parse_sdp(path.read_bytes().decode())
    assert description.sections
    assert parse_sdp(str(description)) == description


def test_values_of_a_chromium_offer() -> None:
    offer = parse_sdp(read("chromium_camera_and_two_subscriptions_offer"))
    assert offer.bundle == ["0", "1", "2", "3"]
    assert offer.extmap_allow_mixed
    assert [section.kind for section in offer.sections] == ["audio", "video", "video", "video"]
    assert [section.direction for section in offer.sections] == [
        "sendrecv",
        "sendrecv",
        "recvonly",
        "recvonly",
    ]
    audio = offer.sections[0]
    opus = audio.codec("opus", 48000, 2)
    assert opus is not None
    assert opus.payload_type == 111
    assert opus.format_parameters["useinbandfec"] == "1"
    assert audio.extension_id("urn:ietf:params:rtp-hdrext:sdes:mid") == 4
    assert audio.setup == "actpass"
    assert audio.ssrcs[0].cname
    camera = offer.section("1")
    assert camera is not None
    assert len(camera.ssrcs) == 2
    assert camera.ssrc_groups[0].startswith("FID ")


def test_minimal_values() -> None:
    description = parse_sdp(MINIMAL)
    section = description.section("0")
    assert section is not None
    assert [codec.name for codec in section.codecs] == ["red", "opus", "PCMU"]
    assert section.codecs[0].parameters == "111/111"
    assert section.codecs[1].format_parameters == {"minptime": "10", "useinbandfec": "1"}
    assert section.ssrcs[0].msid == "s t"
    assert section.other == ["unknown-thing:kept"]
    assert section.direction == "sendrecv"
    assert description.section("9") is None
    assert description.first("video") is None


def test_session_level_attributes_reach_the_sections() -> None:
    lines = [line for line in MINIMAL.splitlines() if not line.startswith(("a=ice", "a=fing", "a=setup"))]
    head = [
        f"a=ice-ufrag:{UFRAG}",
        f"a=ice-pwd:{PWD}",
        "a=fingerprint:sha-256 ab:cd",
        "a=setup:active",
        "a=recvonly",
    ]
    section = parse_sdp("\r\n".join([*lines[:4], *head, *lines[4:]])).sections[0]
    assert (section.ice_ufrag, section.ice_pwd, section.setup) == (UFRAG, PWD, "active")
    assert section.fingerprints[0].value == "AB:CD"
    assert section.direction == "recvonly"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("v=0", "v=1", "line 1: SDP version must be 0"),
        ("v=0\n", "", "line 1: 'o=- 1 2 IN IP4 127.0.0.1' is not an SDP line"),
        ("s=-", "hello", "line 3: 'hello' is not an SDP line"),
        ("o=- 1 2 IN IP4 127.0.0.1", "o=- x 2 IN IP4 127.0.0.1", "session id must be 0 to"),
        ("o=- 1 2 IN IP4 127.0.0.1", "o=- 1 2", "malformed origin"),
        ("o=- 1 2 IN IP4 127.0.0.1\n", "", "no o= line"),
        ("a=mid:0", "a=mid:0 1", "malformed mid"),
        ("a=mid:0\n", "", r"section 1 of the SDP \(audio\) has no a=mid"),
        ("m=audio 9 ", "m=audio 65536 ", "line 6: port must be 0 to 65535"),
        ("m=audio 9 ", "m=audio ", "line 6"),
        (" 63 111 0", " 63 111 128", "payload type must be 0 to 127, not '128'"),
        (" 63 111 0", " 63 111 63", "listed twice"),
        ("red/48000/2", "red", "malformed rtpmap"),
        ("red/48000/2", "red/-1/2", "clock rate must be"),
        ("a=setup:actpass", "a=setup:maybe", "setup must be one of active"),
        ("sha-256 AB:CD", "sha-256 ABCD", "malformed fingerprint"),
        ("a=ice-ufrag:abcd", "a=ice-ufrag:abc", "ice-ufrag must be 4 to 256"),
        (PWD, "short", "ice-pwd must be 22 to 256"),
        ("a=extmap:4 ", "a=extmap:0 ", "header extension id must be 1 to 255"),
        ("a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid", "a=extmap:4", "malformed extmap"),
        ("a=rtcp-mux", "a=extmap:4 urn:other", "used twice"),
        ("a=ssrc:5 cname", "a=ssrc:4294967296 cname", "ssrc must be 0 to"),
        ("a=rtcp-mux", "a=candidate:1 1 udp 5 127.0.0.1 80", "malformed candidate"),
        ("a=rtcp-mux", "a=candidate:1 1 udp 5 127.0.0.1 x typ host", "candidate port must be"),
        ("a=rtcp-mux", "a=rid:low", "malformed rid"),
        ("BUNDLE 0", "BUNDLE 0 7", "BUNDLE group names the mid '7'"),
        (
            "a=unknown-thing:kept",
            "m=audio 9 UDP/TLS/RTP/SAVPF 0\na=mid:0",
            "two sections of the SDP have the mid '0'",
        ),
    ],
)
def test_malformed_sdp_says_what_and_where(old: str, new: str, message: str) -> None:
    assert old in MINIMAL
    with pytest.raises(SdpError, match=message):
        parse_sdp(MINIMAL.replace(old, new, 1))


def test_limits() -> None:
    with pytest.raises(SdpError, match="at most"):
        parse_sdp("v=0\n" + "x" * MAX_SDP_LENGTH)
    sections = "".join(f"m=video 9 UDP/TLS/RTP/SAVPF 96\na=mid:{n}\n" for n in range(1, MAX_SECTIONS + 1))
    with pytest.raises(SdpError, match=f"more than {MAX_SECTIONS} sections"):
        parse_sdp(MINIMAL + sections)
    with pytest.raises(TypeError, match="SDP must be str, not bytes"):
        parse_sdp(b"v=0")  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "\n", "v=0", "v=0\r\nm=", "=", "v=0\n\no=-"])
def test_scraps_are_refused(text: str) -> None:
    with pytest.raises(SdpError):
        parse_sdp(text)


@given(st.data())
def test_damaged_offers_are_read_or_refused_with_a_reason(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(OFFERS)).read_bytes().decode()
    lines = re.split("(?<=\n)", text)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1))
        cut = data.draw(st.integers(0, len(lines[place])))
        lines[place] = lines[place][:cut] + data.draw(st.text(max_size=8)) + lines[place][cut + 1 :]
    try:
        description = parse_sdp("".join(lines))
    except SdpError as error:
        message = str(error)
    else:
        message = str(description)
    assert message


def test_candidate_round_trip() -> None:
    text = "842163049 1 udp 1677729535 198.51.100.7 46154 typ srflx raddr 0.0.0.0 rport 9"
    candidate = Candidate.parse(text + " generation 0 network-cost 999")
    assert str(candidate) == text
    assert (candidate.related_address, candidate.related_port) == ("0.0.0.0", 9)
    assert Candidate.parse("1 1 TCP 5 ::1 9 typ host tcptype active").transport == "tcp"
