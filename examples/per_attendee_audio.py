"""Per-attendee audio: hear single attendees instead of the mix, for a bot that transcribes who said what.

The wire has fields for it, but no public SDK uses them; the local service grants it. Whether a service does is told by
``session.per_attendee_audio``.
"""

import asyncio

import numpy as np
from chime_native import MeetingSession
from chime_native.devices import ToneSource
from local_meeting import local_meeting


async def pitch(bot: MeetingSession, attendee_id: str) -> float:
    """Listens to one attendee until something is heard; its strongest frequency."""
    async with bot.audio_video.attendee_audio(attendee_id) as blocks:
        while True:
            second = np.concatenate([(await anext(blocks)).pcm[:, 0] for _ in range(100)])
            if np.abs(second).mean() > 500:
                return float(np.argmax(np.abs(np.fft.rfft(second))))


async def main() -> None:
    async with (
        local_meeting("ada", "bob", "bot") as (meeting, (ada, bob, bot)),
        MeetingSession.join(meeting, ada) as ada_session,
        MeetingSession.join(meeting, bob) as bob_session,
        MeetingSession.join(meeting, bot, per_attendee_audio=True) as bot_session,
    ):
        print("granted:", bot_session.per_attendee_audio)
        await ada_session.audio_video.start_audio_input(ToneSource(440))
        await bob_session.audio_video.start_audio_input(ToneSource(660))
        pitches = await asyncio.gather(
            pitch(bot_session, ada_session.attendee_id), pitch(bot_session, bob_session.attendee_id)
        )
        for name, hz in zip(("ada", "bob"), pitches, strict=True):
            print(f"{name} sounds at about {round(hz, -1):.0f} Hz")


if __name__ == "__main__":
    asyncio.run(main())
