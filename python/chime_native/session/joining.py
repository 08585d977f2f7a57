"""The short ways into a meeting: ``MeetingSession.join`` and ``MeetingSession.create`` as asynchronous context managers."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from chime_native.session.configuration import MeetingSessionConfiguration
from chime_native.session.failures import session_error
from chime_native.session.status import MeetingSessionStatus, MeetingSessionStatusCode

if TYPE_CHECKING:
    from chime_native.session.meeting_session import MeetingSession

__all__ = ["created", "joined"]


@contextlib.asynccontextmanager
async def joined(
    cls: type[MeetingSession],
    configuration: MeetingSessionConfiguration,
    options: Mapping[str, Any],
    *,
    raise_when_ended: bool,
) -> AsyncIterator[MeetingSession]:
    """Starts a session, waits for it, leaves at the end."""
    async with cls(configuration, **options) as session:
        session.audio_video.start()
        await session.started()
        if not raise_when_ended:
            yield session
            return
        async with _EndRaises(session):
            yield session


@contextlib.asynccontextmanager
async def created(
    cls: type[MeetingSession],
    client: Any,
    external_user_id: str,
    meeting_id: str | None,
    meeting_options: Mapping[str, Any],
    options: Mapping[str, Any],
) -> AsyncIterator[MeetingSession]:
    """Makes what is needed through boto3, whose calls block, and joins."""

    def make() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        if meeting_id is None:
            defaults = {
                "ClientRequestToken": uuid.uuid4().hex,
                "ExternalMeetingId": uuid.uuid4().hex,
                "MediaRegion": client.meta.region_name,
            }
            meeting = client.create_meeting(**{**defaults, **meeting_options})
        else:
            meeting = client.get_meeting(MeetingId=meeting_id)
        attendee = client.create_attendee(
            MeetingId=meeting["Meeting"]["MeetingId"], ExternalUserId=external_user_id
        )
        return meeting, attendee

    meeting, attendee = await asyncio.to_thread(make)
    async with cls.join(meeting, attendee, **options) as session:
        yield session


class _EndRaises:
    """Ends an ``async with`` block with the error for the status with which the session ends meanwhile, but for Left.

    Works as ``asyncio.timeout`` does: by a cancellation of the task that it takes back itself.
    """

    def __init__(self, session: MeetingSession) -> None:
        self._session = session
        self._status: MeetingSessionStatus | None = None

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._watcher = asyncio.get_running_loop().create_task(self._watch(), name="chime-session-end")

    async def _watch(self) -> None:
        status = await self._session.ended()
        if status.status_code is not MeetingSessionStatusCode.LEFT:
            self._status = status
            self._task.cancel()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watcher.cancel()
        if self._status is None:
            await asyncio.wait({self._watcher})
            return
        if kind is None:
            # The block ended in the same turn: the cancellation waits for the next await.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
        if self._task.uncancel() <= self._cancelling and (kind is None or kind is asyncio.CancelledError):
            raise session_error(self._status, self._session.final_detail) from None
