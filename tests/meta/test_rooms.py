"""Who may know whom, and that what is told the time never asks for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "python" / "chime_native"

# Shells: they own a socket or a clock. Everything else in these rooms is sans-I/O.
SHELLS = {PACKAGE / "signaling" / "shell.py"}
SANS_IO_ROOMS = ("signaling", "realtime", "videotiles", "metrics")
# Machines of rooms that are not sans-I/O as a whole.
SANS_IO_MODULES = [
    PACKAGE / "session" / f"{name}.py"
    for name in (
        "application_metadata",
        "backoff",
        "configuration",
        "credentials",
        "meeting_features",
        "reconnect_controller",
        "session_timing",
        "state_controller",
        "status",
        "timing_batch",
        "urls",
    )
]
# Modules that read a clock, wait, or do input and output.
FORBIDDEN = {
    "aiohttp",
    "aiortc",
    "asyncio",
    "concurrent",
    "datetime",
    "selectors",
    "socket",
    "subprocess",
    "threading",
    "time",
    "websockets",
}
# What a room may know of the package, itself and the errors apart.
KNOWS = {
    "signaling": set(),
    "realtime": {"signaling", "audio"},
    "videotiles": {"signaling", "realtime"},
    "metrics": {"signaling"},
}


def modules_of(room: str) -> list[Path]:
    return sorted(path for path in (PACKAGE / room).rglob("*.py") if not path.name.endswith("_pb2.py"))


def imports_of(path: Path) -> Iterator[str]:
    """Absolute names of the modules that a file imports, those for type checkers included."""
    package = ("chime_native", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            yield ".".join((*base, *(node.module or "").split("."))).rstrip(".")


SANS_IO_FILES = [
    path for room in SANS_IO_ROOMS for path in modules_of(room) if path not in SHELLS
] + SANS_IO_MODULES


@pytest.mark.parametrize("path", SANS_IO_FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_sans_io_modules_are_told_the_time(path: Path) -> None:
    assert {name.split(".")[0] for name in imports_of(path)} & FORBIDDEN == set()


@pytest.mark.parametrize("room", KNOWS)
def test_rooms_do_not_import_upward(room: str) -> None:
    allowed = KNOWS[room] | {room, "errors", ""}
    for path in modules_of(room):
        known = {
            [*name.split("."), ""][1] for name in imports_of(path) if name.split(".")[0] == "chime_native"
        }
        assert known <= allowed, f"{path.name} knows {sorted(known - allowed)}"
