"""Log records that say which session they are about."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import Any

from chime_native.session.configuration import MeetingSessionConfiguration

__all__ = ["SessionLogger"]


class SessionLogger(logging.LoggerAdapter[logging.Logger]):
    """The logger ``chime_native.session`` with ``meeting_id`` and ``attendee_id`` in each record, and the latter in the text."""

    def __init__(self, configuration: MeetingSessionConfiguration) -> None:
        attendee_id = configuration.credentials.attendee_id if configuration.credentials else None
        self._prefix = f"[{attendee_id}] " if attendee_id else ""
        context = {"meeting_id": configuration.meeting_id, "attendee_id": attendee_id}
        super().__init__(logging.getLogger("chime_native.session"), context)

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        """Adds the session to one record; what the caller gives in ``extra`` is kept."""
        kwargs["extra"] = {**(self.extra or {}), **kwargs.get("extra", {})}
        return f"{self._prefix}{msg}", kwargs
