"""``chime-native serve``: runs the local service until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import json
import logging
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from chime_native.cli.json_log import log_as_json
from chime_native.errors import ConfigurationError

if TYPE_CHECKING:
    from chime_native.service import ServiceSettings
    from chime_native.service.turn import TurnServer

__all__ = ["add_arguments", "run"]

logger = logging.getLogger(__name__)


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
    parser.add_argument(
        "--transcriber",
        metavar="MODULE:FUNCTION",
        help="recogniser for StartMeetingTranscription; pocketsphinx is an offline one for US English, echo one for tests",
    )
    _add_network_arguments(parser.add_argument_group("network"))
    _add_record_arguments(parser.add_argument_group("records and logs"))


def _add_network_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--tls-cert", metavar="FILE", help="certificate chain (PEM): serve https and wss, with --tls-key"
    )
    group.add_argument("--tls-key", metavar="FILE", help="private key of the certificate (PEM)")
    group.add_argument(
        "--public-address",
        metavar="ADDRESS",
        help="address under which clients reach this machine, where it is not one of its own (one-to-one NAT)",
    )
    group.add_argument(
        "--allowed-host",
        metavar="NAME",
        action="append",
        default=[],
        help="name by which clients may call this service besides its addresses, localhost and this machine's name, where "
        "there is neither TLS nor --credentials (may be repeated)",
    )
    group.add_argument(
        "--allowed-origin",
        metavar="ORIGIN",
        action="append",
        default=[],
        help="web pages of this origin, such as https://app.example, may use the REST API (may be repeated)",
    )
    group.add_argument(
        "--turn-uri",
        metavar="URI",
        action="append",
        default=[],
        help="TURN server for all media of clients, such as turn:relay.example:3478?transport=udp (may be repeated)",
    )
    group.add_argument(
        "--turn-secret-file", metavar="FILE", help="file with the secret that the TURN server shares with us"
    )
    group.add_argument(
        "--turn-lifetime",
        metavar="SECONDS",
        type=int,
        default=12 * 3600,
        help="how long TURN credentials are good for (default: %(default)s)",
    )


def _add_record_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--state", metavar="FILE", help="keep meetings and attendees in this SQLite file through restarts"
    )
    group.add_argument(
        "--notifications",
        metavar="FILE",
        help="append what Amazon Chime sends to EventBridge, one JSON object a line",
    )
    group.add_argument(
        "--log-format",
        choices=("text", "json"),
        default="text",
        help="json: one object a line on standard error, at level INFO",
    )


def run(args: argparse.Namespace) -> int:
    """Serves until told to stop; raises `chime_native.errors.ChimeError` for what keeps it from that."""
    # Imported here: wrong arguments and --help need no media engine.
    from chime_native.service import ServiceSettings
    from chime_native.service.sigv4 import read_credentials
    from chime_native.service.transcribers import load_transcriber

    credentials = read_credentials(args.credentials) if args.credentials else {}
    if not credentials and not args.insecure and not _is_loopback(args.host):
        raise ConfigurationError(
            f"{args.host} can be reached from other machines, and anybody there could make meetings: "
            "give --credentials FILE, or say --insecure"
        )
    if args.log_format == "json":
        log_as_json()
    try:
        settings = ServiceSettings(
            credentials=credentials,
            allowed_hosts=frozenset(args.allowed_host),
            allowed_origins=frozenset(args.allowed_origin),
            turn=_turn(args),
            public_address=args.public_address,
            tls_cert=args.tls_cert,
            tls_key=args.tls_key,
            state_file=args.state,
            transcriber=load_transcriber(args.transcriber) if args.transcriber else None,
        )
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    with ExitStack() as files:
        out = None
        if args.notifications:
            try:
                out = files.enter_context(open(args.notifications, "a", encoding="utf-8"))
            except OSError as error:
                raise ConfigurationError(f"cannot write {args.notifications}: {error.strerror}") from None
        tell = logger.warning if args.log_format == "json" else partial(print, file=sys.stderr)
        asyncio.run(_serve(args.host, args.port, settings, out, tell))
    return 0


def _turn(args: argparse.Namespace) -> TurnServer | None:
    from chime_native.service.turn import TurnServer

    if not args.turn_uri:
        if args.turn_secret_file is not None:
            raise ConfigurationError("--turn-secret-file needs --turn-uri: it is the secret of that server")
        return None
    if args.turn_secret_file is None:
        raise ConfigurationError(
            "--turn-uri needs --turn-secret-file: credentials are made from the shared secret"
        )
    try:
        secret = Path(args.turn_secret_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {args.turn_secret_file}: {error}") from None
    return TurnServer(tuple(args.turn_uri), secret, args.turn_lifetime)


async def _serve(
    host: str,
    port: int,
    settings: ServiceSettings,
    notifications: TextIO | None,
    tell: Callable[[str], None],
) -> None:
    from chime_native.service import LocalService

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    service = LocalService(host, port, settings)
    if notifications is not None:
        service.on_notification(lambda event: print(json.dumps(event), file=notifications, flush=True))
    async with service:
        print(f"listening on {service.url}", flush=True)
        if not settings.credentials:
            tell("requests are not authenticated: whoever can reach the port can make meetings")
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
