"""Use case 10: follow the volume of an attendee, and of its content share, which is an attendee of its own."""

import asyncio

from chime_native import MeetingSession
from chime_native.devices import ToneSource
from chime_native.realtime import Modality
from local_meeting import local_meeting


async def main() -> None:
    async with (
        local_meeting("ada", "bob") as (meeting, (ada, bob)),
        MeetingSession.join(meeting, bob) as bob_session,
        MeetingSession.join(meeting, ada) as ada_session,
    ):
        ada_id = ada_session.attendee_id
        heard = asyncio.Event()

        def volume_changed(
            attendee_id: str,
            volume: float | None,  # 0 to 1; None in each of these means: not changed
            muted: bool | None,
            signal_strength: float | None,
            external_user_id: str | None,
        ) -> None:
            what = "content of " if Modality(attendee_id).has_modality(Modality.CONTENT) else ""
            print(f"{what}{external_user_id}: volume {volume}, muted {muted}, signal {signal_strength}")
            if volume:
                heard.set()

        av = bob_session.audio_video
        for attendee_id in (ada_id, Modality(ada_id).with_modality(Modality.CONTENT).id):
            av.realtime_subscribe_to_volume_indicator(attendee_id, volume_changed)
        await ada_session.audio_video.start_audio_input(ToneSource(440, level=-20))
        await heard.wait()
        av.realtime_unsubscribe_from_volume_indicator(ada_id, volume_changed)

        # The short way.
        async with av.volume(ada_id) as updates:
            await ada_session.audio_video.start_audio_input(ToneSource(440, level=-30))
            update = await anext(updates)
            print("softer now:", update.volume)


if __name__ == "__main__":
    asyncio.run(main())
