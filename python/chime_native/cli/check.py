"""``chime-native check``: the readiness checks, one line each."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.markup import escape

from chime_native.cli.meeting_source import configuration_from_files, create_attendee, meeting_for_a_while
from chime_native.devices import WavFileSink, parse_audio_source, parse_content_source, parse_video_source
from chime_native.errors import ChimeError, ConfigurationError
from chime_native.readiness import MeetingReadinessChecker, MeetingReadinessCheckerConfiguration
from chime_native.session import MeetingSession, MeetingSessionConfiguration

if TYPE_CHECKING:
    from chime_native.devices.pcm import Pcm
    from chime_native.rtc import AudioSource

__all__ = ["add_arguments", "run"]

_LONGEST_TIMEOUT = 600.0  # seconds
_LEAVE_LIMIT = 3.0  # seconds to wait for the service's good-bye, as join does
_RECORDED_FRAMES = 24_000  # half a second of the tone is enough to have been recorded
_T = TypeVar("_T")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``check``."""
    where = parser.add_argument_group(
        "the meeting: two files, a service and a meeting, or only a service, in which one is made for the checks"
    )
    where.add_argument("--meeting", metavar="FILE", help="JSON body of the CreateMeeting response")
    where.add_argument("--attendee", metavar="FILE", help="JSON body of the CreateAttendee response")
    where.add_argument("--api", metavar="URL", help="local service in which to make an attendee")
    where.add_argument(
        "--meeting-id", metavar="ID", help="meeting in which to make it; without: one of its own"
    )
    where.add_argument("--name", metavar="NAME", help="external user id of the attendee (default: made up)")
    media = parser.add_argument_group("what is tried")
    media.add_argument(
        "--play",
        metavar="FILE|tone:HZ|silence|noise",
        default="tone:440",
        help="audio input (default: tone:440)",
    )
    media.add_argument(
        "--video", metavar="FILE|pattern|none", default="pattern", help="video input (default: pattern)"
    )
    media.add_argument(
        "--content",
        metavar="FILE|pattern|screen|none",
        default="pattern",
        help="what to share as content (default: pattern)",
    )
    media.add_argument("--record", metavar="OUT.wav", help="audio output: record a tone into this file")
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_timeout,
        default=10.0,
        help="how long to wait for what a check looks for (default: 10)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Runs all checks; 0 when all have succeeded. Raises ``ChimeError`` that names the others."""
    with _meeting(arguments) as configuration:
        failed = asyncio.run(_check(configuration, arguments))
    if failed:
        raise ChimeError(f"{len(failed)} of the checks failed: {', '.join(failed)}")
    return 0


@contextlib.contextmanager
def _meeting(arguments: argparse.Namespace) -> Iterator[MeetingSessionConfiguration]:
    by_file = arguments.meeting is not None or arguments.attendee is not None
    if by_file == (arguments.api is not None):
        raise ConfigurationError("give either --meeting and --attendee, or --api (and --meeting-id)")
    if by_file:
        if arguments.meeting is None or arguments.attendee is None or arguments.meeting_id is not None:
            raise ConfigurationError("--meeting and --attendee go together, without --meeting-id")
        yield configuration_from_files(arguments.meeting, arguments.attendee)
    elif arguments.meeting_id is not None:
        yield MeetingSessionConfiguration(
            *create_attendee(arguments.api, arguments.meeting_id, arguments.name)
        )
    else:
        with meeting_for_a_while(arguments.api, arguments.name) as (meeting, attendee):
            yield MeetingSessionConfiguration(meeting, attendee)


async def _check(configuration: MeetingSessionConfiguration, arguments: argparse.Namespace) -> list[str]:
    limits = MeetingReadinessCheckerConfiguration(timeout_ms=arguments.timeout * 1000)
    async with MeetingSession(configuration, retry_start=False, leave_limit=_LEAVE_LIMIT) as session:
        checks = _Checks(MeetingReadinessChecker(session, limits), arguments)
        await checks.devices()
        await checks.network()
        await checks.media()
    return checks.failed


@dataclass(slots=True)
class _Checks:
    """Runs the checks, prints a line for each, and remembers what failed.

    Sources are made for each check, since a session closes the one it was given.
    """

    checker: MeetingReadinessChecker
    arguments: argparse.Namespace
    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    failed: list[str] = field(default_factory=list)

    async def devices(self) -> None:
        checker, arguments = self.checker, self.arguments
        await self._run("audio input", checker.check_audio_input(await _opened(_audio, arguments.play)))
        if arguments.record is not None:
            recorder = await _opened(_Recorder, arguments.record)
            await self._run("audio output", checker.check_audio_output(recorder, recorder.is_heard))
        video = await _opened(parse_video_source, arguments.video)
        if video is not None:
            await self._run("video input", checker.check_video_input(video))

    async def network(self) -> None:
        checker = self.checker
        await self._run("network over UDP", checker.check_network_udp_connectivity())
        if checker.tcp_is_offered is False:
            self._print("-", "network over TCP", "not offered by the service (no TURN server over TCP)")
        else:
            await self._run("network over TCP", checker.check_network_tcp_connectivity())

    async def media(self) -> None:
        checker, arguments = self.checker, self.arguments
        sound = await _opened(_audio, arguments.play)
        await self._run("audio connectivity", checker.check_audio_connectivity(sound))
        video = await _opened(parse_video_source, arguments.video)
        if video is not None:
            await self._run("video connectivity", checker.check_video_connectivity(video))
        if arguments.content != "none":
            content = await _opened(parse_content_source, arguments.content)
            await self._run("content share connectivity", checker.check_content_share_connectivity(content))

    async def _run(self, name: str, check: Awaitable[StrEnum]) -> None:
        feedback = await check
        if feedback == "Succeeded":
            self._print("[green]ok[/green]", name, feedback)
        else:
            self.failed.append(f"{name} ({feedback})")
            detail = f"{feedback}: {self.checker.detail}" if self.checker.detail else str(feedback)
            self._print("[red]FAILED[/red]", name, detail)

    def _print(self, mark: str, name: str, text: str) -> None:
        self.console.print(f"{mark} {name}: {escape(' '.join(text.split()))}")


async def _opened(make: Callable[[str], _T], text: str) -> _T:
    """A device that the command line names; files are opened off the loop."""
    return await asyncio.to_thread(make, text)


def _audio(text: str) -> AudioSource:
    try:
        return parse_audio_source(text)
    except ValueError as error:
        raise ConfigurationError(f"--play: {error}") from error


class _Recorder:
    """A sink that writes into a file, and tells when enough of the tone should be in it."""

    def __init__(self, path: str) -> None:
        self._file = WavFileSink(path)
        self._frames = 0
        self._enough = asyncio.Event()

    def write(self, pcm: Pcm) -> None:
        """Takes a block; raises what keeps the file from being written."""
        if self._file.error is not None:
            raise self._file.error
        self._file.write(pcm)
        self._frames += len(pcm)
        if self._frames >= _RECORDED_FRAMES:
            self._enough.set()

    async def is_heard(self) -> bool:
        """Whether the file has the tone."""
        await self._enough.wait()
        return self._file.frames_written > 0

    async def close(self) -> None:
        """Writes the rest."""
        await self._file.close()


def _timeout(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= _LONGEST_TIMEOUT:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of seconds up to {_LONGEST_TIMEOUT:g}, and more than 0"
        )
    return seconds
