"""Offers and answers: what goes into each section, and what both sides have agreed on in the end.

Pure functions over the SDP model: no network, no clock. Rules and their reasons: RFC 8829; what the JavaScript SDK in
Chromium needs of an answer beyond that is said where it is done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chime_native.errors import SdpError
from chime_native.rtc.options import AudioProfileOptions, VideoAnswer, VideoSection
from chime_native.rtc.sdp import (
    Candidate,
    Codec,
    Fingerprint,
    MediaSection,
    Origin,
    SessionDescription,
    SsrcDescription,
)

__all__ = [
    "ABS_SEND_TIME",
    "AUDIO_LEVEL",
    "MID",
    "AudioParameters",
    "LocalTransport",
    "RemoteTransport",
    "audio_parameters",
    "build_answer",
    "build_offer",
    "check_answer",
    "remote_transport",
]

AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"

AUDIO_EXTENSIONS = {1: AUDIO_LEVEL, 2: ABS_SEND_TIME, 4: MID}
VIDEO_EXTENSIONS = {2: ABS_SEND_TIME, 4: MID, 10: RID, 11: REPAIRED_RID}

#: The service tells clients of this family by their origin; the SDK writes the same.
OFFER_ORIGIN = "mozilla-chrome"

#: Payload types that browsers use for these, so that they look familiar in a capture.
RED_PAYLOAD_TYPE, OPUS_PAYLOAD_TYPE = 63, 111

#: transport-cc is left out: it is for those who send transport-wide feedback.
VIDEO_FEEDBACK = ("goog-remb", "ccm fir", "nack", "nack pli")

OPPOSITE = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """Our end of the bundle, as it stands in every section that we write."""

    ice_ufrag: str
    ice_pwd: str
    fingerprint: Fingerprint
    candidates: tuple[Candidate, ...] = ()


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


@dataclass(frozen=True, slots=True)
class LocalMedia:
    """Names of what we send: one CNAME for all, the audio's SSRC and msid."""

    cname: str
    audio_ssrc: int
    audio_msid: str
    video: Mapping[str, VideoAnswer] = field(default_factory=dict)


# --- offers ---


def build_offer(
    origin: Origin,
    transport: LocalTransport,
    media: LocalMedia,
    audio: AudioProfileOptions,
    video_sections: Sequence[VideoSection],
) -> SessionDescription:
    """An offer with the audio section (mid ``0``) and the given video sections, in their order."""
    sections = [_offered_audio(media, audio)]
    sections += [_offered_video(wanted, media) for wanted in video_sections]
    return _finish(origin, sections, transport, "actpass")


def _offered_audio(media: LocalMedia, audio: AudioProfileOptions) -> MediaSection:
    parameters = "minptime=10;useinbandfec=1"
    if audio.bitrate is not None:
        parameters += f";maxaveragebitrate={audio.bitrate}"
    if audio.stereo:
        parameters += ";stereo=1;sprop-stereo=1"
    codecs = [Codec(OPUS_PAYLOAD_TYPE, "opus", 48000, 2, parameters)]
    if audio.redundancy:
        # First, because the media service takes RED only from clients that prefer it.
        codecs.insert(0, Codec(RED_PAYLOAD_TYPE, "red", 48000, 2, f"{OPUS_PAYLOAD_TYPE}/{OPUS_PAYLOAD_TYPE}"))
    section = MediaSection(
        "audio", "0", direction="sendrecv", codecs=codecs, extensions=dict(AUDIO_EXTENSIONS)
    )
    _add_source(section, media.audio_ssrc, media.cname, media.audio_msid)
    return section


def _offered_video(wanted: VideoSection, media: LocalMedia) -> MediaSection:
    codecs = [
        Codec(96, "VP8", 90000, feedback=list(VIDEO_FEEDBACK)),
        Codec(
            102,
            "H264",
            90000,
            parameters="level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
            feedback=list(VIDEO_FEEDBACK),
        ),
    ]
    section = MediaSection("video", wanted.mid, codecs=codecs, extensions=dict(VIDEO_EXTENSIONS))
    section.direction = "inactive" if wanted.stopped else wanted.direction
    section.port = 0 if wanted.stopped else 9
    if wanted.ssrc is not None and section.direction in ("sendrecv", "sendonly"):
        _add_source(section, wanted.ssrc, media.cname, f"{media.cname} video-{wanted.mid}")
    return section


# --- answers ---


def build_answer(
    offer: SessionDescription,
    origin: Origin,
    transport: LocalTransport,
    media: LocalMedia,
    audio: AudioProfileOptions,
) -> SessionDescription:
    """The answer to ``offer``: the first audio section and video as far as ``media`` has something to send.

    Sections keep the order of the offer; what is not wanted has port 0 and stays out of the BUNDLE group, because
    Chromium refuses an answer that names a rejected mid there.
    """
    first_audio = offer.first("audio")
    sections = []
    for offered in offer.sections:
        if offered.rejected or "RTP" not in offered.protocol:
            answer = _rejection(offered)
        elif offered is first_audio:
            answer = _answered_audio(offered, media, audio)
        elif offered.kind == "video":
            answer = _answered_video(offered, media)
        else:
            answer = _rejection(offered)
        sections.append(answer)
    setup = next((s.setup for s in offer.sections if not s.rejected and s.setup), "actpass")
    # Passive where there is a choice: the browser then is the DTLS client and picks AES-256-GCM.
    return _finish(origin, sections, transport, "active" if setup == "passive" else "passive")


def _answered_audio(offered: MediaSection, media: LocalMedia, audio: AudioProfileOptions) -> MediaSection:
    opus = offered.codec("opus", 48000, 2)
    if opus is None:
        return _rejection(offered)
    red = _red_for(offered, opus)
    # Not first means not wanted: so the media service of Chime has it, and browsers put RED second when it is off.
    if not audio.redundancy or red is not offered.codecs[0]:
        red = None
    # Chromium applies an audio profile to the Opus fmtp of the answer, and does nothing when there is none.
    codecs = [replace(opus, parameters=opus.parameters or "minptime=10;useinbandfec=1", feedback=[])]
    if red is not None:
        # Chromium wants 2 to 32 payload types here, all equal to Opus'; otherwise it sends no RED, without a word.
        codecs.insert(0, replace(red, parameters=f"{opus.payload_type}/{opus.payload_type}", feedback=[]))
    section = MediaSection(
        offered.kind,
        offered.mid,
        protocol=offered.protocol,
        direction=OPPOSITE[offered.direction],
        codecs=codecs,
        extensions=_accepted(offered.extensions, AUDIO_EXTENSIONS.values()),
    )
    if section.direction in ("sendrecv", "sendonly"):
        _add_source(section, media.audio_ssrc, media.cname, media.audio_msid)
    return section


def _answered_video(offered: MediaSection, media: LocalMedia) -> MediaSection:
    codecs = [
        replace(codec, feedback=[text for text in codec.feedback if text in VIDEO_FEEDBACK])
        for codec in offered.codecs
        if _video_codec_is_common(codec)
    ]
    if not codecs:
        return _rejection(offered)
    source = media.video.get(offered.mid)
    receives = offered.direction in ("sendrecv", "sendonly")
    sends = source is not None and offered.direction in ("sendrecv", "recvonly")
    section = MediaSection(
        offered.kind,
        offered.mid,
        protocol=offered.protocol,
        direction={(True, True): "sendrecv", (True, False): "sendonly", (False, True): "recvonly"}.get(
            (sends, receives), "inactive"
        ),
        codecs=codecs,
        # All that will ever be wanted, in the first answer already: later offers list only what was accepted, and a
        # camera that starts with simulcast fails in the page without rid.
        extensions=_accepted(offered.extensions, VIDEO_EXTENSIONS.values()),
    )
    if source is not None and sends:
        _add_source(section, source.ssrc, media.cname, f"{source.label} {source.label}")
    sent_rids = [rid.split()[0] for rid in offered.rids if rid.split()[1] == "send"]
    if receives and offered.simulcast is not None and sent_rids:
        section.rids = [f"{rid} recv" for rid in sent_rids]
        section.simulcast = "recv " + ";".join(sent_rids)
    return section


def _video_codec_is_common(codec: Codec) -> bool:
    """VP8, VP9 profile 0 and H.264 constrained baseline in packetisation mode 1: what every client decodes."""
    parameters = codec.format_parameters
    name = codec.name.lower()
    if name == "vp9":
        return parameters.get("profile-id", "0") == "0"
    if name == "h264":
        profile = parameters.get("profile-level-id", "").lower()
        return profile.startswith(("42e0", "42c0")) and parameters.get("packetization-mode") == "1"
    return name == "vp8"


def _rejection(offered: MediaSection) -> MediaSection:
    # An m= line has at least one format, so that of the offer is repeated.
    return MediaSection(
        offered.kind,
        offered.mid,
        port=0,
        protocol=offered.protocol,
        formats=offered.formats[:1] or ["0"],
        direction="inactive",
    )


# --- what both have ---


def _finish(
    origin: Origin, sections: list[MediaSection], transport: LocalTransport, setup: str
) -> SessionDescription:
    for section in sections:
        if section.codecs:
            section.formats = [str(codec.payload_type) for codec in section.codecs]
        if section.rejected:
            continue
        section.ice_ufrag, section.ice_pwd = transport.ice_ufrag, transport.ice_pwd
        section.fingerprints = [transport.fingerprint]
        section.setup = setup
        section.rtcp_mux = section.rtcp_rsize = True
    live = [section for section in sections if not section.rejected]
    if live:
        # One transport for all, so that its candidates need to be said once.
        live[0].candidates = list(transport.candidates)
        live[0].end_of_candidates = bool(transport.candidates)
    return SessionDescription(
        origin=origin, sections=sections, bundle=[section.mid for section in live], extmap_allow_mixed=True
    )


def _add_source(section: MediaSection, ssrc: int, cname: str, msid: str) -> None:
    section.msid = msid
    section.ssrcs = [SsrcDescription(ssrc, cname=cname, msid=msid)]


def _accepted(offered: Mapping[int, str], wanted: Collection[str]) -> dict[int, str]:
    """The offer's ids of the extensions that are wanted; each URI once."""
    accepted: dict[int, str] = {}
    for number, uri in offered.items():
        if uri in wanted and uri not in accepted.values():
            accepted[number] = uri
    return accepted


def _red_for(section: MediaSection, opus: Codec) -> Codec | None:
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
    red = _red_for(theirs, opus) if _red_for(ours, our_opus) is not None else None
    both = set(ours.extensions.items()) & set(theirs.extensions.items())
    ids = {uri: number for number, uri in both}
    wishes = opus.format_parameters
    bitrate = wishes.get("maxaveragebitrate", "")
    return AudioParameters(
        mid=ours.mid,
        opus_payload_type=opus.payload_type,
        red_payload_type=red.payload_type if red is not None else None,
        sends=ours.direction in ("sendrecv", "sendonly") and theirs.direction in ("sendrecv", "recvonly"),
        receives=ours.direction in ("sendrecv", "recvonly") and theirs.direction in ("sendrecv", "sendonly"),
        bitrate=min(max(int(bitrate), 6000), 510000) if bitrate.isascii() and bitrate.isdecimal() else None,
        stereo=wishes.get("stereo") == "1",
        remote_ssrcs=tuple(item.ssrc for item in theirs.ssrcs),
        mid_id=ids.get(MID, 0),
        audio_level_id=ids.get(AUDIO_LEVEL, 0),
        abs_send_time_id=ids.get(ABS_SEND_TIME, 0),
    )


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
