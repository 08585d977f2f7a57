"""Which names the service answers to: the answer to DNS rebinding.

A web page may let its own name point to 127.0.0.1 once it is loaded. To the browser, what it then asks of the service is
of the page's own origin, so neither CORS nor the Origin header tell; the Host header still does, for it carries the
page's name. Addresses are no such names. Where requests must be signed there is nothing to be had without a key, and
where there is TLS the certificate is not that of the page's name.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
from collections.abc import Iterable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

__all__ = ["HostCheck", "host_name"]

logger = logging.getLogger(__name__)

_HOST: Final = re.compile(r"(?P<name>[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?", re.IGNORECASE)
LOGGED_REFUSALS: Final = 20
"""Names that are logged; somebody who makes them up must not fill the log."""


def host_name(host: str) -> str | None:
    """The name or address in a Host header, in lower case, without brackets, port and final dot; None if it is none."""
    match = _HOST.fullmatch(host)
    return None if match is None else match["name"].strip("[]").lower().removesuffix(".")


class HostCheck:
    """Answers to addresses, ``localhost``, this machine's own names, and those that are ``allowed``."""

    def __init__(self, allowed: Iterable[str]) -> None:
        own = socket.gethostname().lower()
        self._names = {"localhost", own, f"{own}.local", *map(host_name, allowed)}
        self._refused: set[str] = set()

    def allows(self, host: str) -> bool:
        """Whether a request with this Host header is meant for the service."""
        name = host_name(host)
        if name is None:
            return False
        return name in self._names or name.endswith(".localhost") or _is_address(name)

    def middleware(self) -> Middleware:
        """Refuses with 421 (Misdirected Request) before any handler sees the request."""

        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            if self.allows(request.host):
                return await handler(request)
            self._log(request.host)
            text = (
                "This service is not known by the name in the Host header, so the request may come from a web page that is "
                "none of its business.\nUse its address or localhost, or start it with --allowed-host NAME.\n"
            )
            return web.Response(status=421, text=text)

        return check

    def _log(self, host: str) -> None:
        if host not in self._refused and len(self._refused) < LOGGED_REFUSALS:
            self._refused.add(host)
            logger.warning("requests for the host %r are refused; --allowed-host would accept them", host)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
