"""Reads SDP into the model of ``sdp``, checking everything that the rest of the package relies on."""

from __future__ import annotations

import re

from chime_native.errors import SdpError
from chime_native.rtc.sdp import Codec, MediaSection, Origin, SessionDescription, integer, shown
from chime_native.rtc.sdp_attributes import TOKEN, Scope, read_attribute

__all__ = ["MAX_SDP_LENGTH", "MAX_SECTIONS", "parse_sdp"]

#: Characters. Chromium writes about 3.5 kB for a section, so this is room for some three hundred of them.
MAX_SDP_LENGTH = 1 << 20

#: A meeting shows 25 videos; a browser that recycles its stopped sections stays far below this.
MAX_SECTIONS = 512

#: Payload types that may come without an ``a=rtpmap`` (RFC 3551, table 4), those that browsers offer.
STATIC_PAYLOAD_TYPES = {0: ("PCMU", 8000), 8: ("PCMA", 8000), 9: ("G722", 8000), 13: ("CN", 8000)}

_LINE = re.compile(r"([a-z])=(.*)", re.DOTALL)


def parse_sdp(text: str) -> SessionDescription:
    """Reads an offer or an answer; lines may end with CRLF or LF.

    Raises SdpError, which names the line, for anything that is not well-formed or has no meaning here: a section
    without a mid, a mid or an extension id used twice, numbers out of range, unknown directions and roles.
    """
    if not isinstance(text, str):
        raise TypeError(f"SDP must be str, not {type(text).__name__}")
    if len(text) > MAX_SDP_LENGTH:
        raise SdpError(f"SDP of {len(text)} characters; at most {MAX_SDP_LENGTH} are accepted")
    session, scopes, origin = Scope(), list[Scope](), None
    scope = session
    for number, line in enumerate(text.replace("\r\n", "\n").rstrip("\n").split("\n"), start=1):
        match = _LINE.fullmatch(line)
        if match is None or (number == 1) != (match[1] == "v"):
            raise SdpError(f"SDP line {number}: {shown(line)} is not an SDP line that belongs here")
        key, value = match[1], match[2]
        try:
            if key == "v" and value != "0":
                raise SdpError(f"SDP version must be 0, not {shown(value)}")
            if key == "o" and scope is session:
                origin = _origin(value)
            elif key == "m":
                scope = _media(value)
                scopes.append(scope)
                if len(scopes) > MAX_SECTIONS:
                    raise SdpError(f"more than {MAX_SECTIONS} sections")
            elif key == "a":
                read_attribute(scope, value)
        except SdpError as error:
            raise SdpError(f"SDP line {number}: {error}") from None
    if origin is None:
        raise SdpError("SDP has no o= line")
    return _description(session, scopes, origin)


def _description(session: Scope, scopes: list[Scope], origin: Origin) -> SessionDescription:
    sections = [_section(session, scope, place) for place, scope in enumerate(scopes, start=1)]
    mids = [section.mid for section in sections]
    known: set[str] = set()
    for mid in mids:
        if mid in known:
            raise SdpError(f"two sections of the SDP have the mid {shown(mid)}")
        known.add(mid)
    for mid in session.bundle or ():
        if mid not in known:
            raise SdpError(f"the BUNDLE group names the mid {shown(mid)}, which no section has")
    return SessionDescription(
        origin=origin,
        sections=sections,
        bundle=session.bundle or [],
        ice_lite="ice-lite" in session.flags,
        extmap_allow_mixed="extmap-allow-mixed" in session.flags,
        other=session.other,
    )


def _section(session: Scope, scope: Scope, place: int) -> MediaSection:
    if scope.mid is None:
        raise SdpError(f"section {place} of the SDP ({scope.kind}) has no a=mid")
    return MediaSection(
        kind=scope.kind,
        mid=scope.mid,
        port=scope.port,
        protocol=scope.protocol,
        formats=scope.formats,
        direction=scope.direction or session.direction or "sendrecv",
        codecs=_codecs(scope),
        extensions=scope.extensions,
        ice_ufrag=scope.ice_ufrag or session.ice_ufrag,
        ice_pwd=scope.ice_pwd or session.ice_pwd,
        fingerprints=scope.fingerprints or list(session.fingerprints),
        setup=scope.setup or session.setup,
        candidates=scope.candidates or list(session.candidates),
        end_of_candidates="end-of-candidates" in scope.flags,
        msid=scope.msid,
        ssrcs=list(scope.ssrcs.values()),
        ssrc_groups=scope.ssrc_groups,
        rids=scope.rids,
        simulcast=scope.simulcast,
        rtcp_mux="rtcp-mux" in scope.flags,
        rtcp_rsize="rtcp-rsize" in scope.flags,
        other=scope.other,
    )


def _codecs(scope: Scope) -> list[Codec]:
    codecs = []
    for word in scope.formats if "RTP" in scope.protocol else ():
        payload_type = int(word)
        if payload_type in scope.rtpmaps:
            name, clock_rate, channels = scope.rtpmaps[payload_type]
        elif payload_type in STATIC_PAYLOAD_TYPES:
            (name, clock_rate), channels = STATIC_PAYLOAD_TYPES[payload_type], 1
        else:
            continue
        feedback = scope.feedback.get(word, []) + scope.feedback.get("*", [])
        parameters = scope.parameters.get(payload_type)
        codecs.append(Codec(payload_type, name, clock_rate, channels, parameters, feedback))
    return codecs


def _origin(value: str) -> Origin:
    words = value.split(" ")
    if len(words) != 6 or words[3] != "IN" or words[4] not in ("IP4", "IP6"):
        raise SdpError(f"malformed origin {shown(value)}")
    session_id = integer(words[1], "session id", 0, 2**64 - 1)
    return Origin(
        words[0], session_id, integer(words[2], "session version", 0, 2**64 - 1), words[4], words[5]
    )


def _media(value: str) -> Scope:
    words = value.split()
    if len(words) < 3 or not TOKEN.fullmatch(words[0]):
        raise SdpError(f"malformed section {shown('m=' + value)}")
    port = integer(words[1].partition("/")[0], "port", 0, 65535)
    protocol, formats = words[2], words[3:]
    if "RTP" in protocol:
        for word in formats:
            integer(word, "payload type", 0, 127)
        if len(set(formats)) != len(formats):
            raise SdpError(f"a payload type is listed twice in {shown('m=' + value)}")
    return Scope(formats=formats, kind=words[0], port=port, protocol=protocol)
