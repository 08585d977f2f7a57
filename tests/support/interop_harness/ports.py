"""Ports that a test may come back to."""

import os
import random
import socket

# Below those that systems give to sockets by themselves (Linux: from 32768 on), so that no other socket takes one meanwhile.
_PORTS = range(20_000, 32_000)
_dice = random.Random(os.getpid())  # processes that run side by side try different ones


def lasting_port() -> int:
    """A TCP and UDP port of 127.0.0.1 that is free, and stays so until the test binds it, also a second time."""
    while True:
        port = _dice.choice(_PORTS)
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
