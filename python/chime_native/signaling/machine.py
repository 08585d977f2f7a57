"""The client's side of one signaling connection, without its socket (SDK: ``src/signalingclient``, ``src/pingpong``,
the tasks that join, subscribe and leave)."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Final

from chime_native.errors import FrameError

from . import client_frames
from .dialect import Dialect
from .events import (
    ConnectionClosed,
    ConnectionFailed,
    ConnectionOpened,
    ConnectionPhase,
    ErrorReceived,
    JoinAcknowledged,
    LeaveAcknowledged,
    PongReceived,
    ProtocolViolated,
    SignalingEvent,
    StepTimedOut,
    SubscribeAcknowledged,
)
from .frames import DEFAULT_MAX_FRAME_SIZE, decode_frame, encode_frame
from .messages import (
    SdkClientMetricFrame,
    SdkMeetingSessionTimingFrame,
    SdkPingPongType,
    SdkSignalFrame,
)
from .ping_pong import DEFAULT_INTERVAL_MS, PingPong, SentPing
from .sdp_compression import SdpCompressor, SdpDecompressor
from .service_frames import (
    adaption_from,
    allocations_from,
    bitrates_event,
    event_from_frame,
    frame_type_name,
    index_event,
    tracks_from,
    turn_credentials_from,
)
from .types import JoinRequest, PrimaryMeetingCredentials, SubscribeRequest, VideoSubscription

__all__ = ["SignalingClient"]

logger = logging.getLogger("chime_native.signaling")

# How long a service has for each step: opening, JOIN to INDEX, SUBSCRIBE to SUBSCRIBE_ACK, LEAVE to LEAVE_ACK.
DEFAULT_STEP_TIMEOUT_MS: Final = 15_000
DEFAULT_VIDEO_SUBSCRIPTION_LIMIT: Final = 25
_Phase = ConnectionPhase
# Phases in which the socket is open and frames may go out.
_OPEN_PHASES: Final = frozenset(
    {_Phase.OPEN, _Phase.JOINING, _Phase.SUBSCRIBING, _Phase.CONNECTED, _Phase.LEAVING}
)
_JOINED_PHASES: Final = frozenset({_Phase.SUBSCRIBING, _Phase.CONNECTED})


class SignalingClient:
    """One connection, from before its socket opens until after it has closed; a reconnect makes another one.

    Call one ``handle_…`` or command, then drain ``events()`` and ``data_to_send()`` fully and re-arm the timer from
    ``next_timeout()`` before the next call. ``handle_…`` never raises on what the service sends: frames that cannot be
    read are counted in ``stats()`` and dropped. A command in the wrong phase raises ``RuntimeError`` where it is a step of
    the connection (join, subscribe, leave); other frames are counted and not sent while the socket is not open, as in the
    SDK.

    Times are milliseconds since 1970 on a clock that never goes back: it gives the time stamps of frames as well.
    """

    def __init__(
        self,
        now_ms: float,
        dialect: Dialect = Dialect.BROWSER,
        *,
        step_timeout_ms: float = DEFAULT_STEP_TIMEOUT_MS,
        ping_interval_ms: float = DEFAULT_INTERVAL_MS,
        max_frame_size: int = DEFAULT_MAX_FRAME_SIZE,
    ) -> None:
        self._dialect = dialect
        self._step_timeout_ms = step_timeout_ms
        self._max_frame_size = max_frame_size
        self._phase = _Phase.OPENING
        self._step_deadline_ms: float | None = now_ms + step_timeout_ms
        self._closing = False
        self._awaits_subscribe_ack = False
        self._compresses_sdp = False
        self._ping_pong = PingPong(ping_interval_ms)
        self._offers = SdpCompressor(use_previous=False)
        self._answers = SdpDecompressor()
        self._events: list[SignalingEvent] = []
        self._to_send: list[bytes] = []
        self._counters: Counter[str] = Counter()
        self._logged: set[str] = set()

    @property
    def dialect(self) -> Dialect:
        """How this connection is spoken."""
        return self._dialect

    @property
    def phase(self) -> ConnectionPhase:
        """How far this connection has come."""
        return self._phase

    @property
    def ready(self) -> bool:
        """Whether frames can be sent."""
        return self._phase in _OPEN_PHASES and not self._closing

    @property
    def awaits_subscribe_ack(self) -> bool:
        """Whether a SUBSCRIBE is unanswered, so that no other may be sent."""
        return self._awaits_subscribe_ack

    def stats(self) -> dict[str, int]:
        """Counters: ``frames_received``, ``frames_sent``, ``frames_malformed``, ``frames_unexpected``,
        ``frames_unknown``, ``frames_skipped`` (not sent: not open), ``text_messages``; absent ones are 0."""
        return dict(self._counters)

    # --- what the socket does ---

    def handle_open(self, now_ms: float) -> None:  # noqa: ARG002 — every handler is told the time
        """The WebSocket is open. Nothing is sent before ``join``, so a connection may be opened ahead of its use."""
        self._require(_Phase.OPENING, "handle_open")
        self._phase = _Phase.OPEN
        self._step_deadline_ms = None
        self._events.append(ConnectionOpened())

    def handle_open_failed(self, reason: str, http_status: int | None, now_ms: float) -> None:  # noqa: ARG002
        """The WebSocket could not be opened."""
        self._require(_Phase.OPENING, "handle_open_failed")
        self._end()
        self._events.append(ConnectionFailed(reason, http_status))

    def handle_message(self, data: bytes, now_ms: float) -> None:
        """A binary message came."""
        if self._phase not in _OPEN_PHASES:
            self._counters["frames_unexpected"] += 1
            return
        try:
            frame = decode_frame(data, max_size=self._max_frame_size)
            self._counters["frames_received"] += 1
            self._handle_frame(frame, now_ms)
        except FrameError as error:
            self._count_once_logged("frames_malformed", str(error))

    def handle_text(self, now_ms: float) -> None:  # noqa: ARG002
        """A text message came; the protocol has none."""
        self._count_once_logged("text_messages", "a text message came on the signaling connection")

    def handle_close(self, code: int, reason: str, now_ms: float) -> None:  # noqa: ARG002
        """The WebSocket has ended, with this code (1006: without a close frame). Repeated calls do nothing."""
        if self._phase is _Phase.CLOSED:
            return
        phase = self._phase
        self._end()
        self._events.append(ConnectionClosed(code, reason, phase, by_us=self._closing))

    def handle_timeout(self, now_ms: float) -> None:
        """The time that ``next_timeout`` gave has come; calls before it do nothing."""
        self._ping_pong.handle_timeout(now_ms)
        self._drain_pings(now_ms)
        if self._step_deadline_ms is not None and now_ms >= self._step_deadline_ms:
            self._step_deadline_ms = None
            self._awaits_subscribe_ack = False
            self._events.append(StepTimedOut(self._phase))

    # --- steps of the connection ---

    def join(self, request: JoinRequest, now_ms: float) -> None:
        """Sends JOIN and starts the pings: the first ping goes before it (browser) or after it (native)."""
        self._require(_Phase.OPEN, "join")
        self._phase = _Phase.JOINING
        self._step_deadline_ms = now_ms + self._step_timeout_ms
        self._offers.reset()
        self._answers.reset()
        self._compresses_sdp = False
        frame = client_frames.join_frame(request, self._dialect, int(now_ms))
        if self._dialect is Dialect.NATIVE:
            self._send(frame)
        self._ping_pong.start(now_ms)
        self._drain_pings(now_ms)
        if self._dialect is Dialect.BROWSER:
            self._send(frame)

    def subscribe(self, request: SubscribeRequest, now_ms: float) -> None:
        """Sends SUBSCRIBE, compressed if JOIN_ACK agreed; one at a time."""
        if self._phase not in _JOINED_PHASES or self._awaits_subscribe_ack:
            waiting = " before the last one is answered" if self._awaits_subscribe_ack else ""
            raise RuntimeError(f"subscribe is not possible in phase {self._phase.value}{waiting}")
        compressed = self._offers.compress(request.sdp_offer) if self._compresses_sdp else None
        self._awaits_subscribe_ack = True
        self._step_deadline_ms = now_ms + self._step_timeout_ms
        self._send(client_frames.subscribe_frame(request, self._dialect, int(now_ms), compressed))

    def leave(self, now_ms: float) -> None:
        """Sends LEAVE; ``LeaveAcknowledged``, ``ConnectionClosed`` or ``StepTimedOut`` tells when it is over."""
        if not self.ready or self._phase is _Phase.LEAVING:
            raise RuntimeError(f"leave is not possible in phase {self._phase.value}")
        self._phase = _Phase.LEAVING
        self._awaits_subscribe_ack = False
        self._step_deadline_ms = now_ms + self._step_timeout_ms
        self._send(client_frames.leave_frame(int(now_ms)))

    def close(self) -> None:
        """This side begins to close the socket: pings stop, nothing more is sent."""
        self._closing = True
        self._ping_pong.stop()
        self._step_deadline_ms = None
        self._to_send.clear()

    # --- frames that may go out at any time while the socket is open ---

    def mute(self, muted: bool, now_ms: float) -> bool:
        """Sends AUDIO_CONTROL; whether it was sent."""
        return self._send(client_frames.audio_control_frame(muted, int(now_ms)))

    def send_data_message(self, topic: str, data: bytes, lifetime_ms: int | None, now_ms: float) -> bool:
        """Sends DATA_MESSAGE; whether it was sent. What may be sent is checked by the realtime controller."""
        return self._send(client_frames.data_message_frame(topic, data, lifetime_ms, int(now_ms)))

    def pause(self, stream_ids: list[int], now_ms: float) -> bool:
        """Sends PAUSE; whether it was sent."""
        return self._send(client_frames.pause_frame(stream_ids, int(now_ms)))

    def resume(self, stream_ids: list[int], now_ms: float) -> bool:
        """Sends RESUME; whether it was sent."""
        return self._send(client_frames.resume_frame(stream_ids, int(now_ms)))

    def remote_video_update(
        self, added_or_updated: list[VideoSubscription], removed_mids: list[str], now_ms: float
    ) -> bool:
        """Sends REMOTE_VIDEO_UPDATE; whether it was sent."""
        return self._send(
            client_frames.remote_video_update_frame(added_or_updated, removed_mids, int(now_ms))
        )

    def primary_meeting_join(self, credentials: PrimaryMeetingCredentials, now_ms: float) -> bool:
        """Sends PRIMARY_MEETING_JOIN; whether it was sent."""
        return self._send(client_frames.primary_meeting_join_frame(credentials, int(now_ms)))

    def primary_meeting_leave(self, now_ms: float) -> bool:
        """Sends PRIMARY_MEETING_LEAVE; whether it was sent."""
        return self._send(client_frames.primary_meeting_leave_frame(int(now_ms)))

    def send_client_metrics(self, metrics: SdkClientMetricFrame, now_ms: float) -> bool:
        """Sends CLIENT_METRIC; whether it was sent."""
        return self._send(client_frames.client_metric_frame(metrics, int(now_ms)))

    def send_meeting_session_timing(self, timing: SdkMeetingSessionTimingFrame, now_ms: float) -> bool:
        """Sends MEETING_SESSION_TIMING; whether it was sent."""
        return self._send(client_frames.meeting_session_timing_frame(timing, int(now_ms)))

    # --- what comes out ---

    def events(self) -> list[SignalingEvent]:
        """What happened since the last call, in order."""
        events, self._events = self._events, []
        return events

    def data_to_send(self) -> list[bytes]:
        """Binary messages to send since the last call, in order."""
        to_send, self._to_send = self._to_send, []
        return to_send

    def next_timeout(self) -> float | None:
        """When ``handle_timeout`` is due; None: never."""
        times = (self._step_deadline_ms, self._ping_pong.next_timeout())
        return min((time for time in times if time is not None), default=None)

    # --- inside ---

    def _handle_frame(self, frame: SdkSignalFrame, now_ms: float) -> None:
        if frame.error.status and frame.type != SdkSignalFrame.PRIMARY_MEETING_JOIN_ACK:
            # There the error is the answer to the promotion alone.
            self._events.append(
                ErrorReceived(frame_type_name(frame), frame.error.status, frame.error.description)
            )
        if frame.HasField("bitrates"):
            self._events.append(bitrates_event(frame.bitrates))
        match frame.type:
            case SdkSignalFrame.PING_PONG:
                self._handle_ping_pong(frame, now_ms)
            case SdkSignalFrame.JOIN_ACK:
                self._handle_join_ack(frame)
            case SdkSignalFrame.INDEX:
                self._handle_index(frame)
            case SdkSignalFrame.SUBSCRIBE_ACK:
                self._handle_subscribe_ack(frame)
            case SdkSignalFrame.BITRATES:
                pass
            case _:
                self._handle_other(frame)

    def _handle_other(self, frame: SdkSignalFrame) -> None:
        event = event_from_frame(frame)
        if event is None:
            self._counters["frames_unknown"] += 1
            return
        if isinstance(event, LeaveAcknowledged):
            if self._phase is not _Phase.LEAVING:
                self._counters["frames_unexpected"] += 1
                return
            self._step_deadline_ms = None
        self._events.append(event)

    def _handle_ping_pong(self, frame: SdkSignalFrame, now_ms: float) -> None:
        if not frame.HasField("ping_pong"):
            raise FrameError("a PING_PONG frame has no content")
        if frame.ping_pong.type == SdkPingPongType.PONG:
            self._ping_pong.handle_pong(frame.ping_pong.ping_id, frame.timestamp_ms, now_ms)
        else:
            self._ping_pong.handle_ping(frame.ping_pong.ping_id)
        self._drain_pings(now_ms)

    def _handle_join_ack(self, frame: SdkSignalFrame) -> None:
        if self._phase is not _Phase.JOINING:
            self._counters["frames_unexpected"] += 1
            return
        if not frame.HasField("joinack"):
            self._events.append(ProtocolViolated("JOIN_ACK", "it has no content"))
            return
        ack = frame.joinack
        self._compresses_sdp = ack.wants_compressed_sdp and self._dialect.compresses_sdp
        turn = turn_credentials_from(ack.turn_credentials) if ack.HasField("turn_credentials") else None
        self._events.append(
            JoinAcknowledged(
                turn_credentials=turn,
                video_subscription_limit=ack.video_subscription_limit or DEFAULT_VIDEO_SUBSCRIPTION_LIMIT,
                compresses_sdp=self._compresses_sdp,
                default_server_side_network_adaption=adaption_from(
                    int(ack.default_server_side_network_adaption)
                ),
                audio_subscription_limit=ack.audio_subscription_limit,
            )
        )

    def _handle_index(self, frame: SdkSignalFrame) -> None:
        if not frame.HasField("index"):
            raise FrameError("an INDEX frame has no content")
        first = self._phase is _Phase.JOINING
        if first:
            self._phase = _Phase.SUBSCRIBING
            self._step_deadline_ms = None
        elif self._phase not in _JOINED_PHASES:
            self._counters["frames_unexpected"] += 1
            return
        self._events.append(index_event(frame.index, first=first))

    def _handle_subscribe_ack(self, frame: SdkSignalFrame) -> None:
        if not self._awaits_subscribe_ack:
            self._counters["frames_unexpected"] += 1
            return
        self._awaits_subscribe_ack = False
        self._step_deadline_ms = None
        if not frame.HasField("suback"):
            self._events.append(ProtocolViolated("SUBSCRIBE_ACK", "it has no content"))
            return
        ack = frame.suback
        try:
            answer = self._answer_from(ack.sdp_answer, ack.compressed_sdp_answer)
        except FrameError as error:
            self._count_once_logged("frames_malformed", str(error))
            self._events.append(ProtocolViolated("SUBSCRIBE_ACK", str(error)))
            return
        self._phase = _Phase.CONNECTED
        self._events.append(SubscribeAcknowledged(answer, tracks_from(ack), allocations_from(ack)))

    def _answer_from(self, plain: str, compressed: bytes) -> str:
        if compressed:
            return self._answers.decompress(compressed)
        self._answers.remember(plain)
        return plain

    def _drain_pings(self, now_ms: float) -> None:
        for ping in self._ping_pong.pings_to_send():
            build = client_frames.ping_frame if isinstance(ping, SentPing) else client_frames.pong_frame
            self._send(build(ping.ping_id, int(now_ms)))
        for event in self._ping_pong.events():
            if isinstance(event, PongReceived):
                logger.debug("round trip %.0f ms, clock skew %d ms", event.round_trip_ms, event.clock_skew_ms)
            self._events.append(event)

    def _send(self, frame: SdkSignalFrame) -> bool:
        if not self.ready:
            self._counters["frames_skipped"] += 1
            return False
        self._counters["frames_sent"] += 1
        self._to_send.append(encode_frame(frame, self._dialect))
        return True

    def _end(self) -> None:
        self._phase = _Phase.CLOSED
        self._step_deadline_ms = None
        self._awaits_subscribe_ack = False
        self._ping_pong.stop()
        self._to_send.clear()

    def _require(self, phase: ConnectionPhase, command: str) -> None:
        if self._phase is not phase:
            raise RuntimeError(f"{command} is not possible in phase {self._phase.value}")

    def _count_once_logged(self, counter: str, message: str) -> None:
        self._counters[counter] += 1
        if counter not in self._logged:
            self._logged.add(counter)
            logger.warning("%s; dropped, and further ones are only counted", message)
