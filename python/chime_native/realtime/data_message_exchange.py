"""Data messages between the realtime controller and the signaling connection
(SDK: ``src/task/SendAndReceiveDataMessagesTask.ts``)."""

from __future__ import annotations

import logging
from typing import Protocol

from chime_native.signaling.events import DataMessagesReceived

from .controller import RealtimeController
from .data_message import check_data_message, encode_data, received_data_message

__all__ = ["DataMessageExchange", "DataMessageTransport"]

logger = logging.getLogger("chime_native.realtime")


class DataMessageTransport(Protocol):
    """Where messages go."""

    @property
    def ready(self) -> bool:
        """Whether the connection is open."""

    def send_data_message(self, topic: str, data: bytes, lifetime_ms: int | None) -> object:
        """Sends one message, which has been checked."""


class DataMessageExchange:
    """Checks and sends what the controller is asked to send while it runs, and hands it what arrives.

    A message is not sent, and that is logged, while the connection is not open; there is no queue. Where it may not be
    sent at all, ``realtime_send_data_message`` raises ``ValueError`` to its caller; with strict callbacks this is a fatal
    error instead, as in the SDK.
    """

    def __init__(self, controller: RealtimeController, transport: DataMessageTransport) -> None:
        self._controller = controller
        self._transport = transport
        self._running = False

    def start(self) -> None:
        """Messages are sent and received from now on."""
        if not self._running:
            self._running = True
            self._controller.realtime_subscribe_to_send_data_message(self._send)

    def stop(self) -> None:
        """No more."""
        self._running = False
        self._controller.realtime_unsubscribe_from_send_data_message(self._send)

    def handle_data_messages(self, event: DataMessagesReceived) -> None:
        """Messages came."""
        if self._running:
            for message in event.messages:
                self._controller.realtime_receive_data_message(received_data_message(message))

    def _send(self, topic: str, data: object, lifetime_ms: float | None) -> None:
        if not self._transport.ready:
            logger.error("a data message cannot be sent: the signaling connection is not open")
            return
        payload = encode_data(data)
        check_data_message(topic, payload, lifetime_ms)
        self._transport.send_data_message(topic, payload, None if lifetime_ms is None else int(lifetime_ms))
