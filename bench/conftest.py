"""Pins the run to one core, prints the ratios at its end, and with ``--write-table`` puts them into the README."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import common

_ratios = pytest.StashKey[list[common.Ratio]]()


README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- speed: written by --write-table -->\n", "<!-- speed: end -->\n"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-table", action="store_true", help="write the ratios into bench/README.md")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_ratios] = []


@pytest.fixture(scope="session", autouse=True)
def one_core() -> Iterator[None]:
    """Benchmarks run on one core, others do not."""
    before = os.sched_getaffinity(0)
    common.pin_to_one_core()
    yield
    os.sched_setaffinity(0, before)


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[[common.Ratio], common.Ratio]:
    """Keeps a ratio for the summary."""

    def keep(ratio: common.Ratio) -> common.Ratio:
        request.config.stash[_ratios].append(ratio)
        return ratio

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    ratios = config.stash[_ratios]
    if not ratios:
        return
    terminalreporter.section("ratios")
    terminalreporter.write_line(common.machine())
    for ratio in ratios:
        terminalreporter.write_line(str(ratio))
    if config.getoption("--write-table"):
        before, rest = README.read_text().split(BEGIN)
        README.write_text(before + BEGIN + _table(ratios) + END + rest.split(END)[1])


def _table(ratios: list[common.Ratio]) -> str:
    lines = [common.machine() + ":", ""]
    lines += ["| what | against | ours, us | theirs, us | ratio of times |", "|---|---|---|---|---|"]
    for ratio in ratios:
        value = f"{ratio.value:.3f}" if ratio.value < 0.1 else f"{ratio.value:.2f}"
        lines.append(
            f"| {ratio.name} | {ratio.peer} | {_short(ratio.ours_us)} | {_short(ratio.peer_us)} | {value} |"
        )
    return "\n".join([*lines, ""])


def _short(microseconds: float) -> str:
    return f"{microseconds:.0f}" if microseconds >= 100 else f"{microseconds:.3g}"
