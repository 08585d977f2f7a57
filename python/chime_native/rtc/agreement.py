"""What an offer and an answer agree on: audio parameters, and the other end of the transport. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chime_native.errors import SdpError
from chime_native.rtc.options import MAX_BITRATE, MIN_BITRATE
from chime_native.rtc.sdp import Candidate, Codec, Fingerprint, MediaSection, SessionDescription

__all__ = [
    "ABS_SEND_TIME",
    "AUDIO_LEVEL",
    "MID",
    "AudioParameters",
    "RemoteTransport",
    "audio_parameters",
    "check_answer",
    "red_for",
    "remote_transport",
    "wants_stereo",
]

AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"


@dataclass(frozen=True, slots=True)
class RemoteTransport:
    """The peer's end of the bundle, and which DTLS role is left for us."""

    ice_ufrag: str
    ice_pwd: str
    fingerprints: tuple[Fingerprint, ...]
    candidates: tuple[Candidate, ...]
    ice_lite: bool
    setup: str


@dataclass(frozen=True, slots=True)
class AudioParameters:
    """What was agreed for the audio section; both sides use the same payload types and extension ids."""

    mid: str
    opus_payload_type: int
    red_payload_type: int | None
    sends: bool
    """Whether we may send."""
    receives: bool
    """Whether the peer may send."""
    bitrate: int | None = None
    """Bits per second that the peer asks for, None when it does not say."""
    stereo: bool = False
    """Whether the peer wants to receive stereo."""
    remote_ssrcs: tuple[int, ...] = ()
    mid_id: int = 0
    audio_level_id: int = 0
    abs_send_time_id: int = 0


def red_for(section: MediaSection, opus: Codec) -> Codec | None:
    """RED of the section, if its fmtp says that it carries that Opus and nothing else."""
    red = section.codec("red", 48000, 2)
    if red is None:
        return None
    carried = set((red.parameters or "").replace(" ", "").split("/"))
    return red if carried == {str(opus.payload_type)} else None


def audio_parameters(
    local: SessionDescription, remote: SessionDescription, mid: str | None = None
) -> AudioParameters | None:
    """What offer and answer agree on for audio; None when there is none in both.

    ``mid`` names the section, None means the first one that is alive.
    """
    ours = local.first("audio") if mid is None else local.section(mid)
    theirs = None if ours is None else remote.section(ours.mid)
    if ours is None or theirs is None or ours.rejected or theirs.rejected:
        return None
    opus, our_opus = theirs.codec("opus", 48000, 2), ours.codec("opus", 48000, 2)
    if opus is None or our_opus is None:
        return None
    red = red_for(theirs, opus) if red_for(ours, our_opus) is not None else None
    both = set(ours.extensions.items()) & set(theirs.extensions.items())
    ids = {uri: number for number, uri in both}
    wishes = opus.format_parameters
    return AudioParameters(
        mid=ours.mid,
        opus_payload_type=opus.payload_type,
        red_payload_type=red.payload_type if red is not None else None,
        sends=ours.direction in ("sendrecv", "sendonly") and theirs.direction in ("sendrecv", "recvonly"),
        receives=ours.direction in ("sendrecv", "recvonly") and theirs.direction in ("sendrecv", "sendonly"),
        bitrate=_bitrate(wishes.get("maxaveragebitrate", "")),
        stereo=wishes.get("stereo") == "1",
        remote_ssrcs=tuple(item.ssrc for item in theirs.ssrcs),
        mid_id=ids.get(MID, 0),
        audio_level_id=ids.get(AUDIO_LEVEL, 0),
        abs_send_time_id=ids.get(ABS_SEND_TIME, 0),
    )


def wants_stereo(offer: SessionDescription) -> bool:
    """Whether the first audio section of an offer asks for stereo (RFC 7587, section 6.1)."""
    section = offer.first("audio")
    opus = section.codec("opus", 48000, 2) if section is not None else None
    return opus is not None and opus.format_parameters.get("stereo") == "1"


def check_answer(offer: SessionDescription, answer: SessionDescription) -> None:
    """Raises SdpError when ``answer`` cannot be one to ``offer`` (RFC 8829, section 5.8; RFC 8843)."""
    if [section.mid for section in offer.sections] != [section.mid for section in answer.sections]:
        raise SdpError(
            f"the answer's sections have the mids {_mids(answer.sections)}, the offer's {_mids(offer.sections)}"
        )
    for ours, theirs in zip(offer.sections, answer.sections, strict=True):
        if ours.kind != theirs.kind:
            raise SdpError(f"section {ours.mid} is {ours.kind} in the offer and {theirs.kind} in the answer")
        if not theirs.rejected and theirs.mid not in answer.bundle:
            raise SdpError(f"section {theirs.mid} of the answer is not in its BUNDLE group {answer.bundle}")
        if not theirs.rejected and not theirs.rtcp_mux:
            raise SdpError(f"section {theirs.mid} of the answer has no a=rtcp-mux")


def remote_transport(description: SessionDescription) -> RemoteTransport:
    """The peer's ICE and DTLS parameters; raises SdpError when one is missing."""
    live = [section for section in description.sections if not section.rejected]
    if not live:
        raise SdpError("the SDP has no section that is not rejected, so there is nothing to connect")
    # The first section of the bundle speaks for all (RFC 8843, section 7.1).
    section = next((s for s in live if s.mid in description.bundle[:1]), live[0])
    for value, name in ((section.ice_ufrag, "ice-ufrag"), (section.ice_pwd, "ice-pwd")):
        if value is None:
            raise SdpError(f"section {section.mid} has no a={name}")
    if not section.fingerprints:
        raise SdpError(f"section {section.mid} has no a=fingerprint")
    assert section.ice_ufrag is not None
    assert section.ice_pwd is not None
    candidates = [candidate for item in live for candidate in item.candidates]
    return RemoteTransport(
        ice_ufrag=section.ice_ufrag,
        ice_pwd=section.ice_pwd,
        fingerprints=tuple(section.fingerprints),
        candidates=tuple(dict.fromkeys(candidates)),
        ice_lite=description.ice_lite,
        setup=section.setup or "actpass",
    )


def _mids(sections: Iterable[MediaSection]) -> str:
    return " ".join(section.mid for section in sections) or "(none)"


def _bitrate(text: str) -> int | None:
    """Bits per second within the limits of Opus; None for what is not a number of sensible length."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        return None
    return min(max(int(text), MIN_BITRATE), MAX_BITRATE)
