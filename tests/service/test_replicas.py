"""Replica meetings: who watches, who is promoted, and what everybody is told of it; frame by frame, without sockets."""

from __future__ import annotations

from typing import Any

import pytest
from chime_native.service.conference import (
    AttendeeJoined,
    AttendeeLeft,
    Conference,
    ConferenceLimits,
    Replica,
    Send,
)
from chime_native.service.features import Capabilities
from chime_native.service.model import Attendee
from chime_native.signaling import Dialect, decode_frame, encode_frame
from chime_native.signaling.messages import (
    SdkAudioControlFrame,
    SdkDataMessageFrame,
    SdkDataMessagePayload,
    SdkJoinFrame,
    SdkLeaveFrame,
    SdkMeetingSessionCredentials,
    SdkPrimaryMeetingJoinFrame,
    SdkPrimaryMeetingLeaveFrame,
    SdkSignalFrame,
    SdkSubscribeFrame,
)

Type = SdkSignalFrame
REPLICA = Replica("the replica", max_attendees=2)


class Stage:
    """A primary meeting whose attendees are known by name, their tokens being their names backwards."""

    def __init__(self, **limits: Any) -> None:
        self.now = 100.0
        self.attendees: dict[str, Attendee] = {}
        self.conference = Conference(
            1_700_000_000.0, self.now, ConferenceLimits(**limits), self.attendees.get
        )
        self.sent: dict[int, list[SdkSignalFrame]] = {}
        self.done: list[Any] = []

    def attendee(self, name: str) -> Attendee:
        """A record of the primary meeting."""
        made = Attendee(name, name.title(), name[::-1], Capabilities(), len(self.attendees))
        return self.attendees.setdefault(name, made)

    def drain(self) -> None:
        for action in self.conference.actions():
            if isinstance(action, Send):
                self.sent.setdefault(action.connection, []).append(decode_frame(action.data))
            else:
                self.done.append(action)

    def feed(self, number: int, frame_type: int, **body: Any) -> None:
        frame = SdkSignalFrame(type=frame_type, timestamp_ms=1, **body)  # type: ignore[arg-type]
        self.conference.handle_message(number, encode_frame(frame, Dialect.BROWSER), self.now)
        self.drain()

    def join(self, attendee: Attendee, replica: Replica | None = None, *, content: bool = False) -> int:
        number = self.conference.connect(attendee, content, Dialect.BROWSER, self.now, replica)
        assert number is not None
        self.feed(number, Type.JOIN, join=SdkJoinFrame(audio_session_id=number))
        return number

    def present(self, attendee: Attendee, replica: Replica | None = None, *, content: bool = False) -> int:
        number = self.join(attendee, replica, content=content)
        self.conference.handle_media_up(number, self.now)
        self.drain()
        return number

    def promote(self, number: int, name: str, token: str | None = None) -> SdkSignalFrame:
        """The answer to the request."""
        token = name[::-1] if token is None else token
        credentials = SdkMeetingSessionCredentials(attendee_id=name, join_token=token)
        self.feed(
            number,
            Type.PRIMARY_MEETING_JOIN,
            primary_meeting_join=SdkPrimaryMeetingJoinFrame(credentials=credentials),
        )
        (answer,) = [f for f in self.sent[number] if f.type == Type.PRIMARY_MEETING_JOIN_ACK]
        self.sent[number].remove(answer)
        return answer

    def demote(self, number: int) -> None:
        self.feed(number, Type.PRIMARY_MEETING_LEAVE, primary_meeting_leave=SdkPrimaryMeetingLeaveFrame())

    def say(self, number: int) -> None:
        message = SdkDataMessagePayload(topic="chat", data=b"hello")
        self.feed(number, Type.DATA_MESSAGE, data_message=SdkDataMessageFrame(messages=[message]))

    def take(self, number: int, frame_type: int) -> list[SdkSignalFrame]:
        return [frame for frame in self.sent.pop(number, []) if frame.type == frame_type]

    def roster(self, number: int) -> list[str]:
        """Ids, ``-`` for each stream that ended, of all that the connection was told since the last call."""
        frames = self.take(number, Type.AUDIO_STREAM_ID_INFO)
        return [s.attendee_id or "-" for frame in frames for s in frame.audio_stream_id_info.streams]

    def senders(self, number: int) -> list[str]:
        frames = self.take(number, Type.DATA_MESSAGE)
        return [m.sender_attendee_id for frame in frames for m in frame.data_message.messages]

    def forget(self) -> None:
        self.sent.clear()
        self.done.clear()

    def heard(self, number: int) -> bool:
        return self.conference._hall.members[number].audio.heard


def watcher(name: str) -> Attendee:
    return Attendee(name, name.title(), "a token of the replica", Capabilities(), 0)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_watchers_see_the_primary_meeting_and_nobody_sees_them(stage: Stage) -> None:
    ada = stage.present(stage.attendee("ada"))
    stage.forget()
    rita = stage.present(watcher("rita"), REPLICA)
    sam = stage.present(watcher("sam"), REPLICA)
    assert stage.roster(ada) == []
    assert stage.roster(rita) == ["ada"]
    assert stage.roster(sam) == ["ada"]
    assert [a for a in stage.done if isinstance(a, AttendeeJoined)] == []
    assert not stage.heard(rita)
    stage.say(ada)
    stage.say(rita)
    assert (stage.senders(ada), stage.senders(rita), stage.senders(sam)) == ([], ["ada"], ["ada"])
    stage.feed(rita, Type.AUDIO_CONTROL, audio_control=SdkAudioControlFrame(muted=True))
    stage.feed(rita, Type.LEAVE, leave=SdkLeaveFrame())
    assert stage.roster(ada) == []


def test_watchers_are_told_that_they_cannot_send_video(stage: Stage) -> None:
    rita = stage.join(watcher("rita"), REPLICA)
    (index,) = stage.take(rita, Type.INDEX)
    assert index.index.at_capacity
    ada = stage.join(stage.attendee("ada"))
    (index,) = stage.take(ada, Type.INDEX)
    assert not index.index.HasField("at_capacity")


def test_a_promoted_watcher_is_somebody_of_the_primary_meeting(stage: Stage) -> None:
    guest = stage.attendee("guest")
    ada = stage.present(stage.attendee("ada"))
    rita, sam = (stage.present(watcher(name), REPLICA) for name in ("rita", "sam"))
    stage.forget()
    assert not stage.promote(rita, "guest").HasField("error")
    assert stage.done[0] == AttendeeJoined("guest", guest.external_user_id, False)
    assert not stage.sent[rita][-1].index.at_capacity
    assert [stage.roster(number) for number in (ada, rita, sam)] == [["guest"]] * 3
    assert stage.heard(rita)
    stage.say(rita)
    assert (stage.senders(ada), stage.senders(rita), stage.senders(sam)) == (["guest"], [], ["guest"])
    stage.feed(rita, Type.AUDIO_CONTROL, audio_control=SdkAudioControlFrame(muted=True))
    (muted,) = stage.take(ada, Type.AUDIO_STREAM_ID_INFO)
    assert muted.audio_stream_id_info.streams[0].muted
    assert not stage.heard(rita)

    stage.forget()
    stage.demote(rita)
    assert stage.done[0] == AttendeeLeft("guest", guest.external_user_id, False, dropped=False)
    assert stage.sent[rita][-1].index.at_capacity
    assert [stage.roster(number) for number in (ada, rita, sam)] == [["-"]] * 3
    assert not stage.heard(rita)
    stage.demote(rita)  # once more does no harm
    assert stage.roster(ada) == []


def test_promotion_is_refused(stage: Stage) -> None:
    stage.attendee("guest")
    ada = stage.present(stage.attendee("ada"))
    rita = stage.join(watcher("rita"), REPLICA)
    assert stage.promote(rita, "guest", token="wrong").error.status == 403
    assert stage.promote(rita, "nobody").error.status == 403
    assert stage.promote(ada, "guest").error.status == 403  # not in a replica
    assert stage.promote(rita, "guest").error.status == 503  # no media yet
    stage.conference.handle_media_up(rita, stage.now)
    assert not stage.promote(rita, "guest").HasField("error")


@pytest.mark.parametrize(("up", "error"), [(True, 0), (False, 503)])
def test_promotion_waits_for_media_that_connects(stage: Stage, up: bool, error: int) -> None:
    """The client may have connected its end, and ask, a moment before the service knows."""
    stage.attendee("guest")
    rita = stage.join(watcher("rita"), REPLICA)
    stage.feed(rita, Type.SUBSCRIBE, sub=SdkSubscribeFrame(sdp_offer="offer", audio_host="x"))
    credentials = SdkMeetingSessionCredentials(attendee_id="guest", join_token="tseug")
    join = SdkPrimaryMeetingJoinFrame(credentials=credentials)
    stage.feed(rita, Type.PRIMARY_MEETING_JOIN, primary_meeting_join=join)
    assert stage.take(rita, Type.PRIMARY_MEETING_JOIN_ACK) == []
    if up:
        stage.conference.handle_media_up(rita, stage.now)
    else:
        stage.conference.handle_negotiation_failed(rita, "no", stage.now)
    stage.drain()
    (answer,) = stage.take(rita, Type.PRIMARY_MEETING_JOIN_ACK)
    assert answer.error.status == error
    assert stage.heard(rita) is up


def test_the_promoted_take_up_room() -> None:
    stage = Stage(max_attendees=2)
    for name in ("ada", "bob", "cleo"):
        stage.attendee(name)
    stage.present(stage.attendee("ada"))
    rita, sam = (stage.present(watcher(name), REPLICA) for name in ("rita", "sam"))
    assert not stage.promote(rita, "bob").HasField("error")
    assert stage.promote(sam, "cleo").error.status == 409
    cleo = stage.join(stage.attendee("cleo"))
    (status,) = stage.take(cleo, Type.AUDIO_STATUS)
    assert status.audio_status.audio_status == 409
    tom = stage.join(watcher("tom"), REPLICA)  # the replica has room for two
    (status,) = stage.take(tom, Type.AUDIO_STATUS)
    assert status.audio_status.audio_status == 409


def test_deleting_the_attendee_demotes(stage: Stage) -> None:
    guest = stage.attendee("guest")
    rita = stage.present(watcher("rita"), REPLICA)
    stage.promote(rita, "guest")
    stage.forget()
    del stage.attendees["guest"]
    stage.conference.remove_attendee(guest, stage.now)
    stage.drain()
    assert len(stage.take(rita, Type.PRIMARY_MEETING_LEAVE)) == 1
    assert not stage.heard(rita)
    assert stage.promote(rita, "guest").error.status == 403


def test_one_attendee_speaks_through_one_connection(stage: Stage) -> None:
    guest = stage.attendee("guest")
    rita, sam = (stage.present(watcher(name), REPLICA) for name in ("rita", "sam"))
    stage.promote(rita, "guest")
    stage.forget()
    assert not stage.promote(sam, "guest").HasField("error")
    assert len(stage.take(rita, Type.PRIMARY_MEETING_LEAVE)) == 1
    assert (stage.heard(rita), stage.heard(sam)) == (False, True)
    direct = stage.present(guest)
    assert len(stage.take(sam, Type.PRIMARY_MEETING_LEAVE)) == 1
    stage.forget()
    assert not stage.promote(rita, "guest").HasField("error")
    (status,) = stage.take(direct, Type.AUDIO_STATUS)
    assert status.audio_status.audio_status == 301
    assert stage.roster(sam) == ["guest", "-"]  # there all the time, on another stream
    assert [a for a in stage.done if isinstance(a, AttendeeJoined | AttendeeLeft)] == []


def test_a_promotion_ends_with_its_connection(stage: Stage) -> None:
    stage.attendee("guest")
    ada = stage.present(stage.attendee("ada"))
    record = watcher("rita")
    rita = stage.present(record, REPLICA)
    stage.promote(rita, "guest")
    stage.conference.handle_disconnect(rita, clean=False, now=stage.now)
    stage.forget()
    again = stage.present(record, REPLICA)
    assert stage.roster(ada) == ["-"]
    assert not stage.heard(again)
    assert not stage.promote(again, "guest").HasField("error")


def test_content_of_a_replica_is_shared_while_promoted(stage: Stage) -> None:
    stage.attendee("guest")
    ada = stage.present(stage.attendee("ada"))
    record = watcher("rita")
    rita = stage.present(record, REPLICA)
    content = stage.join(record, REPLICA, content=True)
    (ack,) = stage.take(content, Type.JOIN_ACK)
    assert ack.error.status == 403
    stage.promote(rita, "guest")
    stage.forget()
    content = stage.present(record, REPLICA, content=True)
    assert stage.roster(ada) == ["guest#content"]
    stage.demote(rita)
    (status,) = stage.take(content, Type.AUDIO_STATUS)
    assert status.audio_status.audio_status == 411
    assert sorted(stage.roster(ada)) == ["-", "-"]


def test_the_end_of_a_replica_is_the_end_for_its_watchers_alone(stage: Stage) -> None:
    stage.attendee("guest")
    ada = stage.present(stage.attendee("ada"))
    rita = stage.present(watcher("rita"), REPLICA)
    sam = stage.present(watcher("sam"), Replica("another replica", 10))
    stage.promote(rita, "guest")
    stage.forget()
    stage.conference.end_replica(REPLICA.meeting_id, stage.now)
    stage.drain()
    assert stage.take(sam, Type.AUDIO_STATUS) == []
    (status,) = stage.take(rita, Type.AUDIO_STATUS)
    assert status.audio_status.audio_status == 410
    assert stage.roster(ada) == ["-"]
    stage.conference.end(stage.now)
    stage.drain()
    for number in (ada, sam):
        (status,) = stage.take(number, Type.AUDIO_STATUS)
        assert status.audio_status.audio_status == 410
