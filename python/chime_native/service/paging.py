"""Opaque page tokens that stay right when entries come and go between pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from chime_native.service.errors import BadRequest

__all__ = ["page"]

T = TypeVar("T")


def page(
    items: Sequence[T], ordinal: Callable[[T], int], count: int, next_token: str | None, scope: str
) -> tuple[list[T], str | None]:
    """Up to ``count`` of ``items``, which ascend by ``ordinal``, after the page that ``next_token`` ended.

    ``scope`` names the list; a token of another list, or one not made here, raises `BadRequest`.
    """
    after = -1 if next_token is None else _decode(next_token, scope)
    rest = [item for item in items if ordinal(item) > after]
    chosen = rest[:count]
    more = len(rest) > count
    return chosen, _encode(ordinal(chosen[-1]), scope) if more else None


def _encode(after: int, scope: str) -> str:
    return base64.urlsafe_b64encode(f"{scope}|{after}".encode()).decode()


def _decode(token: str, scope: str) -> int:
    try:
        found, _, after = base64.b64decode(token, altchars=b"-_", validate=True).decode().rpartition("|")
        if found == scope and after.isascii() and after.isdecimal():
            return int(after[:18])
    except (binascii.Error, ValueError):
        pass
    raise BadRequest("NextToken: not a token that this operation returned")
