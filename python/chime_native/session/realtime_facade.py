"""The realtime half of the facade: mute, presence, volume, signal strength, data messages.

Realtime callbacks are plain functions that run at once, in the order of their subscription, while the frame that
caused them is handled; one that raises is logged. None stands for "not changed".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chime_native.realtime.controller import (
    LocalSignalStrengthCallback,
    MuteCallback,
    PresenceCallback,
    VolumeIndicatorCallback,
)
from chime_native.session.events import AttendeePresence, VolumeUpdate
from chime_native.session.streams import EventStream

if TYPE_CHECKING:
    from chime_native.realtime import DataMessage
    from chime_native.session.parts import SessionParts
    from chime_native.session.realtime_link import RealtimeLink

__all__ = ["RealtimeFacade"]


class RealtimeFacade:
    """See :class:`AudioVideoFacade`, which is made of this and of the session's own methods."""

    def __init__(self, parts: SessionParts, link: RealtimeLink) -> None:
        self._parts = parts
        self._link = link
        self._realtime = parts.realtime

    # --- mute ---

    def realtime_mute_local_audio(self) -> None:
        """Sends silence instead of the source, and tells the others. Works before and during a meeting."""
        self._realtime.realtime_mute_local_audio()

    def realtime_unmute_local_audio(self) -> bool:
        """Sends the source again; False when unmuting is not allowed."""
        return self._realtime.realtime_unmute_local_audio()

    def realtime_is_local_audio_muted(self) -> bool:
        """Whether this attendee is muted by the application."""
        return self._realtime.realtime_is_local_audio_muted()

    def realtime_set_can_unmute_local_audio(self, can_unmute: bool) -> None:
        """Allows or forbids unmuting; forbidding does not mute."""
        self._realtime.realtime_set_can_unmute_local_audio(can_unmute)

    def realtime_can_unmute_local_audio(self) -> bool:
        """Whether unmuting is allowed."""
        return self._realtime.realtime_can_unmute_local_audio()

    def realtime_subscribe_to_mute_and_unmute_local_audio(self, callback: MuteCallback) -> None:
        """Calls ``callback(muted)`` after each local mute and unmute."""
        self._realtime.realtime_subscribe_to_mute_and_unmute_local_audio(callback)

    def realtime_unsubscribe_to_mute_and_unmute_local_audio(self, callback: MuteCallback) -> None:
        """Ends such calls."""
        self._realtime.realtime_unsubscribe_to_mute_and_unmute_local_audio(callback)

    def realtime_subscribe_to_set_can_unmute_local_audio(self, callback: MuteCallback) -> None:
        """Calls ``callback(can_unmute)`` when it changes."""
        self._realtime.realtime_subscribe_to_set_can_unmute_local_audio(callback)

    def realtime_unsubscribe_to_set_can_unmute_local_audio(self, callback: MuteCallback) -> None:
        """Ends such calls."""
        self._realtime.realtime_unsubscribe_to_set_can_unmute_local_audio(callback)

    @property
    def muted(self) -> bool:
        """Whether this attendee is muted; may be set. Setting False where unmuting is not allowed has no effect."""
        return self.realtime_is_local_audio_muted()

    @muted.setter
    def muted(self, value: bool) -> None:
        if value:
            self.realtime_mute_local_audio()
        else:
            self.realtime_unmute_local_audio()

    @property
    def can_unmute(self) -> bool:
        """Whether unmuting is allowed; may be set."""
        return self.realtime_can_unmute_local_audio()

    @can_unmute.setter
    def can_unmute(self, value: bool) -> None:
        self.realtime_set_can_unmute_local_audio(value)

    @contextmanager
    def muted_while(self) -> Iterator[None]:
        """Mutes for the time of a ``with`` block, unless muted already."""
        before = self.muted
        self.muted = True
        try:
            yield
        finally:
            if not before:
                self.muted = False

    # --- presence, volume, signal strength ---

    def realtime_subscribe_to_attendee_id_presence(self, callback: PresenceCallback) -> None:
        """Calls ``callback(attendee_id, present, external_user_id, dropped, position)`` when somebody comes or goes.

        Those who are there already are not told again: subscribe before ``start``.
        """
        self._realtime.realtime_subscribe_to_attendee_id_presence(callback)

    def realtime_unsubscribe_to_attendee_id_presence(self, callback: PresenceCallback) -> None:
        """Ends such calls."""
        self._realtime.realtime_unsubscribe_to_attendee_id_presence(callback)

    def realtime_subscribe_to_volume_indicator(
        self, attendee_id: str, callback: VolumeIndicatorCallback
    ) -> None:
        """Calls ``callback(attendee_id, volume, muted, signal_strength, external_user_id)`` when one of them changes.

        Volume and signal strength are 0 to 1; None means not changed. What is known already is told at once, to all
        callbacks of this attendee.
        """
        self._realtime.realtime_subscribe_to_volume_indicator(attendee_id, callback)

    def realtime_unsubscribe_from_volume_indicator(
        self, attendee_id: str, callback: VolumeIndicatorCallback | None = None
    ) -> None:
        """Ends such calls; without a callback, all those of this attendee."""
        self._realtime.realtime_unsubscribe_from_volume_indicator(attendee_id, callback)

    def realtime_subscribe_to_local_signal_strength_change(
        self, callback: LocalSignalStrengthCallback
    ) -> None:
        """Calls ``callback(signal_strength)``, 0 to 1, when the service's view of this attendee's connection changes."""
        self._realtime.realtime_subscribe_to_local_signal_strength_change(callback)

    def realtime_unsubscribe_to_local_signal_strength_change(
        self, callback: LocalSignalStrengthCallback
    ) -> None:
        """Ends such calls."""
        self._realtime.realtime_unsubscribe_to_local_signal_strength_change(callback)

    def presence(self) -> EventStream[AttendeePresence]:
        """An async iterator over who comes and goes; loses nothing (fails when 10,000 behind)."""
        return self._parts.presence.stream()

    def volume(self, attendee_id: str) -> EventStream[VolumeUpdate]:
        """An async iterator over an attendee's volume, mute and signal strength; a slow reader loses the oldest."""
        return self._parts.volumes.stream(lambda update: update.attendee_id == attendee_id)

    def mute_changes(self, attendee_id: str) -> EventStream[VolumeUpdate]:
        """The part of :meth:`volume` in which ``muted`` changed."""
        return self._parts.volumes.stream(
            lambda update: update.attendee_id == attendee_id and update.muted is not None
        )

    def signal_strength(self, attendee_id: str) -> EventStream[VolumeUpdate]:
        """The part of :meth:`volume` in which ``signal_strength`` changed."""
        return self._parts.volumes.stream(
            lambda update: update.attendee_id == attendee_id and update.signal_strength is not None
        )

    # --- fatal errors ---

    def realtime_subscribe_to_fatal_error(self, callback: Callable[[Exception], object]) -> None:
        """Calls ``callback(error)`` when the realtime layer fails, which ends the session with RealtimeApiFailed.

        That is when the audio input cannot be muted and, with ``strict_callbacks``, when a realtime callback raises.
        """
        self._realtime.realtime_subscribe_to_fatal_error(callback)

    def realtime_unsubscribe_to_fatal_error(self, callback: Callable[[Exception], object]) -> None:
        """Ends such calls."""
        self._realtime.realtime_unsubscribe_to_fatal_error(callback)

    # --- data messages ---

    def realtime_send_data_message(self, topic: str, data: object, lifetime_ms: int | None = None) -> None:
        """Sends a message to everybody else in the meeting.

        Args:
            topic: 1 to 36 letters, digits, ``_`` and ``-``.
            data: bytes; a string (sent as UTF-8); or anything that JSON can hold. At most 2048 bytes.
            lifetime_ms: how long the service keeps it for those who come later, at most five minutes.

        Raises:
            ValueError: the topic, the size or the lifetime is not allowed. (The SDK ends the session instead.)
        """
        self._realtime.realtime_send_data_message(topic, data, lifetime_ms)

    def realtime_subscribe_to_receive_data_message(
        self, topic: str, callback: Callable[[DataMessage], object]
    ) -> None:
        """Calls ``callback(message)`` for each message on this topic."""
        self._realtime.realtime_subscribe_to_receive_data_message(topic, callback)

    def realtime_unsubscribe_from_receive_data_message(
        self, topic: str, callback: Callable[[DataMessage], object] | None = None
    ) -> None:
        """Ends such calls; without a callback, all those of this topic (the SDK knows only that)."""
        self._realtime.realtime_unsubscribe_from_receive_data_message(topic, callback)

    def send_data(self, topic: str, data: object, lifetime_ms: int | None = None) -> None:
        """The short name of :meth:`realtime_send_data_message`."""
        self.realtime_send_data_message(topic, data, lifetime_ms)

    def data(self, topic: str | None = None) -> EventStream[DataMessage]:
        """An async iterator over the messages on a topic, or on all; loses nothing (fails when 10,000 behind)."""
        if topic is None:
            return self._parts.messages.stream()
        return self._parts.messages.stream(lambda message: message.topic == topic)
