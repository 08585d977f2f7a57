"""Callbacks for live transcription (SDK: ``src/transcript/DefaultTranscriptionController.ts``)."""

from __future__ import annotations

from collections.abc import Callable

from .callbacks import CallbackList
from .controller import RealtimeController
from .data_message import DataMessage
from .transcript import TRANSCRIPTION_DATA_MESSAGE_TOPIC, TranscriptEvent, transcript_events

__all__ = ["TranscriptionController"]


class TranscriptionController:
    """Turns messages of the transcription topic into typed events; listens only while somebody listens to it."""

    def __init__(self, controller: RealtimeController) -> None:
        self._controller = controller
        self._callbacks = CallbackList[TranscriptEvent]()

    def subscribe_to_transcript_event(self, callback: Callable[[TranscriptEvent], object]) -> None:
        """Calls back with each event; the same callback counts once."""
        if callback in tuple(self._callbacks):
            return
        self._callbacks.add(callback)
        if len(self._callbacks) == 1:
            self._controller.realtime_subscribe_to_receive_data_message(
                TRANSCRIPTION_DATA_MESSAGE_TOPIC, self._receive
            )

    def unsubscribe_from_transcript_event(self, callback: Callable[[TranscriptEvent], object]) -> None:
        """Ends a subscription. (The SDK's last one drops all callbacks of the topic; this drops only its own.)"""
        self._callbacks.remove(callback)
        if not len(self._callbacks):
            self._controller.realtime_unsubscribe_from_receive_data_message(
                TRANSCRIPTION_DATA_MESSAGE_TOPIC, self._receive
            )

    def _receive(self, message: DataMessage) -> None:
        for event in transcript_events(message.data):
            for callback in self._callbacks:
                callback(event)
