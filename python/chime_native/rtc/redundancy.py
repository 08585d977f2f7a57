"""RED written into the SDP of a stack that does not know it: line by line, so that all else stays as it was."""

from __future__ import annotations

import re

from chime_native.rtc.negotiation import RED_PAYLOAD_TYPE
from chime_native.rtc.sdp_parser import parse_sdp

__all__ = ["answer_with_redundancy", "offer_with_redundancy"]

_OPUS = re.compile(r"a=rtpmap:(\d+) opus/48000/2", re.IGNORECASE)
OPUS_PARAMETERS = "minptime=10;useinbandfec=1"


def offer_with_redundancy(sdp: str, *, stereo: bool, redundancy: bool) -> str:
    """The offer with an Opus fmtp and, with ``redundancy``, RED first in every live audio section."""
    return _rewrite(sdp, dict.fromkeys(_audio_mids(sdp), RED_PAYLOAD_TYPE) if redundancy else {}, stereo)


def answer_with_redundancy(answer: str, offer: str, *, stereo: bool, redundancy: bool) -> str:
    """The answer with an Opus fmtp and RED first where the offer has it for the Opus that was answered.

    RED is taken from any place of the offer: browsers list it second, and send it when the answer has it first.
    """
    wanted: dict[str, int] = {}
    for section in parse_sdp(offer).sections if redundancy else ():
        red, opus = section.codec("red", 48000, 2), section.codec("opus", 48000, 2)
        if (
            red is not None
            and opus is not None
            and set((red.parameters or "").split("/")) == {str(opus.payload_type)}
        ):
            wanted[section.mid] = red.payload_type
    return _rewrite(answer, wanted, stereo)


def _audio_mids(sdp: str) -> list[str]:
    return [section.mid for section in parse_sdp(sdp).sections if section.kind == "audio"]


def _rewrite(sdp: str, red_payload_types: dict[str, int], stereo: bool) -> str:
    head, *blocks = re.split(r"(?m)^(?=m=)", sdp)
    return head + "".join(_rewrite_section(block, red_payload_types, stereo) for block in blocks)


def _rewrite_section(block: str, red_payload_types: dict[str, int], stereo: bool) -> str:
    opus = _OPUS.search(block)
    mid = re.search(r"(?m)^a=mid:(\S+)", block)
    words = block.split("\r\n", 1)[0].split(" ")
    if opus is None or mid is None or not block.startswith("m=audio ") or words[1] == "0":
        return block
    number = opus[1]
    added = []
    if not re.search(rf"(?m)^a=fmtp:{number} ", block):
        added.append(f"a=fmtp:{number} {OPUS_PARAMETERS}" + (";stereo=1;sprop-stereo=1" if stereo else ""))
    red = red_payload_types.get(mid[1])
    # Only where Opus comes first too: with another codec in front, that one is what will be sent.
    if red is not None and str(red) not in words[3:] and words[3] == number:
        block = block.replace(" ".join(words), " ".join([*words[:3], str(red), *words[3:]]), 1)
        added += [f"a=rtpmap:{red} red/48000/2", f"a=fmtp:{red} {number}/{number}"]
    return block.replace(opus[0], "\r\n".join([opus[0], *added]), 1)
