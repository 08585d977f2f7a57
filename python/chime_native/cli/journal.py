"""The events file of ``chime-native join``: one JSON object a line, with the time, the event and its arguments."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import inspect
import json
import time
from collections.abc import Callable
from os import PathLike, fspath
from typing import Any, TextIO

from chime_native.errors import MediaFileError
from chime_native.session.observers import AudioVideoObserver, ContentShareObserver
from chime_native.session.status import MeetingSessionStatus
from chime_native.videotiles import VideoTileState

__all__ = ["Journal"]

_BOUND = ("bound_video_stream", "bound_video_sink")


class _Observers(AudioVideoObserver, ContentShareObserver):
    """All that is observed."""


class Journal:
    """Writes events to a file as they happen; also an observer with every method of ``AudioVideoObserver`` and ``ContentShareObserver``.

    Args:
        path: the file, replaced if it exists; None writes nothing.

    Raises:
        MediaFileError: the file cannot be made.
    """

    def __init__(self, path: str | PathLike[str] | None) -> None:
        self._start = time.monotonic()
        self._path = "" if path is None else fspath(path)
        self._error: MediaFileError | None = None
        self._file: TextIO | None = None
        if path is not None:
            try:
                self._file = open(path, "w", encoding="utf-8", buffering=1)  # noqa: SIM115  # closed by close()
            except OSError as error:
                raise MediaFileError(self._path, error.strerror or str(error), "write") from error

    def restart_clock(self) -> None:
        """Counts ``t`` from now."""
        self._start = time.monotonic()

    def write(self, event: str, **arguments: object) -> None:
        """Writes one line: seconds since the start, the event, its arguments."""
        if self._file is None:
            return
        line = {"t": round(time.monotonic() - self._start, 3), "event": event}
        line |= {name: _plain(value) for name, value in arguments.items()}
        try:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            self._fail(error)

    def close(self) -> None:
        """Closes the file. May be called twice.

        Raises:
            MediaFileError: not all could be written.
        """
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:
                self._fail(error)
        if self._error is not None:
            raise self._error

    def _fail(self, error: OSError) -> None:
        self._error = MediaFileError(self._path, error.strerror or str(error), "write")
        if self._file is not None:
            file, self._file = self._file, None
            with contextlib.suppress(OSError):  # closing tries again to write what it could not
                file.close()

    def __getattr__(self, method: str) -> Callable[..., None]:
        observed = None if method.startswith("_") else getattr(_Observers, method, None)
        if observed is None:
            raise AttributeError(method)
        names = list(inspect.signature(observed).parameters)[1:]

        def observe(*arguments: object) -> None:
            self.write(method, **dict(zip(names, arguments, strict=True)))

        return observe


def _plain(value: Any) -> Any:
    """What JSON can hold, for anything that an observer is given."""
    if isinstance(value, MeetingSessionStatus):
        return {"status_code": int(value.status_code), "name": value.status_code.sdk_name}
    if isinstance(value, VideoTileState):
        # Of the objects in it only whether they are there.
        return {
            field.name: getattr(value, field.name) is not None
            if field.name in _BOUND
            else getattr(value, field.name)
            for field in dataclasses.fields(value)
        }
    if isinstance(value, enum.Enum):
        return value.name
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return str(value)
