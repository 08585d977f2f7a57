from pathlib import Path

import pytest
from aiortc import sdp as aiortc_sdp
from chime_native.rtc.agreement import audio_parameters
from chime_native.rtc.redundancy import answer_with_redundancy, offer_with_redundancy
from chime_native.rtc.sdp_parser import parse_sdp

VECTORS = Path(__file__).parents[2] / "vectors" / "sdp"
AIORTC_OFFER = (VECTORS / "aiortc_offer.sdp").read_bytes().decode()
BROWSER_OFFER = (VECTORS / "chromium_audio_and_camera_off_offer.sdp").read_bytes().decode()
#: What aiortc answers to a browser: Opus with the browser's payload type and without fmtp.
AIORTC_ANSWER = AIORTC_OFFER.replace("SAVPF 96 9 0 8", "SAVPF 111").replace(
    "a=rtpmap:96 opus", "a=rtpmap:111 opus"
)


def changed_lines(before: str, after: str) -> list[str]:
    return [line for line in after.split("\r\n") if line not in before.split("\r\n")]


def test_an_offer_gets_red_first_and_nothing_else_changes() -> None:
    offer = offer_with_redundancy(AIORTC_OFFER, stereo=False, redundancy=True)
    assert changed_lines(AIORTC_OFFER, offer) == [
        "m=audio 38123 UDP/TLS/RTP/SAVPF 63 96 9 0 8",
        "a=fmtp:96 minptime=10;useinbandfec=1",
        "a=rtpmap:63 red/48000/2",
        "a=fmtp:63 96/96",
    ]
    assert parse_sdp(offer).sections[0].codecs[0].name == "red"
    assert offer_with_redundancy(offer, stereo=False, redundancy=True) == offer


def test_without_redundancy_opus_still_has_its_parameters() -> None:
    offer = offer_with_redundancy(AIORTC_OFFER, stereo=True, redundancy=False)
    assert changed_lines(AIORTC_OFFER, offer) == [
        "a=fmtp:96 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1"
    ]


def test_an_answer_puts_red_first_where_the_offer_has_it_at_all() -> None:
    answer = answer_with_redundancy(AIORTC_ANSWER, BROWSER_OFFER, stereo=False, redundancy=True)
    section = parse_sdp(answer).sections[0]
    assert section.formats[:2] == ["63", "111"]
    agreed = audio_parameters(parse_sdp(answer), parse_sdp(BROWSER_OFFER), "0")
    assert agreed is not None
    assert agreed.red_payload_type == 63


@pytest.mark.parametrize(
    ("answer", "offer", "redundancy"),
    [
        (AIORTC_ANSWER, AIORTC_OFFER, True),  # nothing offered
        (AIORTC_ANSWER, BROWSER_OFFER, False),
        (AIORTC_ANSWER.replace("SAVPF 111", "SAVPF 0 111"), BROWSER_OFFER, True),  # PCMU is what will be sent
        (AIORTC_ANSWER.replace("m=audio 38123", "m=audio 0"), BROWSER_OFFER, True),
        (AIORTC_ANSWER, BROWSER_OFFER.replace("a=fmtp:63 111/111", "a=fmtp:63 9/9"), True),
    ],
)
def test_answers_without_red(answer: str, offer: str, redundancy: bool) -> None:
    assert "red/48000" not in answer_with_redundancy(answer, offer, stereo=False, redundancy=redundancy)


def test_aiortc_keeps_what_was_added() -> None:
    offer = offer_with_redundancy(AIORTC_OFFER, stereo=True, redundancy=True)
    again = parse_sdp(str(aiortc_sdp.SessionDescription.parse(offer)))
    red, opus = again.sections[0].codecs[:2]
    assert (red.parameters, opus.format_parameters["stereo"]) == ("96/96", "1")
