from collections.abc import Iterable, Sequence

from typing_extensions import Buffer

class MediaPath:
    """SRTP (RFC 3711, RFC 7714) over UDP sockets that somebody else has bound. Only where libsrtp was there at build."""

    def __init__(
        self, profile: str, *, receive_key: Buffer, send_key: Buffer, descriptors: Sequence[int]
    ) -> None:
        """``profile``: ``SRTP_AES128_CM_SHA1_80``, ``SRTP_AEAD_AES_128_GCM`` or ``SRTP_AEAD_AES_256_GCM``; each key is the
        master key followed by its salt (30, 28 and 44 bytes). The sockets are held open by descriptors of its own.

        Raises ValueError for another profile or size, RuntimeError for what is no socket or when libsrtp cannot do it.
        """

    def select(self, socket: int, host: str, port: int) -> None:
        """Sends from that socket (its index in ``descriptors``) to that address, in numbers, from now on.

        Raises ValueError for a host that is none, IndexError for a socket that is not there.
        """

    def close(self) -> None:
        """Lets the sockets go, after `MediaPoller.remove`; what is sent from now on is counted as discarded."""

    def send(self, packets: Iterable[Buffer]) -> None:
        """Encrypts RTP or RTCP packets of up to 1500 bytes and sends them without waiting; what cannot go is counted."""

    def protect(self, packet: Buffer) -> bytes:
        """The packet encrypted, for another way to send it; empty when it is none."""

    def unprotect(self, packet: Buffer) -> bytes:
        """What is in a packet that came another way; empty when it is forged, damaged, repeated or too old."""

    def stats(self) -> dict[str, int]:
        """``packets_sent``, ``bytes_sent``, ``packets_discarded_on_send``, ``packets_received``, ``bytes_received`` (before
        encryption), ``packets_rejected``: came, but could not be decrypted; ``datagrams_oversized``: had more than 1500 bytes."""

class MediaPoller:
    """Reads for many paths at once. Belongs to one thread."""

    def __init__(self) -> None: ...
    def fileno(self) -> int:
        """A descriptor that is readable while something waits."""

    def add(self, path: MediaPath) -> int:
        """Reads for that path, too; the number that names it."""

    def remove(self, path: int) -> None:
        """Reads no more for the path of that number."""

    def close(self) -> None:
        """Gives the descriptor back; nothing is read any more."""

    def poll(self) -> list[tuple[int, int, bytes, int, int, tuple[str, int] | None]]:
        """What has come: (path, kind, data, arrival, socket, sender).

        ``kind``: 0 RTP and 1 RTCP, both decrypted, 2 anything else, as it came and with its sender. ``arrival``: when the
        kernel had it, in microseconds of the monotonic clock.
        """
