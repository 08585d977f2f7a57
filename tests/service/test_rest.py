"""chime-sdk-meetings through boto3's own, unmodified client."""

from __future__ import annotations

import http.client
import json
import string
import uuid
from typing import Any

import boto3.session
import pytest
from chime_native.service import BackgroundService, LocalService
from chime_native.service.model import MeetingStore
from chime_native.service.rest import MeetingsApi
from chime_native.service.restjson import RestJsonApi
from chime_native.service.settings import ServiceSettings

ALL = {"Audio": "SendReceive", "Video": "SendReceive", "Content": "SendReceive"}
LISTEN = {"Audio": "Receive", "Video": "Receive", "Content": "Receive"}
ABSENT = "00000000-0000-0000-0000-000000000000"


def create(chime_client: Any, **members: Any) -> dict[str, Any]:
    return chime_client.create_meeting(**{"MediaRegion": "us-east-1", "ExternalMeetingId": "m1"} | members)[
        "Meeting"
    ]


def test_every_operation_of_the_model_is_there() -> None:
    api = MeetingsApi(MeetingStore(), ServiceSettings())
    assert api.operations == set(RestJsonApi("chime-sdk-meetings").model.operation_names)


def test_a_meeting_is_created_and_read_again(chime_client: Any, chime_service: LocalService) -> None:
    made = create(chime_client, MeetingHostId="host", TenantIds=["tenant"])
    assert made == chime_client.get_meeting(MeetingId=made["MeetingId"])["Meeting"]
    host = chime_service.url.removeprefix("http://")
    placement = made["MediaPlacement"]
    assert placement["SignalingUrl"] == f"ws://{host}/control/{made['MeetingId']}"
    assert placement["AudioHostUrl"] == host
    assert made["MeetingArn"].endswith(f":meeting/{made['MeetingId']}")
    assert (made["MeetingHostId"], made["TenantIds"]) == ("host", ["tenant"])
    assert made["MeetingFeatures"]["Attendee"]["MaxCount"] == 250


def test_urls_carry_the_host_name_of_the_caller(chime_service: LocalService) -> None:
    session = boto3.session.Session("key", "secret", region_name="us-east-1")
    client = session.client("chime-sdk-meetings", endpoint_url=f"http://localhost:{chime_service.port}")
    try:
        assert create(client)["MediaPlacement"]["AudioHostUrl"] == f"localhost:{chime_service.port}"
    finally:
        client.close()


def test_the_same_request_token_gives_the_same_meeting(chime_client: Any) -> None:
    token = uuid.uuid4().hex
    first = create(chime_client, ClientRequestToken=token)
    again = create(chime_client, ClientRequestToken=token, ExternalMeetingId="other")
    assert again == first
    chime_client.delete_meeting(MeetingId=first["MeetingId"])
    assert create(chime_client, ClientRequestToken=token)["MeetingId"] == first["MeetingId"]
    with pytest.raises(chime_client.exceptions.NotFoundException):
        chime_client.create_attendee(MeetingId=first["MeetingId"], ExternalUserId="late")


def test_a_meeting_with_attendees_in_one_call(chime_client: Any) -> None:
    response = chime_client.create_meeting_with_attendees(
        MediaRegion="us-east-1",
        ExternalMeetingId="m1",
        Attendees=[{"ExternalUserId": "alice"}, {"ExternalUserId": "bob", "Capabilities": LISTEN}],
    )
    alice, bob = response["Attendees"]
    assert (alice["ExternalUserId"], alice["Capabilities"]) == ("alice", ALL)
    assert (bob["ExternalUserId"], bob["Capabilities"]) == ("bob", LISTEN)
    assert response["Errors"] == []


def test_an_attendee_is_created_once_per_external_user_id(chime_client: Any, meeting_id: str) -> None:
    alice = chime_client.create_attendee(MeetingId=meeting_id, ExternalUserId="Alice")["Attendee"]
    again = chime_client.create_attendee(MeetingId=meeting_id, ExternalUserId="alice")["Attendee"]
    assert again == alice
    assert alice["JoinToken"].isalnum()
    assert (
        chime_client.get_attendee(MeetingId=meeting_id, AttendeeId=alice["AttendeeId"])["Attendee"] == alice
    )


def test_a_batch_of_attendees_reports_what_was_refused(chime_client: Any) -> None:
    meeting = create(chime_client, MeetingFeatures={"Video": {"MaxResolution": "None"}})
    response = chime_client.batch_create_attendee(
        MeetingId=meeting["MeetingId"],
        Attendees=[{"ExternalUserId": "alice"}, {"ExternalUserId": "bob", "Capabilities": ALL}],
    )
    assert [a["ExternalUserId"] for a in response["Attendees"]] == ["alice"]
    assert response["Attendees"][0]["Capabilities"] == ALL | {"Video": "Receive"}
    (error,) = response["Errors"]
    assert (error["ExternalUserId"], error["ErrorCode"]) == ("bob", "BadRequest")


def test_attendees_are_listed_in_pages(chime_client: Any, meeting_id: str) -> None:
    wanted = [f"user{n}" for n in range(5)]
    chime_client.batch_create_attendee(
        MeetingId=meeting_id, Attendees=[{"ExternalUserId": user} for user in wanted]
    )
    listed: list[str] = []
    page = chime_client.list_attendees(MeetingId=meeting_id, MaxResults=2)
    while True:
        listed += [attendee["ExternalUserId"] for attendee in page["Attendees"]]
        if "NextToken" not in page:
            break
        page = chime_client.list_attendees(MeetingId=meeting_id, MaxResults=2, NextToken=page["NextToken"])
    assert listed == wanted


def test_deleted_attendees_and_meetings_are_not_found(chime_client: Any, meeting_id: str) -> None:
    alice = chime_client.create_attendee(MeetingId=meeting_id, ExternalUserId="alice")["Attendee"]
    response = chime_client.delete_attendee(MeetingId=meeting_id, AttendeeId=alice["AttendeeId"])
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 204
    with pytest.raises(chime_client.exceptions.NotFoundException) as caught:
        chime_client.get_attendee(MeetingId=meeting_id, AttendeeId=alice["AttendeeId"])
    assert caught.value.response["Code"] == "NotFound"
    assert caught.value.response["RequestId"] == caught.value.response["ResponseMetadata"]["RequestId"]
    assert alice["AttendeeId"] in caught.value.response["Error"]["Message"]
    assert chime_client.delete_meeting(MeetingId=meeting_id)["ResponseMetadata"]["HTTPStatusCode"] == 204
    for call in (chime_client.get_meeting, chime_client.delete_meeting, chime_client.list_attendees):
        with pytest.raises(chime_client.exceptions.NotFoundException):
            call(MeetingId=meeting_id)


def test_capabilities_change_for_one_and_for_all_others(chime_client: Any, meeting_id: str) -> None:
    people = chime_client.batch_create_attendee(
        MeetingId=meeting_id, Attendees=[{"ExternalUserId": user} for user in ("alice", "bob", "carol")]
    )["Attendees"]
    alice, bob, carol = (person["AttendeeId"] for person in people)
    changed = chime_client.update_attendee_capabilities(
        MeetingId=meeting_id, AttendeeId=alice, Capabilities=LISTEN
    )
    assert changed["Attendee"]["Capabilities"] == LISTEN
    chime_client.batch_update_attendee_capabilities_except(
        MeetingId=meeting_id, ExcludedAttendeeIds=[{"AttendeeId": bob}], Capabilities=LISTEN
    )
    after = chime_client.list_attendees(MeetingId=meeting_id)["Attendees"]
    assert {a["AttendeeId"]: a["Capabilities"] for a in after} == {alice: LISTEN, bob: ALL, carol: LISTEN}
    with pytest.raises(chime_client.exceptions.NotFoundException):
        chime_client.batch_update_attendee_capabilities_except(
            MeetingId=meeting_id, ExcludedAttendeeIds=[{"AttendeeId": ABSENT}], Capabilities=LISTEN
        )


def test_transcription_starts_and_stops(chime_client: Any, meeting_id: str) -> None:
    settings = {"EngineTranscribeSettings": {"LanguageCode": "en-US"}}
    chime_client.start_meeting_transcription(MeetingId=meeting_id, TranscriptionConfiguration=settings)
    chime_client.stop_meeting_transcription(MeetingId=meeting_id)
    with pytest.raises(chime_client.exceptions.UnprocessableEntityException):
        chime_client.stop_meeting_transcription(MeetingId=meeting_id)
    with pytest.raises(chime_client.exceptions.BadRequestException, match="exactly one"):
        chime_client.start_meeting_transcription(MeetingId=meeting_id, TranscriptionConfiguration={})


def test_tags_are_set_listed_and_removed(chime_client: Any) -> None:
    arn = create(chime_client, Tags=[{"Key": "team", "Value": "red"}])["MeetingArn"]
    chime_client.tag_resource(ResourceARN=arn, Tags=[{"Key": "stage", "Value": "test"}])
    both = [{"Key": "team", "Value": "red"}, {"Key": "stage", "Value": "test"}]
    assert chime_client.list_tags_for_resource(ResourceARN=arn)["Tags"] == both
    chime_client.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert chime_client.list_tags_for_resource(ResourceARN=arn)["Tags"] == both[1:]
    more = [{"Key": letter, "Value": ""} for letter in string.ascii_lowercase]
    chime_client.tag_resource(ResourceARN=arn, Tags=more)
    with pytest.raises(chime_client.exceptions.TooManyTagsException) as caught:
        chime_client.tag_resource(
            ResourceARN=arn, Tags=[{"Key": "z" + tag["Key"], "Value": ""} for tag in more]
        )
    assert caught.value.response["ResourceName"] == arn
    with pytest.raises(chime_client.exceptions.ResourceNotFoundException):
        chime_client.list_tags_for_resource(ResourceARN="arn:aws:chime:us-east-1:000000000000:meeting/none")


def test_a_replica_ends_with_its_primary(chime_client: Any) -> None:
    primary = create(chime_client)["MeetingId"]
    replica = create(chime_client, PrimaryMeetingId=primary)
    assert replica["PrimaryMeetingId"] == primary
    with pytest.raises(chime_client.exceptions.BadRequestException, match="replica"):
        create(chime_client, PrimaryMeetingId=replica["MeetingId"])
    with pytest.raises(chime_client.exceptions.BadRequestException, match="PrimaryMeetingId"):
        create(chime_client, PrimaryMeetingId=ABSENT)
    chime_client.delete_meeting(MeetingId=primary)
    with pytest.raises(chime_client.exceptions.NotFoundException):
        chime_client.get_meeting(MeetingId=replica["MeetingId"])


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"ExternalMeetingId": "x" * 65}, r"ExternalMeetingId: has 65 characters, must have at most 64"),
        ({"ExternalMeetingId": "aws:mine"}, r"ExternalMeetingId: the prefix 'aws:' is reserved"),
        ({"ExternalMeetingId": "half^true"}, r"ExternalMeetingId: 'half\^true' does not match the pattern"),
        ({"ClientRequestToken": "no spaces"}, r"ClientRequestToken: .* does not match the pattern"),
        ({"MediaRegion": "everywhere!"}, r"MediaRegion: .* does not match the pattern"),
        ({"TenantIds": ["tenaaaant"]}, r"TenantIds\[0\]: .* does not match the pattern"),
        ({"TenantIds": ["ab"] * 6}, r"TenantIds: has 6 entries, must have at most 5"),
        ({"Tags": [{"Key": "k", "Value": "v" * 257}]}, r"Tags\[0\]\.Value: has 257 characters"),
        ({"MediaPlacementNetworkType": "Ipv9"}, r"'Ipv9' is not one of Ipv4Only, DualStack"),
        (
            {"MeetingFeatures": {"Video": {"MaxResolution": "4K"}}},
            r"MeetingFeatures\.Video\.MaxResolution: '4K' is",
        ),
        ({"MeetingFeatures": {"Attendee": {"MaxCount": 251}}}, r"MaxCount: is 251, must be at most 250"),
        ({"MeetingFeatures": {"Video": {"MaxResolution": "FHD"}}}, r"MaxCount: missing"),
        (
            {"MeetingFeatures": {"Content": {"MaxResolution": "UHD"}, "Attendee": {"MaxCount": 26}}},
            r"MaxCount: is 26",
        ),
    ],
)
def test_what_boto3_does_not_check_is_refused(
    chime_client: Any, members: dict[str, Any], message: str
) -> None:
    with pytest.raises(chime_client.exceptions.BadRequestException, match=message):
        create(chime_client, **members)


@pytest.mark.parametrize(
    ("capabilities", "message"),
    [
        (ALL | {"Audio": "Loud"}, "Capabilities.Audio: 'Loud' is not one of"),
        (ALL | {"Video": "None"}, "Content: SendReceive needs Capabilities.Video"),
        (ALL | {"Video": "Send", "Content": "Receive"}, "Content: Receive needs Capabilities.Video"),
    ],
)
def test_capabilities_that_contradict_each_other_are_refused(
    chime_client: Any, meeting_id: str, capabilities: dict[str, str], message: str
) -> None:
    with pytest.raises(chime_client.exceptions.BadRequestException, match=message):
        chime_client.create_attendee(MeetingId=meeting_id, ExternalUserId="alice", Capabilities=capabilities)


@pytest.mark.parametrize(
    ("call", "members", "message"),
    [
        ("get_meeting", {"MeetingId": "nope"}, "MeetingId: 'nope' does not match"),
        ("get_attendee", {"MeetingId": ABSENT, "AttendeeId": "x#content"}, "AttendeeId: 'x#content'"),
        (
            "list_attendees",
            {"MeetingId": ABSENT, "MaxResults": 101},
            "MaxResults: is 101, must be at most 100",
        ),
        (
            "batch_create_attendee",
            {"MeetingId": ABSENT, "Attendees": [{"ExternalUserId": f"u{n}"} for n in range(101)]},
            "Attendees: has 101 entries",
        ),
    ],
)
def test_malformed_members_are_refused(
    chime_client: Any, call: str, members: dict[str, Any], message: str
) -> None:
    with pytest.raises(chime_client.exceptions.BadRequestException, match=message):
        getattr(chime_client, call)(**members)


@pytest.mark.parametrize("token", ["x", "bm90IG91cnM=", "fDE=", "\u2603"])
def test_page_tokens_of_others_are_refused(chime_client: Any, meeting_id: str, token: str) -> None:
    with pytest.raises(chime_client.exceptions.BadRequestException, match="NextToken"):
        chime_client.list_attendees(MeetingId=meeting_id, NextToken=token)


def raw(
    chime_service: LocalService, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", chime_service.port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.headers["x-amzn-ErrorType"], json.loads(response.read())
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error_type"),
    [
        ("POST", "/meetings", b"{", 400, "BadRequestException"),
        ("POST", "/meetings", b"[]", 400, "BadRequestException"),
        ("POST", "/meetings", b"[" * 100_000, 400, "BadRequestException"),
        ("POST", "/meetings", b"\xff\xfe", 400, "BadRequestException"),
        ("POST", "/meetings", b"{}", 400, "BadRequestException"),
        ("POST", "/meetings", b"x" * (1 << 21), 413, "RequestEntityTooLargeException"),
        ("POST", "/meetings?operation=none-such", b"{}", 404, "UnknownOperationException"),
        ("PATCH", "/meetings", b"{}", 404, "UnknownOperationException"),
        ("GET", "/none-such", b"", 404, "UnknownOperationException"),
        ("GET", "/meetings/%2e%2e/attendees", b"", 400, "BadRequestException"),
        ("GET", f"/meetings/{ABSENT}/attendees?max-results=many", b"", 400, "BadRequestException"),
    ],
)
def test_malformed_requests_are_refused(
    chime_service: LocalService, method: str, path: str, body: bytes, status: int, error_type: str
) -> None:
    answered, found, members = raw(chime_service, method, path, body)
    assert (answered, found) == (status, error_type)
    assert members["Message"]


def test_web_pages_of_other_origins_are_refused(chime_service: LocalService) -> None:
    body = json.dumps(
        {"ClientRequestToken": "t1", "MediaRegion": "us-east-1", "ExternalMeetingId": "m1"}
    ).encode()
    assert raw(chime_service, "POST", "/meetings", body, Origin="http://elsewhere.example")[0] == 403
    assert raw(chime_service, "POST", "/meetings", body, Origin=chime_service.url)[0] == 200


def test_web_pages_of_an_allowed_origin_get_what_they_need() -> None:
    origin = "https://app.example"
    with BackgroundService(settings=ServiceSettings(allowed_origins=frozenset({origin}))) as service:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        connection.request(
            "OPTIONS", "/meetings", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}
        )
        response = connection.getresponse()
        response.read()
        connection.close()
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Origin"] == origin
        assert raw(service, "GET", f"/meetings/{ABSENT}", Origin=origin)[0] == 404
        assert raw(service, "GET", f"/meetings/{ABSENT}", Origin="null")[0] == 403
