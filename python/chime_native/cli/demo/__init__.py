"""`chime-native demo`: the main job end to end, with something to listen to and to look at."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from chime_native.errors import ChimeError

__all__ = ["add_arguments", "run"]

ASSET = Path(__file__).parents[2] / "assets" / "speech.flac"


def _percent(text: str) -> float:
    value = float(text)
    if not 0 <= value < 100:
        raise argparse.ArgumentTypeError(f"must be at least 0 and below 100, not {text}")
    return value


def _not_negative(text: str) -> float:
    value = float(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or more, not {text}")
    return value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--loss", type=_percent, default=10.0, metavar="P",
        help="percent of packets lost between Bob and the service (default: 10)",
    )  # fmt: skip
    parser.add_argument(
        "--jitter", type=_not_negative, default=10.0, metavar="MS",
        help="mean extra delay of packets there, in milliseconds (default: 10)",
    )  # fmt: skip
    parser.add_argument(
        "--speech",
        type=Path,
        default=ASSET,
        metavar="FILE",
        help="what Alice says (default: a built-in text)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("chime-demo"),
        metavar="DIR",
        help="where to write (default: chime-demo)",
    )
    parser.add_argument("--seed", type=int, default=1, help="which random losses (default: 1)")


def run(args: argparse.Namespace) -> int:
    from chime_native.cli.demo.call import DemoCall
    from chime_native.cli.demo.progress import progress
    from chime_native.cli.demo.report import write_report

    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ChimeError(f"cannot write to {args.out}: {error.strerror}") from error
    call = DemoCall(
        speech=args.speech, out=args.out, loss=args.loss / 100, jitter_ms=args.jitter, seed=args.seed
    )
    with progress(call):
        asyncio.run(call.run())
    print(write_report(call))
    return 0
