"""Use case 11: follow only the mute state of an attendee, or only its signal strength.

By callback these are the volume indicator's arguments that are not None; the iterators give such changes alone.
"""

import asyncio

from chime_native import MeetingSession
from chime_native.rtc import Impairment
from local_meeting import local_meeting


async def main() -> None:
    bad_network = Impairment(loss=0.3, seed=1)
    async with (
        local_meeting("ada", "bob") as (meeting, (ada, bob)),
        MeetingSession.join(meeting, bob) as bob_session,
        MeetingSession.join(meeting, ada, impairment=bad_network) as ada_session,
    ):
        ada_id = ada_session.attendee_id
        av = bob_session.audio_video

        def changed(
            _attendee_id: str,
            _volume: float | None,
            muted: bool | None,
            signal: float | None,
            _user: str | None,
        ) -> None:
            if muted is not None:
                print("callback: muted", muted)
            if signal is not None:
                print("callback: signal strength", signal)

        av.realtime_subscribe_to_volume_indicator(ada_id, changed)
        async with av.mute_changes(ada_id) as mutes, av.signal_strength(ada_id) as strengths:
            ada_session.audio_video.muted = True
            while not (await anext(mutes)).muted:
                pass
            print("iterator: muted")
            while (await anext(strengths)).signal_strength == 1:
                pass
            print("iterator: the signal is weak")


if __name__ == "__main__":
    asyncio.run(main())
