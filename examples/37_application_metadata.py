"""Use case 37: tell the service which application this is."""

import asyncio

from chime_native import ApplicationMetadata, MeetingSession, MeetingSessionConfiguration
from local_meeting import local_meeting


async def main() -> None:
    async with local_meeting("ada") as (meeting, (ada,)):
        configuration = MeetingSessionConfiguration(meeting, ada)
        configuration.application_metadata = ApplicationMetadata.create("example-app", "1.0.0")
        async with MeetingSession(configuration) as session:
            session.audio_video.start()
            await session.started()
            print("joined as", configuration.application_metadata.app_name)


if __name__ == "__main__":
    asyncio.run(main())
