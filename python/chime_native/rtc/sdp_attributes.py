"""The attributes of SDP (``a=`` lines): what each says of the session or of a section."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chime_native.errors import SdpError
from chime_native.rtc.sdp import DIRECTIONS, Candidate, Fingerprint, SsrcDescription, integer, shown

__all__ = ["TOKEN", "Scope", "read_attribute"]

SETUPS = ("active", "passive", "actpass", "holdconn")

TOKEN = re.compile(r"[!#-'*+\-.0-9A-Z^-~]+")  # RFC 8866, section 9
_ICE_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_ICE_PWD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})*")


@dataclass(slots=True)
class Scope:
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


def read_attribute(scope: Scope, line: str) -> None:
    """Takes in what follows ``a=``; an attribute that has no meaning here is kept as it is. Raises `SdpError`."""
    name, _, value = line.partition(":")
    _READERS.get(name, _other)(scope, name, value)


# --- each takes the scope, the attribute's name and its value ---


def _other(scope: Scope, name: str, value: str) -> None:
    scope.other.append(f"{name}:{value}" if value else name)


def _ignore(_scope: Scope, _name: str, _value: str) -> None:
    """Written anew by the model, or of no use in a bundle with rtcp-mux."""


def _flag(scope: Scope, name: str, _value: str) -> None:
    scope.flags.add(name)


def _direction(scope: Scope, name: str, _value: str) -> None:
    scope.direction = name


def _group(scope: Scope, name: str, value: str) -> None:
    words = value.split()
    if words[:1] == ["BUNDLE"]:
        # Later BUNDLE groups would be further transports, which max-bundle peers do not make.
        scope.bundle = words[1:] if scope.bundle is None else scope.bundle
    else:
        _other(scope, name, value)


def _mid(scope: Scope, _name: str, value: str) -> None:
    if not TOKEN.fullmatch(value):
        raise SdpError(f"malformed mid {shown(value)}")
    scope.mid = value


def _ice_ufrag(scope: Scope, _name: str, value: str) -> None:
    if not _ICE_UFRAG.fullmatch(value):
        raise SdpError(f"ice-ufrag must be 4 to 256 letters, digits, + or /, not {shown(value)}")
    scope.ice_ufrag = value


def _ice_pwd(scope: Scope, _name: str, value: str) -> None:
    if not _ICE_PWD.fullmatch(value):
        raise SdpError(
            f"ice-pwd must be 22 to 256 letters, digits, + or /, not one of {len(value)} characters"
        )
    scope.ice_pwd = value


def _fingerprint(scope: Scope, _name: str, value: str) -> None:
    algorithm, _, digest = value.partition(" ")
    if not _FINGERPRINT.fullmatch(digest):
        raise SdpError(f"malformed fingerprint {shown(value)}")
    scope.fingerprints.append(Fingerprint(algorithm.lower(), digest.upper()))


def _setup(scope: Scope, _name: str, value: str) -> None:
    if value not in SETUPS:
        raise SdpError(f"setup must be one of {', '.join(SETUPS)}, not {shown(value)}")
    scope.setup = value


def _candidate(scope: Scope, _name: str, value: str) -> None:
    scope.candidates.append(Candidate.parse(value))


def _rtpmap(scope: Scope, _name: str, value: str) -> None:
    number, _, text = value.partition(" ")
    parts = text.split("/")
    if not 2 <= len(parts) <= 3 or not parts[0]:
        raise SdpError(f"malformed rtpmap {shown(value)}")
    channels = integer(parts[2], "number of channels", 1, 255) if len(parts) == 3 else 1
    clock_rate = integer(parts[1], "clock rate", 1, 10_000_000)
    scope.rtpmaps[integer(number, "payload type", 0, 127)] = (parts[0], clock_rate, channels)


def _fmtp(scope: Scope, _name: str, value: str) -> None:
    number, _, text = value.partition(" ")
    if number.isdecimal():  # a format of a section that is not RTP may have any name
        scope.parameters[integer(number, "payload type", 0, 127)] = text


def _rtcp_fb(scope: Scope, _name: str, value: str) -> None:
    number, _, text = value.partition(" ")
    if number != "*":
        integer(number, "payload type", 0, 127)
    scope.feedback.setdefault(number, []).append(text)


def _extmap(scope: Scope, _name: str, value: str) -> None:
    words = value.split()
    if len(words) < 2:
        raise SdpError(f"malformed extmap {shown(value)}")
    number = integer(words[0].partition("/")[0], "header extension id", 1, 255)
    if number in scope.extensions:
        raise SdpError(f"the header extension id {number} is used twice in a section")
    scope.extensions[number] = words[1]


def _msid(scope: Scope, _name: str, value: str) -> None:
    scope.msid = scope.msid or value


def _ssrc(scope: Scope, _name: str, value: str) -> None:
    number, _, text = value.partition(" ")
    ssrc = integer(number, "ssrc", 0, 0xFFFFFFFF)
    item = scope.ssrcs.setdefault(ssrc, SsrcDescription(ssrc))
    name, _, content = text.partition(":")
    if name == "cname":
        item.cname = content
    elif name == "msid":
        item.msid = content


def _ssrc_group(scope: Scope, _name: str, value: str) -> None:
    for word in value.split()[1:]:
        integer(word, "ssrc", 0, 0xFFFFFFFF)
    scope.ssrc_groups.append(value)


def _rid(scope: Scope, _name: str, value: str) -> None:
    if len(value.split()) < 2 or value.split()[1] not in ("send", "recv"):
        raise SdpError(f"malformed rid {shown(value)}")
    scope.rids.append(value)


def _simulcast(scope: Scope, _name: str, value: str) -> None:
    scope.simulcast = value


_READERS: Mapping[str, Callable[[Scope, str, str], None]] = {
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
