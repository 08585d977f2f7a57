"""Where commands get their meeting and their attendee from: two JSON files, or a service."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterator
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from chime_native.errors import ConfigurationError, ServiceError
from chime_native.session import MeetingSessionConfiguration

__all__ = ["configuration_from_files", "create_attendee", "meeting_for_a_while", "read_json_object"]

_REGION = "us-east-1"  # boto3 wants one; a service on this machine has none
_DUMMY_KEY = (
    "chime-native-local"  # boto3 signs every request; the local service does not look at the signature
)
_CONNECT_LIMIT = 5  # seconds
_READ_LIMIT = 15  # seconds


def read_json_object(path: str | PathLike[str]) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        ConfigurationError: the file cannot be read, or holds something else.
    """
    name = fspath(path)
    try:
        content = json.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot read {name}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name} is not JSON: it is not even text") from error
    except ValueError as error:
        raise ConfigurationError(f"{name} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ConfigurationError(f"{name} must hold a JSON object, not {type(content).__name__}")
    return content


def configuration_from_files(meeting_file: str, attendee_file: str) -> MeetingSessionConfiguration:
    """From the JSON bodies of CreateMeeting and CreateAttendee; raises ``ConfigurationError``, naming the file."""
    meeting = read_json_object(meeting_file)
    attendee = read_json_object(attendee_file)
    with _naming(meeting_file):
        MeetingSessionConfiguration(meeting)
    with _naming(attendee_file):
        return MeetingSessionConfiguration(meeting, attendee)


@contextlib.contextmanager
def _naming(file: str) -> Iterator[None]:
    try:
        yield
    except ConfigurationError as error:
        raise ConfigurationError(f"{file}: {error}") from error


def create_attendee(
    api: str, meeting_id: str, external_user_id: str | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Asks the service at ``api`` for a meeting and makes an attendee of it; the two response bodies.

    Blocks while it asks. Uses made-up credentials, so ``api`` must be a local service.

    Raises:
        ConfigurationError: ``api`` is not a URL, or there is no such meeting.
        ServiceError: nothing answers there, or not as a meeting service does.
    """
    with _client(api) as client, _errors(api, meeting_id):
        meeting = client.get_meeting(MeetingId=meeting_id)
        return meeting, _attendee_of(client, meeting_id, external_user_id)


@contextlib.contextmanager
def meeting_for_a_while(
    api: str, external_user_id: str | None = None
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Makes a meeting and an attendee of it in the service at ``api``, and deletes the meeting at the end of the block.

    Blocks while it asks, as :func:`create_attendee`, and raises the same.
    """
    with _client(api) as client:
        with _errors(api):
            name = f"chime-native-{secrets.token_hex(4)}"
            meeting = client.create_meeting(
                ClientRequestToken=secrets.token_hex(16), ExternalMeetingId=name, MediaRegion=_REGION
            )
        meeting_id = meeting["Meeting"]["MeetingId"]
        try:
            with _errors(api, meeting_id):
                attendee = _attendee_of(client, meeting_id, external_user_id)
            yield meeting, attendee
        finally:
            with _errors(api, meeting_id):
                client.delete_meeting(MeetingId=meeting_id)


def _attendee_of(client: Any, meeting_id: str, external_user_id: str | None) -> dict[str, Any]:
    name = external_user_id or f"chime-native-{secrets.token_hex(4)}"
    attendee: dict[str, Any] = client.create_attendee(MeetingId=meeting_id, ExternalUserId=name)
    return attendee


@contextlib.contextmanager
def _client(api: str) -> Iterator[Any]:
    import boto3  # slow to import, and only needed here
    import botocore.config

    try:
        client = boto3.client(
            "chime-sdk-meetings",
            endpoint_url=api,
            region_name=_REGION,
            aws_access_key_id=_DUMMY_KEY,
            aws_secret_access_key=_DUMMY_KEY,
            config=botocore.config.Config(
                connect_timeout=_CONNECT_LIMIT, read_timeout=_READ_LIMIT, retries={"total_max_attempts": 1}
            ),
        )
    except ValueError as error:
        raise ConfigurationError(f"--api must be a URL such as http://127.0.0.1:8080: {error}") from error
    try:
        yield client
    finally:
        client.close()


@contextlib.contextmanager
def _errors(api: str, meeting_id: str = "") -> Iterator[None]:
    """Says what boto3 raises in our words."""
    import botocore.exceptions

    try:
        yield
    except botocore.exceptions.ClientError as error:
        raise _refusal(api, meeting_id, error.response) from error
    except botocore.exceptions.ParamValidationError as error:
        raise ConfigurationError(str(error)) from error
    except botocore.exceptions.BotoCoreError as error:
        raise ServiceError(f"no meeting service answers at {api}: {error}") from error


def _refusal(api: str, meeting_id: str, response: Any) -> ConfigurationError | ServiceError:
    code = response.get("Error", {}).get("Code", "")
    message = response.get("Error", {}).get("Message", "")
    if not meeting_id:
        return ServiceError(f"{api} refuses a meeting: {code} {message}".rstrip())
    if code == "NotFoundException":
        return ConfigurationError(f"there is no meeting {meeting_id} at {api} (it may have ended)")
    if code == "LimitExceededException":
        return ServiceError(f"the meeting {meeting_id} is full: {message}")
    return ServiceError(f"{api} refuses an attendee of the meeting {meeting_id}: {code} {message}".rstrip())
