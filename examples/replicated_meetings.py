"""Replicated meetings: watch a meeting from a replica of it, come on stage for a question, and go back.

Attendees of a replica hear and see the primary meeting, and nobody learns of them. With credentials of the primary meeting
one of them is promoted: from then on the same connection takes part in it, as the attendee of those credentials.
"""

import asyncio

from chime_native import MeetingSession
from chime_native.devices import ToneSource
from chime_native.session import MeetingSessionConfiguration, MeetingSessionStatus
from chime_native.session.events import AttendeePresence
from chime_native.session.streams import EventStream
from local_meeting import local_meeting, replica_of


class Watcher:
    def audio_video_was_demoted_from_primary_meeting(self, status: MeetingSessionStatus) -> None:
        print("watcher: watching again,", status)


async def next_of(name: str, presence: EventStream[AttendeePresence]) -> str:
    """What the primary meeting learns next of an attendee."""
    while (event := await anext(presence)).external_user_id != name:
        pass
    return "came on stage" if event.present else "left the stage"


async def main() -> None:
    async with (
        local_meeting("speaker", "guest") as (meeting, (speaker, guest)),
        MeetingSession.join(meeting, speaker) as stage,
        MeetingSession.join(*await replica_of(meeting, "watcher")) as hall,
        stage.audio_video.presence() as presence,
        stage.audio_video.data("questions") as questions,
    ):
        hall.audio_video.add_observer(Watcher())
        await hall.audio_video.start_audio_input(ToneSource(440))
        while not stage.roster:
            await anext(presence)
        print("on stage:", [entry.external_user_id for entry in stage.roster.values()])

        credentials = MeetingSessionConfiguration(meeting, guest).credentials
        assert credentials is not None
        status = await hall.audio_video.promote_to_primary_meeting(credentials)
        print("promoted:", status)
        print("guest", await next_of("guest", presence))
        hall.audio_video.send_data("questions", "may I ask something?")
        question = await anext(questions)
        print(f"{question.sender_external_user_id} asks: {question.text()}")

        hall.audio_video.demote_from_primary_meeting()
        print("guest", await next_of("guest", presence))


if __name__ == "__main__":
    asyncio.run(main())
