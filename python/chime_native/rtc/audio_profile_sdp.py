"""What an audio profile changes in SDP texts, character for character as amazon-chime-sdk-js does (``SDP.ts``).

For applications that bring their own SDP, such as a browser's or aiortc's. :class:`~chime_native.rtc.RtcPeer` writes
its own and needs none of this. Opus' format parameters are those of RFC 7587, section 6.1: what the writer of a
description wants to receive, so the parameters in the *answer* steer the offerer's encoder.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = [
    "AudioPayloadTypes",
    "audio_payload_types",
    "with_local_audio_profile",
    "with_max_average_bitrate",
    "with_remote_audio_profile",
    "with_stereo_audio",
    "without_server_reflexive_candidates",
]

CRLF = "\r\n"
# RFC 7587, section 6.1.
MIN_AVERAGE_BITRATE = 6_000
MAX_AVERAGE_BITRATE = 510_000

_OPUS = re.compile(r"a=rtpmap:\s*(\d+)\s+opus/48000")
_RED = re.compile(r"a=rtpmap:\s*(\d+)\s+red/48000")


@dataclass(frozen=True, slots=True)
class AudioPayloadTypes:
    """Payload types of a description's audio; 0 where there is none."""

    opus: int
    red: int


def audio_payload_types(sdp: str) -> AudioPayloadTypes:
    """The payload types of Opus and RED, each in the first audio section that has one."""
    return AudioPayloadTypes(_payload_type(sdp, _OPUS), _payload_type(sdp, _RED))


def with_local_audio_profile(sdp: str, bitrate: float | None, stereo: bool) -> str:
    """A local description for a profile."""
    changed = with_max_average_bitrate(sdp, bitrate)
    return with_stereo_audio(changed) if stereo else changed


def with_remote_audio_profile(sdp: str, bitrate: float | None, stereo: bool) -> str:
    """A remote description for a profile; server-reflexive candidates go as well."""
    return with_local_audio_profile(without_server_reflexive_candidates(sdp), bitrate, stereo)


def with_max_average_bitrate(sdp: str, bitrate: float | None) -> str:
    """Asks for an average bitrate in bits per second, clamped to what Opus can; None or 0 change nothing."""
    if not bitrate:
        return sdp
    clamped = math.trunc(min(max(bitrate, MIN_AVERAGE_BITRATE), MAX_AVERAGE_BITRATE))
    return _with_opus_parameters(sdp, [f"maxaveragebitrate={clamped}"])


def with_stereo_audio(sdp: str) -> str:
    """Asks for stereo and announces it."""
    return _with_opus_parameters(sdp, ["stereo=1", "sprop-stereo=1"])


def without_server_reflexive_candidates(sdp: str) -> str:
    """Without the candidates that a STUN server has seen."""
    lines = sdp.split(CRLF)
    return CRLF.join(line for line in lines if not (line.startswith("a=candidate:") and " typ srflx" in line))


def _payload_type(sdp: str, codec: re.Pattern[str]) -> int:
    for section in sdp.split("\nm=")[1:]:
        if not section.startswith("audio"):
            continue
        for line in section.split("\n"):
            if match := codec.match(line.strip()):
                return int(match[1])
    return 0


def _with_opus_parameters(sdp: str, parameters: Sequence[str]) -> str:
    """Sets parameters in the fmtp line of each audio section's last Opus; without such a line nothing changes.

    Lines end in CRLF only, as in the SDK: a description with bare line feeds is one line and stays as it is.
    """
    lines = sdp.split(CRLF)
    for start, end in _audio_sections(lines):
        numbers = [match[1] for line in lines[start:end] if (match := _OPUS.match(line))]
        if not numbers:
            continue
        prefix = f"a=fmtp:{numbers[-1]} "
        for index in range(start, end):
            if lines[index].startswith(prefix):
                lines[index] = prefix + _merge(lines[index].removeprefix(prefix), parameters)
    return CRLF.join(lines)


def _audio_sections(lines: Sequence[str]) -> list[tuple[int, int]]:
    """First and past-the-last line of each audio section, which ends at the next audio or video section."""
    starts = [index for index, line in enumerate(lines) if line.startswith(("m=audio", "m=video"))]
    return [
        (start, end) for start, end in pairwise([*starts, len(lines)]) if lines[start].startswith("m=audio")
    ]


def _merge(old: str, new: Sequence[str]) -> str:
    """New parameters behind the old ones that they do not replace.

    The SDK takes an old parameter for replaced when its name is the beginning of a new parameter, so an empty one goes
    as well, and one behind a space stays.
    """
    kept = [part for part in old.split(";") if not any(one.startswith(part.split("=")[0]) for one in new)]
    return ";".join([*kept, *new])
