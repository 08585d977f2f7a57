"""Where ``chime-native join`` gets its meeting and its attendee from: two JSON files, or a service."""

from __future__ import annotations

import json
import secrets
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from chime_native.errors import ConfigurationError, ServiceError

__all__ = ["create_attendee", "read_json_object"]

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


def create_attendee(
    api: str, meeting_id: str, external_user_id: str | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Asks the service at ``api`` for a meeting and makes an attendee of it; the two response bodies.

    Blocks while it asks. Uses made-up credentials, so ``api`` must be a local service.

    Raises:
        ConfigurationError: ``api`` is not a URL, or there is no such meeting.
        ServiceError: nothing answers there, or not as a meeting service does.
    """
    import boto3  # slow to import, and only needed here
    import botocore.config
    import botocore.exceptions

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
        meeting = client.get_meeting(MeetingId=meeting_id)
        attendee = client.create_attendee(
            MeetingId=meeting_id, ExternalUserId=external_user_id or f"chime-native-{secrets.token_hex(4)}"
        )
    except botocore.exceptions.ClientError as error:
        raise _refusal(api, meeting_id, error.response) from error
    except botocore.exceptions.ParamValidationError as error:
        raise ConfigurationError(str(error)) from error
    except botocore.exceptions.BotoCoreError as error:
        raise ServiceError(f"no meeting service answers at {api}: {error}") from error
    finally:
        client.close()
    return meeting, attendee


def _refusal(api: str, meeting_id: str, response: Any) -> ConfigurationError | ServiceError:
    code = response.get("Error", {}).get("Code", "")
    message = response.get("Error", {}).get("Message", "")
    if code == "NotFoundException":
        return ConfigurationError(f"there is no meeting {meeting_id} at {api} (it may have ended)")
    if code == "LimitExceededException":
        return ServiceError(f"the meeting {meeting_id} is full: {message}")
    return ServiceError(f"{api} refuses an attendee of the meeting {meeting_id}: {code} {message}".rstrip())
