"""Reads SDP into the model of ``sdp``, checking everything that the rest of the package relies on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chime_native.errors import SdpError
from chime_native.rtc.sdp import (
    DIRECTIONS,
    Candidate,
    Codec,
    Fingerprint,
    MediaSection,
    Origin,
    SessionDescription,
    SsrcDescription,
    integer,
    shown,
)

__all__ = ["MAX_SDP_LENGTH", "MAX_SECTIONS", "parse_sdp"]

#: Characters. Chromium writes about 3.5 kB for a section, so this is room for some three hundred of them.
MAX_SDP_LENGTH = 1 << 20

#: A meeting shows 25 videos; a browser that recycles its stopped sections stays far below this.
MAX_SECTIONS = 512

SETUPS = ("active", "passive", "actpass", "holdconn")

#: Payload types that may come without an ``a=rtpmap`` (RFC 3551, table 4), those that browsers offer.
STATIC_PAYLOAD_TYPES = {0: ("PCMU", 8000), 8: ("PCMA", 8000), 9: ("G722", 8000), 13: ("CN", 8000)}

_LINE = re.compile(r"([a-z])=(.*)", re.DOTALL)
_ICE_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_ICE_PWD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})*")
_TOKEN = re.compile(r"[!#-'*+\-.0-9A-Z^-~]+")  # RFC 8866, section 9


@dataclass(slots=True)
class _Scope:
    """The session level, or one section while it is being read."""

    formats: list[str] = field(default_factory=list)
    kind: str = ""
    port: int = 0
    protocol: str = ""
    mid: str | None = None
    direction: str | None = None
    ice_ufrag: str | None = None
    ice_pwd: str | None = None
    fingerprints: list[Fingerprint] = field(default_factory=list)
    setup: str | None = None
    candidates: list[Candidate] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    rtpmaps: dict[int, tuple[str, int, int]] = field(default_factory=dict)
    parameters: dict[int, str] = field(default_factory=dict)
    feedback: dict[str, list[str]] = field(default_factory=dict)
    extensions: dict[int, str] = field(default_factory=dict)
    msid: str | None = None
    ssrcs: dict[int, SsrcDescription] = field(default_factory=dict)
    ssrc_groups: list[str] = field(default_factory=list)
    rids: list[str] = field(default_factory=list)
    simulcast: str | None = None
    bundle: list[str] | None = None
    other: list[str] = field(default_factory=list)


def parse_sdp(text: str) -> SessionDescription:
    """Reads an offer or an answer; lines may end with CRLF or LF.

    Raises SdpError, which names the line, for anything that is not well-formed or has no meaning here: a section
    without a mid, a mid or an extension id used twice, numbers out of range, unknown directions and roles.
    """
    if not isinstance(text, str):
        raise TypeError(f"SDP must be str, not {type(text).__name__}")
    if len(text) > MAX_SDP_LENGTH:
        raise SdpError(f"SDP of {len(text)} characters; at most {MAX_SDP_LENGTH} are accepted")
    session, scopes, origin = _Scope(), list[_Scope](), None
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
                name, _, argument = value.partition(":")
                _ATTRIBUTES.get(name, _other)(scope, name, argument)
        except SdpError as error:
            raise SdpError(f"SDP line {number}: {error}") from None
    if origin is None:
        raise SdpError("SDP has no o= line")
    return _description(session, scopes, origin)


def _description(session: _Scope, scopes: list[_Scope], origin: Origin) -> SessionDescription:
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


def _section(session: _Scope, scope: _Scope, place: int) -> MediaSection:
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


def _codecs(scope: _Scope) -> list[Codec]:
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


def _media(value: str) -> _Scope:
    words = value.split()
    if len(words) < 3 or not _TOKEN.fullmatch(words[0]):
        raise SdpError(f"malformed section {shown('m=' + value)}")
    port = integer(words[1].partition("/")[0], "port", 0, 65535)
    protocol, formats = words[2], words[3:]
    if "RTP" in protocol:
        for word in formats:
            integer(word, "payload type", 0, 127)
        if len(set(formats)) != len(formats):
            raise SdpError(f"a payload type is listed twice in {shown('m=' + value)}")
    return _Scope(formats=formats, kind=words[0], port=port, protocol=protocol)


# --- attributes: each takes the scope, the attribute's name and its value ---


def _other(scope: _Scope, name: str, value: str) -> None:
    scope.other.append(f"{name}:{value}" if value else name)


def _ignore(_scope: _Scope, _name: str, _value: str) -> None:
    """Written anew by the model, or of no use in a bundle with rtcp-mux."""


def _flag(scope: _Scope, name: str, _value: str) -> None:
    scope.flags.add(name)


def _direction(scope: _Scope, name: str, _value: str) -> None:
    scope.direction = name


def _group(scope: _Scope, name: str, value: str) -> None:
    words = value.split()
    if words[:1] == ["BUNDLE"]:
        # Later BUNDLE groups would be further transports, which max-bundle peers do not make.
        scope.bundle = words[1:] if scope.bundle is None else scope.bundle
    else:
        _other(scope, name, value)


def _mid(scope: _Scope, _name: str, value: str) -> None:
    if not _TOKEN.fullmatch(value):
        raise SdpError(f"malformed mid {shown(value)}")
    scope.mid = value


def _ice_ufrag(scope: _Scope, _name: str, value: str) -> None:
    if not _ICE_UFRAG.fullmatch(value):
        raise SdpError(f"ice-ufrag must be 4 to 256 letters, digits, + or /, not {shown(value)}")
    scope.ice_ufrag = value


def _ice_pwd(scope: _Scope, _name: str, value: str) -> None:
    if not _ICE_PWD.fullmatch(value):
        raise SdpError(
            f"ice-pwd must be 22 to 256 letters, digits, + or /, not one of {len(value)} characters"
        )
    scope.ice_pwd = value


def _fingerprint(scope: _Scope, _name: str, value: str) -> None:
    algorithm, _, digest = value.partition(" ")
    if not _FINGERPRINT.fullmatch(digest):
        raise SdpError(f"malformed fingerprint {shown(value)}")
    scope.fingerprints.append(Fingerprint(algorithm.lower(), digest.upper()))


def _setup(scope: _Scope, _name: str, value: str) -> None:
    if value not in SETUPS:
        raise SdpError(f"setup must be one of {', '.join(SETUPS)}, not {shown(value)}")
    scope.setup = value


def _candidate(scope: _Scope, _name: str, value: str) -> None:
    scope.candidates.append(Candidate.parse(value))


def _rtpmap(scope: _Scope, _name: str, value: str) -> None:
    number, _, text = value.partition(" ")
    parts = text.split("/")
    if not 2 <= len(parts) <= 3 or not parts[0]:
        raise SdpError(f"malformed rtpmap {shown(value)}")
    channels = integer(parts[2], "number of channels", 1, 255) if len(parts) == 3 else 1
    clock_rate = integer(parts[1], "clock rate", 1, 10_000_000)
    scope.rtpmaps[integer(number, "payload type", 0, 127)] = (parts[0], clock_rate, channels)


def _fmtp(scope: _Scope, _name: str, value: str) -> None:
    number, _, text = value.partition(" ")
    if number.isdecimal():  # a format of a section that is not RTP may have any name
        scope.parameters[integer(number, "payload type", 0, 127)] = text


def _rtcp_fb(scope: _Scope, _name: str, value: str) -> None:
    number, _, text = value.partition(" ")
    if number != "*":
        integer(number, "payload type", 0, 127)
    scope.feedback.setdefault(number, []).append(text)


def _extmap(scope: _Scope, _name: str, value: str) -> None:
    words = value.split()
    if len(words) < 2:
        raise SdpError(f"malformed extmap {shown(value)}")
    number = integer(words[0].partition("/")[0], "header extension id", 1, 255)
    if number in scope.extensions:
        raise SdpError(f"the header extension id {number} is used twice in a section")
    scope.extensions[number] = words[1]


def _msid(scope: _Scope, _name: str, value: str) -> None:
    scope.msid = scope.msid or value


def _ssrc(scope: _Scope, _name: str, value: str) -> None:
    number, _, text = value.partition(" ")
    ssrc = integer(number, "ssrc", 0, 0xFFFFFFFF)
    item = scope.ssrcs.setdefault(ssrc, SsrcDescription(ssrc))
    name, _, content = text.partition(":")
    if name == "cname":
        item.cname = content
    elif name == "msid":
        item.msid = content


def _ssrc_group(scope: _Scope, _name: str, value: str) -> None:
    for word in value.split()[1:]:
        integer(word, "ssrc", 0, 0xFFFFFFFF)
    scope.ssrc_groups.append(value)


def _rid(scope: _Scope, _name: str, value: str) -> None:
    if len(value.split()) < 2 or value.split()[1] not in ("send", "recv"):
        raise SdpError(f"malformed rid {shown(value)}")
    scope.rids.append(value)


def _simulcast(scope: _Scope, _name: str, value: str) -> None:
    scope.simulcast = value


_ATTRIBUTES: Mapping[str, Callable[[_Scope, str, str], None]] = {
    **dict.fromkeys(DIRECTIONS, _direction),
    **dict.fromkeys(("rtcp-mux", "rtcp-rsize", "ice-lite", "extmap-allow-mixed", "end-of-candidates"), _flag),
    **dict.fromkeys(("rtcp", "msid-semantic", "ice-options"), _ignore),
    "group": _group,
    "mid": _mid,
    "ice-ufrag": _ice_ufrag,
    "ice-pwd": _ice_pwd,
    "fingerprint": _fingerprint,
    "setup": _setup,
    "candidate": _candidate,
    "rtpmap": _rtpmap,
    "fmtp": _fmtp,
    "rtcp-fb": _rtcp_fb,
    "extmap": _extmap,
    "msid": _msid,
    "ssrc": _ssrc,
    "ssrc-group": _ssrc_group,
    "rid": _rid,
    "simulcast": _simulcast,
}
