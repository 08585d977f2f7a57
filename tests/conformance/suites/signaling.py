"""Suite ``signaling``: frames, SDP compression, status codes and the session's state machine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from chime_native.errors import FrameError
from chime_native.session.state_controller import (
    SessionStateController,
    SessionStateControllerAction,
    SessionStateControllerState,
)
from chime_native.session.status import MeetingSessionStatus, MeetingSessionStatusCode
from chime_native.signaling import Dialect, compress_sdp, decode_frame, decompress_sdp, encode_frame
from chime_native.signaling import messages as wire
from chime_native.signaling.messages import SdkSignalFrame
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message

Case = dict[str, Any]


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    return _KINDS[case["kind"]](case)


def _differs(what: str, want: object, got: object) -> list[str]:
    return [] if want == got else [f"{what}: wanted {want!r}, got {got!r}"]


# --- frames ---


def _frame(case: Case) -> list[str]:
    data = bytes.fromhex(case["hex"])
    try:
        frame = decode_frame(data)
    except FrameError as error:
        return [f"decoding: {error}"]
    if case.get("accept") == "no_error":
        return []
    errors = _differs("prefix", int(case.get("prefix", "05"), 16), data[0])
    errors += _differs("body", case["body_hex"], data[1:].hex())
    wanted = ParseDict(case["json"], SdkSignalFrame())
    errors += _differs("json", _plain(wanted), _plain(frame))
    errors += _differs("json as given", _numbers(case["json"]), _numbers(_named(frame)))
    if "fields" in case:
        errors += _differs("fields", _numbers(case["fields"]), _numbers(_by_number(frame)))
    body = case.get("canonical_body_hex", case["body_hex"])
    errors += _differs("encoded", body, encode_frame(wanted, _dialect(data[0]))[1:].hex())
    if "nested" in case:
        errors += _nested(case["nested"], frame)
    return errors


def _dialect(prefix: int) -> Dialect:
    return Dialect.NATIVE if prefix == Dialect.NATIVE.frame_prefix else Dialect.BROWSER


def _named(message: Message) -> Case:
    known = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    return MessageToDict(known, preserving_proto_field_name=True)


def _plain(message: Message) -> str:
    known = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    return known.SerializePartialToString(deterministic=True).hex()


def _numbers(value: Any) -> Any:
    """Numbers in one form, since -1 and -1.0, NaN and "NaN" stand for the same."""
    if isinstance(value, dict):
        return {name: _numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_numbers(member) for member in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return repr(float(value)) if isinstance(value, float) or abs(value) < 2**53 else value
    if value in ("NaN", "Infinity", "-Infinity", "-0.0"):
        return repr(float(value))
    return value


def _by_number(message: Message) -> Case:
    fields: Case = {}
    for field, value in message.ListFields():
        is_repeated = field.is_repeated
        values = [_field_value(field, item) for item in (value if is_repeated else [value])]
        fields[str(field.number)] = values if is_repeated else values[0]
    return fields


def _field_value(field: Any, value: Any) -> Any:
    if field.message_type is not None:
        return _by_number(value)
    if field.type == field.TYPE_BYTES:
        return {"hex": value.hex()}
    if field.type in (field.TYPE_INT64, field.TYPE_UINT64):
        return str(value)
    return value


def _nested(nested: Case, frame: SdkSignalFrame) -> list[str]:
    data = bytes.fromhex(nested["hex"])
    carried = [payload.data for payload in frame.data_message.messages]
    errors = _differs("nested message carried", True, data in carried)
    message = getattr(wire, nested["message"]).FromString(data)
    errors += _differs("nested json", _numbers(nested["json"]), _numbers(_named(message)))
    errors += _differs("nested fields", _numbers(nested["fields"]), _numbers(_by_number(message)))
    encoded = ParseDict(nested["json"], type(message)()).SerializeToString()
    return errors + _differs("nested encoded", nested["hex"], encoded.hex())


def _invalid_frame(case: Case) -> list[str]:
    try:
        decode_frame(bytes.fromhex(case["hex"]))
    except FrameError:
        return []
    return ["it was accepted"]


# --- SDP compression ---


def _generated(rule: Case) -> str:
    if rule["rule"] == "repeat":
        return rule["text"] * rule["n"]
    prefix = rule.get("prefix", "")
    lines = (f"{prefix}{i}:{(i * 2654435761) % 2**32:x}\r\n" for i in range(rule["n"]))
    return "".join(lines)


def _text(case: Case, name: str) -> str:
    return _generated(case[f"{name}_gen"]) if f"{name}_gen" in case else case[name]


def _sdp_compression(case: Case) -> list[str]:
    previous, sdp = _text(case, "previous"), _text(case, "sdp")
    errors = _differs("generated text", case["sdp_sha256"], hashlib.sha256(sdp.encode()).hexdigest())
    streams = [case["compressed_hex"]]
    if "compressed_without_dictionary_hex" in case:
        streams.append(case["compressed_without_dictionary_hex"])
    streams += [compress_sdp(sdp, previous).hex(), compress_sdp(sdp).hex()]
    for stream in streams:
        try:
            got = decompress_sdp(bytes.fromhex(stream), previous)
        except FrameError as error:
            errors.append(f"decompressing {stream[:40]}: {error}")
            continue
        errors += _differs(f"decompressed {stream[:40]}", case["sdp_sha256"], _sha256(got))
    return errors


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _sdp_decompression_failure(case: Case) -> list[str]:
    try:
        decompress_sdp(bytes.fromhex(case["compressed_hex"]), _text(case, "previous"))
    except FrameError:
        return []
    return ["it was accepted"]


# --- status codes ---


def _status_code(case: Case) -> list[str]:
    code = MeetingSessionStatusCode(case["number"])
    status = MeetingSessionStatus(code)
    errors = _differs("name", case["name"], code.sdk_name)
    for question in ("is_terminal", "is_failure", "is_audio_connection_failure"):
        errors += _differs(question, case[question], getattr(status, question))
    return errors


def _status_from_frame(case: Case) -> list[str]:
    frame = decode_frame(bytes.fromhex(case["hex"]))
    status = MeetingSessionStatus.from_signal_frame(frame)
    return _differs("status", case["status"], status.status_code.sdk_name)


# --- the state machine ---

_ROUTES: dict[str, list[str]] = {
    "NotConnected": [],
    "Connecting": ["Connect"],
    "Connected": ["Connect", "FinishConnecting"],
    "Updating": ["Connect", "FinishConnecting", "Update"],
    "Disconnecting": ["Connect", "FinishConnecting", "Disconnect"],
}


def _controller_in(state: str) -> SessionStateController:
    controller = SessionStateController()
    for action in _ROUTES[state]:
        controller.perform(SessionStateControllerAction(action), lambda: None)
    assert controller.state is SessionStateControllerState(state)
    return controller


def _transition(case: Case) -> list[str]:
    controller = _controller_in(case["state"])
    ran: list[str] = []
    result = controller.perform(SessionStateControllerAction(case["action"]), lambda: ran.append("work"))
    return (
        _differs("result", case["result"], result.value)
        + _differs("new state", case["new_state"], controller.state.value)
        + _differs("work ran", case["work_ran"], bool(ran))
    )


def _deferred_transitions(case: Case) -> list[str]:
    controller = _controller_in(case["start"])
    order: list[str] = []
    errors: list[str] = []
    for step in case["steps"]:
        name = step["action"]
        result = controller.perform(SessionStateControllerAction(name), lambda name=name: order.append(name))
        errors += _differs(f"result of {name}", step["result"], result.value)
        errors += _differs(f"state after {name}", step["state_after"], controller.state.value)
    return errors + _differs("order of the work", case["work_order"], order)


_KINDS: dict[str, Callable[[Case], list[str]]] = {
    "frame": _frame,
    "invalid_frame": _invalid_frame,
    "sdp_compression": _sdp_compression,
    "sdp_decompression_failure": _sdp_decompression_failure,
    "status_code": _status_code,
    "status_from_frame": _status_from_frame,
    "transition": _transition,
    "deferred_transitions": _deferred_transitions,
}
