"""Log records as JSON, one object a line, for what collects logs."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

__all__ = ["JsonFormatter", "log_as_json"]


class JsonFormatter(logging.Formatter):
    """``time`` (ISO 8601, UTC), ``level``, ``logger``, ``message``, and ``exception`` where there is one.

    Words of the form ``name=value`` in a message, as the service writes them, are members, too.
    """

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        members = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
        }
        for word in message.split():
            name, found, value = word.partition("=")
            if found and name.isidentifier():
                members.setdefault(name, value)
        if record.exc_info:
            members["exception"] = self.formatException(record.exc_info)
        return json.dumps(members, ensure_ascii=False)


def log_as_json() -> None:
    """Makes everything that is logged from INFO on JSON on standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
