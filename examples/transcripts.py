"""Live transcription: what is said, as text. The local service has no engine of its own, and says so."""

import asyncio

from chime_native import MeetingSession
from chime_native.realtime.transcript import Transcript, TranscriptionStatus
from chime_native.service import LocalService


async def main() -> None:
    async with LocalService() as service:
        chime = service.boto3_client()
        meeting = await asyncio.to_thread(
            chime.create_meeting,
            ClientRequestToken="example",
            MediaRegion="us-east-1",
            ExternalMeetingId="example",
        )
        meeting_id = meeting["Meeting"]["MeetingId"]
        ada = await asyncio.to_thread(chime.create_attendee, MeetingId=meeting_id, ExternalUserId="ada")
        async with (
            MeetingSession.join(meeting, ada) as session,
            session.audio_video.transcripts() as transcripts,
        ):
            await asyncio.to_thread(
                chime.start_meeting_transcription,
                MeetingId=meeting_id,
                TranscriptionConfiguration={"EngineTranscribeSettings": {"LanguageCode": "en-US"}},
            )
            async for event in transcripts:
                match event:
                    case TranscriptionStatus(type=kind, message=message):
                        print(f"transcription {kind.value}: {message}")
                        if kind.value == "failed":
                            break
                    case Transcript(results=results):
                        for result in results:
                            print(
                                "partial:" if result.is_partial else "said:",
                                result.alternatives[0].transcript,
                            )


if __name__ == "__main__":
    asyncio.run(main())
