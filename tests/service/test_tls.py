"""https and wss: boto3, a session, and URLs that clients can follow."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
import websockets
from chime_native.errors import ServiceError
from chime_native.service import LocalService, ServiceSettings
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets import Subprotocol


@dataclass
class Certificate:
    cert: str
    key: str


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return Certificate(str(cert_file), str(key_file))


@pytest.fixture
async def service(certificate: Certificate) -> AsyncIterator[LocalService]:
    settings = ServiceSettings(tls_cert=certificate.cert, tls_key=certificate.key)
    async with LocalService(settings=settings) as running:
        yield running


async def test_rest_and_signaling_are_encrypted(service: LocalService, certificate: Certificate) -> None:
    assert service.url.startswith("https://127.0.0.1:")
    client = boto3.client(
        "chime-sdk-meetings",
        endpoint_url=service.url,
        verify=certificate.cert,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    meeting = await asyncio.to_thread(client.create_meeting, MediaRegion="us-east-1", ExternalMeetingId="m1")
    attendee = await asyncio.to_thread(
        client.create_attendee, MeetingId=meeting["Meeting"]["MeetingId"], ExternalUserId="alice"
    )
    client.close()
    placement = meeting["Meeting"]["MediaPlacement"]
    assert placement["SignalingUrl"].startswith("wss://127.0.0.1:")
    assert placement["EventIngestionUrl"].startswith("https://127.0.0.1:")
    trust = ssl.create_default_context(cafile=certificate.cert)
    token = Subprotocol(attendee["Attendee"]["JoinToken"])
    async with websockets.connect(
        placement["SignalingUrl"], ssl=trust, subprotocols=[Subprotocol("_aws_wt_session"), token]
    ) as socket:
        assert socket.subprotocol == "_aws_wt_session"


async def test_plain_http_is_not_answered(service: LocalService) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_a_key_that_is_not_the_certificates_is_refused(certificate: Certificate) -> None:
    settings = ServiceSettings(tls_cert=certificate.cert, tls_key=certificate.cert)
    with pytest.raises(ServiceError, match="cannot use"):
        await LocalService(settings=settings).start()


def test_half_of_a_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match="both tls_cert and tls_key"):
        ServiceSettings(tls_cert="cert.pem")
