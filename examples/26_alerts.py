"""Use case 26: be told that the connection is poor. Bob's network loses nearly everything; to see it soon, the policy's figures are small."""

import asyncio

from chime_native import MeetingSession, MeetingSessionConfiguration
from chime_native.rtc import Impairment
from chime_native.session.events import ConnectionDidBecomePoor
from local_meeting import local_meeting


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
            session.audio_video.start()
            async for event in events:
                if isinstance(event, ConnectionDidBecomePoor):
                    print("the connection is poor")
                    break


if __name__ == "__main__":
    asyncio.run(main())
