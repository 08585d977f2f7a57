"""Data messages (SDK: ``src/datamessage/DataMessage.ts``, ``src/task/SendAndReceiveDataMessagesTask.ts``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from chime_native.signaling.events import DataMessage as WireDataMessage

from .javascript_json import parse_json, write_json

__all__ = ["DataMessage", "check_data_message", "encode_data", "received_data_message"]

MAX_DATA_SIZE: Final = 2048  # bytes
_TOPIC: Final = re.compile(r"[a-zA-Z0-9_-]{1,36}")
_NANOSECONDS_PER_MILLISECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class DataMessage:
    """A received message."""

    timestamp_ms: float  # when the service took it in, since 1970
    topic: str
    data: bytes
    sender_attendee_id: str
    sender_external_user_id: str
    throttled: bool = False  # this client's own message, thrown back because it sends too much

    def text(self) -> str:
        """The data as UTF-8; what is no UTF-8 is replaced, a byte order mark left out."""
        return self.data.decode("utf-8-sig", "replace")

    def json(self) -> Any:
        """The data as JSON; raises ``ValueError`` where it is none."""
        return parse_json(self.text())


def encode_data(data: object) -> bytes:
    """What is sent for ``data``: bytes as they are, text as UTF-8, everything else as compact JSON.

    Raises ``TypeError`` for what JSON cannot say.
    """
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    text = data if isinstance(data, str) else write_json(data)
    # Halves of surrogate pairs are put together or replaced, as a browser does.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def check_data_message(topic: str, data: bytes, lifetime_ms: float | None) -> None:
    """Raises ``ValueError`` for a message that a client may not send; the texts begin as the SDK's do."""
    if not _TOPIC.fullmatch(topic):
        raise ValueError(f"Invalid topic: {topic!r} is not 1 to 36 letters, digits, '_' and '-'")
    if len(data) > MAX_DATA_SIZE:
        raise ValueError(
            f"Data size has to be less than {MAX_DATA_SIZE} bytes or equal to it: it is {len(data)}"
        )
    if lifetime_ms is not None and not lifetime_ms >= 0:
        raise ValueError(f"The life time of the message has to be non negative: it is {lifetime_ms}")


def received_data_message(message: WireDataMessage) -> DataMessage:
    """What the application is given for a message from the wire."""
    # Divided as doubles, like the reference: the exact quotient may differ in the last bit.
    timestamp_ms = float(message.ingest_time_ns or 0) / _NANOSECONDS_PER_MILLISECOND
    return DataMessage(
        timestamp_ms,
        message.topic,
        message.data,
        message.sender_attendee_id,
        message.sender_external_user_id,
        throttled=message.ingest_time_ns == 0,
    )
