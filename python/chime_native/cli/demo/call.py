"""The demo's call: the local service, a meeting made through boto3, and two attendees."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chime_native.cli.demo.timeline import Sample, Timeline
from chime_native.devices import FileSource, WavFileSink
from chime_native.rtc import Impairment
from chime_native.service import LocalService
from chime_native.session import MeetingSession, MeetingSessionConfiguration

__all__ = ["DemoCall"]


class _Recorder(WavFileSink):
    """Knows when its recording began, so that the time line has the recording's clock."""

    began: float | None = None

    def write(self, pcm: NDArray[np.int16]) -> None:
        if self.began is None:
            self.began = time.monotonic()
        super().write(pcm)

    @property
    def now(self) -> float:
        """Seconds of recording."""
        return 0.0 if self.began is None else time.monotonic() - self.began


_SAMPLE_EVERY_S = 0.1
_LEAD_S = 1.0
"""Quiet at the beginning: the jitter buffer and the loss statistics of both ends settle."""
_TAIL_S = 1.0
"""Long enough for what is under way when the speech ends to be heard."""


@dataclass
class DemoCall:
    """Runs the call once; afterwards the recording is in `recording`, the rest in the attributes."""

    speech: Path
    out: Path
    loss: float
    jitter_ms: float
    seed: int
    state: str = "starting"
    timeline: Timeline = field(default_factory=Timeline)
    receiver: dict[str, Any] = field(default_factory=dict)
    """Bob's receive statistics at the end."""
    network: dict[str, Any] = field(default_factory=dict)
    """What Bob's impaired network did to the packets."""
    join_ms: dict[str, float] = field(default_factory=dict)
    _volume: float = 0.0

    @property
    def recording(self) -> Path:
        return self.out / "bob.wav"

    async def run(self) -> None:
        source = await FileSource.open(self.speech)
        async with LocalService() as service:
            self.state = "making a meeting"
            meeting, attendees = await asyncio.to_thread(self._make_meeting, service)
            alice = MeetingSession(MeetingSessionConfiguration(meeting, attendees["Alice"]))
            impairment = Impairment(loss=self.loss, jitter_ms=self.jitter_ms, seed=self.seed)
            bob = MeetingSession(
                MeetingSessionConfiguration(meeting, attendees["Bob"]), impairment=impairment
            )
            await self._talk(alice, bob, source)

    @staticmethod
    def _make_meeting(service: LocalService) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        client = service.boto3_client()
        meeting = client.create_meeting(
            ClientRequestToken=str(uuid.uuid4()),
            MediaRegion="us-east-1",
            ExternalMeetingId="chime-native demo",
        )
        meeting_id = meeting["Meeting"]["MeetingId"]
        names = ("Alice", "Bob")
        attendees = {n: client.create_attendee(MeetingId=meeting_id, ExternalUserId=n) for n in names}
        return meeting, attendees

    async def _talk(self, alice: MeetingSession, bob: MeetingSession, source: FileSource) -> None:
        bob.audio_video.realtime_subscribe_to_volume_indicator(alice.attendee_id, self._on_volume)
        self.state = "joining"
        recorder = await asyncio.to_thread(_Recorder, self.recording)
        await bob.audio_video.bind_audio_element(recorder)
        async with alice, bob:
            await asyncio.gather(self._join("Alice", alice), self._join("Bob", bob))
            self.state = "settling"
            await asyncio.sleep(_LEAD_S)
            self.state = "speaking"
            await alice.audio_video.start_audio_input(source)
            sampling = asyncio.create_task(self._sample(bob, recorder))
            await source.finished()
            await asyncio.sleep(_TAIL_S)
            sampling.cancel()
            media = bob.stats()["media"]
            self.receiver, self.network = media["audio"]["receiver"], media["impairment"]
            self.state = "leaving"
        self.state = "finished"

    async def _join(self, name: str, session: MeetingSession) -> None:
        began = time.monotonic()
        session.audio_video.start()
        await session.started()
        self.join_ms[name] = 1000 * (time.monotonic() - began)

    def _on_volume(self, _attendee: str, volume: float | None, *_others: object) -> None:
        if volume is not None:
            self._volume = volume

    async def _sample(self, bob: MeetingSession, recorder: _Recorder) -> None:
        while True:
            receiver = bob.stats()["media"]["audio"]["receiver"]
            self.timeline.samples.append(
                Sample(
                    t=recorder.now,
                    volume=self._volume,
                    delay_ms=receiver["current_delay_ms"],
                    packets_received=receiver["packets_received"],
                    packets_lost=receiver["packets_lost"],
                    concealed_ms=receiver["concealed_samples"] / 48,
                    mended_by_red=receiver["recovered_by_red"],
                    mended_by_fec=receiver["recovered_by_fec"],
                )
            )
            await asyncio.sleep(_SAMPLE_EVERY_S)
