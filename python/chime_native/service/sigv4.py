"""Verifies AWS Signature Version 4 of REST requests (no I/O; the time is passed in).

Canonical form as in AWS's documentation, "Create a signed AWS API request", and as botocore signs: the path is encoded
once more, header values are trimmed and their inner spaces collapsed.
"""

from __future__ import annotations

import configparser
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from os import PathLike
from typing import Final
from urllib.parse import quote

from botocore.utils import normalize_url_path

from chime_native.errors import ConfigurationError
from chime_native.service.errors import Unauthorized

__all__ = ["SigV4Verifier", "SignedRequest", "read_credentials"]

SERVICE: Final = "chime"
"""Signing name of all Amazon Chime SDK services."""
MAX_SKEW_S: Final = 300.0
"""How far the caller's clock may be off, as AWS has it."""

_AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 +"
    r"Credential=(?P<key>[\w.-]{1,128})/(?P<date>\d{8})/(?P<region>[\w-]{1,64})/(?P<service>[\w-]{1,64})/aws4_request, *"
    r"SignedHeaders=(?P<headers>[\w;.-]{1,4096}), *Signature=(?P<signature>[0-9a-f]{64})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What of a request is signed."""

    method: str
    target: str
    """Path and query as they came, still percent-encoded."""
    headers: Mapping[str, str]
    """Must find names whatever their case."""
    body: bytes


class SigV4Verifier:
    """``credentials``: secret access keys by access key id."""

    def __init__(self, credentials: Mapping[str, str]) -> None:
        if not credentials:
            raise ValueError("credentials must hold at least one access key")
        self._credentials = dict(credentials)

    def check(self, request: SignedRequest, unix_time: float) -> None:
        """Raises `Unauthorized` unless the request is signed, now, with one of the credentials."""
        match = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
        if match is None:
            raise Unauthorized("the request is not signed with AWS Signature Version 4")
        secret = self._credentials.get(match["key"])
        if secret is None or match["service"] != SERVICE:
            raise Unauthorized("the request is not signed with known credentials")
        stamp = request.headers.get("X-Amz-Date", "")
        self._check_time(stamp, match["date"], unix_time)
        names = match["headers"].split(";")
        if "host" not in names:
            raise Unauthorized("the signature does not cover the Host header")
        scope = f"{match['date']}/{match['region']}/{SERVICE}/aws4_request"
        digest = hashlib.sha256(_canonical(request, names).encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
        expected = hmac.new(_signing_key(secret, scope), text.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, match["signature"]):
            raise Unauthorized("the signature does not match the request")

    @staticmethod
    def _check_time(stamp: str, date: str, unix_time: float) -> None:
        try:
            signed = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        except ValueError:
            raise Unauthorized("X-Amz-Date is not a time like 20260102T030405Z") from None
        if not stamp.startswith(date) or abs(signed - unix_time) > MAX_SKEW_S:
            raise Unauthorized(
                f"the request was signed at {stamp}, which is more than {MAX_SKEW_S:.0f} s from now"
            )


def read_credentials(path: str | PathLike[str]) -> dict[str, str]:
    """Access keys of every profile in a file in the form of ``~/.aws/credentials``; raises `ConfigurationError`."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with open(path, encoding="utf-8") as file:
            parser.read_file(file)
    except OSError as error:
        raise ConfigurationError(f"cannot read the credentials file {path}: {error.strerror}") from error
    except (configparser.Error, UnicodeDecodeError):
        # Without the parser's words: they quote lines of the file.
        raise ConfigurationError(f"{path} is not in the form of an AWS credentials file") from None
    found: dict[str, str] = {}
    for profile in parser.sections():
        key, secret = parser[profile].get("aws_access_key_id"), parser[profile].get("aws_secret_access_key")
        if key and secret:
            found[key] = secret
    if not found:
        raise ConfigurationError(f"{path} holds no profile with aws_access_key_id and aws_secret_access_key")
    return found


def _canonical(request: SignedRequest, names: list[str]) -> str:
    path, _, query = request.target.partition("?")
    pairs = sorted(pair.partition("=")[::2] for pair in query.split("&") if pair)
    headers = [f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in names]
    return "\n".join(
        [
            request.method,
            quote(normalize_url_path(path), safe="/~"),
            "&".join(f"{name}={value}" for name, value in pairs),
            *headers,
            "",
            ";".join(names),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )


def _signing_key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
