import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from chime_native import MeetingSession
from chime_native.session import MeetingSessionConfiguration
from chime_native.session.session_logger import SessionLogger
from chime_native.signaling.messages import SdkSignalFrame


def test_records_say_which_session(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    configuration = MeetingSessionConfiguration(
        {"MeetingId": "m1", "MediaPlacement": {}}, {"AttendeeId": "a1", "JoinToken": "secret"}
    )
    SessionLogger(configuration).info("%d times", 3, extra={"more": 1})
    (record,) = caplog.records
    assert record.name == "chime_native.session"
    assert record.getMessage() == "[a1] 3 times"
    assert (record.meeting_id, record.attendee_id, record.more) == ("m1", "a1", 1)  # type: ignore[attr-defined]
    assert "secret" not in caplog.text


class RaisingSink:
    """An audio sink that is broken; said from the playout clock, which all sessions share."""

    def write(self, _pcm: object) -> None:
        raise RuntimeError("a broken sink")


def raise_for(*_arguments: object) -> None:
    raise RuntimeError("a broken callback")


@pytest.fixture
def records() -> Iterator[defaultdict[str, asyncio.Event]]:
    """By the name of a logger: it has logged something."""

    class Told(logging.Handler):
        def __init__(self) -> None:
            super().__init__()
            self.names: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

        def emit(self, record: logging.LogRecord) -> None:
            self.names[record.name].set()

    handler = Told()
    logging.getLogger("chime_native").addHandler(handler)
    yield handler.names
    logging.getLogger("chime_native").removeHandler(handler)


async def test_records_of_all_rooms_say_which_session(
    service: Any, caplog: pytest.LogCaptureFixture, records: defaultdict[str, asyncio.Event]
) -> None:
    first, second = service.configuration(), service.configuration()
    assert second.credentials is not None
    second.credentials.attendee_id = "a2"
    async with MeetingSession(first) as one, MeetingSession(second) as two:
        for session in (one, two):  # the first one starts the clock
            session.audio_video.start()
            await session.started()
        two.audio_video.realtime_subscribe_to_attendee_id_presence(raise_for)
        await two.audio_video.bind_audio_element(RaisingSink())
        client = service.clients[1]
        streams = [{"audio_stream_id": 1, "attendee_id": "a2"}]
        await client.send(SdkSignalFrame.AUDIO_STREAM_ID_INFO, audio_stream_id_info={"streams": streams})
        await client.socket.send(b"rubbish")
        wanted = {"chime_native.realtime", "chime_native.signaling", "chime_native.session.audio_devices"}
        for name in wanted:
            await asyncio.wait_for(records[name].wait(), 20)
    for record in caplog.records:
        if record.name in wanted:
            assert (record.meeting_id, record.attendee_id) == ("m1", "a2"), record.getMessage()


def test_records_from_elsewhere_have_the_names_too(caplog: pytest.LogCaptureFixture) -> None:
    configuration = MeetingSessionConfiguration(
        {"MeetingId": "m1", "MediaPlacement": {}}, {"AttendeeId": "a1", "JoinToken": "secret"}
    )
    SessionLogger(configuration)
    logging.getLogger("chime_native.realtime").warning("of nobody in particular")
    (record,) = caplog.records
    assert record.attendee_id is None  # type: ignore[attr-defined]
