"""Before a meeting: are devices and network ready for it? (SDK: the meeting readiness checker.)

Each check that needs a meeting starts the session and leaves again. Here source and sink are a tone and an array; put your own
in their place.
"""

import asyncio

import numpy as np
from chime_native import MeetingReadinessChecker, MeetingSession, MeetingSessionConfiguration
from chime_native.devices import ArraySink, PatternVideoSource, ToneSource
from chime_native.readiness import CheckNetworkTCPConnectivityFeedback
from local_meeting import local_meeting


async def main() -> None:
    async with (
        local_meeting("ada") as (meeting, (ada,)),
        MeetingSession(MeetingSessionConfiguration(meeting, ada)) as session,
    ):
        checker = MeetingReadinessChecker(session)
        print("audio input:", await checker.check_audio_input(ToneSource(440)))

        heard = ArraySink()

        async def verify() -> bool:
            """With a speaker: ask whoever sits before it. Here: is there any sound?"""
            return bool(np.any(await heard.wait_for(0.3)))

        print("audio output:", await checker.check_audio_output(heard, verify))
        print("video input:", await checker.check_video_input(PatternVideoSource()))
        print("network over UDP:", await checker.check_network_udp_connectivity())

        over_tcp = await checker.check_network_tcp_connectivity()
        if over_tcp is not CheckNetworkTCPConnectivityFeedback.SUCCEEDED:
            print(f"network over TCP: {over_tcp}, because {checker.detail}")

        print("audio:", await checker.check_audio_connectivity(ToneSource(440)))
        print("video:", await checker.check_video_connectivity())  # None: a test pattern
        content = PatternVideoSource(1280, 720)  # None: the screen, with the extra 'screen'
        print("content share:", await checker.check_content_share_connectivity(content))


if __name__ == "__main__":
    asyncio.run(main())
