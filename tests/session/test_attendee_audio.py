import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from chime_native import MeetingSession
from chime_native.devices import ArraySink, ToneSource
from chime_native.errors import SessionError
from chime_native.session.events import AudioVideoDidStart


async def seconds_of(blocks: AsyncIterator[Any], attendee_id: str, hz: float) -> None:
    """Reads until half a second has this as its strongest frequency."""
    async with asyncio.timeout(30):
        while True:
            read = [await anext(blocks) for _ in range(50)]
            assert {block.attendee_id for block in read} == {attendee_id}
            assert (read[0].sample_rate, read[0].channels, read[0].pcm.shape) == (48000, 1, (480, 1))
            assert [block.time for block in read] == sorted(block.time for block in read)
            pcm = np.concatenate([block.pcm for block in read])[:, 0].astype(float)
            if np.abs(pcm).mean() > 300 and abs(np.argmax(np.abs(np.fft.rfft(pcm))) * 2 - hz) <= 4:
                return


async def test_each_attendee_is_heard_alone_beside_the_mix(meeting: Any, tools: Any) -> None:
    async with (
        MeetingSession(await meeting.configuration("ada")) as ada,
        MeetingSession(await meeting.configuration("bob")) as bob,
        MeetingSession(await meeting.configuration("robot"), per_attendee_audio=True) as robot,
    ):
        mix = ArraySink()
        await robot.audio_video.bind_audio_element(mix)
        for session, hz in ((ada, 440), (bob, 660)):
            await session.audio_video.start_audio_input(ToneSource(hz))
        for session in (ada, bob, robot):
            session.audio_video.start()
            await tools.within(session.started())
        assert robot.per_attendee_audio
        av = robot.audio_video
        async with (
            av.attendee_audio(ada.attendee_id) as ada_alone,
            av.attendee_audio(bob.attendee_id) as bob_alone,
        ):
            await asyncio.gather(
                seconds_of(ada_alone, ada.attendee_id, 440), seconds_of(bob_alone, bob.attendee_id, 660)
            )
            await tools.within(mix.wait_for(1))
            ada.audio_video.muted = True
            async with asyncio.timeout(30):
                while np.abs((await anext(ada_alone)).pcm).max() > 50:
                    pass
            ada.audio_video.muted = False
            await seconds_of(ada_alone, ada.attendee_id, 440)
            # Who comes back has another stream, and is heard again.
            await tools.within(bob.leave())
            bob.audio_video.start()
            await tools.within(bob.started())
            await seconds_of(bob_alone, bob.attendee_id, 660)
        async with asyncio.timeout(30):  # the mix has both
            both = False
            while not both:
                mix.clear()
                pcm = await mix.wait_for(1)
                both = min(tools.level_at(pcm, hz) for hz in (440, 660)) > -10

        # Also over a reconnect.
        async with av.attendee_audio(ada.attendee_id) as ada_alone, robot.events() as events:
            await seconds_of(ada_alone, ada.attendee_id, 440)
            robot._link.connection.signaling._socket.transport.abort()  # type: ignore[union-attr]
            while not isinstance(await tools.within(anext(events)), AudioVideoDidStart):
                pass
            for _ in range(3):  # more than what was queued before
                await seconds_of(ada_alone, ada.attendee_id, 440)


async def test_what_is_not_granted_is_told(meeting: Any, tools: Any) -> None:
    async with MeetingSession(await meeting.configuration("ada")) as session:
        with pytest.raises(SessionError, match="once the session is connected"):
            session.audio_video.attendee_audio("somebody")
        session.audio_video.start()
        await tools.within(session.started())
        assert not session.per_attendee_audio
        with pytest.raises(SessionError, match="the service sends only the mix"):
            session.audio_video.attendee_audio("somebody")


async def test_the_mix_stands_in_where_the_service_grants_nothing(
    local_service: Any, meeting: Any, tools: Any, caplog: pytest.LogCaptureFixture
) -> None:
    local_service.settings = replace(local_service.settings, audio_subscription_limit=0)
    async with (
        MeetingSession(await meeting.configuration("ada")) as ada,
        MeetingSession(await meeting.configuration("bob")) as bob,
        MeetingSession(await meeting.configuration("robot"), per_attendee_audio=True) as robot,
    ):
        await ada.audio_video.start_audio_input(ToneSource(440, level=-20))
        await bob.audio_video.start_audio_input(ToneSource(660, level=-35))
        for session in (ada, bob, robot):
            session.audio_video.start()
            await tools.within(session.started())
        assert not robot.per_attendee_audio
        assert "grants no audio of single attendees" in caplog.text
        with pytest.raises(SessionError, match="allow_mixed"):
            robot.audio_video.attendee_audio(ada.attendee_id)
        async with robot.audio_video.attendee_audio(ada.attendee_id, allow_mixed=True) as blocks:
            await seconds_of(blocks, ada.attendee_id, 440)
            assert (await tools.within(anext(blocks))).mixed
        ada.audio_video.muted = True
        async with robot.audio_video.attendee_audio(bob.attendee_id, allow_mixed=True) as blocks:
            await seconds_of(blocks, bob.attendee_id, 660)
