"""From attendees' sound to transcript frames: one receiver more for each speaker, and a thread for the recogniser."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chime_native._native import audio as engine
from chime_native.rtc import AudioChannel
from chime_native.service.transcribers import SAMPLE_RATE, Phrase, Transcriber
from chime_native.signaling.messages import (
    SdkTranscript,
    SdkTranscriptAlternative,
    SdkTranscriptEvent,
    SdkTranscriptFrame,
    SdkTranscriptItem,
    SdkTranscriptResult,
)

__all__ = ["Speaker", "Transcription", "VoiceTaps"]

logger = logging.getLogger(__name__)

BLOCKS: Final = 10
"""Blocks of 10 ms that the recogniser gets at once."""
MAX_WAITING: Final = 500
"""Such pieces that may wait for a recogniser that is too slow, 50 s of one speaker; then the oldest go."""


@dataclass(frozen=True, slots=True)
class Speaker:
    attendee_id: str
    external_user_id: str


@dataclass(slots=True)
class _Tap:
    channel: AudioChannel
    source: engine.AudioReceiver
    """The channel's receiver when this was made; another one means that the channel was agreed on anew."""
    receiver: engine.AudioReceiver
    blocks: list[NDArray[np.int16]] = field(default_factory=list)


class VoiceTaps:
    """100 ms after 100 ms of everybody who is heard, mono at 16 kHz; driven by the tick of the meeting's media."""

    def __init__(self, deliver: Callable[[int, NDArray[np.int16]], None]) -> None:
        self._deliver = deliver
        self._taps: dict[int, _Tap] = {}

    def set_speaker(self, number: int, channel: AudioChannel, heard: bool) -> None:
        """A connection's audio is up, was agreed on anew, muted or unmuted."""
        tap = self._taps.get(number)
        if tap is not None and heard and tap.source is channel.receiver:
            return
        self.remove(number)
        if heard:
            receiver = channel.tap(sample_rate=SAMPLE_RATE, channels=1)
            self._taps[number] = _Tap(channel, channel.receiver, receiver)

    def remove(self, number: int) -> None:
        if (tap := self._taps.pop(number, None)) is not None:
            tap.channel.untap(tap.receiver)

    def tick(self, now_us: int) -> None:
        for number, tap in self._taps.items():
            tap.blocks.append(tap.receiver.pull(now_us=now_us))
            if len(tap.blocks) == BLOCKS:
                self._deliver(number, np.concatenate(tap.blocks)[:, 0])
                tap.blocks.clear()

    def close(self) -> None:
        for number in tuple(self._taps):
            self.remove(number)


class Transcription:
    """Feeds one transcriber in a thread, and gives frames as it says something. Belongs to the running loop."""

    def __init__(self, transcriber: Transcriber, send: Callable[[SdkTranscriptFrame], None]) -> None:
        self._transcriber = transcriber
        self._send = send
        self._waiting: deque[tuple[Speaker, NDArray[np.int16], int]] = deque(maxlen=MAX_WAITING)
        self._filled = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._run(), name="chime-service-transcribe")
        self.blocks_dropped = 0

    def push(self, speaker: Speaker, pcm: NDArray[np.int16]) -> None:
        """Takes 100 ms that have just been said; never waits."""
        if len(self._waiting) == MAX_WAITING:
            self.blocks_dropped += 1
        self._waiting.append((speaker, pcm, int(time.time() * 1000) - 100))
        self._filled.set()

    async def close(self) -> None:
        """Ends the recogniser, when it has done with what it is at."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.to_thread(self._transcriber.close)

    async def _run(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._waiting:
                speaker, pcm, start_ms = self._waiting.popleft()
                work = asyncio.ensure_future(asyncio.to_thread(self._recognise, speaker, pcm, start_ms))
                try:
                    results = await asyncio.shield(work)
                except asyncio.CancelledError:
                    await asyncio.gather(work, return_exceptions=True)
                    raise
                if results:
                    transcript = SdkTranscript(results=results)
                    self._send(SdkTranscriptFrame(events=[SdkTranscriptEvent(transcript=transcript)]))

    def _recognise(
        self, speaker: Speaker, pcm: NDArray[np.int16], start_ms: int
    ) -> list[SdkTranscriptResult]:
        try:
            phrases: Iterable[Phrase] = self._transcriber.push(speaker.attendee_id, pcm, start_ms)
            return [_result(speaker, phrase) for phrase in phrases if phrase.words]
        except Exception:
            logger.exception("the transcriber raised; it goes on with the next block")
            return []


def _result(speaker: Speaker, phrase: Phrase) -> SdkTranscriptResult:
    items = [
        SdkTranscriptItem(
            content=word.text,
            start_time=word.start_ms,
            end_time=word.end_ms,
            speaker_attendee_id=speaker.attendee_id,
            speaker_external_user_id=speaker.external_user_id,
            type=SdkTranscriptItem.PRONUNCIATION,
            confidence=word.confidence,
            stable=not phrase.is_partial,
        )
        for word in phrase.words
    ]
    return SdkTranscriptResult(
        result_id=f"{speaker.attendee_id}-{phrase.number}",
        channel_id="ch_0",
        is_partial=phrase.is_partial,
        start_time=phrase.words[0].start_ms,
        end_time=phrase.words[-1].end_ms,
        alternatives=[SdkTranscriptAlternative(items=items, transcript=phrase.text)],
    )
