"""``chime-native serve`` as a process of its own, and meetings in it made through boto3."""

import asyncio
import contextlib
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3

LISTENING = "listening on "
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 15


class ServiceProcess:
    """A context manager; ``url`` is where its REST API is. Its log goes to the file given.

    Raises ``RuntimeError`` with the log when it doesn't start, or doesn't end with status 0 on SIGTERM.
    """

    def __init__(self, log: Path, *, port: int = 0, options: Sequence[str] = ()) -> None:
        self.url = ""
        self._log = log
        self._port = port
        self._options = options
        self._killed = False
        self._terminated = False

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "chime_native",
                    "-v",
                    "serve",
                    "--host",
                    "127.0.0.1",
                    "--port",
                    str(self._port),
                    *self._options,
                ],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        watchdog = threading.Timer(START_TIMEOUT_S, self._process.kill)
        watchdog.start()
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        watchdog.cancel()
        if not line.startswith(LISTENING):
            self.kill()
            raise RuntimeError(f"the service did not start: {line}\n{self.log_text()}")
        self.url = line.removeprefix(LISTENING).strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._killed:
            return
        self.terminate()
        try:
            status = self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"the service did not end on SIGTERM:\n{self.log_text()}") from None
        self._close_output()
        if status != 0:
            raise RuntimeError(f"the service ended with status {status}:\n{self.log_text()}")

    def terminate(self) -> None:
        """Asks it to end, once: a second time would mean to end at once. Leaving the context waits for it."""
        if not self._terminated:
            self._terminated = True
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it without a chance to say good-bye."""
        self._killed = True
        self._process.kill()
        self._process.wait(STOP_TIMEOUT_S)
        self._close_output()

    def _close_output(self) -> None:
        assert self._process.stdout is not None
        self._process.stdout.close()

    def log_text(self) -> str:
        return self._log.read_text(errors="replace")

    def boto3_client(self) -> Any:
        """An ordinary client of chime-sdk-meetings."""
        return boto3.client(
            "chime-sdk-meetings",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )


class Meeting:
    """A meeting of the service; the calls run in threads, so that media of the test's own loop is not held up."""

    def __init__(self, client: Any, response: dict[str, Any]) -> None:
        self._client = client
        self.response = response
        self.meeting_id: str = response["Meeting"]["MeetingId"]

    @classmethod
    async def create(cls, client: Any, name: str, **options: Any) -> "Meeting":
        return cls(
            client,
            await asyncio.to_thread(
                client.create_meeting,
                ClientRequestToken=re.sub(r"\W+", "-", name)[:64],
                ExternalMeetingId=name[:64],
                MediaRegion="us-east-1",
                **options,
            ),
        )

    async def attendee(self, name: str, **options: Any) -> dict[str, Any]:
        """CreateAttendee's response."""
        response: dict[str, Any] = await asyncio.to_thread(
            self._client.create_attendee, MeetingId=self.meeting_id, ExternalUserId=name, **options
        )
        return response

    async def call(self, operation: str, **members: Any) -> Any:
        """Another operation of the API on this meeting, by its name in boto3."""
        return await asyncio.to_thread(getattr(self._client, operation), MeetingId=self.meeting_id, **members)

    async def delete_attendee(self, attendee_id: str) -> None:
        await asyncio.to_thread(
            self._client.delete_attendee, MeetingId=self.meeting_id, AttendeeId=attendee_id
        )

    async def delete(self) -> None:
        """Deletes the meeting; one that is gone already is no error."""
        with contextlib.suppress(self._client.exceptions.NotFoundException):
            await asyncio.to_thread(self._client.delete_meeting, MeetingId=self.meeting_id)

    def with_signaling_url(self, url: str) -> dict[str, Any]:
        """The meeting as told to someone who is to reach the service by another way."""
        meeting = self.response["Meeting"]
        placement = {**meeting["MediaPlacement"], "SignalingUrl": url}
        return {"Meeting": {**meeting, "MediaPlacement": placement}}

    @property
    def signaling_url(self) -> str:
        url: str = self.response["Meeting"]["MediaPlacement"]["SignalingUrl"]
        return url
