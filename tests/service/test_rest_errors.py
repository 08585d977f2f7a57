"""boto3's own classes for what each operation refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from chime_native.service import BackgroundService, ServiceSettings

NOBODY = "00000000-0000-4000-8000-000000000000"
CAPABILITIES = {"Audio": "Send", "Video": "Send", "Content": "Send"}
TRANSCRIBE = {"EngineTranscribeSettings": {"LanguageCode": "en-US"}}
ARN = f"arn:aws:chime:us-east-1:000000000000:meeting/{NOBODY}"

OF_A_MEETING: dict[str, dict[str, Any]] = {
    "get_meeting": {},
    "delete_meeting": {},
    "create_attendee": {"ExternalUserId": "alice"},
    "batch_create_attendee": {"Attendees": [{"ExternalUserId": "alice"}]},
    "get_attendee": {"AttendeeId": NOBODY},
    "delete_attendee": {"AttendeeId": NOBODY},
    "list_attendees": {},
    "update_attendee_capabilities": {"AttendeeId": NOBODY, "Capabilities": CAPABILITIES},
    "batch_update_attendee_capabilities_except": {
        "ExcludedAttendeeIds": [{"AttendeeId": NOBODY}],
        "Capabilities": CAPABILITIES,
    },
    "start_meeting_transcription": {"TranscriptionConfiguration": TRANSCRIBE},
    "stop_meeting_transcription": {},
}
OF_AN_ATTENDEE = ("get_attendee", "delete_attendee", "update_attendee_capabilities")
OF_A_RESOURCE: dict[str, dict[str, Any]] = {
    "list_tags_for_resource": {},
    "tag_resource": {"Tags": [{"Key": "a", "Value": "b"}]},
    "untag_resource": {"TagKeys": ["a"]},
}


def test_these_are_all_operations_that_can_miss_something(chime_client: Any) -> None:
    model = chime_client.meta.service_model
    names = {
        "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
        for name in model.operation_names
    }
    assert names == {*OF_A_MEETING, *OF_A_RESOURCE, "create_meeting", "create_meeting_with_attendees"}


@pytest.mark.parametrize("operation", OF_A_MEETING)
def test_a_meeting_that_is_not_there(chime_client: Any, operation: str) -> None:
    with pytest.raises(chime_client.exceptions.NotFoundException) as caught:
        getattr(chime_client, operation)(MeetingId=NOBODY, **OF_A_MEETING[operation])
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert (response["Error"]["Message"], response["Code"]) == (f"no meeting {NOBODY}", "NotFound")
    assert response["RequestId"] == response["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize("operation", OF_A_MEETING)
def test_an_id_of_no_meeting_is_a_bad_request(chime_client: Any, operation: str) -> None:
    with pytest.raises(chime_client.exceptions.BadRequestException, match="MeetingId"):
        getattr(chime_client, operation)(MeetingId="not-an-id", **OF_A_MEETING[operation])


@pytest.mark.parametrize("operation", OF_AN_ATTENDEE)
def test_an_attendee_that_is_not_there(chime_client: Any, meeting_id: str, operation: str) -> None:
    with pytest.raises(chime_client.exceptions.NotFoundException, match=f"no attendee {NOBODY}"):
        getattr(chime_client, operation)(MeetingId=meeting_id, **OF_A_MEETING[operation])


@pytest.mark.parametrize("operation", OF_A_RESOURCE)
def test_a_resource_that_is_not_there(chime_client: Any, operation: str) -> None:
    with pytest.raises(chime_client.exceptions.ResourceNotFoundException) as caught:
        getattr(chime_client, operation)(ResourceARN=ARN, **OF_A_RESOURCE[operation])
    assert caught.value.response["ResourceName"] == ARN


def test_more_tags_than_a_resource_may_have(chime_client: Any) -> None:
    tags = [{"Key": f"{chr(97 + n // 26)}{chr(97 + n % 26)}", "Value": "v"} for n in range(50)]
    meeting = chime_client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m1", Tags=tags)[
        "Meeting"
    ]
    with pytest.raises(chime_client.exceptions.TooManyTagsException, match="51 on one resource"):
        chime_client.tag_resource(ResourceARN=meeting["MeetingArn"], Tags=[{"Key": "zz", "Value": "v"}])
    chime_client.delete_meeting(MeetingId=meeting["MeetingId"])


def test_what_cannot_be_done_now_is_unprocessable(chime_client: Any, meeting_id: str) -> None:
    with pytest.raises(
        chime_client.exceptions.UnprocessableEntityException, match="no transcription is running"
    ):
        chime_client.stop_meeting_transcription(MeetingId=meeting_id)


def test_what_belongs_to_the_primary_meeting_is_forbidden(chime_client: Any, meeting_id: str) -> None:
    replica = chime_client.create_meeting(
        MediaRegion="us-east-1", ExternalMeetingId="replica", PrimaryMeetingId=meeting_id
    )["Meeting"]["MeetingId"]
    with pytest.raises(chime_client.exceptions.ForbiddenException, match="primary meeting"):
        chime_client.start_meeting_transcription(MeetingId=replica, TranscriptionConfiguration=TRANSCRIBE)
    with pytest.raises(chime_client.exceptions.BadRequestException, match="is a replica itself"):
        chime_client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m1", PrimaryMeetingId=replica)


@contextmanager
def client_of(settings: ServiceSettings, key: str = "local", secret: str = "local") -> Iterator[Any]:
    with BackgroundService(settings=settings) as service:
        client = boto3.client(
            "chime-sdk-meetings",
            endpoint_url=service.url,
            region_name="us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}),
        )
        yield client
        client.close()


def test_limits_are_told() -> None:
    with client_of(ServiceSettings(max_meetings=1, max_attendee_records=1)) as client:
        made = client.create_meeting_with_attendees(
            MediaRegion="us-east-1",
            ExternalMeetingId="m1",
            Attendees=[{"ExternalUserId": "alice"}, {"ExternalUserId": "bob"}],
        )
        (error,) = made["Errors"]
        assert (error["ExternalUserId"], error["ErrorCode"]) == ("bob", "ResourceLimitExceeded")
        with pytest.raises(client.exceptions.LimitExceededException):
            client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m2")
        with pytest.raises(client.exceptions.LimitExceededException):
            client.create_attendee(MeetingId=made["Meeting"]["MeetingId"], ExternalUserId="carol")


def test_too_many_requests_are_throttled() -> None:
    with client_of(ServiceSettings(request_rate=0.001, request_burst=2)) as client:
        client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m1")
        client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m1")
        with pytest.raises(client.exceptions.ThrottlingException):
            client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m1")


@pytest.mark.parametrize(("key", "secret"), [("key", "wrong"), ("unknown", "secret")])
def test_wrong_credentials_are_refused(key: str, secret: str) -> None:
    with client_of(ServiceSettings(credentials={"key": "secret"}), key, secret) as client:
        with pytest.raises(ClientError) as caught:
            client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m1")
        assert isinstance(
            caught.value, client.exceptions.ForbiddenException | client.exceptions.UnauthorizedException
        )
