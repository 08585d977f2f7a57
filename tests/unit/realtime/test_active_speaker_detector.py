"""Active speakers where we differ from the reference on purpose: returns, two subscriptions, the end of one."""

from __future__ import annotations

import pytest
from chime_native.realtime import ActiveSpeakerDetector, DefaultActiveSpeakerPolicy, RealtimeController


class AudioInput:
    active = False

    def set_enabled(self, _enabled: bool) -> None: ...


class Meeting:
    def __init__(self) -> None:
        self.controller = RealtimeController(AudioInput())
        self.priorities: list[bool] = []
        self.detector = ActiveSpeakerDetector(self.controller, "me", 0, self.priorities.append)
        self.now_ms = 0.0
        self._volume = 0.0

    def presence(self, attendee_id: str, present: bool) -> None:
        self.controller.realtime_set_attendee_id_presence(attendee_id, present, None, False, None)

    def speak(self, attendee_id: str, times: int = 1) -> None:
        for _ in range(times):
            self.now_ms += 200
            self.detector.advance(self.now_ms)
            self._volume = 0.9 if self._volume == 1.0 else 1.0
            self.controller.realtime_update_volume_indicator(attendee_id, self._volume, None, None, None)


def test_a_return_does_not_count_twice() -> None:
    meeting, again = Meeting(), Meeting()
    scores: list[list[float]] = [[], []]
    for index, each in enumerate((meeting, again)):
        each.detector.subscribe(
            DefaultActiveSpeakerPolicy(), lambda _ids: None, lambda s, i=index: scores[i].append(s["a"]), 250
        )
        each.presence("a", True)
        each.presence("a", True) if index else None
        each.speak("a", 10)
    assert scores[0] == scores[1] != []


def test_every_subscription_hears_everything() -> None:
    meeting = Meeting()
    first: list[list[str]] = []
    second: list[list[str]] = []
    meeting.detector.subscribe(DefaultActiveSpeakerPolicy(), first.append)
    meeting.detector.subscribe(DefaultActiveSpeakerPolicy(), second.append)
    meeting.presence("a", True)
    meeting.speak("a", 3)
    assert first == second == [["a"]]


def test_own_speech_has_bandwidth_priority_until_the_subscription_ends() -> None:
    meeting = Meeting()
    active: list[list[str]] = []
    meeting.detector.subscribe(DefaultActiveSpeakerPolicy(), active.append)
    meeting.presence("me", True)
    meeting.speak("me", 2)
    assert meeting.priorities == [True]
    meeting.detector.unsubscribe(active.append)
    assert meeting.priorities == [True, False]
    meeting.speak("me", 5)
    meeting.presence("me", False)
    assert active == [["me"]]
    assert meeting.detector.next_timeout() is None


def test_destroy_ends_all() -> None:
    meeting = Meeting()
    meeting.detector.subscribe(DefaultActiveSpeakerPolicy(), lambda _ids: None)
    meeting.detector.subscribe(DefaultActiveSpeakerPolicy(), lambda _ids: None)
    meeting.detector.destroy()
    assert meeting.detector.next_timeout() is None


def test_a_raising_timer_callback_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    meeting = Meeting()

    def failing(_scores: object) -> None:
        raise ValueError("boom")

    meeting.detector.subscribe(DefaultActiveSpeakerPolicy(), lambda _ids: None, failing, 100)
    meeting.detector.advance(250)
    assert caplog.text.count("a callback for active speakers raised") == 2


def test_scores_are_copies() -> None:
    meeting = Meeting()
    given: list[dict[str, float]] = []
    meeting.detector.subscribe(
        DefaultActiveSpeakerPolicy(),
        lambda _ids: None,
        lambda scores: given.append(scores),
        100,  # type: ignore[arg-type]
    )
    meeting.presence("a", True)
    meeting.speak("a", 2)
    given[0]["a"] = 99
    meeting.speak("a", 1)
    assert given[-1]["a"] < 1


def test_an_interval_is_needed() -> None:
    with pytest.raises(ValueError, match="update_interval_ms"):
        ActiveSpeakerDetector(RealtimeController(AudioInput()), "me", 0, update_interval_ms=0)
