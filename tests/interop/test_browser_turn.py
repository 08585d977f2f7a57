"""The real SDK with nothing but a relay: coturn, with credentials that the service makes."""

import pytest
from interop_harness import Meeting, PythonAttendee, ServiceProcess, Source, Tone, TurnRelay, hears

pytestmark = pytest.mark.browser

PYTHON_HZ, BROWSER_HZ = 440, 880


async def test_a_browser_and_python_hear_each_other_through_the_relay_alone(open_browser, tmp_path):
    browser = await open_browser("browser")
    async with TurnRelay(tmp_path) as relay:
        options = ("--turn-uri", relay.uri, "--turn-secret-file", str(relay.secret_file))
        with ServiceProcess(tmp_path / "serve.log", options=options) as service:
            client = service.boto3_client()
            meeting = await Meeting.create(client, "relayed")
            attendee = await meeting.attendee("python")
            async with PythonAttendee("python", meeting.response, attendee, source=Tone(PYTHON_HZ)) as python:
                await browser.join(
                    meeting.response, await meeting.attendee("browser"), source=Source.tone(BROWSER_HZ)
                )
                await browser.started()
                await python.started()
                await hears(browser, PYTHON_HZ, absent=[BROWSER_HZ])
                await hears(python, BROWSER_HZ, absent=[PYTHON_HZ])
                entries = {entry["id"]: entry for entry in await browser.call("statistics")}
                offered = [entry for entry in entries.values() if entry["type"] == "local-candidate"]
                assert {candidate["candidateType"] for candidate in offered} == {"relay"}
                (transport,) = [entry for entry in entries.values() if entry["type"] == "transport"]
                pair = entries[transport["selectedCandidatePairId"]]
                assert entries[pair["localCandidateId"]]["port"] in relay.ports
                # Hanging up through the relay is heard, too.
                await browser.leave()
                await python.event("presence", attendee_id=browser.attendee_id, present=False)
            client.close()
