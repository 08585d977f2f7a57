"""From audio frames to the realtime controller (SDK: ``src/volumeindicatoradapter/DefaultVolumeIndicatorAdapter.ts``)."""

from __future__ import annotations

import logging
from typing import Final

from chime_native.signaling.events import (
    AudioAttendeeState,
    AudioMetadataReceived,
    AudioStreamIdInfo,
    AudioStreamIdInfoReceived,
)

from .controller import RealtimeController
from .events import PositionInFrame

__all__ = ["VolumeIndicatorAdapter"]

logger = logging.getLogger("chime_native.realtime")

# Decibels that become volume 0 and 1 (SDK: DefaultAudioVideoController).
MIN_VOLUME_DECIBELS: Final = -42.0
MAX_VOLUME_DECIBELS: Final = -14.0
_MAX_SIGNAL_STRENGTH_LEVELS: Final = 2
# Unknown streams that are logged, so that a service which makes them up fills neither log nor memory.
_MAX_WARNINGS: Final = 100
# What is taken for who is not named, as soon as anybody is.
_IMPLICIT_VOLUME: Final = 0.0
_IMPLICIT_SIGNAL_STRENGTH: Final = 1.0


class VolumeIndicatorAdapter:
    """Keeps which audio stream is whose, and tells the controller of presence, mute, volume and signal strength.

    One for each connection made from scratch; a reconnect keeps it and calls ``on_reconnect``.
    """

    def __init__(
        self,
        controller: RealtimeController,
        self_attendee_id: str | None,
        *,
        min_volume_decibels: float = MIN_VOLUME_DECIBELS,
        max_volume_decibels: float = MAX_VOLUME_DECIBELS,
    ) -> None:
        if not min_volume_decibels < max_volume_decibels:
            raise ValueError(
                f"min_volume_decibels {min_volume_decibels} must be less than max_volume_decibels "
                f"{max_volume_decibels}"
            )
        self._controller = controller
        self._self_attendee_id = self_attendee_id
        self._min_volume_decibels = min_volume_decibels
        self._max_volume_decibels = max_volume_decibels
        # Stream id to (attendee id, external user id).
        self._streams: dict[int, tuple[str, str]] = {}
        self._warned_stream_ids: set[int] = set()
        self._reconnected = False

    def on_reconnect(self) -> None:
        """A reconnect begins: the next roster frame is the complete roster."""
        self._reconnected = True

    def handle_audio_stream_id_info(self, info: AudioStreamIdInfoReceived) -> None:
        """Takes in changes of the roster and of mute states."""
        total = len(info.streams)
        index = 0  # counts the changes of presence of this frame
        for stream in info.streams:
            position = PositionInFrame(index, total)
            if stream.attendee_id:
                self._handle_join(stream, position)
                index += 1
            if stream.muted is not None:
                self._handle_mute(stream.audio_stream_id, stream.muted)
            elif not stream.attendee_id:
                index += self._handle_leave(stream, position)
        if self._reconnected:
            self._reconnected = False
            self._forget_who_is_not_named(info)

    def handle_audio_metadata(self, metadata: AudioMetadataReceived) -> None:
        """Takes in volumes and signal strengths at one instant."""
        volumes: dict[str, float] = {}
        signal_strengths: dict[str, float] = {}
        has_volumes = has_signal_strengths = False
        for state in metadata.attendee_states:
            attendee_id = self._attendee_id(state.audio_stream_id)
            if state.volume is not None:
                has_volumes = True
                if attendee_id is not None:
                    volumes[attendee_id] = self._normalized_volume(state.volume)
            if state.signal_strength is not None:
                has_signal_strengths = True
                if attendee_id is not None:
                    signal_strengths[attendee_id] = _normalized_signal_strength(state)
        if not has_volumes and not has_signal_strengths:
            return
        # A callback may cause further frames to be handled; the walk is over those who are known now.
        for _, (attendee_id, external_user_id) in sorted(self._streams.items()):
            self._controller.realtime_update_volume_indicator(
                attendee_id,
                volumes.get(attendee_id, _IMPLICIT_VOLUME) if has_volumes else None,
                None,
                signal_strengths.get(attendee_id, _IMPLICIT_SIGNAL_STRENGTH)
                if has_signal_strengths
                else None,
                external_user_id,
            )

    def _handle_join(self, stream: AudioStreamIdInfo, position: PositionInFrame) -> None:
        external_user_id = stream.external_user_id or stream.attendee_id
        self._streams[stream.audio_stream_id] = (stream.attendee_id, external_user_id)
        self._controller.realtime_set_attendee_id_presence(
            stream.attendee_id, True, external_user_id, False, position
        )

    def _handle_mute(self, stream_id: int, muted: bool) -> None:
        if stream_id in self._streams:
            attendee_id, external_user_id = self._streams[stream_id]
            self._controller.realtime_update_volume_indicator(
                attendee_id, None, muted, None, external_user_id
            )

    def _handle_leave(self, stream: AudioStreamIdInfo, position: PositionInFrame) -> int:
        """Forgets a stream; how many changes of presence that was."""
        self._warned_stream_ids.discard(stream.audio_stream_id)
        attendee_id, external_user_id = self._streams.pop(stream.audio_stream_id, (None, None))
        if attendee_id is None:
            return 0
        # The service hands out rising ids, so only a higher one can be where the attendee has moved to.
        if any(
            other_id > stream.audio_stream_id and other_attendee_id == attendee_id
            for other_id, (other_attendee_id, _) in self._streams.items()
        ):
            return 0
        self._controller.realtime_set_attendee_id_presence(
            attendee_id, False, external_user_id, stream.dropped, position
        )
        return 1

    def _forget_who_is_not_named(self, info: AudioStreamIdInfoReceived) -> None:
        # The SDK reports an attendee of two streams twice here and counts the letters of an id as attendees in the frame;
        # we report once, and count the attendees.
        named = {stream.attendee_id for stream in info.streams}
        gone: dict[str, str] = {}
        for stream_id, (attendee_id, external_user_id) in sorted(self._streams.items()):
            if attendee_id not in named:
                gone[attendee_id] = external_user_id
                del self._streams[stream_id]
                self._warned_stream_ids.discard(stream_id)
        # The service may name this client a little later than the others.
        gone_index = {attendee_id: index for index, attendee_id in enumerate(gone)}
        for attendee_id, external_user_id in gone.items():
            if attendee_id != self._self_attendee_id:
                self._controller.realtime_set_attendee_id_presence(
                    attendee_id,
                    False,
                    external_user_id,
                    False,
                    PositionInFrame(gone_index[attendee_id], len(gone)),
                )

    def _attendee_id(self, stream_id: int) -> str | None:
        if stream_id == 0:
            return None  # nobody: lets a service say that all are silent
        if stream_id in self._streams:
            return self._streams[stream_id][0]
        if stream_id not in self._warned_stream_ids and len(self._warned_stream_ids) < _MAX_WARNINGS:
            self._warned_stream_ids.add(stream_id)
            logger.warning("a volume came for audio stream %d, which nobody is known to have", stream_id)
        return None

    def _normalized_volume(self, volume: int) -> float:
        # Exactly the reference's arithmetic, so that the doubles are the same.
        decibels = -volume
        span = self._min_volume_decibels - self._max_volume_decibels
        return min(max(1.0 - (decibels - self._max_volume_decibels) / span, 0.0), 1.0)


def _normalized_signal_strength(state: AudioAttendeeState) -> float:
    assert state.signal_strength is not None
    return min(max(state.signal_strength / _MAX_SIGNAL_STRENGTH_LEVELS, 0.0), 1.0)
