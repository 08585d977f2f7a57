"""What an application asks of a peer: audio profile, video sections, ICE servers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["AudioProfileOptions", "AudioSection", "Direction", "IceServer", "VideoAnswer", "VideoSection"]

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]

#: Bits per second, the range of Opus and of the SDK's AudioProfile.
MIN_BITRATE, MAX_BITRATE = 6_000, 510_000


@dataclass(frozen=True, slots=True)
class AudioProfileOptions:
    """How audio is coded, and the shape of the PCM that the engine takes and gives.

    ``bitrate`` in bits per second, None to leave it to the peer and the default of the encoder; ``stereo`` asks the
    peer for stereo and sends it; ``redundancy`` puts RED before Opus in an offer and accepts it in an answer.
    ``channels`` of the engine's PCM are 1 or 2; None means 2 with ``stereo`` and 1 without.
    """

    bitrate: int | None = None
    stereo: bool = False
    redundancy: bool = True
    channels: int | None = None

    def __post_init__(self) -> None:
        if self.bitrate is not None and not MIN_BITRATE <= self.bitrate <= MAX_BITRATE:
            raise ValueError(
                f"bitrate must be {MIN_BITRATE} to {MAX_BITRATE} bits per second, not {self.bitrate}"
            )
        if self.channels not in (None, 1, 2):
            raise ValueError(f"channels must be 1 or 2, not {self.channels}")

    @property
    def pcm_channels(self) -> int:
        """Channels of the engine's PCM."""
        return self.channels or (2 if self.stereo else 1)


@dataclass(frozen=True, slots=True)
class VideoSection:
    """One video section that a client offers, in its place; ``stopped`` keeps the place with port 0."""

    mid: str
    direction: Direction = "inactive"
    stopped: bool = False
    ssrc: int | None = None
    """SSRC of the video that this section sends."""
    rtx_ssrc: int | None = None
    """SSRC of its retransmissions (RFC 4588); None: they go out as the packets were."""


@dataclass(frozen=True, slots=True)
class AudioSection:
    """One further audio section that a client offers, only to receive in it; inactive keeps its place."""

    mid: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class VideoAnswer:
    """What a service sends in one video section: ``label`` is the msid's stream, ``v_<mid>`` for this SDK."""

    ssrc: int
    label: str
    rtx_ssrc: int | None = None
    """SSRC of retransmissions, used where the offer has them (RFC 4588)."""


@dataclass(frozen=True, slots=True)
class IceServer:
    """STUN or TURN URLs with what the latter need.

    TURN credentials make the peer use nothing but the relay, as the SDK does (CreatePeerConnectionTask.ts).
    """

    urls: Sequence[str]
    username: str | None = None
    credential: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.urls, str):
            object.__setattr__(self, "urls", (self.urls,))
        for url in self.urls:
            if not url.startswith(("stun:", "stuns:", "turn:", "turns:")):
                raise ValueError(
                    f"an ICE server's URL starts with stun:, stuns:, turn: or turns:, not {url!r}"
                )
