"""The configuration: errors that say what is missing, and what may be changed afterwards."""

from __future__ import annotations

import pytest
from chime_native.errors import ConfigurationError
from chime_native.session import MeetingSessionConfiguration, MeetingSessionURLs

PLACEMENT = {"AudioHostUrl": "host:3478", "SignalingUrl": "wss://signal.test/1"}
MEETING = {"Meeting": {"MeetingId": "m", "MediaPlacement": PLACEMENT}}
ATTENDEE = {"Attendee": {"AttendeeId": "a", "ExternalUserId": "x", "JoinToken": "secret"}}


def test_a_whole_configuration_can_be_joined_and_hides_its_token() -> None:
    configuration = MeetingSessionConfiguration(MEETING, ATTENDEE)
    configuration.require_joinable()
    assert configuration.connection_timeout_ms == 15_000
    assert configuration.connection_health_policy_configuration.missed_pongs_upper_threshold == 4
    assert "secret" not in repr(configuration)
    assert configuration.credentials is not None
    assert configuration.credentials.to_json() == {"attendeeId": "a", "joinToken": "<redacted>"}


@pytest.mark.parametrize(
    ("meeting", "attendee", "match"),
    [
        ({}, ATTENDEE, "MediaPlacement"),
        ({"Meeting": {"MediaPlacement": []}}, ATTENDEE, "MediaPlacement"),
        ([], ATTENDEE, "CreateMeeting response must be a mapping.*list"),
        (MEETING, "attendee", "CreateAttendee response must be a mapping.*str"),
        ({"Meeting": "m"}, ATTENDEE, "Meeting in the CreateMeeting response.*str"),
        (
            {"Meeting": {"MeetingId": 5, "MediaPlacement": {}}},
            ATTENDEE,
            "MeetingId must be a string, not int",
        ),
        (
            {"MediaPlacement": {}, "MeetingFeatures": {"Video": None}},
            ATTENDEE,
            r"MeetingFeatures\.Video must be a mapping",
        ),
        (MEETING, {"AttendeeId": ["a"]}, "AttendeeId must be a string, not list"),
    ],
)
def test_what_is_no_meeting_or_attendee_is_refused(meeting: object, attendee: object, match: str) -> None:
    with pytest.raises(ConfigurationError, match=match) as caught:
        MeetingSessionConfiguration(meeting, attendee)  # type: ignore[arg-type]
    assert isinstance(caught.value, ValueError)


def test_all_that_is_missing_for_joining_is_named() -> None:
    with pytest.raises(
        ConfigurationError, match=r"Meeting\.MeetingId, .*SignalingUrl, .*AttendeeId, .*JoinToken"
    ):
        MeetingSessionConfiguration().require_joinable()
    attendee = {"Attendee": {"AttendeeId": "a"}}
    with pytest.raises(ConfigurationError, match=r"without Attendee\.JoinToken$"):
        MeetingSessionConfiguration(MEETING, attendee).require_joinable()


def test_urls_are_read_through_their_rewriter() -> None:
    urls = MeetingSessionURLs("host", "wss://a", "https://turn", "https://events")
    urls.url_rewriter = lambda url: url and url.replace("a", "b")
    assert urls.signaling_url == "wss://b"
    urls.signaling_url = "wss://aa"
    urls.audio_host_url = urls.turn_control_url = urls.event_ingestion_url = None
    assert urls.signaling_url == "wss://bb"
    assert urls.audio_host_url is urls.turn_control_url is urls.event_ingestion_url is None
    assert "wss://bb" in repr(urls)


def test_turn_uris() -> None:
    urls = MeetingSessionURLs()
    assert urls.rewrite_turn_uris(["turn:a", "turn:b"]) == ["turn:a", "turn:b"]
    urls.url_rewriter = lambda url: None if url == "turn:a" else url
    assert urls.rewrite_turn_uris(["turn:a", "turn:b"]) == ["turn:b"]
    urls.url_rewriter_multi = lambda uri: [uri, "", f"{uri}?transport=tcp"] if uri == "turn:a" else None
    assert urls.rewrite_turn_uris(["turn:a", "turn:b"]) == ["turn:a", "turn:a?transport=tcp"]
