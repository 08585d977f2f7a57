"""One connection of a session: the signaling connection and the media connection that is negotiated over it.

The order of steps is that of the SDK's tasks (``src/task``): open, JOIN, INDEX; offer, SUBSCRIBE, SUBSCRIBE_ACK,
answer, ICE. DTLS is not waited for; sound flows as soon as it is up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from chime_native.errors import RtcError
from chime_native.rtc import (
    AudioProfileOptions,
    AudioSection,
    AudioSource,
    IceServer,
    PlayoutClock,
    RtcPeer,
    VideoSection,
)
from chime_native.session.audio_devices import AudioOutput
from chime_native.session.failures import AttemptFailed
from chime_native.session.session_logger import SessionLogger
from chime_native.session.status import MeetingSessionStatus, MeetingSessionStatusCode
from chime_native.session.timing_batch import SignalingStep
from chime_native.signaling import events as signaled
from chime_native.signaling.events import ConnectionPhase, SignalingEvent
from chime_native.signaling.machine import SignalingClient
from chime_native.signaling.shell import WebSocketConnection
from chime_native.signaling.types import (
    AudioSubscription,
    JoinRequest,
    StreamDescriptor,
    SubscribeRequest,
    TurnCredentials,
)

__all__ = ["ConnectionOptions", "FurtherMedia", "MeetingConnection", "OpenSignaling"]

_T = TypeVar("_T")
_Code = MeetingSessionStatusCode
_CAMERA_MID = "1"  # the first video section is the own camera's, from the first offer on
_TOKEN_REFUSED = 4403  # close code, after HTTP's 403; to the SDK a bad request like any other
_READY_TO_LEAVE = frozenset(
    {ConnectionPhase.OPEN, ConnectionPhase.JOINING, ConnectionPhase.SUBSCRIBING, ConnectionPhase.CONNECTED}
)

_STEPS_OF_AN_OFFER = (
    SignalingStep.CREATE_OFFER,
    SignalingStep.SET_LOCAL_DESCRIPTION,
    SignalingStep.ICE_GATHERING_COMPLETE,
)

#: Makes the signaling connection, given who hears its events.
OpenSignaling = Callable[[Callable[[SignalingEvent], None]], WebSocketConnection]


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """What a connection needs to know of its session, at the moment in which it is made."""

    join_request: JoinRequest
    logger: SessionLogger
    attendee_id: str
    audio_host: str | None  # None or empty: a meeting without audio
    audio_profile: AudioProfileOptions
    is_muted: Callable[[], bool]
    on_step: Callable[[SignalingStep], None]  # told of each step, for the report of how long they took
    presence_timeout: float  # seconds in which the own presence must be told; 0: it is not waited for
    rewrite_turn_uris: Callable[[Sequence[str]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class FurtherMedia:
    """What one negotiation is about, besides the microphone and the mix."""

    sections: tuple[VideoSection | AudioSection, ...]  # the camera's, then those of others
    receive_stream_ids: tuple[int, ...]
    video_streams: tuple[StreamDescriptor, ...] = ()
    audio_subscriptions: tuple[AudioSubscription, ...] = ()

    def subscription(self) -> dict[str, Any]:
        """The arguments of SubscribeRequest."""
        return {
            "receive_stream_ids": self.receive_stream_ids,
            "video_streams": self.video_streams,
            "audio_subscriptions": self.audio_subscriptions,
        }


class MeetingConnection:
    """Made for one attempt, inside the loop; ``close`` leaves nothing behind. The steps are called in their order.

    Args:
        options: what is joined and how.
        open_signaling: makes the signaling connection.
        make_peer: makes the media connection, given the ICE servers.
        source: is sent.
        output: is given what is heard; silence after ``close``, until another connection brings sound again.
        on_event: gets every signaling event that does not concern the connection as such (roster, volumes, messages).
        on_status: gets every status that the service reports and that does not end the connection.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        open_signaling: OpenSignaling,
        make_peer: Callable[[Sequence[IceServer]], RtcPeer],
        source: AudioSource,
        output: AudioOutput,
        on_event: Callable[[SignalingEvent], None],
        on_status: Callable[[MeetingSessionStatus], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.over: asyncio.Future[AttemptFailed] = loop.create_future()
        self.peer: RtcPeer | None = None
        self.signaling = open_signaling(self._handle)
        self._options = options
        self._make_peer = make_peer
        self._source = source
        self._output = output
        self._started_sound = False
        self._on_event = on_event
        self._on_status = on_status
        self._turn: TurnCredentials | None = None
        self._socket: asyncio.Task[None] | None = None
        self._media: asyncio.Task[None] | None = None
        self._opened: asyncio.Future[None] = loop.create_future()
        self._indexed: asyncio.Future[None] = loop.create_future()
        self._answer: asyncio.Future[signaled.SubscribeAcknowledged] = loop.create_future()
        self._left = asyncio.Event()
        self._present = asyncio.Event()

    # --- steps ---

    async def open(self) -> None:
        """Opens the WebSocket and does nothing more; a second call waits for the first."""
        if self._socket is None:
            self._socket = asyncio.get_running_loop().create_task(
                self.signaling.run(), name="chime-session-signaling"
            )
        await asyncio.shield(self._opened)

    async def join(self) -> None:
        """Opens the WebSocket if it is not open, sends JOIN and waits for the first INDEX."""
        await self.open()
        self.signaling.perform(lambda client, now_ms: client.join(self._options.join_request, now_ms))
        self._options.on_step(SignalingStep.JOIN_SENT)
        await self._indexed

    async def negotiate(self) -> None:
        """Offers, subscribes, takes the answer and waits for ICE."""
        self.peer = peer = self._make_peer(self._ice_servers())
        on_step = self._options.on_step
        try:
            on_step(SignalingStep.ICE_GATHERING_STARTED)
            offer = await peer.create_offer(
                audio=self._options.audio_profile, video_sections=(VideoSection(_CAMERA_MID),)
            )
            # Here an offer has its candidates from the start: the SDK's steps in between are made at once.
            for step in _STEPS_OF_AN_OFFER:
                on_step(step)
            self._subscribe(offer)
            on_step(SignalingStep.SUBSCRIBE_SENT)
            answer = await self._answer
            on_step(SignalingStep.SUBSCRIBE_ACK_RECEIVED)
            await peer.apply_answer(answer.sdp_answer)
            on_step(SignalingStep.SET_REMOTE_DESCRIPTION)
            self._media = asyncio.get_running_loop().create_task(
                self._run_media(peer), name="chime-session-media"
            )
            await self._wait_until_heard(peer)
        except RtcError as error:
            raise AttemptFailed(_Code.TASK_FAILED, str(error)) from error

    async def _wait_until_heard(self, peer: RtcPeer) -> None:
        """Waits for ICE and, if the configuration says so, for the service's word that this attendee is present."""
        limit = self._options.presence_timeout
        if not limit or not self._options.audio_host:
            await peer.ice_connected()
            self._options.on_step(SignalingStep.ICE_CONNECTED)
            return
        try:
            async with asyncio.timeout(limit):
                await peer.ice_connected()
                self._options.on_step(SignalingStep.ICE_CONNECTED)
                await self._present.wait()
        except TimeoutError:
            detail = f"this attendee was not present within {limit:g} s"
            raise AttemptFailed(_Code.NO_ATTENDEE_PRESENT, detail) from None

    async def update(self, media: FurtherMedia) -> signaled.SubscribeAcknowledged | None:
        """Negotiates what is sent and received besides the mix, on a connection that is up.

        The answer; None when it failed, which ends the connection.
        """
        assert self.peer is not None
        self._answer = asyncio.get_running_loop().create_future()
        try:
            offer = await self.peer.create_offer(
                audio=self._options.audio_profile, video_sections=media.sections
            )
            if self.signaling.client.phase is not ConnectionPhase.CONNECTED:
                return None  # it is being left meanwhile
            self._subscribe(offer, media)
            answer = await self._answer
            await self.peer.apply_answer(answer.sdp_answer)
        except RtcError as error:
            self._fail(_Code.TASK_FAILED, str(error))
            return None
        return answer

    async def leave(self, limit: float) -> None:
        """Sends LEAVE, if the socket is open, and waits ``limit`` seconds for LEAVE_ACK or the end of the socket."""
        if not self.signaling.client.ready or self.signaling.client.phase not in _READY_TO_LEAVE:
            return
        self.signaling.perform(SignalingClient.leave)
        try:
            async with asyncio.timeout(limit):
                await self._left.wait()
        except TimeoutError:
            self._options.logger.info("the service has not acknowledged the leave within %g s", limit)

    async def close(self) -> None:
        """Stops the sound, closes the media connection and the socket. Waits until nothing is left."""
        if self._media is not None:
            self._media.cancel()
            await asyncio.wait({self._media})
        if self._started_sound:
            self._output.fill(PlayoutClock.running())
        if self.peer is not None:
            await self.peer.close()
        self.signaling.close()
        if self._socket is not None:
            await asyncio.wait({self._socket})
        for future in (self._opened, self._indexed, self._answer, self.over):
            future.cancel()

    # --- inside ---

    def _ice_servers(self) -> Sequence[IceServer]:
        if self._turn is None or not self._turn.uris:
            return ()
        uris = tuple(self._options.rewrite_turn_uris(self._turn.uris))
        return (IceServer(uris, self._turn.username, self._turn.password),)

    def _subscribe(self, offer: str, media: FurtherMedia | None = None) -> None:
        request = SubscribeRequest(
            attendee_id=self._options.attendee_id,
            sdp_offer=offer,
            audio_host=self._options.audio_host,
            audio_muted=self._options.is_muted(),
            **({} if media is None else media.subscription()),
        )
        self.signaling.perform(lambda client, now_ms: client.subscribe(request, now_ms))

    async def _run_media(self, peer: RtcPeer) -> None:
        """Sound flows until this task is cancelled; a media connection that ends by itself ends the connection."""
        try:
            await peer.connected()
            if peer.audio is not None:
                self._output.stop_filling()
                peer.audio.start(PlayoutClock.running(), self._source, [self._output])
                self._started_sound = True
            await peer.closed()
            self._fail(_Code.TASK_FAILED, str(peer.failure or "the media connection was closed"))
        except RtcError as error:
            self._fail(_Code.TASK_FAILED, str(error))

    def _fail(self, status_code: MeetingSessionStatusCode, detail: str = "") -> None:
        if not self.over.done():
            self.over.set_result(AttemptFailed(status_code, detail))

    def _handle(self, event: SignalingEvent) -> None:
        match event:
            case signaled.ConnectionOpened():
                self._options.on_step(SignalingStep.TRANSPORT_CONNECTED)
                _settle(self._opened, None)
            case signaled.JoinAcknowledged():
                self._options.on_step(SignalingStep.JOIN_ACK_RECEIVED)
                self._turn = event.turn_credentials
                self._on_event(event)
            case signaled.IndexReceived():
                _settle(self._indexed, None)
                self._on_event(event)
            case signaled.AudioStreamIdInfoReceived(streams=streams):
                if any(stream.attendee_id == self._options.attendee_id for stream in streams):
                    self._present.set()
                self._on_event(event)
            case signaled.SubscribeAcknowledged():
                _settle(self._answer, event)
            case signaled.LeaveAcknowledged():
                self._left.set()
            case signaled.ConnectionFailed(reason=reason, http_status=http_status):
                self._handle_status(MeetingSessionStatus.from_connection_failed(http_status), reason)
            case signaled.ConnectionClosed():
                self._handle_closed(event)
            case signaled.StepTimedOut(phase=phase):
                self._handle_time_out(phase)
            case signaled.ProtocolViolated(frame_type=frame_type, reason=reason):
                code = _Code.SIGNALING_REQUEST_FAILED if frame_type == "JOIN_ACK" else _Code.TASK_FAILED
                self._fail(code, f"the service's {frame_type} is broken: {reason}")
            case signaled.AudioStatusReceived(status=status):
                self._handle_status(MeetingSessionStatus.from_audio_status(status))
            case signaled.ErrorReceived(status=status, description=description):
                self._handle_status(MeetingSessionStatus.from_error_status(status), description)
            case _:
                self._on_event(event)

    def _handle_closed(self, event: signaled.ConnectionClosed) -> None:
        self._left.set()
        if event.by_us or event.phase is ConnectionPhase.LEAVING:
            return
        detail = f"the service closed the signaling connection with code {event.code}"
        if event.code == _TOKEN_REFUSED:
            detail = f"the service does not accept the join token: it closed with code {event.code}"
        self._handle_status(
            MeetingSessionStatus.from_connection_closed(event.code, event.phase),
            f"{detail}: {event.reason}" if event.reason else detail,
        )

    def _handle_time_out(self, phase: ConnectionPhase) -> None:
        if phase is ConnectionPhase.LEAVING:
            self._left.set()
        else:
            self._fail(_Code.TASK_FAILED, f"the service did not answer in time ({phase.value})")

    def _handle_status(self, status: MeetingSessionStatus, detail: str = "") -> None:
        if status.is_terminal or status.is_failure:
            self._fail(status.status_code, detail)
        elif status.status_code is not _Code.OK:
            self._on_status(status)


def _settle(future: asyncio.Future[_T], result: _T) -> None:
    if not future.done():
        future.set_result(result)
