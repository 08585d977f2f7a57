"""Name and version of the application, sent with JOIN (SDK: ``src/applicationmetadata/ApplicationMetadata.ts``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["ApplicationMetadata"]

MAX_LENGTH: Final = 32  # characters, of the name and of the version
# The SDK's rule: it begins and ends with a letter or digit, which makes two characters the least.
_NAME: Final = re.compile(r"[a-zA-Z0-9]+[a-zA-Z0-9_-]*[a-zA-Z0-9]+")
# Semantic Versioning 2.0.0, clauses 2, 9 and 10: MAJOR.MINOR.PATCH[-pre.release][+build.metadata].
_NUMBER: Final = r"(?:0|[1-9][0-9]*)"
_PRE_RELEASE: Final = rf"(?:{_NUMBER}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
_VERSION: Final = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}"
    rf"(?:-{_PRE_RELEASE}(?:\.{_PRE_RELEASE})*)?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)


@dataclass(frozen=True, slots=True)
class ApplicationMetadata:
    """A checked name and version; make it with ``create``."""

    app_name: str
    app_version: str

    def __post_init__(self) -> None:
        _check(
            "app_name",
            self.app_name,
            _NAME,
            "2 to 32 letters, digits, '_' and '-', a letter or digit at each end",
        )
        _check(
            "app_version",
            self.app_version,
            _VERSION,
            "a semantic version of at most 32 characters, like 1.2.3-rc.1",
        )

    @classmethod
    def create(cls, app_name: str, app_version: str) -> ApplicationMetadata:
        """Raises ``ValueError`` (``TypeError`` for what is no text) naming the first argument that is not allowed."""
        return cls(app_name, app_version)


def _check(field: str, value: object, pattern: re.Pattern[str], allowed: str) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{field} must be a str ({allowed}), not {type(value).__name__}")
    if len(value) > MAX_LENGTH or not pattern.fullmatch(value):
        raise ValueError(f"{field} must be {allowed}, not {value!r}")
