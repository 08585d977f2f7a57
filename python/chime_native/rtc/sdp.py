"""A small model of SDP: what WebRTC offers and answers need; ``str()`` writes it, ``sdp_parser`` reads it.

Sections are kept in the order of their ``m=`` lines and are found by their mid, never by their place: browsers recycle
the place of a stopped section under a new mid. Attributes that the model does not know are kept as they came, so that
nothing gets lost on the way from one to the other.

Sources: RFC 8866 (SDP), RFC 8829 (JSEP), RFC 8839 (ICE), RFC 8842 (DTLS), RFC 8843 (BUNDLE), RFC 8285 (header
extensions), RFC 8851 and 8853 (rid, simulcast), RFC 5576 (ssrc).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chime_native.errors import SdpError

__all__ = [
    "DIRECTIONS",
    "Candidate",
    "Codec",
    "Fingerprint",
    "MediaSection",
    "Origin",
    "SessionDescription",
    "SsrcDescription",
]

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An ICE candidate (RFC 8839, section 5.1)."""

    foundation: str
    component: int
    transport: str
    """``udp`` or ``tcp``, in lower case."""
    priority: int
    address: str
    port: int
    type: str
    """``host``, ``srflx``, ``prflx`` or ``relay``."""
    related_address: str | None = None
    related_port: int | None = None

    def __str__(self) -> str:
        text = (
            f"{self.foundation} {self.component} {self.transport} {self.priority} "
            f"{self.address} {self.port} typ {self.type}"
        )
        if self.related_address is not None and self.related_port is not None:
            text += f" raddr {self.related_address} rport {self.related_port}"
        return text

    @classmethod
    def parse(cls, text: str) -> Candidate:
        """Reads the value of an ``a=candidate`` line; raises SdpError."""
        words = text.split()
        if len(words) < 8 or words[6] != "typ":
            raise SdpError(f"malformed candidate {shown(text)}")
        more = dict(zip(words[8::2], words[9::2], strict=False))
        related_port = more.get("rport")
        return cls(
            foundation=words[0],
            component=integer(words[1], "candidate component", 1, 256),
            transport=words[2].lower(),
            priority=integer(words[3], "candidate priority", 0, 0xFFFFFFFF),
            address=words[4],
            port=integer(words[5], "candidate port", 0, 65535),
            type=words[7],
            related_address=more.get("raddr"),
            related_port=None if related_port is None else integer(related_port, "related port", 0, 65535),
        )


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The digest of a DTLS certificate (RFC 8122)."""

    algorithm: str
    """``sha-256`` and the like, in lower case."""
    value: str


@dataclass(slots=True)
class Codec:
    """One payload type of a section: its ``a=rtpmap``, ``a=fmtp`` and ``a=rtcp-fb`` lines."""

    payload_type: int
    name: str
    clock_rate: int
    channels: int = 1
    parameters: str | None = None
    """The text of the fmtp line, or None when there is none; RED's is a list of payload types, not of names."""
    feedback: list[str] = field(default_factory=list)

    @property
    def format_parameters(self) -> dict[str, str]:
        """The fmtp line read as ``name=value`` pairs; names in lower case, values empty where there is no ``=``."""
        pairs = (item.strip().partition("=") for item in (self.parameters or "").split(";"))
        return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}

    def is_a(self, name: str, clock_rate: int, channels: int = 1) -> bool:
        """Whether this is the codec ``name/clock_rate/channels``; names do not differ by case (RFC 8866)."""
        return (self.name.lower(), self.clock_rate, self.channels) == (name.lower(), clock_rate, channels)

    @property
    def rtpmap(self) -> str:
        """The value of its ``a=rtpmap`` line without the payload type."""
        return f"{self.name}/{self.clock_rate}" + (f"/{self.channels}" if self.channels != 1 else "")


@dataclass(slots=True)
class SsrcDescription:
    """What the ``a=ssrc`` lines say of one SSRC (RFC 5576)."""

    ssrc: int
    cname: str | None = None
    msid: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The ``o=`` line."""

    username: str = "-"
    session_id: int = 0
    version: int = 0
    address_type: str = "IP4"
    address: str = "127.0.0.1"

    def __str__(self) -> str:
        return f"{self.username} {self.session_id} {self.version} IN {self.address_type} {self.address}"


@dataclass(slots=True)
class MediaSection:
    """One ``m=`` line and its attributes; those of the session level are already in it."""

    kind: str
    mid: str
    port: int = 9
    """0 for a rejected or stopped section."""
    protocol: str = "UDP/TLS/RTP/SAVPF"
    formats: list[str] = field(default_factory=list)
    """The words after the protocol as they are; for RTP, payload types in order of preference."""
    direction: str = "sendrecv"
    codecs: list[Codec] = field(default_factory=list)
    """In the order of ``formats``; payload types without a known name are left out."""
    extensions: dict[int, str] = field(default_factory=dict)
    """URI of an RTP header extension by its id."""
    ice_ufrag: str | None = None
    ice_pwd: str | None = None
    fingerprints: list[Fingerprint] = field(default_factory=list)
    setup: str | None = None
    candidates: list[Candidate] = field(default_factory=list)
    end_of_candidates: bool = False
    msid: str | None = None
    """``stream track``: the value of the first ``a=msid`` line."""
    ssrcs: list[SsrcDescription] = field(default_factory=list)
    ssrc_groups: list[str] = field(default_factory=list)
    rids: list[str] = field(default_factory=list)
    """Values of ``a=rid`` lines, such as ``low send``."""
    simulcast: str | None = None
    rtcp_mux: bool = False
    rtcp_rsize: bool = False
    other: list[str] = field(default_factory=list)
    """Attributes that the model does not know, without their ``a=``."""

    @property
    def rejected(self) -> bool:
        """Whether the section is stopped or refused (port 0)."""
        return self.port == 0

    def codec(self, name: str, clock_rate: int, channels: int = 1) -> Codec | None:
        """The most preferred codec of that kind, or None."""
        return next((c for c in self.codecs if c.is_a(name, clock_rate, channels)), None)

    def extension_id(self, uri: str) -> int:
        """The id agreed for a header extension, 0 when there is none."""
        return next((number for number, known in self.extensions.items() if known == uri), 0)


@dataclass(slots=True)
class SessionDescription:
    """An offer or an answer."""

    origin: Origin = field(default_factory=Origin)
    sections: list[MediaSection] = field(default_factory=list)
    bundle: list[str] = field(default_factory=list)
    """Mids of the first ``a=group:BUNDLE``."""
    ice_lite: bool = False
    extmap_allow_mixed: bool = False
    other: list[str] = field(default_factory=list)
    """Session attributes that the model does not know, without their ``a=``."""

    def section(self, mid: str) -> MediaSection | None:
        """The section of that mid, or None."""
        return next((section for section in self.sections if section.mid == mid), None)

    def first(self, kind: str) -> MediaSection | None:
        """The first section of that kind that is not rejected, or None."""
        return next((s for s in self.sections if s.kind == kind and not s.rejected), None)

    def __str__(self) -> str:
        lines = ["v=0", f"o={self.origin}", "s=-", "t=0 0"]
        if self.bundle:
            lines.append("a=group:BUNDLE " + " ".join(self.bundle))
        if self.extmap_allow_mixed:
            lines.append("a=extmap-allow-mixed")
        if self.ice_lite:
            lines.append("a=ice-lite")
        lines += [f"a={text}" for text in self.other]
        for section in self.sections:
            lines += _section_lines(section)
        return "\r\n".join(lines) + "\r\n"


def _section_lines(section: MediaSection) -> list[str]:
    lines = [
        f"m={section.kind} {section.port} {section.protocol} {' '.join(section.formats)}".rstrip(),
        "c=IN IP4 0.0.0.0",
    ]
    if section.rtcp_mux:
        lines.append("a=rtcp:9 IN IP4 0.0.0.0")
    lines += [f"a=candidate:{candidate}" for candidate in section.candidates]
    if section.end_of_candidates:
        lines.append("a=end-of-candidates")
    if section.ice_ufrag is not None:
        lines.append(f"a=ice-ufrag:{section.ice_ufrag}")
    if section.ice_pwd is not None:
        lines.append(f"a=ice-pwd:{section.ice_pwd}")
    lines += [f"a=fingerprint:{item.algorithm} {item.value}" for item in section.fingerprints]
    if section.setup is not None:
        lines.append(f"a=setup:{section.setup}")
    lines.append(f"a=mid:{section.mid}")
    lines += [f"a=extmap:{number} {uri}" for number, uri in section.extensions.items()]
    lines.append(f"a={section.direction}")
    if section.msid is not None:
        lines.append(f"a=msid:{section.msid}")
    if section.rtcp_mux:
        lines.append("a=rtcp-mux")
    if section.rtcp_rsize:
        lines.append("a=rtcp-rsize")
    lines += _codec_lines(section.codecs)
    lines += [f"a=rid:{rid}" for rid in section.rids]
    if section.simulcast is not None:
        lines.append(f"a=simulcast:{section.simulcast}")
    lines += [f"a={text}" for text in section.other]
    lines += [f"a=ssrc-group:{group}" for group in section.ssrc_groups]
    for item in section.ssrcs:
        if item.cname is None and item.msid is None:
            lines.append(f"a=ssrc:{item.ssrc}")
        if item.cname is not None:
            lines.append(f"a=ssrc:{item.ssrc} cname:{item.cname}")
        if item.msid is not None:
            lines.append(f"a=ssrc:{item.ssrc} msid:{item.msid}")
    return lines


def _codec_lines(codecs: list[Codec]) -> list[str]:
    lines: list[str] = []
    for codec in codecs:
        lines.append(f"a=rtpmap:{codec.payload_type} {codec.rtpmap}")
        lines += [f"a=rtcp-fb:{codec.payload_type} {text}" for text in codec.feedback]
        if codec.parameters is not None:
            lines.append(f"a=fmtp:{codec.payload_type} {codec.parameters}")
    return lines


def shown(text: str) -> str:
    """``text`` quoted and shortened for an error message."""
    return repr(text if len(text) <= 80 else text[:77] + "...")


def integer(text: str, what: str, low: int, high: int) -> int:
    """``text`` as a decimal number between ``low`` and ``high``; raises SdpError."""
    # isdecimal() alone takes digits of other scripts, int() alone takes signs, blanks and underscores.
    if not (text.isascii() and text.isdecimal() and len(text) <= 20) or not low <= int(text) <= high:
        raise SdpError(f"{what} must be {low} to {high}, not {shown(text)}")
    return int(text)
