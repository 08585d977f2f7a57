"""One offer at a time for all that share a connection: the camera, the videos and the sounds of others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from chime_native.rtc import AudioSection, VideoSection
from chime_native.session.connection import FurtherMedia
from chime_native.signaling.dialect import Dialect
from chime_native.signaling.types import AudioSubscription, StreamDescriptor

if TYPE_CHECKING:
    from chime_native.session.connection import MeetingConnection
    from chime_native.session.parts import SessionParts
    from chime_native.signaling.events import SubscribeAcknowledged

__all__ = ["CAMERA_MID", "Negotiator", "SectionOwner"]

CAMERA_MID = "1"  # 0 is the microphone and the mix; both are there from the first offer on
_FIRST_MID = 2


class SectionOwner(Protocol):
    """Somebody who wants sections of the connection; asked when something is to be negotiated, told afterwards."""

    def assign(self) -> bool:
        """Decides what its sections shall carry; whether that is something else than was negotiated."""

    def section(self, mid: str) -> VideoSection | AudioSection:
        """One of its sections as it shall be offered."""

    def stream_id(self, mid: str) -> int:
        """The stream that one of its video or audio sections shall carry; 0: none."""

    def agreed(self, connection: MeetingConnection, answer: SubscribeAcknowledged) -> None:
        """What was offered is agreed on."""


class CameraOwner(Protocol):
    """Who sends in the section of the camera."""

    def assign(self) -> bool: ...
    def section(self, mid: str) -> VideoSection: ...
    def sent_streams(self) -> tuple[StreamDescriptor, ...]:
        """What is sent, as SUBSCRIBE describes it; empty: nothing."""

    def agreed(self, connection: MeetingConnection, answer: SubscribeAcknowledged) -> None: ...


class Negotiator:
    """Of one session; begins anew with each connection. Changes that come while one is being negotiated follow it."""

    def __init__(self, parts: SessionParts) -> None:
        self._parts = parts
        self._camera: CameraOwner | None = None
        self._owners: list[SectionOwner] = []
        self._places: dict[str, SectionOwner] = {}
        self._connection: MeetingConnection | None = None
        self._connected = False
        self._changed = False
        self._task: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()  # that one, and former ones that are ending

    def add(self, owner: SectionOwner) -> None:
        """Asks ``owner`` at each negotiation."""
        self._owners.append(owner)

    def add_camera(self, owner: CameraOwner) -> None:
        """Asks ``owner`` about the section of the camera."""
        self._camera = owner

    def new_mid(self, owner: SectionOwner) -> str:
        """A further section, for as long as the connection lasts."""
        mid = str(_FIRST_MID + len(self._places))
        self._places[mid] = owner
        return mid

    @property
    def is_busy(self) -> bool:
        """Whether something is being negotiated."""
        return self._task is not None and not self._task.done()

    def use(self, connection: MeetingConnection) -> None:
        """Another connection begins: nothing is negotiated on it yet."""
        self._end()
        self._connection = connection
        self._places.clear()

    def connected(self) -> None:
        """The session is connected."""
        self._connected = True
        self.change()

    def stopped(self) -> None:
        """The session is over."""
        self._end()
        self._connection = None

    async def close(self) -> None:
        """Waits until no task is left."""
        self._end()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def change(self) -> None:
        """Something else is wanted: asks all what it is, and negotiates, unless that is going on already."""
        self._changed = True
        if self._connected and not self.is_busy:
            self._task = asyncio.get_running_loop().create_task(self._update(), name="chime-session-update")
            self._tasks.add(self._task)
            self._task.add_done_callback(self._tasks.discard)

    def _end(self) -> None:
        task, self._task = self._task, None
        self._changed = self._connected = False
        if task is not None:
            task.cancel()

    async def _update(self) -> None:
        while self._changed and self._connection is not None:
            self._changed = False
            camera = self._camera.assign() if self._camera is not None else False
            others = [owner.assign() for owner in self._owners]  # all are asked
            if camera or any(others):
                await self._parts.controller.update(self._negotiate(self._connection))

    async def _negotiate(self, connection: MeetingConnection) -> None:
        answer = await connection.update(self._wish(connection))
        if answer is None:
            return
        for owner in (self._camera, *self._owners):
            if owner is not None:
                owner.agreed(connection, answer)

    def _wish(self, connection: MeetingConnection) -> FurtherMedia:
        camera = self._camera.section(CAMERA_MID) if self._camera is not None else VideoSection(CAMERA_MID)
        sections = {mid: owner.section(mid) for mid, owner in self._places.items()}
        videos = [mid for mid, section in sections.items() if isinstance(section, VideoSection)]
        received = [self._places[mid].stream_id(mid) for mid in videos]
        is_native = connection.signaling.client.dialect is Dialect.NATIVE
        sends = camera.direction == "sendrecv"
        # Native clients name a 0 for the own audio section, and none for a camera that sends.
        before = [0] if not is_native else [0] if sends else [0, 0]
        return FurtherMedia(
            sections=(camera, *sections.values()),
            receive_stream_ids=(*before, *received),
            video_streams=self._camera.sent_streams() if self._camera is not None else (),
            audio_subscriptions=tuple(
                AudioSubscription(mid, self._places[mid].stream_id(mid))
                for mid, section in sections.items()
                if isinstance(section, AudioSection) and section.active
            ),
        )
