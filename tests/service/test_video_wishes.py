from __future__ import annotations

import pytest
from chime_native.rtc.sdp import MediaSection, SessionDescription
from chime_native.service.conference import VideoWish
from chime_native.service.video_wishes import wished_streams


def offer(*sections: tuple[str, str]) -> SessionDescription:
    return SessionDescription(
        sections=[MediaSection(kind, str(mid), direction=way) for mid, (kind, way) in enumerate(sections)]
    )


AUDIO, CAMERA, OFF = ("audio", "sendrecv"), ("video", "sendrecv"), ("video", "inactive")
RECEIVING = ("video", "recvonly")


@pytest.mark.parametrize(
    ("sections", "streams", "native", "expected"),
    [
        ((AUDIO, OFF), (0,), False, {"1": 0}),
        ((AUDIO, CAMERA, RECEIVING, RECEIVING), (0, 7, 9), False, {"1": 0, "2": 7, "3": 9}),
        ((AUDIO, CAMERA, OFF, RECEIVING), (0, 0, 9), False, {"1": 0, "2": 0, "3": 9}),
        ((AUDIO, CAMERA, RECEIVING), (0, 7), True, {"2": 7}),
        ((AUDIO, RECEIVING, OFF, RECEIVING), (0, 7, 0, 9), True, {"1": 7, "2": 0, "3": 9}),
        ((AUDIO, RECEIVING), (), False, {}),
        ((AUDIO,), (0, 5, 6), False, {}),
    ],
)
def test_streams_line_up_with_sections(
    sections: tuple[tuple[str, str], ...], streams: tuple[int, ...], native: bool, expected: dict[str, int]
) -> None:
    assert wished_streams(offer(*sections), VideoWish(streams, native)) == expected
