"""Finds the subcommand, reads its arguments, runs it, and turns errors into one line and exit status 1."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import NoReturn

from chime_native import __version__
from chime_native.errors import ChimeError

__all__ = ["main"]

_PROGRAM = "chime-native"


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand; its module is imported only when it is the one that runs."""

    module: str
    summary: str

    def load(self) -> ModuleType:
        """The module, with ``add_arguments`` and ``run``."""
        return importlib.import_module(self.module)


COMMANDS = {
    "bench": Command("chime_native.cli.bench", "measure the engine beside its peers on this machine"),
    "check": Command(
        "chime_native.cli.check", "check whether this machine and its network are ready for a meeting"
    ),
    "demo": Command(
        "chime_native.cli.demo", "run service, two attendees and real speech, and report what was heard"
    ),
    "join": Command("chime_native.cli.join", "join a meeting as one headless attendee"),
    "serve": Command("chime_native.cli.serve", "run the local meeting service"),
}


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line, with the exit status of any other failure."""

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    parser = _Parser(prog=_PROGRAM, description="Amazon Chime meetings from the command line.")
    parser.add_argument("--version", action="version", version=f"{_PROGRAM} {__version__}")
    _add_verbose(parser, default=0)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=command.summary, description=command.summary)
        if name == chosen:
            module = command.load()
            module.add_arguments(subparser)
            _add_verbose(subparser, default=argparse.SUPPRESS)  # what was said before the command stays
            subparser.set_defaults(run=module.run)
    return parser


def _add_verbose(parser: argparse.ArgumentParser, default: int | str) -> None:
    help_text = "log to standard error (twice: in detail)"
    parser.add_argument("-v", "--verbose", action="count", default=default, help=help_text)


def _log(verbosity: int) -> None:
    level = {0: logging.ERROR, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    logging.basicConfig(level=level, format=f"{_PROGRAM}: %(levelname)s %(name)s: %(message)s", force=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs ``chime-native`` with these arguments (default: the process's own); returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    chosen = next((argument for argument in arguments if argument in COMMANDS), None)
    parsed = _parser(chosen).parse_args(arguments)
    _log(parsed.verbose)
    try:
        status = parsed.run(parsed)
    except ChimeError as error:
        print(f"{_PROGRAM} {parsed.command}: {_one_line(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{_PROGRAM} {parsed.command}: interrupted", file=sys.stderr)
        return 1
    return int(status)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
