"""Checks requests against botocore's service model, including what boto3 does not check before sending.

boto3 checks required members, types and minimum sizes on its own side; maximum sizes, patterns and enums reach the
service. The rules come from the model itself, plus those that only the developer guide states (`DOCUMENTED_PATTERNS`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from chime_native.service.errors import BadRequest

__all__ = ["check", "parse_text"]

# "Characters" of the API reference for the ids that applications choose.
_NAME_CHARACTERS = r"[-_&@+=,(){}\[\]/«».:|'\"#a-zA-Z0-9À-ÿ\s]*"
DOCUMENTED_PATTERNS = {
    "ExternalUserId": _NAME_CHARACTERS,
    "ExternalMeetingId": _NAME_CHARACTERS,
    "MediaRegion": r"[a-z0-9]+(-[a-z0-9]+)+",
}
RESERVED_PREFIX = "aws:"
"""Not allowed, in any case, at the start of the ids that applications choose (API reference)."""


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def check(shape: Shape, value: object, path: str = "") -> None:
    """Raises `BadRequest` with the member's path and the rule that ``value`` breaks; unknown members are ignored."""
    for message in _problems(shape, value, path):
        raise BadRequest(message)


def parse_text(shape: Shape, text: str, path: str) -> object:
    """The value of a query or path parameter, which arrives as text."""
    match shape.type_name:
        case "integer" | "long":
            if not re.fullmatch(r"-?\d{1,18}", text):
                raise BadRequest(f"{path}: {text[:64]!r} is not an integer")
            return int(text)
        case "boolean":
            if text not in ("true", "false"):
                raise BadRequest(f"{path}: {text[:64]!r} is neither true nor false")
            return text == "true"
        case _:
            return text


def _problems(shape: Shape, value: object, path: str) -> Iterator[str]:
    match shape.type_name:
        case "structure":
            assert isinstance(shape, StructureShape)
            yield from _structure_problems(shape, value, path)
        case "list":
            assert isinstance(shape, ListShape)
            yield from _list_problems(shape, value, path)
        case "string":
            yield from _string_problems(shape, value, path)
        case "integer" | "long":
            if not isinstance(value, int) or isinstance(value, bool):
                yield f"{path}: expected an integer, got {_kind(value)}"
            else:
                yield from _size_problems(shape.metadata, value, path, "is {size}", "must be {rule}")
        case "boolean":
            if not isinstance(value, bool):
                yield f"{path}: expected true or false, got {_kind(value)}"


def _structure_problems(shape: StructureShape, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path or 'body'}: expected an object, got {_kind(value)}"
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"{_join(path, name)}: missing, it is required"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _problems(member, value[name], _join(path, name))


def _list_problems(shape: ListShape, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: expected a list, got {_kind(value)}"
        return
    yield from _size_problems(shape.metadata, len(value), path, "has {size} entries", "must have {rule}")
    for index, item in enumerate(value):
        yield from _problems(shape.member, item, f"{path}[{index}]")


def _string_problems(shape: Shape, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{path}: expected a string, got {_kind(value)}"
        return
    yield from _size_problems(
        shape.metadata, len(value), path, "has {size} characters", "must have {rule} characters"
    )
    allowed = getattr(shape, "enum", [])
    if allowed and value not in allowed:
        yield f"{path}: {value[:64]!r} is not one of {', '.join(allowed)}"
    for pattern in (shape.metadata.get("pattern"), DOCUMENTED_PATTERNS.get(shape.name)):
        if pattern is not None and not _pattern(pattern).fullmatch(value):
            yield f"{path}: {value[:64]!r} does not match the pattern {pattern}"
    if shape.name in ("ExternalUserId", "ExternalMeetingId") and value.lower().startswith(RESERVED_PREFIX):
        yield f"{path}: the prefix {RESERVED_PREFIX!r} is reserved"


def _size_problems(metadata: dict[str, Any], size: int, path: str, found: str, wanted: str) -> Iterator[str]:
    least, most = metadata.get("min"), metadata.get("max")
    if least is not None and size < least:
        yield f"{path}: {found.format(size=size)}, {wanted.format(rule=f'at least {least}')}"
    if most is not None and size > most:
        yield f"{path}: {found.format(size=size)}, {wanted.format(rule=f'at most {most}')}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _kind(value: object) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "a boolean",
        int: "a number",
        float: "a number",
    }
    return "null" if value is None else names.get(type(value), type(value).__name__)
