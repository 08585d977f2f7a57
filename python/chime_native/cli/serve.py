"""``chime-native serve``: runs the local service until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import signal
import sys
from typing import TYPE_CHECKING

from chime_native.errors import ConfigurationError

if TYPE_CHECKING:
    from chime_native.service import ServiceSettings

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``serve``."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=_port, default=8080, help="TCP port, 0 for a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--credentials",
        metavar="FILE",
        help="accept only requests signed with a key of this file, in the form of ~/.aws/credentials",
    )
    parser.add_argument(
        "--insecure", action="store_true", help="allow an address that others can reach without --credentials"
    )


def run(args: argparse.Namespace) -> int:
    """Serves until told to stop; raises `chime_native.errors.ChimeError` for what keeps it from that."""
    # Imported here: wrong arguments and --help need no media engine.
    from chime_native.service import ServiceSettings
    from chime_native.service.sigv4 import read_credentials

    credentials = read_credentials(args.credentials) if args.credentials else {}
    if not credentials and not args.insecure and not _is_loopback(args.host):
        raise ConfigurationError(
            f"{args.host} can be reached from other machines, and anybody there could make meetings: "
            "give --credentials FILE, or say --insecure"
        )
    asyncio.run(_serve(args.host, args.port, ServiceSettings(credentials=credentials)))
    return 0


async def _serve(host: str, port: int, settings: ServiceSettings) -> None:
    from chime_native.service import LocalService

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with LocalService(host, port, settings) as service:
        print(f"listening on {service.url}", flush=True)
        if not settings.credentials:
            print(
                "requests are not authenticated: whoever can reach the port can make meetings",
                file=sys.stderr,
            )
        await stop.wait()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port between 0 and 65535")
    return int(text)
