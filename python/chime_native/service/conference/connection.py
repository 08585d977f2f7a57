"""One client's signaling connection, sans-I/O: messages in, events out, frames out.

Drain `SignalingConnection.events` fully after each input before the next one. Nothing that a peer sends raises: what
cannot be read or does not belong to the connection's state is counted and dropped, and the connection goes on.
"""

from __future__ import annotations

import enum
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from chime_native.errors import FrameError
from chime_native.service.conference.outgoing import AudioStatus, FrameType, Outgoing
from chime_native.service.conference.requests import (
    AudioMuteChanged,
    ConnectionEvent,
    DataMessageReceived,
    JoinRequested,
    LeaveRequested,
    PrimaryMeetingJoinRequested,
    PrimaryMeetingLeaveRequested,
    VideoPauseRequested,
    VideoUpdateRequested,
)
from chime_native.service.conference.sdp_exchange import SdpExchange
from chime_native.service.rate import TokenBucket
from chime_native.service.turn import TurnCredentials
from chime_native.signaling import Dialect, decode_frame
from chime_native.signaling.messages import (
    SdkAudioReceiveType,
    SdkAudioStatusFrame,
    SdkErrorFrame,
    SdkJoinAckFrame,
    SdkLeaveAckFrame,
    SdkPingPongFrame,
    SdkPingPongType,
    SdkPrimaryMeetingJoinAckFrame,
    SdkPrimaryMeetingLeaveFrame,
    SdkServerSideNetworkAdaption,
    SdkSignalFrame,
    SdkStreamAllocation,
    SdkSubscribeAckFrame,
    SdkTrackMapping,
)

__all__ = ["ConnectionState", "SignalingConnection"]

logger = logging.getLogger(__name__)

FRAME_RATE: Final = 400.0
"""Frames a second that one connection may send, and `FRAME_BURST` at once; what is more is dropped.

Data messages have limits of their own, the hard one at 200 a second; clients send two or three other frames a second.
"""
FRAME_BURST: Final = 4000

ADAPTION: Final = SdkServerSideNetworkAdaption.BANDWIDTH_PROBING_AND_VIDEO_QUALITY_ADAPTION

_IGNORED = frozenset({FrameType.CLIENT_METRIC, FrameType.MEETING_SESSION_TIMING})


class ConnectionState(enum.Enum):
    """How far a connection has come."""

    OPEN = "open"
    """Before JOIN, which may be as long as the client likes."""
    JOINED = "joined"
    ENDING = "ending"
    """Told that it is over; its LEAVE is still to come."""
    LEFT = "left"
    """LEAVE is acknowledged; nothing that comes is read any more."""


class SignalingConnection:
    """The service's side of one WebSocket. ``clock_ms`` says what time frames carry."""

    def __init__(
        self, dialect: Dialect, clock_ms: Callable[[], int], max_frame_bytes: int, now: float
    ) -> None:
        self.dialect = dialect
        self.state = ConnectionState.OPEN
        self.counters: Counter[str] = Counter()
        self._clock_ms = clock_ms
        self._max_frame_bytes = max_frame_bytes
        self._rate = TokenBucket(FRAME_RATE, FRAME_BURST, now)
        self._sdp = SdpExchange()
        self._events: list[ConnectionEvent] = []
        self._outgoing: list[bytes] = []
        self._handlers: dict[int, Callable[[SdkSignalFrame], bool]] = {
            FrameType.PING_PONG: self._on_ping_pong,
            FrameType.JOIN: self._on_join,
            FrameType.SUBSCRIBE: self._on_subscribe,
            FrameType.AUDIO_CONTROL: self._on_audio_control,
            FrameType.REMOTE_VIDEO_UPDATE: self._on_remote_video_update,
            FrameType.PAUSE: self._on_pause,
            FrameType.RESUME: self._on_pause,
            FrameType.DATA_MESSAGE: self._on_data_message,
            FrameType.PRIMARY_MEETING_JOIN: self._on_primary_meeting_join,
            FrameType.PRIMARY_MEETING_LEAVE: self._on_primary_meeting_leave,
            FrameType.LEAVE: self._on_leave,
        }

    # --- drained by the owner ---

    def events(self) -> list[ConnectionEvent]:
        events, self._events = self._events, []
        return events

    def data_to_send(self) -> list[bytes]:
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    # --- from the peer ---

    def handle_text(self) -> None:
        """Text messages mean nothing in this protocol."""
        self._drop("text_messages")

    def handle_message(self, data: bytes, now: float) -> None:
        """One binary WebSocket message."""
        if self.state is ConnectionState.LEFT:
            self.counters["frames_after_leave"] += 1
            return
        if not self._rate.take(now):
            self._drop("frames_throttled")
            return
        try:
            frame = decode_frame(data, max_size=self._max_frame_bytes)
        except FrameError as error:
            self._drop("frames_malformed", str(error))
            return
        self.counters["frames_received"] += 1
        if frame.type in _IGNORED:
            return
        handler = self._handlers.get(frame.type)
        if handler is None:
            self._drop("frames_unknown", f"type {frame.type}")
        elif not handler(frame):
            self._drop("frames_unexpected", f"type {frame.type} while {self.state.value}")

    def _drop(self, counter: str, detail: str = "") -> None:
        self.counters[counter] += 1
        if self.counters[counter] == 1:
            logger.info("dropped what a client sent (%s) %s; more of it is only counted", counter, detail)

    def _on_ping_pong(self, frame: SdkSignalFrame) -> bool:
        ping = frame.ping_pong
        if not frame.HasField("ping_pong"):
            return False
        if ping.type == SdkPingPongType.PING:
            self.send(
                FrameType.PING_PONG,
                ping_pong=SdkPingPongFrame(type=SdkPingPongType.PONG, ping_id=ping.ping_id),
            )
        return True

    def _on_join(self, frame: SdkSignalFrame) -> bool:
        if self.state is not ConnectionState.OPEN or not frame.HasField("join"):
            return False
        join = frame.join
        self.state = ConnectionState.JOINED
        self._sdp.begin(join.wants_compressed_sdp and self.dialect.compresses_sdp)
        session = join.audio_session_id if join.HasField("audio_session_id") else None
        unmixed = join.audio_receive_type == SdkAudioReceiveType.UNMIXED_STREAM
        adapted = join.server_side_network_adaption == ADAPTION
        self._events.append(JoinRequested(session, unmixed, adapted))
        return True

    def _on_subscribe(self, frame: SdkSignalFrame) -> bool:
        if self.state is not ConnectionState.JOINED or not frame.HasField("sub"):
            return False
        if self._sdp.is_full:
            return False
        try:
            self._sdp.take(frame.sub)
        except FrameError as error:
            self._drop("offers_malformed", str(error))
            self.refuse_subscribe(400, str(error))
            return True
        self._next_offer()
        return True

    def _next_offer(self) -> None:
        subscribe = self._sdp.next()
        if subscribe is not None:
            self._events.append(subscribe)

    def _on_audio_control(self, frame: SdkSignalFrame) -> bool:
        if self.state is not ConnectionState.JOINED or not frame.audio_control.HasField("muted"):
            return False
        self._events.append(AudioMuteChanged(frame.audio_control.muted))
        return True

    def _on_remote_video_update(self, frame: SdkSignalFrame) -> bool:
        if self.state is not ConnectionState.JOINED or not frame.HasField("remote_video_update"):
            return False
        update = frame.remote_video_update
        self._events.append(
            VideoUpdateRequested(
                tuple(update.added_or_updated_video_subscriptions),
                tuple(update.removed_video_subscription_mids),
            )
        )
        return True

    def _on_pause(self, frame: SdkSignalFrame) -> bool:
        # Both frames have their content in the field of PAUSE.
        if self.state is not ConnectionState.JOINED or not frame.HasField("pause"):
            return False
        paused = frame.type == FrameType.PAUSE
        self._events.append(VideoPauseRequested(tuple(frame.pause.stream_ids), paused))
        return True

    def _on_data_message(self, frame: SdkSignalFrame) -> bool:
        if self.state is not ConnectionState.JOINED or not frame.HasField("data_message"):
            return False
        self._events += [DataMessageReceived(message) for message in frame.data_message.messages]
        return True

    def _on_primary_meeting_join(self, frame: SdkSignalFrame) -> bool:
        if self.state is not ConnectionState.JOINED:
            return False
        credentials = frame.primary_meeting_join.credentials
        self._events.append(PrimaryMeetingJoinRequested(credentials.attendee_id, credentials.join_token))
        return True

    def _on_primary_meeting_leave(self, frame: SdkSignalFrame) -> bool:  # noqa: ARG002 (it has no content)
        if self.state is not ConnectionState.JOINED:
            return False
        self._events.append(PrimaryMeetingLeaveRequested())
        return True

    def _on_leave(self, frame: SdkSignalFrame) -> bool:  # noqa: ARG002 (LEAVE has no content)
        self.send(FrameType.LEAVE_ACK, leave_ack=SdkLeaveAckFrame())
        self.state = ConnectionState.LEFT
        self._events.append(LeaveRequested())
        return True

    # --- to the peer ---

    def send(self, frame_type: FrameType.Type, **body: object) -> None:
        """Queues one frame for this connection."""
        self.send_outgoing(Outgoing(frame_type, self._clock_ms(), **body))

    def send_outgoing(self, outgoing: Outgoing) -> None:
        """Queues a frame that others get, too."""
        self._outgoing.append(outgoing.encoded(self.dialect))

    def accept_join(
        self,
        audio_subscription_limit: int = 0,
        adapts_video: bool = False,
        turn: TurnCredentials | None = None,
    ) -> None:
        """JOIN_ACK: compression as the client wishes, and a TURN server if there is one.

        Without ``adapts_video`` the adaption is left out, from which clients take that it is theirs to do.
        Empty TURN credentials rather than none: the browser then sends its offer with the first candidate instead of
        gathering all of them, and does not log an error.
        """
        ack = SdkJoinAckFrame(wants_compressed_sdp=self._sdp.compresses)
        if turn is not None:
            ack.turn_credentials.username = turn.username
            ack.turn_credentials.password = turn.password
            ack.turn_credentials.ttl = turn.ttl_s
            ack.turn_credentials.uris.extend(turn.uris)
        elif self.dialect is Dialect.BROWSER:
            ack.turn_credentials.SetInParent()
        if adapts_video:
            ack.default_server_side_network_adaption = ADAPTION
        if audio_subscription_limit:
            ack.audio_subscription_limit = audio_subscription_limit
        self.send(FrameType.JOIN_ACK, joinack=ack)

    def refuse_join(self, status: int, description: str) -> None:
        """JOIN_ACK with an error status; with its body, or clients would not read the status."""
        error = SdkErrorFrame(status=status, description=description)
        self.send(FrameType.JOIN_ACK, joinack=SdkJoinAckFrame(), error=error)
        self.state = ConnectionState.ENDING

    def answer_subscribe(
        self,
        answer: str,
        allocations: Sequence[SdkStreamAllocation] = (),
        tracks: Sequence[SdkTrackMapping] = (),
    ) -> None:
        """SUBSCRIBE_ACK; takes the next SUBSCRIBE if one waits."""
        ack = SdkSubscribeAckFrame(allocations=allocations, tracks=tracks)
        self._sdp.write(answer, ack)
        self.send(FrameType.SUBSCRIBE_ACK, suback=ack)
        self._negotiated()

    def refuse_subscribe(self, status: int, description: str) -> None:
        """SUBSCRIBE_ACK with an error status, and with its body for the same reason as JOIN_ACK."""
        error = SdkErrorFrame(status=status, description=description[:256])
        self.send(FrameType.SUBSCRIBE_ACK, suback=SdkSubscribeAckFrame(), error=error)

    def fail_subscribe(self, status: int, description: str) -> None:
        """The running negotiation failed; takes the next SUBSCRIBE if one waits."""
        self.refuse_subscribe(status, description)
        self._negotiated()

    def _negotiated(self) -> None:
        self._sdp.end()
        if self.state is ConnectionState.JOINED:
            self._next_offer()

    def answer_primary_meeting_join(self, status: int | None = None) -> None:
        """PRIMARY_MEETING_JOIN_ACK, with an error status if it is refused."""
        error = None if status is None else SdkErrorFrame(status=status)
        ack = SdkPrimaryMeetingJoinAckFrame()
        self.send(FrameType.PRIMARY_MEETING_JOIN_ACK, primary_meeting_join_ack=ack, error=error)

    def demote(self) -> None:
        """PRIMARY_MEETING_LEAVE: the client is back in its replica meeting."""
        self.send(FrameType.PRIMARY_MEETING_LEAVE, primary_meeting_leave=SdkPrimaryMeetingLeaveFrame())

    def end(self, status: AudioStatus) -> None:
        """AUDIO_STATUS that ends the session; the client answers with LEAVE."""
        self.send(FrameType.AUDIO_STATUS, audio_status=SdkAudioStatusFrame(audio_status=status))
        self.state = ConnectionState.ENDING
