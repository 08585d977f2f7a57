"""Signatures that botocore makes are accepted, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from chime_native.errors import ConfigurationError
from chime_native.service import BackgroundService, ServiceSettings
from chime_native.service.errors import Unauthorized
from chime_native.service.sigv4 import SignedRequest, SigV4Verifier, read_credentials
from multidict import CIMultiDict

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
ARN = "/tags/arn%3Aaws%3Achime%3Aus-east-1%3A1%3Ameeting%2Fm"


def signed(
    method: str, target: str, body: bytes = b"", key: str = KEY, secret: str = SECRET
) -> SignedRequest:
    headers = {"Host": "127.0.0.1:8080", "Content-Type": "application/json", "X-Amz-Note": "two   spaces"}
    request = AWSRequest(method, f"http://127.0.0.1:8080{target}", headers, body)
    SigV4Auth(Credentials(key, secret), "chime", "eu-central-1").add_auth(request)
    return SignedRequest(method, target, CIMultiDict(request.headers.items()), body)


def time_of(request: SignedRequest) -> float:
    from datetime import UTC, datetime

    stamp = datetime.strptime(request.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
    return stamp.replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/meetings/x"),
        ("POST", "/meetings?operation=create-attendees"),
        ("GET", "/meetings/x/attendees?next-token=b%2Fa%3D%3D&max-results=2"),
        ("GET", ARN),
        ("GET", "/a%20b/%C3%A9~x"),
        ("GET", "/"),
    ],
)
@pytest.mark.parametrize("body", [b"", b'{"name": "\xc3\xa9"}'])
def test_what_botocore_signs_is_accepted(method: str, target: str, body: bytes) -> None:
    request = signed(method, target, body)
    SigV4Verifier({"OTHER": "x", KEY: SECRET}).check(request, time_of(request))


@pytest.mark.parametrize(
    "change",
    [
        {"method": "DELETE"},
        {"target": "/meetings/y?a=1"},
        {"target": "/meetings/x?a=2"},
        {"body": b"other"},
    ],
)
def test_what_was_changed_after_signing_is_refused(change: dict[str, Any]) -> None:
    request = signed("GET", "/meetings/x?a=1", b"body")
    parts = {name: getattr(request, name) for name in ("method", "target", "headers", "body")}
    with pytest.raises(Unauthorized, match="does not match"):
        SigV4Verifier({KEY: SECRET}).check(SignedRequest(**parts | change), time_of(request))


def test_changed_headers_are_refused() -> None:
    request = signed("GET", "/meetings/x")
    for name, value in (("Host", "elsewhere"), ("X-Amz-Note", "other"), ("X-Amz-Date", "20200102T030405Z")):
        headers = CIMultiDict(request.headers)
        headers[name] = value
        changed = SignedRequest(request.method, request.target, headers, request.body)
        with pytest.raises(Unauthorized):
            SigV4Verifier({KEY: SECRET}).check(changed, time_of(request))


@pytest.mark.parametrize("late", [301.0, -301.0])
def test_old_and_future_requests_are_refused(late: float) -> None:
    request = signed("GET", "/meetings/x")
    with pytest.raises(Unauthorized, match="300 s"):
        SigV4Verifier({KEY: SECRET}).check(request, time_of(request) + late)


@pytest.mark.parametrize("authorization", ["", "Bearer x", "AWS4-HMAC-SHA256 Credential=x", "\u2603"])
def test_what_is_no_signature_is_refused(authorization: str) -> None:
    request = SignedRequest("GET", "/", CIMultiDict({"Authorization": authorization}), b"")
    with pytest.raises(Unauthorized, match="not signed"):
        SigV4Verifier({KEY: SECRET}).check(request, 0.0)


def test_unknown_keys_and_wrong_secrets_are_refused() -> None:
    for request in (signed("GET", "/", key="NOBODY"), signed("GET", "/", secret="wrong")):
        with pytest.raises(Unauthorized):
            SigV4Verifier({KEY: SECRET}).check(request, time_of(request))
    with pytest.raises(ValueError, match="at least one"):
        SigV4Verifier({})


def test_credentials_are_read_from_every_profile(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text(
        "[default]\naws_access_key_id = A\naws_secret_access_key = 50%secret\n"
        "[other]\naws_access_key_id = B\naws_secret_access_key = s\n[empty]\nregion = x\n"
    )
    assert read_credentials(path) == {"A": "50%secret", "B": "s"}


@pytest.mark.parametrize(
    "content", [b"", b"secret without a section", b"[default]\nregion = x\n", b"\xff\xfe"]
)
def test_credentials_that_cannot_be_read_are_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "credentials"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="credentials") as caught:
        read_credentials(path)
    assert "secret without" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="No such file"):
        read_credentials(tmp_path / "absent")


def test_boto3_signs_in_to_a_service_with_credentials() -> None:
    with BackgroundService(settings=ServiceSettings(credentials={KEY: SECRET})) as service:
        for secret, accepted in ((SECRET, True), ("wrong", False)):
            session = boto3.session.Session(KEY, secret, region_name="us-east-1")
            client = session.client("chime-sdk-meetings", endpoint_url=service.url)
            if accepted:
                arn = client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m1")["Meeting"][
                    "MeetingArn"
                ]
                assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == []
            else:
                with pytest.raises(client.exceptions.UnauthorizedException, match="signature"):
                    client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m1")
            client.close()
        own = service.boto3_client()
        own.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m1")
        own.close()
