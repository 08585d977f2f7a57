"""`chime-native bench`: what the engine costs and how it fares on bad networks, beside its peers, on this machine."""

from __future__ import annotations

import argparse

__all__ = ["add_arguments", "run"]


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text}")
    return int(text)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rounds",
        type=_positive,
        default=15,
        metavar="N",
        help="how often to run each pair (default: 15)",
    )
    parser.add_argument(
        "--seconds",
        type=_positive,
        default=20,
        metavar="N",
        help="how much speech to send over each network (default: 20)",
    )
    parser.add_argument("--seed", type=int, default=1, help="which random networks (default: 1)")


def run(args: argparse.Namespace) -> int:
    from chime_native.cli.bench.report import print_networks, print_speed

    print_speed(args.rounds)
    print_networks(args.seconds, args.seed)
    return 0
