"""Suite ``realtime_data_message``: sending and receiving, with the reference's treatment of what may not be sent."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from typing import Any

from chime_native.realtime import DataMessage, DataMessageExchange, RealtimeController
from chime_native.signaling import decode_frame
from chime_native.signaling.client_frames import data_message_frame
from chime_native.signaling.events import DataMessagesReceived
from chime_native.signaling.service_frames import event_from_frame
from google.protobuf.json_format import MessageToDict

Case = dict[str, Any]
_LOGGER = logging.getLogger("chime_native.realtime")
_WIRE_NAMES = {"data_b64": "data"}
# The reference's texts are how ours begin; ours go on to say what was given.
_FATAL_TEXTS = (
    "Invalid topic",
    "Data size has to be less than 2048 bytes",
    "The life time of the message has to be non negative",
)


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    return _Replay(case).run()


class _AudioInput:
    active = False

    def set_enabled(self, _enabled: bool) -> None:
        pass


class _Transport:
    def __init__(self, ready: bool) -> None:
        self.ready = ready
        self.sent: list[str] = []

    def send_data_message(self, topic: str, data: bytes, lifetime_ms: int | None) -> None:
        frame = data_message_frame(topic, data, lifetime_ms, 0).data_message
        self.sent.append(base64.b64encode(frame.SerializeToString()).decode())


class _ErrorCount(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        if "cannot be sent" in record.getMessage():
            self.count += 1


class _Replay:
    def __init__(self, case: Case) -> None:
        self._case = case
        self._events: list[Any] = []
        self._errors: list[str] = []
        self._calls: dict[str, int] = {}
        self._transport = _Transport(case["ready"])
        self._controller = RealtimeController(_AudioInput(), strict_callbacks=True)
        self._controller.realtime_subscribe_to_fatal_error(self._fatal)
        self._exchange = DataMessageExchange(self._controller, self._transport)

    def run(self) -> list[str]:
        errors_logged = _ErrorCount()
        _LOGGER.addHandler(errors_logged)
        try:
            for index, step in enumerate(self._case["steps"]):
                self._events, self._transport.sent, errors_logged.count = [], [], 0
                getattr(self, f"_do_{step['op']}")(step)
                got: Case = {"events": self._events}
                if self._transport.sent:
                    got["sent_data_message_frame"] = self._transport.sent
                if errors_logged.count:
                    got["logged_error"] = True
                for name in ("events", "sent_data_message_frame", "logged_error"):
                    if step.get(name) != got.get(name):
                        self._errors.append(
                            f"step {index} {step['op']} {name}: wanted {step.get(name)!r}, got {got.get(name)!r}"
                        )
        finally:
            _LOGGER.removeHandler(errors_logged)
        return self._errors

    def _fatal(self, error: Exception) -> None:
        text = next((text for text in _FATAL_TEXTS if str(error).startswith(text)), str(error))
        self._events.append(["fatal", text])

    def _callback(self, name: str) -> Callable[[DataMessage], None]:
        def called(message: DataMessage) -> None:
            count = self._calls[name] = self._calls.get(name, 0) + 1
            seen: Case = {
                "cb": name,
                "timestamp_ms": message.timestamp_ms,
                "topic": message.topic,
                "data_b64": base64.b64encode(message.data).decode(),
                "sender_attendee_id": message.sender_attendee_id,
                "sender_external_user_id": message.sender_external_user_id,
                "throttled": message.throttled,
                "text": message.text(),
            }
            try:
                seen["json"] = message.json()
            except ValueError:
                seen["json_error"] = True
            self._events.append(["message", seen])
            if count in self._case["throws"].get(name, []):
                raise RuntimeError(f"boom {name} {count}")

        return called

    def _do_start(self, _step: Case) -> None:
        self._exchange.start()

    def _do_stop(self, _step: Case) -> None:
        self._exchange.stop()

    def _do_set_ready(self, step: Case) -> None:
        self._transport.ready = step["value"]

    def _do_send(self, step: Case) -> None:
        self._controller.realtime_send_data_message(step["topic"], _data(step["data"]), step["lifetime_ms"])

    def _do_subscribe(self, step: Case) -> None:
        self._controller.realtime_subscribe_to_receive_data_message(step["topic"], self._callback(step["cb"]))

    def _do_unsubscribe(self, step: Case) -> None:
        self._controller.realtime_unsubscribe_from_receive_data_message(step["topic"])

    def _do_receive(self, step: Case) -> None:
        frame = decode_frame(b"\x05" + base64.b64decode(step["wire"]))
        content = MessageToDict(frame.data_message, preserving_proto_field_name=True).get("messages", [])
        wanted = [
            {_WIRE_NAMES.get(name, name): value for name, value in message.items()}
            for message in step["messages"]
        ]
        if content != wanted:
            self._errors.append(f"decoded {content!r}, wanted {wanted!r}")
        event = event_from_frame(frame)
        assert isinstance(event, DataMessagesReceived)
        self._exchange.handle_data_messages(event)


def _data(description: Case) -> object:
    value = description["value"]
    match description["kind"]:
        case "text" | "json":
            return value
        case "text_repeat":
            return value * description["count"]
        case "bytes":
            return base64.b64decode(value)
        case "bytes_repeat":
            return bytes([value]) * description["count"]
        case unknown:
            raise ValueError(f"unknown kind of data {unknown}")
