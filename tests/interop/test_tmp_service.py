import asyncio
import pytest
from browser_harness import tone_amplitude, until
from browser_harness.attendee import Source
from chime_native.service import BackgroundService

async def test_it(open_browser):
    with BackgroundService() as service:
        c = service.boto3_client()
        r = await asyncio.to_thread(c.create_meeting_with_attendees, MediaRegion="us-east-1", ExternalMeetingId="m1", Attendees=[{"ExternalUserId":"alice"},{"ExternalUserId":"bob"}])
        a = await open_browser("alice"); b = await open_browser("bob")
        await a.join({"Meeting": r["Meeting"]}, {"Attendee": r["Attendees"][0]}, source=Source.tone(440, modulated=True), topics=("chat",))
        print(await a.started())
        await b.join({"Meeting": r["Meeting"]}, {"Attendee": r["Attendees"][1]}, source=Source.tone(1000))
        print(await b.started())
        async def heard():
            return tone_amplitude(await b.hear(0.25), 440) > 0.05
        await until(heard, what="440 in b")
        pcm = await b.hear(0.5)
        print("1000 in b", tone_amplitude(pcm, 1000), "440", tone_amplitude(pcm,440))
        await asyncio.sleep(3)
        await asyncio.to_thread(c.delete_meeting, MeetingId=r["Meeting"]["MeetingId"])
        print(await b.event("audio_video_did_stop"))
        print(a.story()[:4000]); print(b.story()[:6000])
        print(service.ingestion.events)
        assert 0
