"""Use case 12: who is speaking. Ada's source gets louder and softer, as speech does; a steady tone would not count."""

import asyncio

import numpy as np
from chime_native import MeetingSession
from chime_native.devices import ArraySource
from chime_native.realtime import DefaultActiveSpeakerPolicy
from local_meeting import local_meeting


def speech_like(seconds: int = 10) -> np.ndarray:
    """Noise whose level moves between loud and soft a few times a second."""
    time = np.arange(seconds * 48_000) / 48_000
    level = 0.05 + 0.15 * np.sin(2 * np.pi * 1.3 * time) ** 2
    return np.random.default_rng(1).standard_normal(len(time)) * level


async def main() -> None:
    async with (
        local_meeting("ada", "bob") as (meeting, (ada, bob)),
        MeetingSession.join(meeting, bob) as bob_session,
        bob_session.audio_video.active_speakers() as speakers,
        MeetingSession.join(meeting, ada) as ada_session,
    ):

        def changed(attendee_ids: list[str]) -> None:
            print("callback:", len(attendee_ids), "active")

        bob_session.audio_video.subscribe_to_active_speaker_detector(DefaultActiveSpeakerPolicy(), changed)
        await ada_session.audio_video.start_audio_input(ArraySource(speech_like(), loop=True))
        async for attendee_ids in speakers:
            if ada_session.attendee_id in attendee_ids:
                print("speaking:", bob_session.roster[attendee_ids[0]].external_user_id)
                break


if __name__ == "__main__":
    asyncio.run(main())
