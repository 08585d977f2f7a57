"""Suite ``signaling_conversations``: whole conversations of the real SDK with a service."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from chime_native.realtime import (
    DataMessage,
    DataMessageExchange,
    PositionInFrame,
    RealtimeController,
    VolumeIndicatorAdapter,
)
from chime_native.rtc.sdp_parser import parse_sdp
from chime_native.session.status import MeetingSessionStatus
from chime_native.signaling import Dialect, SdpDecompressor, decode_frame, encode_frame
from chime_native.signaling.connection_request import connection_request
from chime_native.signaling.events import (
    AudioMetadataReceived,
    AudioStreamIdInfoReceived,
    DataMessagesReceived,
    PrimaryMeetingJoinAcknowledged,
)
from chime_native.signaling.messages import SdkSignalFrame
from chime_native.signaling.service_frames import event_from_frame
from google.protobuf.json_format import MessageToDict, ParseDict

Case = dict[str, Any]
_SIGNALING_URL = "wss://signal.example.test/control/meeting-1"
# The capture leaves these out of ``json``; ``sdp`` tells about them.
_SDP_FIELDS = {
    "SUBSCRIBE": ("sub", ("sdp_offer", "compressed_sdp_offer")),
    "SUBSCRIBE_ACK": ("suback", ("sdp_answer", "compressed_sdp_answer")),
}
_COMPARED_CALLBACKS = ("presence", "volumeIndicator", "dataMessage")


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    errors = list(_requests(case))
    for connection in {event["conn"] for event in case["events"] if event["kind"] == "frame"}:
        frames = [
            event for event in case["events"] if event["kind"] == "frame" and event["conn"] == connection
        ]
        errors += _frames(frames)
    return errors + _Application(case).run()


def _differs(what: str, want: object, got: object) -> list[str]:
    return [] if want == got else [f"{what}: wanted {want!r}, got {got!r}"]


def _requests(case: Case) -> Iterator[str]:
    for connection in case["connections"]:
        request = connection_request(
            _SIGNALING_URL,
            connection["protocols"][1],
            Dialect.BROWSER,
            sdk_version="3.32.0",
            user_agent="chrome-156",
        )
        yield from _differs("URL", connection["url"], request.url)
        yield from _differs("subprotocols", connection["protocols"], list(request.subprotocols))


# --- frames and SDP of one connection ---


def _frames(events: list[Case]) -> list[str]:
    errors: list[str] = []
    answers = SdpDecompressor()
    for event in events:
        what = f"{event['frame_type']} at {event['at_ms']}"
        frame = decode_frame(bytes.fromhex(event["hex"]))
        errors += _differs(f"{what} type", event["frame_type"], SdkSignalFrame.Type.Name(frame.type))
        errors += _frame(what, event, frame)
        if frame.type == SdkSignalFrame.SUBSCRIBE:
            # Of its own for each: offers come without a dictionary.
            sdp = _sdp(SdpDecompressor(), frame.sub.compressed_sdp_offer, frame.sub.sdp_offer)
            errors += _sdp_differs(what, event["sdp"], sdp) + _receive_stream_ids(what, frame, sdp)
        elif frame.type == SdkSignalFrame.SUBSCRIBE_ACK:
            sdp = _sdp(answers, frame.suback.compressed_sdp_answer, frame.suback.sdp_answer)
            errors += _sdp_differs(what, event["sdp"], sdp)
    return errors


def _frame(what: str, event: Case, frame: SdkSignalFrame) -> list[str]:
    given = bytes.fromhex(event["hex"])
    body, fields = _SDP_FIELDS.get(event["frame_type"], ("", ()))
    without_sdp = SdkSignalFrame()
    without_sdp.CopyFrom(frame)
    for field in fields:
        if field not in event["json"][body]:
            getattr(without_sdp, body).ClearField(field)
    got = MessageToDict(without_sdp, preserving_proto_field_name=True)
    errors = _differs(f"{what} json", _numbers(event["json"]), _numbers(got))
    encoded = encode_frame(ParseDict(event["json"], SdkSignalFrame()))
    wanted = encode_frame(without_sdp) if body else given
    errors += _differs(f"{what} encoded", wanted.hex(), encoded.hex())
    return errors + _differs(f"{what} encoded again", given.hex(), encode_frame(frame).hex())


def _numbers(value: Any) -> Any:
    """Metrics are doubles: 3 and 3.0 are the same."""
    if isinstance(value, dict):
        return {name: _numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_numbers(member) for member in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _sdp(decompressor: SdpDecompressor, compressed: bytes, plain: str) -> str:
    if compressed:
        return decompressor.decompress(compressed)
    decompressor.remember(plain)
    return plain


def _sdp_differs(what: str, wanted: Case, sdp: str) -> list[str]:
    sections = [
        {"kind": section.kind, "port": section.port, "mid": section.mid, "direction": str(section.direction)}
        for section in parse_sdp(sdp).sections
    ]
    errors = _differs(f"{what} SDP", wanted["sha256"], hashlib.sha256(sdp.encode()).hexdigest())
    errors += _differs(f"{what} SDP length", wanted["length"], len(sdp))
    errors += _differs(f"{what} sections", wanted["sections"], sections)
    return errors + (_differs(f"{what} text", wanted["text"], sdp) if "text" in wanted else [])


def _receive_stream_ids(what: str, frame: SdkSignalFrame, sdp: str) -> list[str]:
    receiving = [
        str(section.direction) == "recvonly" and section.port != 0
        for section in parse_sdp(sdp).sections
        if section.kind == "video"
    ]
    return _differs(f"{what} receive_stream_ids", receiving, [bool(i) for i in frame.sub.receive_stream_ids])


# --- what the application sees ---


class _AudioInput:
    active = True

    def set_enabled(self, _enabled: bool) -> None:
        pass


class _NoTransport:
    ready = False

    def send_data_message(self, topic: str, data: bytes, lifetime_ms: int | None) -> None:
        pass


class _Application:
    """Replays what the service sent (and the local mutes) on the connections that the application's session had."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._seen: list[list[Any]] = []
        self._subscribed: set[str] = set()
        self._results: list[str] = []
        self._first_subscribe = True
        self._connections = {0} if case["name"] == "content" else set(range(len(case["connections"])))
        self._controller = RealtimeController(_AudioInput(), strict_callbacks=True)
        self._local_id, external = _local_attendee(case)
        self._controller.realtime_set_local_attendee_id(self._local_id, external)
        self._controller.realtime_subscribe_to_attendee_id_presence(self._presence)
        for topic in _topics(case):
            self._controller.realtime_subscribe_to_receive_data_message(topic, self._data_message)
        self._adapter = VolumeIndicatorAdapter(self._controller, self._local_id)
        self._exchange = DataMessageExchange(self._controller, _NoTransport())
        self._exchange.start()
        if _starts_muted(case):
            self._controller.realtime_mute_local_audio()

    def run(self) -> list[str]:
        for event in self._case["events"]:
            if event.get("conn", 0) not in self._connections:
                continue
            if event["kind"] == "open" and event["conn"] > 0:
                self._adapter.on_reconnect()
            elif event["kind"] == "frame":
                self._take(decode_frame(bytes.fromhex(event["hex"])), event["from"] == "server")
        wanted = [
            [event["name"], *event["args"]]
            for event in self._case["events"]
            if event["kind"] == "callback" and event["name"] in _COMPARED_CALLBACKS
        ]
        results = [
            event["value"]
            for event in self._case["events"]
            if event["kind"] == "result" and event["name"] == "promoteToPrimaryMeeting"
        ]
        wanted = [_without_made_up_total(callback) for callback in wanted]
        seen = [
            [*callback[:-1], {**callback[-1], "attendeesInFrame": None}]
            if _is_made_up(expected)
            else callback
            for callback, expected in zip(self._seen, wanted, strict=False)
        ] + self._seen[len(wanted) :]
        return _differs("callbacks", wanted, seen) + _differs("results", results, self._results)

    def _take(self, frame: SdkSignalFrame, from_service: bool) -> None:
        if not from_service:
            if frame.type == SdkSignalFrame.AUDIO_CONTROL:
                self._set_muted(frame.audio_control.muted)
            return
        match event_from_frame(frame):
            case AudioStreamIdInfoReceived() as event:
                self._adapter.handle_audio_stream_id_info(event)
            case AudioMetadataReceived() as event:
                self._adapter.handle_audio_metadata(event)
            case DataMessagesReceived() as event:
                self._exchange.handle_data_messages(event)
            case PrimaryMeetingJoinAcknowledged(error_status):
                status = MeetingSessionStatus.from_error_status(error_status)
                self._results.append(status.status_code.sdk_name)

    def _set_muted(self, muted: bool) -> None:
        if muted:
            self._controller.realtime_mute_local_audio()
        else:
            self._controller.realtime_unmute_local_audio()

    def _presence(
        self, attendee_id: str, present: bool, external: str | None, dropped: bool, at: PositionInFrame | None
    ) -> None:
        assert at is not None
        position = {"attendeeIndex": at.attendee_index, "attendeesInFrame": at.attendees_in_frame}
        self._seen.append(["presence", attendee_id, present, external, dropped, position])
        if present and attendee_id not in self._subscribed:
            self._subscribed.add(attendee_id)
            self._controller.realtime_subscribe_to_volume_indicator(attendee_id, self._volume)

    def _volume(self, *arguments: Any) -> None:
        self._seen.append(["volumeIndicator", *arguments])

    def _data_message(self, message: DataMessage) -> None:
        self._seen.append(
            [
                "dataMessage",
                message.topic,
                message.text(),
                message.sender_attendee_id,
                message.sender_external_user_id,
                message.timestamp_ms,
                message.throttled,
            ]
        )


def _without_made_up_total(callback: list[Any]) -> list[Any]:
    """The reference counts the letters of the id in leaves that it makes up after a reconnect (its quirk 1)."""
    name, *arguments = callback
    if name == "presence" and not arguments[1] and arguments[4]["attendeesInFrame"] == len(arguments[0]):
        return [*callback[:-1], {**arguments[4], "attendeesInFrame": None}]
    return callback


def _is_made_up(callback: list[Any]) -> bool:
    return callback[0] == "presence" and callback[-1]["attendeesInFrame"] is None


def _frames_of(case: Case, kind: int) -> Iterator[SdkSignalFrame]:
    for event in case["events"]:
        if event["kind"] == "frame":
            frame = decode_frame(bytes.fromhex(event["hex"]))
            if frame.type == kind:
                yield frame


def _local_attendee(case: Case) -> tuple[str, str]:
    subscribe = next(_frames_of(case, SdkSignalFrame.SUBSCRIBE)).sub
    local_id = subscribe.send_streams[0].attendee_id
    for frame in _frames_of(case, SdkSignalFrame.AUDIO_STREAM_ID_INFO):
        for stream in frame.audio_stream_id_info.streams:
            if stream.attendee_id == local_id:
                return local_id, stream.external_user_id
    return local_id, local_id


def _starts_muted(case: Case) -> bool:
    return next(_frames_of(case, SdkSignalFrame.SUBSCRIBE)).sub.audio_muted


def _topics(case: Case) -> set[str]:
    return {
        event["args"][0]
        for event in case["events"]
        if event["kind"] == "callback" and event["name"] == "dataMessage"
    }
