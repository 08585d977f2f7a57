"""Log records that say which session they are about.

Those of this room come from a :class:`SessionLogger`. Those of the rooms below it, which know no session, are given its names
by a filter on their loggers: what a session starts runs in a context (contextvars) that holds them.
"""

from __future__ import annotations

import contextvars
import logging
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from chime_native.session.configuration import MeetingSessionConfiguration

__all__ = ["SessionLogger"]

_PACKAGE: Final = "chime_native"


@dataclass(frozen=True, slots=True)
class _SessionNames:
    meeting_id: str | None
    attendee_id: str | None


_NOBODY: Final = _SessionNames(None, None)
_current: contextvars.ContextVar[_SessionNames] = contextvars.ContextVar("chime_session", default=_NOBODY)


class SessionLogger(logging.LoggerAdapter[logging.Logger]):
    """The logger ``chime_native.session`` with ``meeting_id`` and ``attendee_id`` in each record, and the latter in the text."""

    def __init__(self, configuration: MeetingSessionConfiguration) -> None:
        attendee_id = configuration.credentials.attendee_id if configuration.credentials else None
        self._names = _SessionNames(configuration.meeting_id, attendee_id)
        self._prefix = f"[{attendee_id}] " if attendee_id else ""
        context = {"meeting_id": configuration.meeting_id, "attendee_id": attendee_id}
        super().__init__(logging.getLogger("chime_native.session"), context)
        _name_records()

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        """Adds the session to one record; what the caller gives in ``extra`` is kept."""
        kwargs["extra"] = {**(self.extra or {}), **kwargs.get("extra", {})}
        return f"{self._prefix}{msg}", kwargs

    def context(self) -> contextvars.Context:
        """A context in which all records of the package have the session's ``meeting_id`` and ``attendee_id``."""
        context = contextvars.copy_context()
        context.run(_current.set, self._names)
        return context


def _add_names(record: logging.LogRecord) -> bool:
    names = _current.get()
    for name in ("meeting_id", "attendee_id"):
        if not hasattr(record, name):
            setattr(record, name, getattr(names, name))
    return True


def _name_records() -> None:
    """Puts the filter on all loggers of the package that there are; on each once."""
    for name, logger in tuple(logging.root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and (name == _PACKAGE or name.startswith(f"{_PACKAGE}.")):
            logger.addFilter(_add_names)
