"""Promotion into the primary meeting of a replica, and the ways back (SDK: ``src/task/PromoteToPrimaryMeetingTask.ts``)."""

from __future__ import annotations

import asyncio

from chime_native.session.connection import MeetingConnection
from chime_native.session.credentials import MeetingSessionCredentials
from chime_native.session.observers import ObserverSet
from chime_native.session.session_logger import SessionLogger
from chime_native.session.status import MeetingSessionStatus, MeetingSessionStatusCode
from chime_native.signaling.machine import SignalingClient
from chime_native.signaling.types import PrimaryMeetingCredentials

__all__ = ["PrimaryMeeting"]

_Code = MeetingSessionStatusCode


class PrimaryMeeting:
    """Whether this attendee of a replica meeting takes part in the primary meeting."""

    def __init__(self, observers: ObserverSet, limit: float, logger: SessionLogger) -> None:
        self._logger = logger
        self._observers = observers
        self._limit = limit
        self._connection: MeetingConnection | None = None
        self._answer: asyncio.Future[MeetingSessionStatus] | None = None
        self._promoted = False

    @property
    def promoted(self) -> bool:
        """Whether it does now."""
        return self._promoted

    def use(self, connection: MeetingConnection | None) -> None:
        """Another connection begins (None: there is none any more), un-promoted as each does."""
        self._connection = connection
        self._promoted = False
        self._settle(_Code.SIGNALING_REQUEST_FAILED)

    def connection_broke(self) -> None:
        """The connection is over without having been left: who was promoted is not any more."""
        if self._promoted:
            self._demoted(_Code.AUDIO_VIDEO_DISCONNECTED_WHILE_PROMOTED)

    async def promote(self, credentials: MeetingSessionCredentials) -> MeetingSessionStatus:
        """Asks the service, with the credentials of an attendee of the primary meeting; how that ended. Raises nothing."""
        if self._connection is None or not self._connection.signaling.client.ready:
            return MeetingSessionStatus(_Code.SIGNALING_REQUEST_FAILED)
        self._settle(_Code.SIGNALING_REQUEST_FAILED)
        answer: asyncio.Future[MeetingSessionStatus] = asyncio.get_running_loop().create_future()
        self._answer = answer
        wanted = PrimaryMeetingCredentials(
            credentials.attendee_id or "", credentials.external_user_id or "", credentials.join_token or ""
        )
        self._connection.signaling.perform(lambda client, now_ms: client.primary_meeting_join(wanted, now_ms))
        try:
            async with asyncio.timeout(self._limit):
                return await answer
        except TimeoutError:
            self._logger.warning("the service has not answered the promotion within %g s", self._limit)
            return MeetingSessionStatus(_Code.SIGNALING_REQUEST_FAILED)

    def demote(self) -> None:
        """Goes back to the replica meeting; the service does not answer, and the observers are told at once."""
        if self._connection is not None:
            self._connection.signaling.perform(SignalingClient.primary_meeting_leave)
        self._demoted(_Code.OK)

    def handle_answer(self, error_status: int) -> None:
        """The service has answered the promotion."""
        if self._answer is not None and not self._answer.done():
            status = MeetingSessionStatus.from_error_status(error_status)
            self._promoted = status.status_code is _Code.OK
            self._answer.set_result(status)

    def handle_left(self) -> None:
        """The service has demoted this attendee."""
        self._demoted(_Code.AUDIO_VIDEO_WAS_REMOVED_FROM_PRIMARY_MEETING)

    def _demoted(self, status_code: MeetingSessionStatusCode) -> None:
        self._promoted = False
        self._observers.notify(
            "audio_video_was_demoted_from_primary_meeting", MeetingSessionStatus(status_code)
        )

    def _settle(self, status_code: MeetingSessionStatusCode) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(MeetingSessionStatus(status_code))
