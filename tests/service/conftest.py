"""A running service for tests that use blocking clients, and one of the test's own for those that use asyncio."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
import websockets
from chime_native.pytest_plugin import chime_client, chime_service  # noqa: F401 (fixtures)
from chime_native.service import LocalService
from chime_native.service.features import MeetingFeatures
from chime_native.service.model import Attendee, Meeting, MeetingRequest
from chime_native.signaling import Dialect, decode_frame, encode_frame
from chime_native.signaling.messages import SdkJoinFrame, SdkLeaveFrame, SdkSignalFrame
from websockets import Subprotocol


@pytest.fixture
def meeting_id(request: pytest.FixtureRequest) -> str:
    response = request.getfixturevalue("chime_client").create_meeting(
        MediaRegion="us-east-1", ExternalMeetingId="a meeting"
    )
    return str(response["Meeting"]["MeetingId"])


class SignalingPeer:
    """A signaling client of few lines: the wire messages themselves, over the real socket."""

    def __init__(self, socket: websockets.ClientConnection, dialect: Dialect) -> None:
        self.socket = socket
        self.dialect = dialect
        self.received: list[SdkSignalFrame] = []

    async def send(self, frame_type: int, **body: Any) -> None:
        frame = SdkSignalFrame(type=frame_type, timestamp_ms=1, **body)  # type: ignore[arg-type]
        await self.socket.send(encode_frame(frame, self.dialect))

    async def receive(self, *frame_types: int) -> SdkSignalFrame:
        """The next frame of one of these types; others that come before are kept in ``received``."""
        async with asyncio.timeout(30):
            while True:
                data = await self.socket.recv()
                assert isinstance(data, bytes)
                frame = decode_frame(data)
                self.received.append(frame)
                if frame.type in frame_types:
                    return frame

    async def join(self, session: int = 1, compressed: bool = False) -> None:
        """JOIN up to the first roster."""
        join = SdkJoinFrame(audio_session_id=session, wants_compressed_sdp=compressed)
        await self.send(SdkSignalFrame.JOIN, join=join)
        await self.receive(SdkSignalFrame.JOIN_ACK)
        await self.receive(SdkSignalFrame.INDEX)
        await self.receive(SdkSignalFrame.AUDIO_STREAM_ID_INFO)

    async def leave(self) -> None:
        await self.send(SdkSignalFrame.LEAVE, leave=SdkLeaveFrame())
        await self.receive(SdkSignalFrame.LEAVE_ACK)
        await self.socket.close()


class Desk:
    """Makes chime_client in the service without REST, and connects clients to them."""

    def __init__(self, service: LocalService) -> None:
        self.service = service
        self._names = itertools.count()

    def meeting(self, **features: Any) -> Meeting:
        request = MeetingRequest(f"t{next(self._names)}", "m1", "us-east-1", MeetingFeatures(**features))
        return self.service.store.create_meeting(request, time.monotonic())

    def attendee(self, meeting: Meeting, name: str = "alice") -> Attendee:
        return self.service.store.create_attendee(meeting.meeting_id, name, None)

    def open(
        self, meeting: Meeting, token: str, dialect: Dialect = Dialect.BROWSER, suffix: str = ""
    ) -> AbstractAsyncContextManager[websockets.ClientConnection]:
        # No bound on the queue: a client that does not read could not see the end of its connection either.
        url = f"ws{self.service.url.removeprefix('http')}/control/{meeting.meeting_id}{suffix}"
        if dialect is Dialect.NATIVE:
            return websockets.connect(
                url, additional_headers={"Cookie": f"_aws_wt_session={token}"}, max_queue=None
            )
        return websockets.connect(
            url, subprotocols=[Subprotocol("_aws_wt_session"), Subprotocol(token)], max_queue=None
        )

    @asynccontextmanager
    async def client(
        self, meeting: Meeting, attendee: Attendee, dialect: Dialect = Dialect.BROWSER, content: bool = False
    ) -> AsyncIterator[SignalingPeer]:
        token = attendee.join_token + ("#content" if content else "")
        async with self.open(meeting, token, dialect) as socket:
            yield SignalingPeer(socket, dialect)


@pytest.fixture
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """A service of the test's own, on its own loop; nothing is left of it afterwards. Its settings may be a parameter."""
    before = asyncio.all_tasks()
    async with LocalService(settings=getattr(request, "param", None)) as service:
        yield Desk(service)
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    assert left == set()
