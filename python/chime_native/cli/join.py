"""``chime-native join``: one attendee without microphone and speaker, for bots, trials and tests."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import math
import os
import re
import signal
import sys
from collections.abc import Coroutine, Iterator
from typing import TYPE_CHECKING, Any

from chime_native.cli.join_video import Video, add_video_arguments, open_video
from chime_native.cli.journal import Journal
from chime_native.cli.meeting_source import configuration_from_files, create_attendee
from chime_native.devices import FileSource, WavFileSink, parse_audio_source
from chime_native.errors import ConfigurationError
from chime_native.rtc import Impairment
from chime_native.session import MeetingSession, MeetingSessionConfiguration
from chime_native.session.failures import session_error

if TYPE_CHECKING:
    from chime_native.rtc import AudioSource

__all__ = ["add_arguments", "run"]

_LONGEST_JITTER_MS = 10_000  # more than any jitter buffer can make good
_LONGEST_STAY = 7 * 86_400  # seconds
_LEAVE_LIMIT = (
    3.0  # seconds to wait for the service's good-bye; who ends a command does not want to wait for it
)
_TOPIC = re.compile(r"[a-zA-Z0-9_-]{1,36}")
_MOST_DATA_BYTES = 2048
_DATA_MESSAGE_LIFETIME_MS = 300_000  # the longest that the service keeps one: late joiners get it too


@dataclasses.dataclass(frozen=True, slots=True)
class _Data:
    """A data message to send."""

    topic: str
    text: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``join``."""
    where = parser.add_argument_group("the meeting: two files, or a service")
    where.add_argument("--meeting", metavar="FILE", help="JSON body of the CreateMeeting response")
    where.add_argument("--attendee", metavar="FILE", help="JSON body of the CreateAttendee response")
    where.add_argument("--api", metavar="URL", help="local service in which to make an attendee")
    where.add_argument("--meeting-id", metavar="ID", help="meeting in which to make it")
    where.add_argument(
        "--name", metavar="NAME", help="external user id of the attendee to make (default: made up)"
    )
    media = parser.add_argument_group("sound")
    media.add_argument(
        "--play",
        metavar="FILE|tone:HZ|silence|noise",
        default="silence",
        help="what to send (default: silence)",
    )
    media.add_argument("--record", metavar="OUT.wav", help="record what is heard")
    media.add_argument("--muted", action="store_true", help="join muted")
    add_video_arguments(parser)
    trial = parser.add_argument_group("more")
    trial.add_argument("--events", metavar="OUT.jsonl", help="write what happens, one JSON object a line")
    trial.add_argument(
        "--send-data",
        metavar="TOPIC=TEXT",
        type=_data,
        action="append",
        default=[],
        help="send a data message",
    )
    trial.add_argument(
        "--loss", metavar="P", type=_percent, default=0.0, help="lose P percent of all packets"
    )
    trial.add_argument(
        "--jitter", metavar="MS", type=_jitter, default=0.0, help="delay packets by MS on average, at random"
    )
    trial.add_argument("--seed", type=int, help="of --loss and --jitter, to lose the same packets again")
    trial.add_argument("--seconds", metavar="N", type=_seconds, help="leave N seconds after joining")


def run(arguments: argparse.Namespace) -> int:
    """Joins, stays, leaves; 0 when left or ended normally. Raises ``ChimeError`` otherwise."""
    return asyncio.run(_join(arguments))


async def _join(arguments: argparse.Namespace) -> int:
    async with contextlib.AsyncExitStack() as stack:
        stop = stack.enter_context(_stop_signals())
        configuration = await _configuration(arguments)
        source = await asyncio.to_thread(_audio_source, arguments.play)
        if isinstance(source, FileSource):
            stack.push_async_callback(source.close)
        video = await open_video(arguments, stack)
        journal = Journal(arguments.events)
        stack.callback(journal.close)
        session = await stack.enter_async_context(
            MeetingSession(
                configuration, impairment=_impairment(arguments), retry_start=False, leave_limit=_LEAVE_LIMIT
            )
        )
        _observe(session, journal)
        messages = asyncio.ensure_future(_journal_messages(session, journal))
        stack.push_async_callback(_end, messages)
        await session.audio_video.start_audio_input(source)
        if arguments.record is not None:
            recorder = WavFileSink(arguments.record)
            stack.push_async_callback(recorder.close)
            await session.audio_video.bind_audio_element(recorder)
        if arguments.muted:
            session.audio_video.realtime_mute_local_audio()
        await video.start(session, stack)
        await _stay(session, journal, arguments, video, stop)
    return 0


def _observe(session: MeetingSession, journal: Journal) -> None:
    """Has all that happens written down; what is not told to observers under a name like that of its subscription."""
    av = session.audio_video
    av.add_observer(journal)
    av.add_content_share_observer(journal)
    volumes: set[str] = set()

    def volume(
        attendee_id: str,
        volume: float | None,
        muted: bool | None,
        signal_strength: float | None,
        external_user_id: str | None,
    ) -> None:
        journal.write(
            "volume_indicator",
            attendee_id=attendee_id,
            volume=volume,
            muted=muted,
            signal_strength=signal_strength,
            external_user_id=external_user_id,
        )

    def presence(
        attendee_id: str, present: bool, external_user_id: str | None, dropped: bool | None, position: object
    ) -> None:
        journal.write(
            "attendee_id_presence",
            attendee_id=attendee_id,
            present=present,
            external_user_id=external_user_id,
            dropped=dropped,
            position=position,
        )
        if attendee_id not in volumes:
            volumes.add(attendee_id)
            av.realtime_subscribe_to_volume_indicator(attendee_id, volume)

    av.realtime_subscribe_to_attendee_id_presence(presence)
    av.realtime_subscribe_to_mute_and_unmute_local_audio(
        lambda muted: journal.write("mute_and_unmute_local_audio", muted=muted)
    )
    av.realtime_subscribe_to_local_signal_strength_change(
        lambda signal_strength: journal.write("local_signal_strength_change", signal_strength=signal_strength)
    )


async def _journal_messages(session: MeetingSession, journal: Journal) -> None:
    async for message in session.audio_video.data():
        journal.write("receive_data_message", **dataclasses.asdict(message))


async def _end(task: asyncio.Future[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


async def _stay(
    session: MeetingSession,
    journal: Journal,
    arguments: argparse.Namespace,
    video: Video,
    stop: asyncio.Event,
) -> None:
    journal.restart_clock()
    session.audio_video.start()
    if await _first(session.started(), stop):
        _say(f"joined {session.configuration.meeting_id} as {session.attendee_id}")
        for message in arguments.send_data:
            session.audio_video.realtime_send_data_message(
                message.topic, message.text, _DATA_MESSAGE_LIFETIME_MS
            )
        await video.share(session)
        await _first(session.ended(), stop, arguments.seconds)
    status = await session.leave()
    _say(f"left: {status}")
    if status.is_failure:
        raise session_error(status)


def _say(text: str) -> None:
    """Prints a line; that nobody reads any more is no reason to leave."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # What is still in the buffer must not fail once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _first(
    work: Coroutine[Any, Any, object], stop: asyncio.Event, seconds: float | None = None
) -> bool:
    """Runs ``work`` until it is done (True), a signal asks to stop, or ``seconds`` are over."""
    task = asyncio.ensure_future(work)
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, stopped}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
            return True
        return False
    finally:
        task.cancel()
        stopped.cancel()


@contextlib.contextmanager
def _stop_signals() -> Iterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set, instead of what they do otherwise."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _configuration(arguments: argparse.Namespace) -> MeetingSessionConfiguration:
    by_file = arguments.meeting is not None or arguments.attendee is not None
    by_service = arguments.api is not None or arguments.meeting_id is not None
    if by_file == by_service:
        raise ConfigurationError("give either --meeting and --attendee, or --api and --meeting-id")
    if by_service:
        if arguments.api is None or arguments.meeting_id is None:
            raise ConfigurationError("--api and --meeting-id go together")
        meeting, attendee = await asyncio.to_thread(
            create_attendee, arguments.api, arguments.meeting_id, arguments.name
        )
        return MeetingSessionConfiguration(meeting, attendee)
    if arguments.meeting is None or arguments.attendee is None:
        raise ConfigurationError("--meeting and --attendee go together")
    return configuration_from_files(arguments.meeting, arguments.attendee)


def _audio_source(text: str) -> AudioSource:
    try:
        return parse_audio_source(text)
    except ValueError as error:
        raise ConfigurationError(f"--play: {error}") from error


def _impairment(arguments: argparse.Namespace) -> Impairment | None:
    if not arguments.loss and not arguments.jitter:
        return None
    return Impairment(loss=arguments.loss / 100, jitter_ms=arguments.jitter, seed=arguments.seed)


def _data(text: str) -> _Data:
    topic, separator, message = text.partition("=")
    if not separator or not _TOPIC.fullmatch(topic):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not TOPIC=TEXT with a topic of 1 to 36 letters, digits, '_' and '-'"
        )
    if len(message.encode()) > _MOST_DATA_BYTES:
        raise argparse.ArgumentTypeError(
            f"the text of a data message has at most {_MOST_DATA_BYTES} bytes in UTF-8"
        )
    return _Data(topic, message)


def _number(text: str, unit: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of {unit} from {least:g} to {most:g}")
    return value


def _percent(text: str) -> float:
    return _number(text, "percent", 0, 100)


def _jitter(text: str) -> float:
    return _number(text, "milliseconds", 0, _LONGEST_JITTER_MS)


def _seconds(text: str) -> float:
    return _number(text, "seconds", 0, _LONGEST_STAY)
