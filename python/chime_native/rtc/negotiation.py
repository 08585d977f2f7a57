"""Offers and answers: what goes into each section.

Pure functions over the SDP model: no network, no clock. Rules and their reasons: RFC 8829; what the JavaScript SDK in
Chromium needs of an answer beyond that is said where it is done.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chime_native.rtc.agreement import ABS_SEND_TIME, AUDIO_LEVEL, MID, red_for
from chime_native.rtc.options import AudioProfileOptions, AudioSection, VideoAnswer, VideoSection
from chime_native.rtc.sdp import (
    Candidate,
    Codec,
    Fingerprint,
    MediaSection,
    Origin,
    SessionDescription,
    SsrcDescription,
)
from chime_native.rtc.video import REPAIRED_RID, RID, TRANSPORT_CC, forwarded_codec, retransmission_of

__all__ = ["OFFER_ORIGIN", "LocalMedia", "LocalTransport", "build_answer", "build_offer"]

AUDIO_EXTENSIONS = {1: AUDIO_LEVEL, 2: ABS_SEND_TIME, 4: MID}
VIDEO_EXTENSIONS = {2: ABS_SEND_TIME, 4: MID, 10: RID, 11: REPAIRED_RID}

#: The service tells clients of this family by their origin; the SDK writes the same.
OFFER_ORIGIN = "mozilla-chrome"

#: Payload types that browsers use for these, so that they look familiar in a capture.
RED_PAYLOAD_TYPE, OPUS_PAYLOAD_TYPE = 63, 111

#: What a receiver of video tells us: its own estimate, while we have none of our own that would need more.
VIDEO_FEEDBACK = ("goog-remb", "ccm fir", "nack", "nack pli")

#: What we tell a sender of video that can number its packets for it: their arrivals, from which it estimates.
SENDER_FEEDBACK = ("transport-cc", "ccm fir", "nack", "nack pli")

OPPOSITE = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """Our end of the bundle, as it stands in every section that we write."""

    ice_ufrag: str
    ice_pwd: str
    fingerprint: Fingerprint
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalMedia:
    """Names of what we send: one CNAME for all, the audio's SSRC and msid."""

    cname: str
    audio_ssrc: int
    audio_msid: str
    video: Mapping[str, VideoAnswer] = field(default_factory=dict)
    further_audio: Mapping[str, int] = field(default_factory=dict)
    """SSRC by mid of what an answer sends in audio sections after the first."""


# --- offers ---


def build_offer(
    origin: Origin,
    transport: LocalTransport,
    media: LocalMedia,
    audio: AudioProfileOptions,
    further_sections: Sequence[VideoSection | AudioSection],
) -> SessionDescription:
    """An offer with the audio section (mid ``0``) and the given further sections, in their order."""
    sections = [_offered_audio(media, audio)]
    sections += [
        _offered_video(wanted, media)
        if isinstance(wanted, VideoSection)
        else _offered_further_audio(wanted, sections[0])
        for wanted in further_sections
    ]
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


def _offered_further_audio(wanted: AudioSection, first: MediaSection) -> MediaSection:
    """Received like the first section's audio; nothing is sent in it."""
    return MediaSection(
        "audio",
        wanted.mid,
        direction="recvonly" if wanted.active else "inactive",
        codecs=list(first.codecs),
        extensions=dict(first.extensions),
    )


def _offered_video(wanted: VideoSection, media: LocalMedia) -> MediaSection:
    codecs = [
        Codec(96, "VP8", 90000, feedback=list(VIDEO_FEEDBACK)),
        Codec(97, "rtx", 90000, parameters="apt=96"),
        Codec(98, "VP9", 90000, parameters="profile-id=0", feedback=list(VIDEO_FEEDBACK)),
        Codec(99, "rtx", 90000, parameters="apt=98"),
        Codec(
            102,
            "H264",
            90000,
            parameters="level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
            feedback=list(VIDEO_FEEDBACK),
        ),
        Codec(103, "rtx", 90000, parameters="apt=102"),
    ]
    section = MediaSection("video", wanted.mid, codecs=codecs, extensions=dict(VIDEO_EXTENSIONS))
    section.direction = "inactive" if wanted.stopped else wanted.direction
    section.port = 0 if wanted.stopped else 9
    if wanted.ssrc is not None and section.direction in ("sendrecv", "sendonly"):
        label = f"{media.cname} video-{wanted.mid}"
        _add_source(section, wanted.ssrc, media.cname, label)
        if wanted.rtx_ssrc is not None:
            _add_retransmissions(section, wanted.rtx_ssrc, media.cname, label)
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
        elif offered.kind == "audio" and offered.mid in media.further_audio:
            ssrc, name = media.further_audio[offered.mid], f"{media.cname} audio-{offered.mid}"
            answer = _answered_audio(offered, replace(media, audio_ssrc=ssrc, audio_msid=name), audio)
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
    red = red_for(offered, opus)
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
    takes_arrivals = offered.direction != "recvonly" and TRANSPORT_CC in offered.extensions.values()
    codecs = _answered_video_codecs(offered, SENDER_FEEDBACK if takes_arrivals else VIDEO_FEEDBACK)
    if not codecs:
        return _rejection(offered)
    source = media.video.get(offered.mid)
    receives = offered.direction in ("sendrecv", "sendonly")
    sends = source is not None and offered.direction in ("sendrecv", "recvonly")
    section = MediaSection(
        offered.kind,
        offered.mid,
        protocol=offered.protocol,
        direction=_video_direction(offered, sends=sends),
        codecs=codecs,
        # All that will ever be wanted, in the first answer already: later offers list only what was accepted, and a
        # camera that starts with simulcast fails in the page without rid.
        extensions=_accepted(
            offered.extensions, [*VIDEO_EXTENSIONS.values(), *([TRANSPORT_CC] if takes_arrivals else [])]
        ),
    )
    if source is not None and sends:
        label = f"{source.label} {source.label}"
        _add_source(section, source.ssrc, media.cname, label)
        if source.rtx_ssrc is not None and any(retransmission_of(codec) is not None for codec in codecs):
            _add_retransmissions(section, source.rtx_ssrc, media.cname, label)
    elif section.direction == "sendrecv":
        section.msid = "- -"  # of no stream: a track of it is not for the page
    sent_rids = [rid.split()[0] for rid in offered.rids if rid.split()[1] == "send"]
    if receives and offered.simulcast is not None and sent_rids:
        section.rids = [f"{rid} recv" for rid in sent_rids]
        section.simulcast = "recv " + ";".join(sent_rids)
    return section


def _video_direction(offered: MediaSection, *, sends: bool) -> str:
    # Not recvonly, though nothing is sent: the SDK looks for its camera's section in the answer by this word, and only
    # where it finds it does it change to a codec that all can receive.
    if offered.direction == "sendrecv":
        return "sendrecv"
    return "recvonly" if offered.direction == "sendonly" else "sendonly" if sends else "inactive"


def _answered_video_codecs(offered: MediaSection, feedback: Collection[str]) -> list[Codec]:
    """What is forwarded, and the retransmissions of it, in the order of the offer."""
    taken = {codec.payload_type for codec in offered.codecs if forwarded_codec(codec) is not None}
    return [
        replace(codec, feedback=[text for text in codec.feedback if text in feedback])
        for codec in offered.codecs
        if codec.payload_type in taken or retransmission_of(codec) in taken
    ]


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


def _add_retransmissions(section: MediaSection, rtx_ssrc: int, cname: str, msid: str) -> None:
    section.ssrc_groups = [f"FID {section.ssrcs[0].ssrc} {rtx_ssrc}"]
    section.ssrcs.append(SsrcDescription(rtx_ssrc, cname=cname, msid=msid))


def _accepted(offered: Mapping[int, str], wanted: Collection[str]) -> dict[int, str]:
    """The offer's ids of the extensions that are wanted; each URI once."""
    accepted: dict[int, str] = {}
    for number, uri in offered.items():
        if uri in wanted and uri not in accepted.values():
            accepted[number] = uri
    return accepted
