"""Callbacks for live transcription (SDK: ``src/transcript/DefaultTranscriptionController.ts``)."""

from __future__ import annotations

import logging
from collections.abc import Callable

from chime_native.errors import FrameError

from .callbacks import CallbackList
from .controller import RealtimeController
from .data_message import DataMessage
from .transcript import TRANSCRIPTION_DATA_MESSAGE_TOPIC, TranscriptEvent, transcript_events

__all__ = ["TranscriptionController"]

logger = logging.getLogger("chime_native.realtime")


class TranscriptionController:
    """Turns messages of the transcription topic into typed events; listens only while somebody listens to it."""

    def __init__(self, controller: RealtimeController) -> None:
        self._controller = controller
        self._callbacks = CallbackList[TranscriptEvent]()
        self.malformed = 0  # messages of the topic that were no transcripts

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
        try:
            events = transcript_events(message.data)
        except FrameError as error:
            self.malformed += 1
            if self.malformed == 1:
                logger.warning("%s; dropped, and further ones are only counted", error)
            return
        for event in events:
            for callback in self._callbacks:
                callback(event)
