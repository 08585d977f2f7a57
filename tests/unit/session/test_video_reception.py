"""Which stream goes into which section, and when that needs a negotiation: no network, no pictures."""

from types import SimpleNamespace
from typing import Any

import pytest
from chime_native.rtc import VideoSection
from chime_native.session.observers import ObserverSet
from chime_native.session.video_reception import VideoReception
from chime_native.signaling.events import IndexReceived
from chime_native.signaling.types import MediaType, StreamDescriptor, VideoSubscription
from chime_native.videotiles import VideoSource, VideoTileController


class Negotiator:
    """Gives mids, and counts how often it is asked to negotiate."""

    def __init__(self) -> None:
        self.changes = 0
        self.mids = 1

    def change(self) -> None:
        self.changes += 1

    def new_mid(self, _owner: object) -> str:
        self.mids += 1
        return str(self.mids)


class Setting:
    """A reception whose SUBSCRIBE nobody answers."""

    def __init__(self) -> None:
        self.updates: list[VideoSubscription] = []
        self.negotiator = Negotiator()
        self.observers = ObserverSet()
        tiles = VideoTileController("me", None, lambda _: None, lambda _: None, lambda *_: None)
        parts: Any = SimpleNamespace(observers=self.observers)
        self.reception = VideoReception(parts, "me", tiles, self.negotiator)  # type: ignore[arg-type]
        peer = SimpleNamespace(set_video_handler=lambda *_: None)
        connection: Any = SimpleNamespace(peer=peer, signaling=SimpleNamespace(perform=self._perform))
        self.reception.use(connection)
        self.reception.limit = 3

    def _perform(self, send: Any) -> None:
        def update(subscriptions: list[VideoSubscription], removed: list[str], _now_ms: float) -> None:
            assert removed == []
            self.updates += subscriptions

        send(SimpleNamespace(remote_video_update=update), 0)

    def index(self, *streams: tuple[int, str, int]) -> None:
        """INDEX with (stream id, attendee id, kbit/s); the letters of an attendee are its group."""
        sources = tuple(
            StreamDescriptor(
                stream_id=number,
                group_id=ord(attendee_id[0]),
                attendee_id=attendee_id,
                external_user_id=attendee_id,
                media_type=MediaType.VIDEO,
                max_bitrate_kbps=kbps,
            )
            for number, attendee_id, kbps in streams
        )
        self.reception.handle_index(IndexReceived(False, sources, False, (), 0, ()))

    def sections(self) -> dict[str, int]:
        """What each section is to carry."""
        return {place.mid: place.stream_id for place in self.reception._places}


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_each_sender_gets_a_section_and_keeps_it(setting: Setting) -> None:
    assert not setting.reception.assign()
    setting.index((1, "ada", 600), (2, "bob", 600))
    assert setting.negotiator.changes == 1
    assert setting.reception.assign()
    assert not setting.reception.assign()
    assert setting.sections() == {"2": 1, "3": 2}
    assert setting.reception.section("2") == VideoSection("2", "recvonly")
    assert [source.attendee_id for source in setting.reception.sources] == ["ada", "bob"]
    setting.index((2, "bob", 600))
    assert setting.reception.assign()
    assert setting.sections() == {"2": 0, "3": 2}
    assert setting.reception.section("2") == VideoSection("2", "inactive")
    setting.index((2, "bob", 600), (7, "eve", 600))
    assert setting.reception.assign()
    assert setting.sections() == {"2": 7, "3": 2}  # a free place is used again


def test_another_layer_of_a_sender_needs_no_negotiation(setting: Setting) -> None:
    setting.index((1, "ada", 300), (2, "ada", 1200))
    assert setting.reception.assign()
    assert setting.sections() == {"2": 2}
    setting.index((1, "ada", 300))
    assert not setting.reception.assign()
    assert setting.updates == [VideoSubscription("2", attendee_id="ada", stream_id=1)]
    assert setting.sections() == {"2": 1}


def test_the_own_content_is_not_received_and_the_limit_is_kept(setting: Setting) -> None:
    setting.index((9, "me#content", 600), *((number, f"{number}x", 600) for number in (5, 4, 3, 2)))
    assert setting.reception.assign()
    assert sorted(setting.sections().values()) == [2, 3, 4]


def test_who_is_chosen_is_received(setting: Setting) -> None:
    setting.index((1, "ada", 600), (2, "bob", 600))
    setting.reception.policy.choose_remote_video_sources([VideoSource("bob", "bob")])  # type: ignore[attr-defined]
    setting.reception.choose_again()
    assert setting.reception.assign()
    assert setting.sections() == {"2": 2}


async def test_sources_are_told_when_they_change(setting: Setting) -> None:
    told: list[list[str]] = []

    class Observer:
        def remote_video_sources_did_change(self, video_sources: list[VideoSource]) -> None:
            told.append([source.attendee_id for source in video_sources])

    observer = Observer()
    setting.observers.add(observer)
    setting.index((1, "ada", 600))
    setting.index((1, "ada", 300), (3, "ada", 600))
    setting.index()
    await setting.observers.told()
    assert told == [["ada"], []]
