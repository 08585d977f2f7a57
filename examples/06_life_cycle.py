"""Use case 6: be told of the life cycle, by an observer and by an iterator."""

import asyncio

from chime_native import MeetingSession, MeetingSessionConfiguration, MeetingSessionStatus
from chime_native.session.events import AudioVideoDidStart, AudioVideoDidStartConnecting, AudioVideoDidStop
from local_meeting import local_meeting


class Observer:
    """Methods are optional; these are all of the life cycle."""

    def audio_video_did_start_connecting(self, reconnecting: bool) -> None:
        print("observer: connecting again" if reconnecting else "observer: connecting")

    def audio_video_did_start(self) -> None:
        print("observer: started")

    def audio_video_did_stop(self, status: MeetingSessionStatus) -> None:
        print(f"observer: stopped: {status}")


async def main() -> None:
    async with (
        local_meeting("ada") as (meeting, (ada,)),
        MeetingSession(MeetingSessionConfiguration(meeting, ada)) as session,
        session.events() as events,
    ):
        session.audio_video.add_observer(Observer())
        session.audio_video.start()
        async for event in events:
            match event:
                case AudioVideoDidStartConnecting():
                    print("iterator: connecting")
                case AudioVideoDidStart():
                    print("iterator: started")
                    session.audio_video.stop()
                case AudioVideoDidStop(status=status):
                    print(f"iterator: stopped: {status.status_code.name}")


if __name__ == "__main__":
    asyncio.run(main())
