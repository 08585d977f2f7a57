from collections.abc import Sequence

from typing_extensions import Buffer

class RtpPacket:
    """An RTP packet (RFC 3550) that owns its parts, for tools and tests; extensions are RFC 8285's, by id."""

    def __init__(
        self,
        *,
        payload_type: int,
        sequence_number: int,
        timestamp: int,
        ssrc: int,
        marker: bool = False,
        payload: bytes = b"",
        csrcs: Sequence[int] = (),
        extensions: dict[int, bytes] | None = None,
        padding_size: int = 0,
    ) -> None: ...
    @staticmethod
    def parse(packet: Buffer) -> RtpPacket:
        """Raises ValueError when the packet is malformed."""
    def pack(self) -> bytes: ...
    @property
    def payload_type(self) -> int: ...
    @property
    def sequence_number(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def ssrc(self) -> int: ...
    @property
    def marker(self) -> bool: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def csrcs(self) -> list[int]: ...
    @property
    def extensions(self) -> dict[int, bytes]: ...
    @property
    def padding_size(self) -> int: ...

def read_audio_level(data: Buffer) -> tuple[int, bool]:
    """(level in -dBov, voice) of the header extension of RFC 6464."""

def write_audio_level(level: int, voice: bool) -> bytes:
    """The data of the header extension of RFC 6464."""

class RedBlock:
    """One block of a RED payload (RFC 2198)."""

    @property
    def timestamp(self) -> int: ...
    @property
    def payload_type(self) -> int: ...
    @property
    def redundant(self) -> bool: ...
    @property
    def data(self) -> bytes: ...

def split_red(payload: Buffer, timestamp: int, primary_payload_type: int = 111) -> tuple[str, list[RedBlock]]:
    """(status, blocks oldest first and the primary last). Blocks are empty unless the status is "ok".

    Other statuses: "padding" (no block at all), "truncated_header", "wrong_payload_type", "truncated_blocks",
    "too_many_blocks" (more than 32).
    """

def pack_red(blocks: Sequence[tuple[int, int, bytes]]) -> bytes:
    """RED payload of (payload type, timestamp offset, data), oldest first and the primary last."""
