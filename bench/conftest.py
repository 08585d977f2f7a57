"""Pins the run to one core and prints the ratios at its end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import common

_ratios = pytest.StashKey[list[common.Ratio]]()


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
