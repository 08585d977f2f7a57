"""The ways in which a page may join, and those in which it may not."""

import pytest
from interop_harness import PythonAttendee, Source, Tone, hears, hears_silence

pytestmark = pytest.mark.browser

PYTHON_HZ, BROWSER_HZ = 440, 880
JOINED_FROM_ANOTHER_DEVICE = 2
MEETING_ENDED = 5
BAD_REQUEST = 11


@pytest.fixture
async def python(meeting):
    """A Python attendee that is there already, with a tone."""
    async with PythonAttendee(
        "python", meeting.response, await meeting.attendee("python"), source=Tone(PYTHON_HZ, modulated=True)
    ) as attendee:
        await attendee.started()
        yield attendee


async def test_joining_muted_sends_nothing(meeting, open_browser, python):
    """A page that mutes first and takes its microphone then sends live audio; the service must not pass it on."""
    browser = await open_browser("browser")
    tone = Source.tone(BROWSER_HZ)
    await browser.join(meeting.response, await meeting.attendee("browser"), source=tone, muted=True)
    await browser.started()
    await python.event("volume", attendee_id=browser.attendee_id, muted=True)
    await hears(browser, PYTHON_HZ)
    await hears_silence(python)
    assert await browser.call("unmute") is True
    await python.event("volume", attendee_id=browser.attendee_id, muted=False)
    await hears(python, BROWSER_HZ)


async def test_listening_only(meeting, open_browser, python):
    browser = await open_browser("browser")
    await browser.join(meeting.response, await meeting.attendee("browser"), source=Source("none"))
    await browser.started()
    await python.event("presence", attendee_id=browser.attendee_id, present=True)
    await hears(browser, PYTHON_HZ)
    await hears_silence(python)
    assert not browser.all("audio_video_did_stop")


@pytest.mark.parametrize(
    ("profile", "arguments"),
    [("fullbandSpeechMono", (False,)), ("fullbandMusicStereo", ())],
    ids=["no redundancy", "stereo"],
)
async def test_audio_profiles(meeting, open_browser, python, profile, arguments):
    browser = await open_browser("browser")
    await browser.join(
        meeting.response,
        await meeting.attendee("browser"),
        source=Source.tone(BROWSER_HZ),
        audio_profile=profile,
        audio_profile_arguments=arguments,
    )
    await browser.started()
    await hears(browser, PYTHON_HZ, absent=[BROWSER_HZ])
    await hears(python, BROWSER_HZ, absent=[PYTHON_HZ])


async def test_capabilities_say_who_is_heard_and_who_hears(meeting, open_browser, python):
    def may(audio):
        return {"Audio": audio, "Video": "None", "Content": "None"}

    browser = await open_browser("browser")
    attendee = await meeting.attendee("browser", Capabilities=may("Receive"))
    await browser.join(meeting.response, attendee, source=Source.tone(BROWSER_HZ))
    await browser.started()
    await hears(browser, PYTHON_HZ)
    await hears_silence(python)

    async def change(audio):
        attendee_id = browser.attendee_id
        await meeting.call("update_attendee_capabilities", AttendeeId=attendee_id, Capabilities=may(audio))

    await change("Send")
    await hears(python, BROWSER_HZ)
    await hears_silence(browser)
    await change("SendReceive")
    await hears(browser, PYTHON_HZ)
    await change("None")
    await hears_silence(python)
    await hears_silence(browser)
    assert not browser.all("audio_video_did_stop")


async def test_the_same_attendee_from_another_page(meeting, open_browser, python):
    first, second = await open_browser("first"), await open_browser("second")
    attendee = await meeting.attendee("browser")
    await first.join(meeting.response, attendee, source=Source.tone(BROWSER_HZ))
    await first.started()
    await python.event("presence", attendee_id=first.attendee_id, present=True)
    place = python.mark()
    await second.join(meeting.response, attendee, source=Source.tone(BROWSER_HZ))
    stopped = await first.event("audio_video_did_stop")
    assert stopped["code"] == JOINED_FROM_ANOTHER_DEVICE
    await second.started()
    await hears(python, BROWSER_HZ)
    await hears(second, PYTHON_HZ)
    assert not python.all("presence", after=place, attendee_id=first.attendee_id, present=False)


async def test_a_page_with_a_wrong_token_is_refused(meeting, open_browser):
    browser = await open_browser("browser")
    attendee = await meeting.attendee("browser")
    attendee["Attendee"]["JoinToken"] = attendee["Attendee"]["JoinToken"][::-1]
    await browser.join(meeting.response, attendee, source=Source("none"))
    assert (await browser.event("audio_video_did_stop"))["code"] == BAD_REQUEST


async def test_a_page_is_too_late_for_a_deleted_meeting(meeting, open_browser):
    browser = await open_browser("browser")
    attendee = await meeting.attendee("browser")
    await meeting.delete()
    await browser.join(meeting.response, attendee, source=Source("none"))
    assert (await browser.event("audio_video_did_stop"))["code"] == MEETING_ENDED


async def test_turning_the_camera_on_and_off_keeps_the_sound(meeting, open_browser, python):
    browser = await open_browser("browser")
    await browser.join(meeting.response, await meeting.attendee("browser"), source=Source.tone(BROWSER_HZ))
    await browser.started()
    for _ in range(2):
        place = browser.mark()
        await browser.call("startVideo", {"colour": "green"})
        await browser.event("video_tile_did_update", after=place, local_tile=True)
        await hears(browser, PYTHON_HZ)
        await hears(python, BROWSER_HZ)
        await browser.call("stopVideo")
        await hears(python, BROWSER_HZ)
    assert len(browser.all("audio_video_did_start_connecting")) == 1


async def test_shared_content_is_heard_by_others_and_not_by_its_presenter(meeting, open_browser, python):
    content_hz = 1320
    browser = await open_browser("browser")
    await browser.join(meeting.response, await meeting.attendee("browser"), source=Source.tone(BROWSER_HZ))
    await browser.started()
    await browser.call("startContentShare", {"colour": "blue", "hz": content_hz})
    await browser.event("content_share_did_start")
    content = f"{browser.attendee_id}#content"
    for one in (python, browser):
        await one.event("presence", attendee_id=content, present=True, external_user_id="browser")
    await hears(python, BROWSER_HZ, content_hz)
    await hears(browser, PYTHON_HZ, absent=[content_hz, BROWSER_HZ])
    await browser.call("stopContentShare")
    await browser.event("content_share_did_stop")
    for one in (python, browser):
        await one.event("presence", attendee_id=content, present=False)
    await hears(python, BROWSER_HZ, absent=[content_hz])
