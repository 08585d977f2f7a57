"""``MeetingSession``: one attendee in one meeting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Self

from chime_native.realtime import Roster
from chime_native.rtc import AudioSource, IceServer, Impairment, RtcPeer
from chime_native.session.audio_devices import AudioInput
from chime_native.session.audio_profile import AudioProfile
from chime_native.session.audio_video import AudioVideoFacade
from chime_native.session.client_identity import client_details, new_audio_session_id, signaling_opener
from chime_native.session.configuration import MeetingSessionConfiguration
from chime_native.session.connection import ConnectionOptions, MeetingConnection, OpenSignaling
from chime_native.session.controller import AudioVideoController
from chime_native.session.events import SessionEvent
from chime_native.session.joining import created, joined
from chime_native.session.parts import SessionParts, profile_options
from chime_native.session.realtime_link import PublishingRealtimeController, RealtimeLink
from chime_native.session.session_events import SessionEvents
from chime_native.session.session_logger import SessionLogger
from chime_native.session.status import MeetingSessionStatus, MeetingSessionStatusCode
from chime_native.session.streams import EventStream
from chime_native.signaling.types import JoinRequest

__all__ = ["MeetingSession"]

MakePeer = Callable[[Sequence[IceServer]], RtcPeer]


class MeetingSession:
    """One attendee in one meeting.

    As an async context manager it only makes sure that nothing is left at the end; ``audio_video.start()`` connects. The
    short way is :meth:`join`. May be made before the loop runs; used in one loop.

    Args:
        configuration: from the responses of CreateMeeting and CreateAttendee.
        audio_profile: bit rate, stereo, redundancy; default: what speech needs.
        impairment: loses and delays packets of this attendee, for trying things out.
        retry_start: whether a start that fails is tried again, for up to two minutes, as the SDK does.
        leave_limit: seconds to wait for the service's answer when leaving; default: the configuration's connection time-out.
        strict_callbacks: a realtime callback that raises ends the session, as in the SDK; default: it is logged.
        per_attendee_audio: ask the service for the sound of single attendees beside the mix; see
            :attr:`per_attendee_audio`.
        connect_signaling, make_peer: for tests, other transports in place of the real ones.

    Raises:
        ConfigurationError: something is missing that joining needs.
    """

    def __init__(
        self,
        configuration: MeetingSessionConfiguration,
        *,
        audio_profile: AudioProfile | None = None,
        impairment: Impairment | None = None,
        retry_start: bool = True,
        leave_limit: float | None = None,
        strict_callbacks: bool = False,
        per_attendee_audio: bool = False,
        connect_signaling: OpenSignaling | None = None,
        make_peer: MakePeer | None = None,
    ) -> None:
        configuration.require_joinable()
        assert configuration.credentials is not None
        assert configuration.urls is not None
        self._configuration = configuration
        self._credentials = configuration.credentials
        self._urls = configuration.urls
        self._open_signaling = connect_signaling or signaling_opener(configuration)
        self._make_peer = make_peer or _peer_maker(impairment)
        self._audio_session_id = new_audio_session_id()
        self._wants_attendee_audio = per_attendee_audio
        self._retry_start, self._leave_limit = retry_start, leave_limit
        audio_input = AudioInput(self._tell_hardware_mute)
        realtime = PublishingRealtimeController(audio_input, strict_callbacks=strict_callbacks)
        realtime.realtime_set_local_attendee_id(self.attendee_id, self._credentials.external_user_id)
        profile = audio_profile or AudioProfile()
        profile_options(profile)  # raises for a bit rate that cannot be
        self._parts = realtime.parts = SessionParts(
            configuration, audio_input, realtime, profile, SessionLogger(configuration)
        )
        self._link = RealtimeLink(self._parts, self.attendee_id)
        self._link.attendee_audio.asked = per_attendee_audio
        self._parts.controller = AudioVideoController(
            configuration,
            self._connect,
            self._parts.observers,
            self._link,
            retry_start=retry_start,
            leave_limit=leave_limit,
            logger=self._parts.logger,
        )
        self._parts.observers.add(SessionEvents(self._parts))
        self._link.content.make_session = self._make_content_session
        self._audio_video = AudioVideoFacade(self._parts, self._link)

    # --- what it is made of ---

    @property
    def configuration(self) -> MeetingSessionConfiguration:
        """The meeting, the attendee, limits."""
        return self._configuration

    @property
    def attendee_id(self) -> str:
        """The id of the local attendee."""
        return self._credentials.attendee_id or ""

    @property
    def audio_video(self) -> AudioVideoFacade:
        """What can be done with the meeting, under the SDK's names."""
        return self._audio_video

    @property
    def roster(self) -> Roster:
        """Who is in the meeting: a live mapping from attendee id to ``RosterEntry``; empty when not connected."""
        return self._parts.realtime.roster

    @property
    def per_attendee_audio(self) -> bool:
        """Whether the service grants the sound of single attendees (``audio_video.attendee_audio``); else only the mix."""
        return self._link.attendee_audio.limit > 0

    # --- life ---

    @classmethod
    def join(
        cls,
        meeting: Mapping[str, Any],
        attendee: Mapping[str, Any],
        *,
        raise_when_ended: bool = False,
        **options: Any,
    ) -> AbstractAsyncContextManager[MeetingSession]:
        """``async with MeetingSession.join(meeting, attendee) as session``: starts, waits, leaves at the end.

        Takes the responses of CreateMeeting and CreateAttendee, and the constructor's options. With ``raise_when_ended``
        the block is left with a ``SessionError`` when the session ends in the middle of it without being asked to
        (``MeetingEndedError``, ``RemovedError``, ...); else it goes on, and ``ended()`` tells.

        Raises:
            SessionError: the session could not start; the subclass and ``status`` say how.
            ConfigurationError: the responses lack what joining needs.
        """
        configuration = MeetingSessionConfiguration(meeting, attendee)
        return joined(cls, configuration, options, raise_when_ended=raise_when_ended)

    @classmethod
    def create(
        cls,
        client: Any,
        external_user_id: str,
        *,
        meeting_id: str | None = None,
        meeting_options: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> AbstractAsyncContextManager[MeetingSession]:
        """Like :meth:`join`, with a boto3 client (chime-sdk-meetings) that makes the attendee, and the meeting if none is named.

        Args:
            client: its calls block, and are made in a thread.
            external_user_id: whom the attendee stands for.
            meeting_id: the meeting to join; None makes one, which is not deleted at the end.
            meeting_options: arguments of CreateMeeting besides those that have a default here: ClientRequestToken,
                ExternalMeetingId, and the client's region as MediaRegion.
            options: those of :meth:`join`.

        Raises:
            botocore.exceptions.ClientError: the meeting or the attendee could not be made.
        """
        return created(cls, client, external_user_id, meeting_id, meeting_options or {}, options)

    async def started(self) -> None:
        """Waits until the session is connected; raises ``SessionError`` if it ends instead."""
        await self._parts.controller.started()

    async def ended(self) -> MeetingSessionStatus:
        """Waits until the session has stopped; returns how it ended."""
        return await self._parts.controller.ended()

    @property
    def final_detail(self) -> str:
        """What is known of how the session ended besides its status; empty: nothing."""
        return self._parts.controller.final_detail

    async def leave(self) -> MeetingSessionStatus:
        """Leaves and waits until that is done; returns how the session ended, also when it had ended before."""
        controller = self._parts.controller
        controller.stop()
        if not controller.running and controller.final_status is None:
            return MeetingSessionStatus(MeetingSessionStatusCode.LEFT)  # it was never started
        return await controller.ended()

    async def close(self) -> None:
        """Leaves if connected, closes source and sink, ends all iterations. Nothing is left. May be called twice."""
        await self._link.content.close()
        await self._parts.controller.close()
        await self._parts.observers.drain()
        await self._parts.device_observers.drain()
        await self._link.negotiator.close()
        await self._link.video.close()
        await self._parts.audio_input.close()
        await self._parts.audio_output.close()
        self._parts.end_streams()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def events(self) -> EventStream[SessionEvent]:
        """An async iterator over life cycle, alerts, presence and mute; loses nothing (fails when 10,000 behind)."""
        return self._parts.events.stream()

    def stats(self) -> dict[str, Any]:
        """Counters of the present connection (signaling, media) and of the devices; empty parts when not connected."""
        connection = self._link.connection
        peer = connection.peer if connection else None
        return {
            "signaling": connection.signaling.client.stats() if connection else {},
            "media": peer.stats() if peer else {},
            "video": self._link.video.stats(),
            "content_share": self._link.content.stats(),
            "audio_input_errors": self._parts.audio_input.errors,
            "audio_output_errors": self._parts.audio_output.errors,
        }

    # --- inside ---

    def _tell_hardware_mute(self, source: AudioSource, muted: bool) -> None:
        self._parts.device_observers.notify("audio_input_mute_state_changed", source, muted)

    def _make_content_session(self) -> MeetingSession:
        return MeetingSession(
            self._configuration.for_content_share(),
            make_peer=self._make_peer,
            retry_start=self._retry_start,
            leave_limit=self._leave_limit,
        )

    def _connect(self, resume: bool) -> MeetingConnection:
        parts = self._parts
        options = ConnectionOptions(
            join_request=JoinRequest(
                client_details(self._configuration),
                self._audio_session_id,
                unmixed_audio=self._wants_attendee_audio,
                disable_periodic_keyframe_request_on_content_sender=(
                    self._configuration.disable_periodic_keyframe_request_on_content_sender
                ),
            ),
            logger=parts.logger,
            attendee_id=self.attendee_id,
            audio_host=self._urls.audio_host_url,
            audio_profile=profile_options(parts.audio_profile),
            is_muted=parts.realtime.realtime_is_local_audio_muted,
            on_step=self._link.timing.step,
            presence_timeout=self._configuration.attendee_presence_timeout_ms / 1000,
            rewrite_turn_uris=self._urls.rewrite_turn_uris,
        )
        connection = MeetingConnection(
            options,
            self._open_signaling,
            self._make_peer,
            parts.audio_input,
            parts.audio_output,
            self._link.handle_event,
            self._link.handle_status,
        )
        self._link.use(connection, resume, has_audio=bool(options.audio_host))
        return connection


def _peer_maker(impairment: Impairment | None) -> MakePeer:
    def make(ice_servers: Sequence[IceServer]) -> RtcPeer:
        return RtcPeer(controlling=True, ice_servers=ice_servers, impairment=impairment)

    return make
