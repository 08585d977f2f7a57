"""JSON as JavaScript's ``JSON.stringify`` writes it and its ``JSON.parse`` takes it, to the byte."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Any, Final, NoReturn

__all__ = ["parse_json", "write_json"]

# Numbers outside of these powers of ten are written with an exponent (ECMA-262, Number::toString).
_SMALLEST_PLAIN_EXPONENT: Final = -7
_LARGEST_PLAIN_EXPONENT: Final = 20
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def write_json(value: object) -> str:
    """Compact JSON; 1.0 is written as 1, and what is no number as null.

    Raises ``TypeError`` for what JSON cannot say, ``ValueError`` for what contains itself.
    """
    try:
        return _written(value)
    except RecursionError:
        raise ValueError("data that contains itself, or is nested too deeply, cannot be sent") from None


def parse_json(text: str) -> Any:
    """The value of a JSON text; raises ``ValueError`` where it is none. Unlike Python's own, knows no NaN and no Infinity."""
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _written(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_name(name)}:{_written(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_written, value)) + "]"
    return json.dumps(value)


def _name(name: object) -> str:
    if isinstance(name, str):
        return _text(name)
    if name is None or isinstance(name, bool | int | float):
        return f'"{_written(name)}"'
    raise TypeError(f"names in JSON must be texts, not {name!r}")


def _text(text: str) -> str:
    # Pairs of surrogates are characters; halves that are alone are escaped.
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    escaped = json.dumps(whole, ensure_ascii=False)
    return _LONE_SURROGATE.sub(lambda half: f"\\u{ord(half.group()):04x}", escaped)


def _number(number: float) -> str:
    if not math.isfinite(number):
        return "null"
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    # repr gives the shortest digits that mean this double, as JavaScript does; only their arrangement differs.
    decimal = Decimal(repr(abs(number))).normalize()
    digits = "".join(map(str, decimal.as_tuple().digits))
    exponent = decimal.adjusted()
    if _SMALLEST_PLAIN_EXPONENT < exponent <= _LARGEST_PLAIN_EXPONENT:
        return sign + _plain(digits, exponent)
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{exponent:+d}"


def _plain(digits: str, exponent: int) -> str:
    if exponent < 0:
        return f"0.{'0' * (-exponent - 1)}{digits}"
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{whole}.{fraction}" if fraction else whole
