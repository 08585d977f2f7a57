import asyncio
from typing import Any

import numpy as np
from chime_native import MeetingSession
from chime_native.devices import ArraySink, ToneSource
from chime_native.rtc import Impairment
from chime_native.session import MeetingSessionStatusCode as Code


class Attendee:
    """A session that sends a tone and listens."""

    def __init__(self, session: MeetingSession, hz: float) -> None:
        self.session = session
        self.av = session.audio_video
        self.hz = hz
        self.heard = ArraySink()

    async def start(self) -> None:
        await self.av.start_audio_input(ToneSource(self.hz))
        await self.av.bind_audio_element(self.heard)
        self.av.start()
        await self.session.started()


async def test_they_hear_each_other_and_not_themselves(meeting: Any, tools: Any) -> None:
    async with (
        MeetingSession(await meeting.configuration("ada")) as ada_session,
        MeetingSession(await meeting.configuration("bob")) as bob_session,
    ):
        ada, bob = Attendee(ada_session, 440), Attendee(bob_session, 660)
        await tools.within(asyncio.gather(ada.start(), bob.start()))
        for listener, speaker in ((ada, bob), (bob, ada)):
            pcm = await tools.hears(listener.heard, speaker.hz)
            assert tools.level_at(pcm, listener.hz) < -25


async def test_mute_volume_presence_and_leave(meeting: Any, tools: Any) -> None:
    async with (
        MeetingSession(await meeting.configuration("ada")) as ada_session,
        MeetingSession(await meeting.configuration("bob")) as bob_session,
    ):
        ada, bob = Attendee(ada_session, 440), Attendee(bob_session, 660)
        ada_id, bob_id = ada_session.attendee_id, bob_session.attendee_id
        async with ada.av.presence() as presence, ada.av.volume(bob_id) as volumes:
            await tools.within(asyncio.gather(ada.start(), bob.start()))
            came = {(await tools.within(anext(presence))).attendee_id for _ in range(2)}
            assert came == {ada_id, bob_id}
            while not (await tools.within(anext(volumes))).volume:
                pass
            assert ada_session.roster[bob_id].external_user_id == "bob"
            await tools.hears(ada.heard, 660)

            bob.av.realtime_mute_local_audio()
            while (await tools.within(anext(volumes))).muted is not True:
                pass
            assert ada_session.roster[bob_id].volume == 0
            async with asyncio.timeout(30):
                quiet = False
                while not quiet:
                    ada.heard.clear()
                    quiet = np.abs(await ada.heard.wait_for(0.5)).max() < 50
            assert bob.av.realtime_unmute_local_audio()
            while (await tools.within(anext(volumes))).muted is not False:
                pass
            await tools.hears(ada.heard, 660)

            await tools.within(bob_session.leave())
            gone = await tools.within(anext(presence))
            assert (gone.attendee_id, gone.present, gone.dropped) == (bob_id, False, False)
            assert list(ada_session.roster) == [ada_id]


async def test_a_lossy_network(meeting: Any, tools: Any) -> None:
    impairment = Impairment(loss=0.1, jitter_ms=10, seed=7)
    async with (
        MeetingSession(await meeting.configuration("ada")) as ada_session,
        MeetingSession(await meeting.configuration("bob"), impairment=impairment) as bob_session,
    ):
        ada, bob = Attendee(ada_session, 440), Attendee(bob_session, 660)
        await tools.within(asyncio.gather(ada.start(), bob.start()))
        await tools.hears(bob.heard, 440)
        await tools.hears(ada.heard, 660)
        assert bob_session.stats()["media"]["impairment"]["in"]["packets_lost"] > 0


async def test_data_messages_reach_the_others_and_late_joiners(meeting: Any, tools: Any) -> None:
    async with MeetingSession(await meeting.configuration("ada")) as ada:
        ada.audio_video.start()
        await tools.within(ada.started())
        async with (
            MeetingSession(await meeting.configuration("bob")) as bob,
            bob.audio_video.data("chat") as messages,
        ):
            bob.audio_video.start()
            await tools.within(bob.started())
            ada.audio_video.send_data("chat", "now")
            ada.audio_video.send_data("chat", "kept", lifetime_ms=60_000)
            assert [(await tools.within(anext(messages))).text() for _ in range(2)] == ["now", "kept"]
        async with (
            MeetingSession(await meeting.configuration("eve")) as eve,
            eve.audio_video.data("chat") as messages,
        ):
            eve.audio_video.start()
            message = await tools.within(anext(messages))
            assert (message.text(), message.sender_external_user_id) == ("kept", "ada")


async def test_the_ways_in_which_a_meeting_ends(meeting: Any, tools: Any) -> None:
    ada_configuration = await meeting.configuration("ada")
    async with (
        MeetingSession(ada_configuration) as first,
        MeetingSession(ada_configuration) as second,
        MeetingSession(await meeting.configuration("bob")) as bob,
        MeetingSession(await meeting.configuration("eve")) as eve,
    ):
        for session in (first, bob, eve):
            session.audio_video.start()
            await tools.within(session.started())
        second.audio_video.start()
        await tools.within(second.started())
        assert (await tools.within(first.ended())).status_code is Code.AUDIO_JOINED_FROM_ANOTHER_DEVICE
        await meeting.call("delete_attendee", AttendeeId=bob.attendee_id)
        assert (await tools.within(bob.ended())).status_code is Code.AUDIO_ATTENDEE_REMOVED
        await meeting.call("delete_meeting")
        for session in (second, eve):
            assert (await tools.within(session.ended())).status_code is Code.MEETING_ENDED
