import dataclasses
import re
from pathlib import Path

import pytest
from chime_native.errors import SdpError
from chime_native.rtc.agreement import (
    ABS_SEND_TIME,
    AUDIO_LEVEL,
    MID,
    audio_parameters,
    check_answer,
    remote_transport,
)
from chime_native.rtc.negotiation import (
    OFFER_ORIGIN,
    LocalMedia,
    LocalTransport,
    build_answer,
    build_offer,
)
from chime_native.rtc.options import AudioProfileOptions, VideoAnswer, VideoSection
from chime_native.rtc.sdp import Candidate, Fingerprint, MediaSection, Origin, SessionDescription
from chime_native.rtc.sdp_parser import parse_sdp
from chime_native.rtc.video import REPAIRED_RID, RID, TRANSPORT_CC
from hypothesis import given
from hypothesis import strategies as st

VECTORS = Path(__file__).parents[2] / "vectors" / "sdp"
TRANSPORT = LocalTransport(
    "ufrg",
    "passwordpasswordpasswd",
    Fingerprint("sha-256", "AA:BB"),
    (Candidate("1", 1, "udp", 2130706431, "127.0.0.1", 4000, "host"),),
)
MEDIA = LocalMedia("cname", 1234, "cname audio")


def offer_of(name: str) -> SessionDescription:
    return parse_sdp((VECTORS / f"{name}.sdp").read_bytes().decode())


def answer(
    offer: SessionDescription, audio: AudioProfileOptions | None = None, **video: VideoAnswer
) -> SessionDescription:
    media = dataclasses.replace(MEDIA, video={mid[1:]: item for mid, item in video.items()})
    built = build_answer(offer, Origin("-", 1, 2), TRANSPORT, media, audio or AudioProfileOptions())
    return parse_sdp(str(built))


def lines_of(description: SessionDescription, mid: str) -> list[str]:
    blocks = str(description).split("\r\nm=")
    return next("m=" + block for block in blocks if f"\r\na=mid:{mid}\r\n" in block).split("\r\n")


def test_red_first_is_answered_red_first_with_the_fmtp_that_browsers_want() -> None:
    text = lines_of(answer(offer_of("chromium_audio_red_offer")), "0")
    assert text[0] == "m=audio 9 UDP/TLS/RTP/SAVPF 63 111"
    assert "a=fmtp:63 111/111" in text
    assert "a=fmtp:111 minptime=10;useinbandfec=1" in text
    assert "a=sendrecv" in text
    assert "a=setup:passive" in text
    assert {"a=rtcp-mux", "a=rtcp-rsize", "a=msid:cname audio", "a=ssrc:1234 cname:cname"} <= set(text)


@pytest.mark.parametrize(
    ("name", "audio"),
    [
        ("chromium_audio_plain_offer", AudioProfileOptions()),
        ("chromium_audio_and_camera_off_offer", AudioProfileOptions()),  # RED is there, but second
        ("chromium_audio_red_offer", AudioProfileOptions(redundancy=False)),
    ],
)
def test_opus_only_when_red_is_not_first_or_not_wanted(name: str, audio: AudioProfileOptions) -> None:
    text = lines_of(answer(offer_of(name), audio), "0")
    assert text[0] == "m=audio 9 UDP/TLS/RTP/SAVPF 111"
    assert "a=fmtp:111 minptime=10;useinbandfec=1" in text


@pytest.mark.parametrize("parameters", [None, "111", "111/9", "9/9", ""])
def test_red_that_does_not_carry_opus_is_not_accepted(parameters: str | None) -> None:
    offer = offer_of("chromium_audio_red_offer")
    offer.sections[0].codecs[0].parameters = parameters
    accepted = answer(offer).sections[0].formats
    assert accepted == (["63", "111"] if parameters == "111" else ["111"])


def test_extensions_are_answered_with_the_ids_of_the_offer() -> None:
    built = answer(offer_of("chromium_audio_and_camera_off_offer"))
    audio, camera = built.sections
    assert audio.extensions == {1: AUDIO_LEVEL, 2: ABS_SEND_TIME, 4: MID}
    assert camera.direction == "inactive"
    assert camera.extensions == {2: ABS_SEND_TIME, 3: TRANSPORT_CC, 4: MID, 10: RID, 11: REPAIRED_RID}


def test_arrivals_are_for_senders_and_estimates_from_receivers() -> None:
    offer = offer_of("chromium_camera_and_two_subscriptions_offer")
    built = answer(offer, _2=VideoAnswer(77, "v_2"))
    _, camera, receiving, _ = built.sections
    assert all("transport-cc" in codec.feedback for codec in camera.codecs if codec.name != "rtx")
    assert all("goog-remb" not in codec.feedback for codec in camera.codecs)
    assert TRANSPORT_CC not in receiving.extensions.values()
    assert all("goog-remb" in codec.feedback for codec in receiving.codecs if codec.name != "rtx")


def test_video_directions_and_sources() -> None:
    offer = offer_of("chromium_camera_and_two_subscriptions_offer")
    built = answer(offer, _2=VideoAnswer(77, "v_2"))
    assert [section.mid for section in built.sections] == ["0", "1", "2", "3"]
    assert [section.direction for section in built.sections] == [
        "sendrecv",
        "sendrecv",  # the SDK looks for its camera's section by this word
        "sendonly",
        "inactive",
    ]
    assert built.sections[1].msid == "- -"  # and shows no track of it
    assert not built.sections[1].ssrcs
    assert built.bundle == ["0", "1", "2", "3"]
    section = built.sections[2]
    assert section.msid == "v_2 v_2"
    assert section.ssrcs[0].ssrc == 77
    names = {codec.name for codec in section.codecs}
    assert names == {"VP8", "VP9", "H264", "rtx"}
    assert all("transport-cc" not in codec.feedback for codec in section.codecs)
    check_answer(offer, built)


def test_retransmissions_have_an_ssrc_of_their_own() -> None:
    offer = offer_of("chromium_camera_and_two_subscriptions_offer")
    section = answer(offer, _2=VideoAnswer(77, "v_2", 78)).sections[2]
    assert section.ssrc_groups == ["FID 77 78"]
    assert [item.ssrc for item in section.ssrcs] == [77, 78]
    repeated = {codec.format_parameters["apt"] for codec in section.codecs if codec.name == "rtx"}
    assert repeated == {str(codec.payload_type) for codec in section.codecs if codec.name != "rtx"}


def test_stopped_and_unknown_sections_keep_their_place_and_stay_out_of_the_bundle() -> None:
    offer = offer_of("chromium_camera_and_two_subscriptions_offer")
    offer.sections[2].port = 0
    offer.sections[2].direction = "inactive"
    offer.sections.append(
        MediaSection("application", "7", protocol="UDP/DTLS/SCTP", formats=["webrtc-datachannel"])
    )
    offer.sections.append(dataclasses.replace(offer.sections[0], mid="8"))
    built = answer(offer)
    assert [section.port for section in built.sections] == [9, 9, 0, 9, 0, 0]
    assert built.bundle == ["0", "1", "3"]
    assert lines_of(built, "7")[0] == "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"
    assert "a=inactive" in lines_of(built, "2")


def test_simulcast_is_answered_rid_by_rid() -> None:
    offer = offer_of("chromium_camera_and_two_subscriptions_offer")
    camera = offer.sections[1]
    camera.rids = ["low send", "mid send", "hi send"]
    camera.simulcast = "send low;~mid;hi"
    text = lines_of(answer(offer), "1")
    assert {"a=rid:low recv", "a=rid:mid recv", "a=rid:hi recv", "a=simulcast:recv low;mid;hi"} <= set(text)


def test_setup_is_active_only_when_the_peer_insists_on_being_passive() -> None:
    offer = offer_of("chromium_audio_red_offer")
    for theirs, ours in (("actpass", "passive"), ("active", "passive"), ("passive", "active")):
        offer.sections[0].setup = theirs
        assert answer(offer).sections[0].setup == ours


def test_candidates_stand_in_the_first_section_that_is_alive() -> None:
    offer = offer_of("chromium_audio_and_camera_off_offer")
    built = answer(offer)
    assert built.sections[0].candidates == list(TRANSPORT.candidates)
    assert built.sections[0].end_of_candidates
    assert not built.sections[1].candidates
    offer.sections[0].port = 0
    assert answer(offer).sections[1].candidates


def test_offer_and_answer_agree() -> None:
    profile = AudioProfileOptions(bitrate=64_000, stereo=True)
    sections = (VideoSection("1"), VideoSection("2", "recvonly"), VideoSection("3", stopped=True))
    offer = build_offer(Origin(OFFER_ORIGIN, 5, 2), TRANSPORT, MEDIA, profile, sections)
    assert str(offer).splitlines()[1] == "o=mozilla-chrome 5 2 IN IP4 127.0.0.1"
    offer = parse_sdp(str(offer))
    assert offer.sections[0].formats == ["63", "111"]
    assert offer.bundle == ["0", "1", "2"]
    built = answer(offer)
    theirs = audio_parameters(built, offer)
    ours = audio_parameters(offer, built)
    assert theirs is not None
    assert ours is not None
    assert (theirs.opus_payload_type, theirs.red_payload_type) == (111, 63)
    assert (theirs.bitrate, theirs.stereo) == (64_000, True)
    assert (ours.red_payload_type, ours.mid_id, ours.audio_level_id, ours.abs_send_time_id) == (63, 4, 1, 2)
    assert ours.sends
    assert ours.receives
    assert ours.remote_ssrcs == (1234,)


def test_an_offer_without_redundancy_has_no_red() -> None:
    offer = build_offer(Origin(), TRANSPORT, MEDIA, AudioProfileOptions(redundancy=False), ())
    assert offer.sections[0].formats == ["111"]
    built = answer(parse_sdp(str(offer)))
    parameters = audio_parameters(built, offer)
    assert parameters is not None
    assert parameters.red_payload_type is None


def test_no_audio_in_common() -> None:
    offer = offer_of("chromium_audio_plain_offer")
    offer.sections[0].codecs = [codec for codec in offer.sections[0].codecs if codec.name != "opus"]
    built = answer(offer)
    assert built.sections[0].rejected
    assert audio_parameters(built, offer) is None


def test_answers_that_do_not_fit_are_refused() -> None:
    offer = offer_of("chromium_audio_and_camera_off_offer")
    for change, message in (
        (lambda a: a.sections.pop(), "the answer's sections have the mids 0, the offer's 0 1"),
        (lambda a: a.sections.reverse(), "the answer's sections have the mids 1 0"),
        (
            lambda a: setattr(a.sections[1], "kind", "audio"),
            "section 1 is video in the offer and audio in the answer",
        ),
        (lambda a: a.bundle.remove("1"), "section 1 of the answer is not in its BUNDLE group"),
        (lambda a: setattr(a.sections[0], "rtcp_mux", False), "section 0 of the answer has no a=rtcp-mux"),
    ):
        built = answer(offer)
        change(built)
        with pytest.raises(SdpError, match=message):
            check_answer(offer, built)


def test_remote_transport_needs_its_parts() -> None:
    offer = offer_of("chromium_audio_red_offer")
    assert remote_transport(offer).setup == "actpass"
    for name, value in (("ice_ufrag", None), ("ice_pwd", None), ("fingerprints", []), ("port", 0)):
        broken = offer_of("chromium_audio_red_offer")
        setattr(broken.sections[0], name, value)
        with pytest.raises(SdpError):
            remote_transport(broken)


def test_options_say_what_they_allow() -> None:
    with pytest.raises(ValueError, match="bitrate must be 6000 to 510000"):
        AudioProfileOptions(bitrate=5)
    with pytest.raises(ValueError, match="channels must be 1 or 2, not 3"):
        AudioProfileOptions(channels=3)
    assert AudioProfileOptions(stereo=True).pcm_channels == 2
    assert AudioProfileOptions(stereo=True, channels=1).pcm_channels == 1


@given(st.data())
def test_any_offer_that_can_be_read_is_answered_or_refused(data: st.DataObject) -> None:
    names = sorted(path.stem for path in VECTORS.glob("*_offer.sdp"))
    lines = re.split("(?<=\n)", (VECTORS / f"{data.draw(st.sampled_from(names))}.sdp").read_bytes().decode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(lines) - 1))
        lines[place] = data.draw(
            st.sampled_from(
                [
                    "",
                    lines[data.draw(st.integers(0, len(lines) - 1))],
                    "a=fmtp:111 maxaveragebitrate=" + "9" * data.draw(st.sampled_from([1, 6, 5000])) + "\r\n",
                    "a=fmtp:63 /\r\n",
                    "a=rid:x send\r\n",
                    "a=simulcast:\r\n",
                    "a=extmap:15 urn:ietf:params:rtp-hdrext:sdes:mid\r\n",
                ]
            )
        )
    try:
        offer = parse_sdp("".join(lines))
        remote_transport(offer)
        built = answer(offer)
    except SdpError as error:
        message = str(error)
        assert message
        return
    check_answer(offer, built)
    audio_parameters(built, offer)
