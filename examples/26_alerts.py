"""Use case 26: alerts: the connection is poor or good again, video should be stopped, or may or may not be sent.

Bob's network loses most of what is sent to him; to see that soon, the policy's figures are small.
"""

import asyncio

from chime_native import MeetingSession, MeetingSessionConfiguration
from chime_native.rtc import Impairment
from chime_native.session.events import (
    ConnectionDidBecomeGood,
    ConnectionDidBecomePoor,
    ConnectionDidSuggestStopVideo,
    VideoAvailabilityDidChange,
    VideoSendDidBecomeUnavailable,
)
from local_meeting import local_meeting


class Alerts:
    """The same as observer; every method is optional."""

    def connection_did_become_poor(self) -> None:
        print("observer: the connection is poor")

    def connection_did_become_good(self) -> None:
        print("observer: the connection is good again")

    def connection_did_suggest_stop_video(self) -> None:
        print("observer: without video the sound may recover")

    def video_send_did_become_unavailable(self) -> None:
        print("observer: no more cameras in this meeting")


async def main() -> None:
    async with local_meeting("bob") as (meeting, (bob,)):
        configuration = MeetingSessionConfiguration(meeting, bob)
        policy = configuration.connection_health_policy_configuration
        policy.past_samples_to_consider = 2  # seconds; 15 unless changed
        bad_network = Impairment(loss=0.7, seed=1)
        async with (
            MeetingSession(configuration, impairment=bad_network) as session,
            session.events() as events,
        ):
            session.audio_video.add_observer(Alerts())
            session.audio_video.start()
            async for event in events:
                match event:
                    case VideoAvailabilityDidChange(availability=availability):
                        print("room for a camera:", availability.can_start_local_video)
                    case ConnectionDidBecomePoor() | ConnectionDidSuggestStopVideo():
                        break
                    case ConnectionDidBecomeGood() | VideoSendDidBecomeUnavailable():
                        print(event)
            session.audio_video.stop()
            await session.ended()


if __name__ == "__main__":
    asyncio.run(main())
