"""Audio frames where we differ from the reference on purpose, and bounds."""

from __future__ import annotations

import logging

import pytest
from chime_native.realtime import PositionInFrame, RealtimeController, VolumeIndicatorAdapter
from chime_native.signaling.events import (
    AudioAttendeeState,
    AudioMetadataReceived,
    AudioStreamIdInfo,
    AudioStreamIdInfoReceived,
)


class AudioInput:
    active = False

    def set_enabled(self, _enabled: bool) -> None: ...


class Meeting:
    def __init__(self) -> None:
        self.presence: list[tuple[str, bool, PositionInFrame | None]] = []
        self.controller = RealtimeController(AudioInput())
        self.controller.realtime_subscribe_to_attendee_id_presence(
            lambda attendee_id, present, _external, _dropped, at: self.presence.append(
                (attendee_id, present, at)
            )
        )
        self.adapter = VolumeIndicatorAdapter(self.controller, "me")

    def roster(self, *streams: AudioStreamIdInfo) -> list[tuple[str, bool, PositionInFrame | None]]:
        self.presence.clear()
        self.adapter.handle_audio_stream_id_info(AudioStreamIdInfoReceived(streams))
        return list(self.presence)


def test_who_is_missing_after_a_reconnect_is_reported_once_with_the_right_count() -> None:
    meeting = Meeting()
    meeting.roster(
        AudioStreamIdInfo(1, "me", "m"),
        AudioStreamIdInfo(2, "a", "x"),
        AudioStreamIdInfo(3, "a", "x"),  # moving to a new stream
        AudioStreamIdInfo(4, "b", "y"),
        AudioStreamIdInfo(5, "c", "z"),
    )
    meeting.adapter.on_reconnect()
    assert meeting.roster(AudioStreamIdInfo(9, "c", "z")) == [
        ("c", True, PositionInFrame(0, 1)),
        ("a", False, PositionInFrame(1, 3)),
        ("b", False, PositionInFrame(2, 3)),
    ]
    assert list(meeting.controller.roster) == ["me", "c"]
    # All streams of those who are gone are forgotten: their leaving says nothing more.
    assert meeting.roster(AudioStreamIdInfo(2), AudioStreamIdInfo(3), AudioStreamIdInfo(4)) == []


def test_unknown_streams_are_logged_once_and_not_without_end(caplog: pytest.LogCaptureFixture) -> None:
    meeting = Meeting()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            states = tuple(AudioAttendeeState(number, volume=20) for number in range(500))
            meeting.adapter.handle_audio_metadata(AudioMetadataReceived(states))
    assert len(caplog.records) == 100


def test_decibels_must_be_a_range() -> None:
    with pytest.raises(ValueError, match="min_volume_decibels"):
        VolumeIndicatorAdapter(
            RealtimeController(AudioInput()), None, min_volume_decibels=-14, max_volume_decibels=-14
        )
