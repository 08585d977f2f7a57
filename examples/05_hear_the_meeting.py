"""Use case 5: start a session and hear it. Ada sends a tone; Bob records it to a WAV file and looks at it block by block."""

import asyncio
import tempfile
from pathlib import Path

import numpy as np
from chime_native import MeetingSession
from chime_native.devices import ToneSource, WavFileSink
from local_meeting import local_meeting


async def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="chime-example-"))
    async with (
        local_meeting("ada", "bob") as (meeting, (ada, bob)),
        MeetingSession.join(meeting, ada) as ada_session,
        MeetingSession.join(meeting, bob) as bob_session,
    ):
        await ada_session.audio_video.start_audio_input(ToneSource(440))
        await bob_session.audio_video.bind_audio_element(WavFileSink(folder / "heard.wav"))
        async for block in bob_session.audio_video.audio():
            level = 20 * np.log10(max(float(np.sqrt(np.mean(block.astype(float) ** 2))), 1) / 32768)
            if level > -30:
                print(f"bob hears something at {level:.0f} dBov, in blocks of {block.shape}")
                break
    print(f"recorded to {folder / 'heard.wav'}")


if __name__ == "__main__":
    asyncio.run(main())
