"""Use cases 10 and 11: follow the volume of an attendee, or only its mute state; by callback and by iterator."""

import asyncio

from chime_native import MeetingSession
from chime_native.devices import ToneSource
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
            _attendee_id: str,
            volume: float | None,  # 0 to 1; None in each of these means: not changed
            muted: bool | None,
            signal_strength: float | None,
            external_user_id: str | None,
        ) -> None:
            print(f"{external_user_id}: volume {volume}, muted {muted}, signal strength {signal_strength}")
            if volume:
                heard.set()

        bob_session.audio_video.realtime_subscribe_to_volume_indicator(ada_id, volume_changed)
        await ada_session.audio_video.start_audio_input(ToneSource(440, level=-20))
        await heard.wait()
        bob_session.audio_video.realtime_unsubscribe_from_volume_indicator(ada_id, volume_changed)

        async with bob_session.audio_video.mute_changes(ada_id) as changes:
            ada_session.audio_video.muted = True
            print("ada muted herself:", (await anext(changes)).muted)


if __name__ == "__main__":
    asyncio.run(main())
