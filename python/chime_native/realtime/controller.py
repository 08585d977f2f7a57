"""Presence, volume, mute, signal strength and data messages, told to callbacks at once
(SDK: ``src/realtimecontroller/DefaultRealtimeController.ts``)."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .callbacks import CallbackList
from .data_message import DataMessage
from .events import PositionInFrame, VolumeIndicator
from .roster import Roster

__all__ = [
    "LocalAudioInput",
    "LocalSignalStrengthCallback",
    "MuteCallback",
    "PresenceCallback",
    "RealtimeController",
    "VolumeIndicatorCallback",
]

logger = logging.getLogger("chime_native.realtime")

# attendee id, present, external user id, dropped (lost, rather than left), position in the service's frame
PresenceCallback = Callable[[str, bool, str | None, bool, PositionInFrame | None], object]
# attendee id, volume 0 to 1, muted, signal strength 0 / 0.5 / 1, external user id; None: not changed
VolumeIndicatorCallback = Callable[[str, float | None, bool | None, float | None, str | None], object]
MuteCallback = Callable[[bool], object]
LocalSignalStrengthCallback = Callable[[float], object]


class LocalAudioInput(Protocol):
    """What the controller needs of this client's audio input."""

    @property
    def active(self) -> bool:
        """Whether this client sends audio; if not, the service's idea of its mute state stands (it may be a phone)."""

    def set_enabled(self, enabled: bool) -> None:
        """Lets audio through, or sends silence; raises if it cannot."""


@dataclass(slots=True)
class _Indicator:
    volume: float | None = None
    muted: bool | None = None
    signal_strength: float | None = None


class RealtimeController:
    """The state that realtime callbacks are about, and the callbacks.

    It lives as long as the session: stops, starts and reconnects change nothing in it, and an attendee's volume and mute
    state are kept when they leave. Callbacks run inside the call that causes them, in the order of subscription.

    A callback that raises is logged, and the others are served. With ``strict_callbacks`` it is as in the SDK: the rest of
    the event is not served, and the error goes to the fatal-error callbacks, which end the session with
    RealtimeApiFailed. An audio input that cannot be muted is such an error in either case.
    """

    def __init__(self, audio_input: LocalAudioInput, *, strict_callbacks: bool = False) -> None:
        self._audio_input = audio_input
        self._strict = strict_callbacks
        self._local_attendee_id: str | None = None
        self._local_external_user_id: str | None = None
        self._can_unmute = True
        self._muted = False
        self._indicators: defaultdict[str, _Indicator] = defaultdict(_Indicator)
        self._external_user_ids: dict[str, str | None] = {}
        self.roster = Roster(self.volume_indicator)
        self._on_presence = CallbackList[str, bool, str | None, bool, PositionInFrame | None]()
        self._on_volume: dict[
            str, CallbackList[str, float | None, bool | None, float | None, str | None]
        ] = {}
        self._on_mute = CallbackList[bool]()
        self._on_can_unmute = CallbackList[bool]()
        self._on_local_signal_strength = CallbackList[float]()
        self._on_send_data_message = CallbackList[str, object, int | None]()
        self._on_receive_data_message: dict[str, CallbackList[DataMessage]] = {}
        self._on_fatal_error = CallbackList[Exception]()

    # --- who this is ---

    @property
    def local_attendee_id(self) -> str | None:
        """The id of the local attendee, once it is set."""
        return self._local_attendee_id

    def realtime_set_local_attendee_id(self, attendee_id: str, external_user_id: str | None) -> None:
        """Tells which attendee is this client."""
        self._local_attendee_id = attendee_id
        self._local_external_user_id = external_user_id

    # --- presence ---

    def realtime_set_attendee_id_presence(
        self,
        attendee_id: str,
        present: bool,
        external_user_id: str | None,
        dropped: bool,
        position: PositionInFrame | None,
    ) -> None:
        """An attendee is there or gone; every call is told, also a second "there" of somebody who is."""
        if present:
            self._external_user_ids[attendee_id] = external_user_id
        self.roster.set_presence(attendee_id, present, external_user_id)
        self._serve(
            lambda: self._call_all(
                self._on_presence, attendee_id, present, external_user_id, dropped, position
            )
        )

    def realtime_subscribe_to_attendee_id_presence(self, callback: PresenceCallback) -> None:
        """Calls back for each change of presence from now on; those who are there already are not told again."""
        self._on_presence.add(callback)

    def realtime_unsubscribe_to_attendee_id_presence(self, callback: PresenceCallback) -> None:
        """Ends a subscription."""
        self._on_presence.remove(callback)

    # --- mute ---

    def realtime_is_local_audio_muted(self) -> bool:
        """Whether this client is muted."""
        return self._muted

    def realtime_can_unmute_local_audio(self) -> bool:
        """Whether ``realtime_unmute_local_audio`` may unmute."""
        return self._can_unmute

    def realtime_set_can_unmute_local_audio(self, can_unmute: bool) -> None:
        """Allows or forbids unmuting; neither mutes nor tells the service."""
        if self._can_unmute == can_unmute:
            return
        self._can_unmute = can_unmute
        self._serve(lambda: self._call_all(self._on_can_unmute, can_unmute))

    def realtime_mute_local_audio(self) -> None:
        """Silences the input, then says so. If the input cannot be silenced the state stays unmuted: never pretend."""
        if not self._muted:
            self._set_muted(True)

    def realtime_unmute_local_audio(self) -> bool:
        """Lets audio through again; whether this client is unmuted now."""
        if not self._muted:
            return True
        return self._can_unmute and self._set_muted(False)

    def realtime_subscribe_to_mute_and_unmute_local_audio(self, callback: MuteCallback) -> None:
        """Calls back with True when this client is muted, False when unmuted."""
        self._on_mute.add(callback)

    def realtime_unsubscribe_to_mute_and_unmute_local_audio(self, callback: MuteCallback) -> None:
        """Ends a subscription."""
        self._on_mute.remove(callback)

    def realtime_subscribe_to_set_can_unmute_local_audio(self, callback: MuteCallback) -> None:
        """Calls back when unmuting is allowed or forbidden."""
        self._on_can_unmute.add(callback)

    def realtime_unsubscribe_to_set_can_unmute_local_audio(self, callback: MuteCallback) -> None:
        """Ends a subscription."""
        self._on_can_unmute.remove(callback)

    # --- volume and signal strength ---

    def volume_indicator(self, attendee_id: str) -> VolumeIndicator:
        """What is known of an attendee's audio now."""
        state = self._indicators.get(attendee_id)
        return (
            VolumeIndicator(state.volume, state.muted, state.signal_strength) if state else VolumeIndicator()
        )

    def realtime_subscribe_to_volume_indicator(
        self, attendee_id: str, callback: VolumeIndicatorCallback
    ) -> None:
        """Calls back for each change of an attendee's volume, mute state and signal strength.

        What is known already is told at once, to all callbacks of that attendee (as the SDK does).
        """
        self._on_volume.setdefault(attendee_id, CallbackList()).add(callback)
        external_user_id = self._external_user_ids.get(attendee_id)
        self._serve(lambda: self._tell_change(attendee_id, True, True, True, external_user_id))

    def realtime_unsubscribe_from_volume_indicator(
        self, attendee_id: str, callback: VolumeIndicatorCallback | None = None
    ) -> None:
        """Ends a subscription; without a callback all of that attendee, whoever made them."""
        if callback is None:
            self._on_volume.pop(attendee_id, None)
        elif attendee_id in self._on_volume:
            self._on_volume[attendee_id].remove(callback)

    def realtime_update_volume_indicator(
        self,
        attendee_id: str,
        volume: float | None,
        muted: bool | None,
        signal_strength: float | None,
        external_user_id: str | None,
    ) -> None:
        """Takes in what is new of an attendee (None: not told) and tells what has changed by it."""
        if attendee_id == self._local_attendee_id and self._audio_input.active:
            muted = self._muted
        state = self._indicators[attendee_id]
        volume_before, muted_before, signal_before = state.volume, state.muted, state.signal_strength
        if muted is not None and muted != state.muted:
            state.muted = muted
            if muted:
                state.volume = 0.0
        if not state.muted and volume is not None:
            state.volume = volume
            state.muted = False
        if signal_strength is not None:
            state.signal_strength = signal_strength
        volume_changed = state.volume != volume_before
        muted_changed = state.muted is not muted_before
        signal_changed = state.signal_strength != signal_before
        self._serve(
            lambda: self._tell_change(
                attendee_id, volume_changed, muted_changed, signal_changed, external_user_id
            )
        )

    def realtime_subscribe_to_local_signal_strength_change(
        self, callback: LocalSignalStrengthCallback
    ) -> None:
        """Calls back for each change of this client's signal strength; what is known is told at once, to all."""
        self._on_local_signal_strength.add(callback)
        if self._local_attendee_id is not None:
            local_id = self._local_attendee_id
            self._serve(lambda: self._tell_local_signal_strength(local_id, True))

    def realtime_unsubscribe_to_local_signal_strength_change(
        self, callback: LocalSignalStrengthCallback
    ) -> None:
        """Ends a subscription."""
        self._on_local_signal_strength.remove(callback)

    # --- data messages ---

    def realtime_send_data_message(self, topic: str, data: object, lifetime_ms: int | None = None) -> None:
        """Hands a message to who sends it while a session runs (``DataMessageExchange``); it goes nowhere otherwise.

        Raises ``ValueError`` for a message that may not be sent; with strict callbacks that is a fatal error instead.
        """

        def send() -> None:
            for callback in self._on_send_data_message:
                callback(topic, data, lifetime_ms)

        if self._strict:
            self._serve(send)
        else:
            send()

    def realtime_subscribe_to_send_data_message(
        self, callback: Callable[[str, object, int | None], object]
    ) -> None:
        """Calls back with each message to send."""
        self._on_send_data_message.add(callback)

    def realtime_unsubscribe_from_send_data_message(
        self, callback: Callable[[str, object, int | None], object]
    ) -> None:
        """Ends a subscription."""
        self._on_send_data_message.remove(callback)

    def realtime_subscribe_to_receive_data_message(
        self, topic: str, callback: Callable[[DataMessage], object]
    ) -> None:
        """Calls back with each message of a topic."""
        self._on_receive_data_message.setdefault(topic, CallbackList()).add(callback)

    def realtime_unsubscribe_from_receive_data_message(
        self, topic: str, callback: Callable[[DataMessage], object] | None = None
    ) -> None:
        """Ends one subscription of a topic, or all of them (the SDK knows only that)."""
        if callback is None:
            self._on_receive_data_message.pop(topic, None)
        elif topic in self._on_receive_data_message:
            self._on_receive_data_message[topic].remove(callback)

    def realtime_receive_data_message(self, message: DataMessage) -> None:
        """Tells the callbacks of a message's topic; one that raises is logged, and the others are served."""
        for callback in self._on_receive_data_message.get(message.topic, ()):
            try:
                callback(message)
            except Exception:
                logger.exception("a callback for data messages of topic %s raised", message.topic)

    # --- fatal errors ---

    def realtime_subscribe_to_fatal_error(self, callback: Callable[[Exception], object]) -> None:
        """Calls back with what ends the session with RealtimeApiFailed."""
        self._on_fatal_error.add(callback)

    def realtime_unsubscribe_to_fatal_error(self, callback: Callable[[Exception], object]) -> None:
        """Ends a subscription."""
        self._on_fatal_error.remove(callback)

    # --- inside ---

    def _set_muted(self, muted: bool) -> bool:
        def work() -> None:
            self._audio_input.set_enabled(not muted)
            self._muted = muted
            if self._local_attendee_id is not None:
                self.realtime_update_volume_indicator(
                    self._local_attendee_id, None, None, None, self._local_external_user_id
                )
            self._call_all(self._on_mute, muted)

        return self._serve(work)

    def _tell_change(
        self, attendee_id: str, volume: bool, muted: bool, signal_strength: bool, external_user_id: str | None
    ) -> None:
        self._tell_local_signal_strength(attendee_id, signal_strength)
        callbacks = self._on_volume.get(attendee_id)
        if callbacks is None:
            return
        state = self._indicators[attendee_id]
        change = (
            state.volume if volume else None,
            state.muted if muted else None,
            state.signal_strength if signal_strength else None,
        )
        if change != (None, None, None):
            self._call_all(callbacks, attendee_id, *change, external_user_id)

    def _tell_local_signal_strength(self, attendee_id: str, changed: bool) -> None:
        if not changed or attendee_id != self._local_attendee_id:
            return
        signal_strength = self._indicators[attendee_id].signal_strength
        if signal_strength is not None:
            self._call_all(self._on_local_signal_strength, signal_strength)

    def _call_all(self, callbacks: CallbackList[...], *arguments: object) -> None:
        for callback in callbacks:
            if self._strict:
                callback(*arguments)
                continue
            try:
                callback(*arguments)
            except Exception:
                logger.exception("a realtime callback raised")

    def _serve(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except Exception as error:  # noqa: BLE001 — whatever a callback raises becomes a fatal error
            self._tell_fatal_error(error)
            return False
        return True

    def _tell_fatal_error(self, error: Exception) -> None:
        logger.error("fatal realtime error: %s", error)
        try:
            for callback in self._on_fatal_error:
                callback(error)
        except Exception:
            logger.exception("a callback for fatal errors raised")
