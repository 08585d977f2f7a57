"""Names by which the service may be called: a web page whose name points here is none of them."""

from __future__ import annotations

import socket

import aiohttp
import boto3.session
import pytest
from botocore.exceptions import ClientError
from chime_native.service import LocalService, ServiceSettings
from chime_native.service.hosts import HostCheck

ABSENT = "/meetings/00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:8080", True),
        ("127.0.0.1", True),
        ("[::1]:8080", True),
        ("203.0.113.9:8080", True),
        ("localhost:8080", True),
        ("LocalHost", True),
        ("localhost.:8080", True),
        ("chime.localhost:8080", True),
        (f"{socket.gethostname()}:8080", True),
        (f"{socket.gethostname()}.local", True),
        ("Meetings.Example:443", True),
        ("evil.example", False),
        ("evil.example:8080", False),
        ("127.0.0.1.evil.example:8080", False),
        ("localhost.evil.example", False),
        ("notlocalhost", False),
        ("sub.meetings.example", False),
        ("[evil.example]", False),
        ("0x7f000001", False),
        ("", False),
        ("a b/c", False),
        ("user@localhost", False),
        ("localhost:8080:80", False),
    ],
)
def test_which_names_are_the_services_own(host: str, expected: bool) -> None:
    assert HostCheck({"meetings.EXAMPLE"}).allows(host) == expected


@pytest.mark.parametrize("path", ["/", "/console/status", "/metrics", "/healthz", ABSENT, "/control/x"])
async def test_nothing_is_answered_to_a_page_whose_name_points_here(path: str) -> None:
    async with LocalService() as service, aiohttp.ClientSession() as session:
        headers = {"Host": f"evil.example:{service.port}", "Origin": f"http://evil.example:{service.port}"}
        async with session.get(f"{service.url}{path}", headers=headers) as answer:
            assert answer.status == 421
            assert "--allowed-host" in await answer.text()
            assert "Access-Control-Allow-Origin" not in answer.headers
        assert service.store.meetings() == []


def test_boto3_tells_why(chime_service: LocalService) -> None:
    session = boto3.session.Session("key", "secret", region_name="us-east-1")
    client = session.client("chime-sdk-meetings", endpoint_url=chime_service.url)
    client.meta.events.register(
        "before-sign", lambda request, **_: request.headers.add_header("Host", "evil.example")
    )
    with pytest.raises(ClientError, match="not known by the name in the Host header") as caught:
        client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="m1")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 421
    client.close()


async def test_an_allowed_name_is_answered_and_is_in_the_urls() -> None:
    settings = ServiceSettings(allowed_hosts=frozenset({"meetings.example"}))
    async with LocalService(settings=settings) as service, aiohttp.ClientSession() as session:
        body = {"ClientRequestToken": "token", "MediaRegion": "us-east-1", "ExternalMeetingId": "m1"}
        headers = {"Host": "meetings.example:9000"}
        async with session.post(f"{service.url}/meetings", json=body, headers=headers) as answer:
            placement = (await answer.json())["Meeting"]["MediaPlacement"]
        assert placement["SignalingUrl"].startswith("ws://meetings.example:9000/control/")


async def test_where_requests_are_signed_any_name_will_do_but_it_must_be_one() -> None:
    settings = ServiceSettings(credentials={"key": "secret"})
    async with LocalService(settings=settings) as service, aiohttp.ClientSession() as session:
        for host, status in (("meetings.example", 401), ("a b/c", 400)):
            async with session.get(f"{service.url}{ABSENT}", headers={"Host": host}) as answer:
                assert answer.status == status


def test_what_is_no_name_cannot_be_allowed() -> None:
    for name in ("http://x", "x:80", "", "*"):
        with pytest.raises(ValueError, match="is not the name of a host"):
            ServiceSettings(allowed_hosts=frozenset({name}))
