"""Data messages: small texts or JSON to everybody in the meeting, on a topic."""

import asyncio

from chime_native import MeetingSession
from local_meeting import local_meeting


async def main() -> None:
    async with (
        local_meeting("ada", "bob") as (meeting, (ada, bob)),
        MeetingSession.join(meeting, ada) as ada_session,
        MeetingSession.join(meeting, bob) as bob_session,
        bob_session.audio_video.data("chat") as messages,
    ):
        ada_session.audio_video.realtime_send_data_message("chat", "hello")
        # With a lifetime the service keeps it for those who come later.
        ada_session.audio_video.send_data("chat", {"hand": "raised"}, lifetime_ms=60_000)
        message = await anext(messages)
        print(f"{message.sender_external_user_id}: {message.text()}")
        message = await anext(messages)
        print(f"{message.sender_external_user_id}: {message.json()}")


if __name__ == "__main__":
    asyncio.run(main())
