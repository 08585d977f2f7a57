"""Who is told of video that may be seen or sent, and when."""

import pytest
from chime_native.session.video_availability import MeetingSessionVideoAvailability as Availability
from chime_native.session.video_availability import VideoAvailability
from chime_native.signaling.events import IndexReceived
from chime_native.signaling.types import MediaType, StreamDescriptor


def index(*attendee_ids: str, at_capacity: bool = False) -> IndexReceived:
    sources = tuple(
        StreamDescriptor(stream_id=number, attendee_id=attendee_id, media_type=MediaType.VIDEO)
        for number, attendee_id in enumerate(attendee_ids, 1)
    )
    return IndexReceived(False, sources, at_capacity, (), 0, ())


@pytest.fixture
def told() -> list[Availability]:
    return []


@pytest.fixture
def tracker(told: list[Availability]) -> VideoAvailability:
    return VideoAvailability("me", told.append)


def test_on_a_start_it_is_told_once_connected(tracker: VideoAvailability, told: list[Availability]) -> None:
    tracker.begin(resume=False)
    tracker.handle_index(index("other"))
    tracker.handle_index(index())
    assert told == []
    tracker.connected()
    assert told == [Availability(False, True)]
    tracker.handle_index(index())
    assert len(told) == 1
    tracker.handle_index(index("other"))
    assert told[1:] == [Availability(True, True)]


def test_on_a_reconnect_it_is_told_at_once_and_anew(
    tracker: VideoAvailability, told: list[Availability]
) -> None:
    for _ in range(2):
        tracker.begin(resume=True)
        tracker.handle_index(index())
        tracker.connected()
    assert told == [Availability(False, True)] * 2


def test_own_video_and_sound_are_nothing_to_see(tracker: VideoAvailability, told: list[Availability]) -> None:
    tracker.begin(resume=True)
    tracker.handle_index(index("me", "me#content"))
    audio = StreamDescriptor(stream_id=1, attendee_id="other", media_type=MediaType.AUDIO)
    tracker.handle_index(IndexReceived(False, (audio,), False, (), 0, ()))
    assert told == [Availability(False, True)]


def test_a_full_meeting_without_video_is_what_is_assumed(
    tracker: VideoAvailability, told: list[Availability]
) -> None:
    tracker.begin(resume=True)
    tracker.handle_index(index(at_capacity=True))
    assert told == []
    tracker.handle_index(index("other", at_capacity=True))
    assert told == [Availability(True, False)]
