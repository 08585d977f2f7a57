import pytest
from chime_native.rtc.sdp import Codec, MediaSection, SessionDescription, SsrcDescription
from chime_native.rtc.video import (
    REPAIRED_RID,
    RID,
    VideoLayer,
    VideoPayloadType,
    forwarded_codec,
    video_parameters,
)

H264 = "level-asymmetry-allowed=1;packetization-mode={mode};profile-level-id={profile}"


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("VP8", None, "VP8"),
        ("vp8", None, "VP8"),
        ("VP9", None, "VP9"),
        ("VP9", "profile-id=0;x-google-start-bitrate=1000", "VP9"),
        ("VP9", "profile-id=2", None),
        ("H264", H264.format(mode=1, profile="42e01f"), "H264"),
        ("H264", H264.format(mode=1, profile="42C01E"), "H264"),
        ("H264", H264.format(mode=0, profile="42e01f"), None),
        ("H264", H264.format(mode=1, profile="640c1f"), None),
        ("H264", None, None),
        ("AV1", None, None),
        ("rtx", "apt=96", None),
    ],
)
def test_what_every_client_decodes_is_forwarded(
    name: str, parameters: str | None, expected: str | None
) -> None:
    assert forwarded_codec(Codec(96, name, 90000, parameters=parameters)) == expected


def section(direction: str, **more: object) -> MediaSection:
    codecs = [Codec(96, "VP8", 90000), Codec(97, "rtx", 90000, parameters="apt=96"), Codec(98, "AV1", 90000)]
    extensions = {10: RID, 11: REPAIRED_RID}
    return MediaSection("video", "1", direction=direction, codecs=codecs, extensions=extensions, **more)  # type: ignore[arg-type]


def agreed(ours: MediaSection, theirs: MediaSection):
    return video_parameters(SessionDescription(sections=[ours]), SessionDescription(sections=[theirs]), "1")


def test_directions_payload_types_and_extensions() -> None:
    parameters = agreed(section("recvonly"), section("sendrecv"))
    assert parameters is not None
    assert (parameters.sends, parameters.receives) == (False, True)
    assert parameters.payload_types == (VideoPayloadType(96, "VP8", 97),)
    assert (parameters.rid_id, parameters.repaired_rid_id, parameters.mid_id) == (10, 11, 0)
    assert agreed(section("recvonly"), section("sendrecv", port=0)) is None


def test_layers_by_rid_by_group_and_by_nothing() -> None:
    def layers(**more: object) -> tuple[VideoLayer, ...]:
        parameters = agreed(section("recvonly"), section("sendonly", **more))
        assert parameters is not None
        return parameters.remote_layers

    assert layers(rids=["low send", "hi send", "x recv"]) == (VideoLayer("low"), VideoLayer("hi"))
    ssrcs = [SsrcDescription(number) for number in (1, 2, 3, 4)]
    assert layers(ssrcs=ssrcs, ssrc_groups=["FID 1 2"]) == (VideoLayer("", 1, 2),)
    groups = ["SIM 1 3", "FID 1 2", "FID 3 4"]
    assert layers(ssrcs=ssrcs, ssrc_groups=groups) == (VideoLayer("", 1, 2), VideoLayer("", 3, 4))
    assert layers(ssrcs=ssrcs, ssrc_groups=["FID x 2", "FID 1", ""]) == (VideoLayer("", 1),)
    assert layers() == (VideoLayer(),)
