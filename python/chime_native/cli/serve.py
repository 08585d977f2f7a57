"""``chime-native serve``: runs the local service until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import signal

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``serve``."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=_port, default=8080, help="TCP port, 0 for a free one (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Serves until told to stop; raises `chime_native.errors.ServiceError` when it cannot listen."""
    asyncio.run(_serve(args.host, args.port))
    return 0


async def _serve(host: str, port: int) -> None:
    # Imported here: wrong arguments and --help need no media engine.
    from chime_native.service import LocalService

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with LocalService(host, port) as service:
        print(f"listening on {service.url}", flush=True)
        await stop.wait()


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port between 0 and 65535")
    return int(text)
