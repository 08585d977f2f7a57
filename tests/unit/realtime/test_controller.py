"""The realtime controller where it differs from the reference on purpose: callbacks that raise."""

from __future__ import annotations

import logging

import pytest
from chime_native.realtime import DataMessage, PositionInFrame, RealtimeController, VolumeIndicator


class AudioInput:
    def __init__(self, active: bool = True) -> None:
        self.active = active
        self.enabled = True
        self.fails = False

    def set_enabled(self, enabled: bool) -> None:
        if self.fails:
            raise RuntimeError("the device is gone")
        self.enabled = enabled


@pytest.fixture
def audio_input() -> AudioInput:
    return AudioInput()


@pytest.fixture
def controller(audio_input: AudioInput) -> RealtimeController:
    controller = RealtimeController(audio_input)
    controller.realtime_set_local_attendee_id("me", "my-name")
    return controller


def failing(*_arguments: object) -> None:
    raise ValueError("boom")


def test_a_raising_callback_is_logged_and_the_others_are_served(
    controller: RealtimeController, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[tuple[object, ...]] = []
    fatal: list[Exception] = []
    controller.realtime_subscribe_to_fatal_error(fatal.append)
    controller.realtime_subscribe_to_attendee_id_presence(failing)
    controller.realtime_subscribe_to_attendee_id_presence(lambda *arguments: seen.append(arguments))
    position = PositionInFrame(0, 1)
    controller.realtime_set_attendee_id_presence("a", True, "x", False, position)
    assert seen == [("a", True, "x", False, position)]
    assert fatal == []
    assert "boom" in caplog.text


def test_strict_callbacks_are_fatal_as_in_the_sdk() -> None:
    controller = RealtimeController(AudioInput(), strict_callbacks=True)
    fatal: list[Exception] = []
    seen: list[bool] = []
    controller.realtime_subscribe_to_fatal_error(fatal.append)
    controller.realtime_subscribe_to_mute_and_unmute_local_audio(failing)
    controller.realtime_subscribe_to_mute_and_unmute_local_audio(seen.append)
    controller.realtime_mute_local_audio()
    assert [str(error) for error in fatal] == ["boom"]
    assert seen == []
    assert controller.realtime_is_local_audio_muted()


def test_a_failing_fatal_callback_breaks_nobody(caplog: pytest.LogCaptureFixture) -> None:
    audio_input = AudioInput()
    controller = RealtimeController(audio_input)
    controller.realtime_subscribe_to_fatal_error(failing)
    audio_input.fails = True
    with caplog.at_level(logging.ERROR):
        controller.realtime_mute_local_audio()
    assert "the device is gone" in caplog.text
    assert "boom" in caplog.text


def test_never_pretend_to_be_muted(controller: RealtimeController, audio_input: AudioInput) -> None:
    fatal: list[Exception] = []
    muted: list[bool] = []
    controller.realtime_subscribe_to_fatal_error(fatal.append)
    controller.realtime_subscribe_to_mute_and_unmute_local_audio(muted.append)
    audio_input.fails = True
    controller.realtime_mute_local_audio()
    assert not controller.realtime_is_local_audio_muted()
    assert (len(fatal), muted) == (1, [])


def test_unmute_needs_permission(controller: RealtimeController) -> None:
    allowed: list[bool] = []
    controller.realtime_subscribe_to_set_can_unmute_local_audio(allowed.append)
    controller.realtime_mute_local_audio()
    controller.realtime_set_can_unmute_local_audio(False)
    controller.realtime_set_can_unmute_local_audio(False)
    assert not controller.realtime_can_unmute_local_audio()
    assert not controller.realtime_unmute_local_audio()
    controller.realtime_set_can_unmute_local_audio(True)
    assert controller.realtime_unmute_local_audio()
    assert allowed == [False, True]


def test_a_callback_that_removes_itself_makes_nobody_miss_the_event(controller: RealtimeController) -> None:
    seen: list[str] = []

    def once(*_arguments: object) -> None:
        seen.append("once")
        controller.realtime_unsubscribe_to_attendee_id_presence(once)

    controller.realtime_subscribe_to_attendee_id_presence(once)
    controller.realtime_subscribe_to_attendee_id_presence(lambda *_arguments: seen.append("always"))
    for _ in range(2):
        controller.realtime_set_attendee_id_presence("a", True, None, False, None)
    assert seen == ["once", "always", "always"]


async def test_coroutine_functions_are_refused(controller: RealtimeController) -> None:
    async def callback(*_arguments: object) -> None: ...

    with pytest.raises(TypeError, match="not async"):
        controller.realtime_subscribe_to_attendee_id_presence(callback)
    with pytest.raises(TypeError, match="callable"):
        controller.realtime_subscribe_to_mute_and_unmute_local_audio(None)  # type: ignore[arg-type]


def test_indicators_and_roster(controller: RealtimeController) -> None:
    assert controller.volume_indicator("a") == VolumeIndicator()
    controller.realtime_set_attendee_id_presence("a", True, "x", False, None)
    controller.realtime_set_attendee_id_presence("a#content", True, "x", False, None)
    controller.realtime_update_volume_indicator("a", 0.5, None, 1.0, "x")
    roster = controller.roster
    assert list(roster) == ["a", "a#content"]
    entry = roster["a"]
    assert (entry.external_user_id, entry.volume, entry.muted, entry.signal_strength) == (
        "x",
        0.5,
        False,
        1.0,
    )
    assert (entry.is_content, roster["a#content"].is_content) == (False, True)
    assert roster["a#content"].modality.base == "a"
    controller.realtime_set_attendee_id_presence("a", False, "x", False, None)
    assert len(roster) == 1
    assert "a" not in roster
    assert controller.volume_indicator("a").volume == 0.5  # kept: an equal value after a return is no change
    roster.clear()
    assert repr(roster) == "Roster([])"


def test_data_messages_reach_their_topic_whatever_another_callback_does(
    controller: RealtimeController, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []

    def keep(message: DataMessage) -> None:
        seen.append(message.text())

    controller.realtime_subscribe_to_receive_data_message("chat", failing)
    controller.realtime_subscribe_to_receive_data_message("chat", keep)
    controller.realtime_receive_data_message(DataMessage(1.0, "chat", b"one", "", ""))
    controller.realtime_receive_data_message(DataMessage(1.0, "other", b"two", "", ""))
    controller.realtime_unsubscribe_from_receive_data_message("chat", keep)
    controller.realtime_unsubscribe_from_receive_data_message("nothing", keep)
    controller.realtime_receive_data_message(DataMessage(1.0, "chat", b"three", "", ""))
    assert seen == ["one"]
    assert caplog.text.count("boom") >= 2


def test_a_message_that_may_not_be_sent_raises_to_the_caller(controller: RealtimeController) -> None:
    controller.realtime_send_data_message("topic", "nobody sends it")
    controller.realtime_subscribe_to_send_data_message(failing)
    with pytest.raises(ValueError, match="boom"):
        controller.realtime_send_data_message("topic", "x")
    controller.realtime_unsubscribe_from_send_data_message(failing)
    controller.realtime_send_data_message("topic", "x")
