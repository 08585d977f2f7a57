"""Live transcription: from sound to transcripts in the Python session, and recognisers on their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable, Mapping
from importlib.resources import files
from itertools import pairwise
from typing import Any

import av
import numpy as np
import pytest
from chime_native import MeetingSession
from chime_native.devices import ToneSource
from chime_native.errors import ConfigurationError
from chime_native.realtime.transcript import Transcript, TranscriptionStatus, TranscriptionStatusType
from chime_native.service import LocalService, ServiceSettings
from chime_native.service.transcribers import Phrase, Word, echo, load_transcriber, pocketsphinx
from chime_native.service.transcribing import MAX_WAITING, Speaker, Transcription
from chime_native.signaling.messages import SdkTranscriptFrame
from numpy.typing import NDArray

ENGLISH: Mapping[str, Any] = {"EngineTranscribeSettings": {"LanguageCode": "en-US"}}


@pytest.fixture
async def service() -> AsyncIterator[LocalService]:
    async with LocalService(settings=ServiceSettings(transcriber=echo)) as running:
        yield running


async def test_a_session_gets_transcripts_of_another(service: LocalService) -> None:
    client = service.boto3_client()
    meeting = await asyncio.to_thread(client.create_meeting, MediaRegion="us-east-1", ExternalMeetingId="m1")
    meeting_id = meeting["Meeting"]["MeetingId"]
    attendees = [
        await asyncio.to_thread(client.create_attendee, MeetingId=meeting_id, ExternalUserId=name)
        for name in ("alice", "bob")
    ]
    async with (
        MeetingSession.join(meeting, attendees[0]) as alice,
        MeetingSession.join(meeting, attendees[1]) as bob,
    ):
        events = bob.audio_video.transcripts()
        await alice.audio_video.start_audio_input(ToneSource(440))
        await asyncio.to_thread(
            client.start_meeting_transcription, MeetingId=meeting_id, TranscriptionConfiguration=ENGLISH
        )
        partial = False
        async with asyncio.timeout(60):
            async for event in events:
                if isinstance(event, TranscriptionStatus):
                    assert event.type is TranscriptionStatusType.STARTED
                    continue
                assert isinstance(event, Transcript)
                (result,) = event.results
                partial = partial or result.is_partial
                (alternative,) = result.alternatives
                if not result.is_partial and alternative.transcript == "sound at 440 Hz":
                    break
        assert partial
        assert alternative.items[0].attendee.attendee_id == attendees[0]["Attendee"]["AttendeeId"]
        assert alternative.items[0].attendee.external_user_id == "alice"
        assert result.end_time_ms - result.start_time_ms == 500
        await asyncio.to_thread(client.stop_meeting_transcription, MeetingId=meeting_id)
        async with asyncio.timeout(60):
            async for event in events:
                if isinstance(event, TranscriptionStatus):
                    assert event.type is TranscriptionStatusType.STOPPED
                    break
    client.close()


class Slow:
    """Takes no block until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        self.taken: list[int] = []
        self.closed = False

    def push(self, attendee_id: str, pcm: NDArray[np.int16], start_ms: int) -> Iterable[Phrase]:
        self.begun.set()
        self.go.wait(30)
        self.taken.append(int(pcm[0]))
        if len(self.taken) == 1:
            raise RuntimeError("the recogniser's own trouble")
        return (Phrase(0, (Word(attendee_id, start_ms, start_ms + 100),)),)

    def close(self) -> None:
        self.closed = True


async def test_a_slow_recogniser_loses_the_oldest_sound_and_one_that_raises_goes_on() -> None:
    slow, sent, last = Slow(), [], asyncio.Event()

    def send(frame: SdkTranscriptFrame) -> None:
        sent.append(frame)
        if len(sent) == MAX_WAITING:
            last.set()

    transcription = Transcription(slow, send)
    alice = Speaker("a-1", "alice")
    transcription.push(alice, np.full(1600, 0, np.int16))
    await asyncio.to_thread(slow.begun.wait, 30)
    for number in range(1, MAX_WAITING + 11):
        transcription.push(alice, np.full(1600, number, np.int16))
    assert transcription.blocks_dropped == 10
    slow.go.set()
    async with asyncio.timeout(60):
        await last.wait()
    await transcription.close()
    assert slow.closed
    assert slow.taken == [0, *range(11, MAX_WAITING + 11)]
    assert (
        sent[0].events[0].transcript.results[0].alternatives[0].items[0].speaker_external_user_id == "alice"
    )


async def test_a_transcriber_that_cannot_be_made_fails_with_its_reason(desk: Any) -> None:
    seen: list[Any] = []
    meeting = desk.meeting()
    live = desk.service._live_meeting(meeting)
    live.transcription_changed = lambda *said: seen.append((said[0], said[-1]))
    live.start_transcription({"EngineTranscribeSettings": {"LanguageCode": "fr-FR"}}, pocketsphinx)
    assert seen == [(5, "PocketSphinx has no model for fr-FR, only for en-US")]


@pytest.mark.parametrize("name", ["nowhere:function", "chime_native.errors:nothing", ":", "missing"])
def test_a_name_that_names_no_transcriber_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="there is no transcriber"):
        load_transcriber(name)


def test_names_without_a_module_are_the_packages_own() -> None:
    assert load_transcriber("echo") is echo
    assert load_transcriber("chime_native.service.transcribers:echo") is echo


def test_pocketsphinx_hears_english() -> None:
    path = files("chime_native") / "assets" / "speech.flac"
    resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
    with av.open(str(path)) as container:
        frames = [frame for item in container.decode(audio=0) for frame in resampler.resample(item)]
    pcm = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])[: 8 * 16_000].astype(np.int16)
    pcm = np.concatenate([pcm, np.zeros(16_000, np.int16)])
    transcriber = pocketsphinx(ENGLISH)
    phrases: list[Phrase] = []
    for at in range(0, len(pcm) - 1599, 1600):
        phrases += transcriber.push("a", pcm[at : at + 1600], at // 16)
    transcriber.close()
    words = [word for phrase in phrases for word in phrase.words]
    assert len(words) >= 8
    assert all(a.start_ms <= b.start_ms for a, b in pairwise(words))
