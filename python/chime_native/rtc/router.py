"""Which section a decrypted RTP packet belongs to (RFC 8843, section 9.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

__all__ = ["PacketRouter", "Route"]

PacketHandler = Callable[[bytes, int], object]

#: SSRCs remembered. Those who get here have the keys, but a peer that makes a new one for each packet gains nothing.
MAX_LEARNED = 1024


@dataclass(frozen=True, slots=True)
class Route:
    """One section that takes packets; ``handler(packet, arrival_us)``."""

    mid: str
    handler: PacketHandler
    ssrcs: tuple[int, ...] = ()
    payload_types: frozenset[int] = frozenset()
    mid_id: int = 0
    """Id of the mid header extension, 0 when it was not agreed."""


class PacketRouter:
    """Finds the section by the mid extension, then by the SSRC of the SDP, then by a payload type that only one has.

    What was found is remembered for the SSRC, so that later packets cost one look into a table.
    """

    def __init__(self) -> None:
        self._routes: tuple[Route, ...] = ()
        self._learned: dict[bytes, Route] = {}
        self.packets_unroutable = 0
        self.packets_malformed = 0

    def configure(self, routes: Iterable[Route]) -> None:
        """Takes the sections of a new negotiation.

        What was learned of a section stays while its mid does (RFC 8843, section 9.2): browsers leave the mid out of
        their packets once they know that we have seen it.
        """
        self._routes = tuple(routes)
        by_mid = {route.mid: route for route in self._routes}
        self._learned = {
            ssrc: by_mid[route.mid] for ssrc, route in self._learned.items() if route.mid in by_mid
        }

    def handle(self, packet: bytes, arrival_us: int) -> None:
        """Hands the packet to its section; what has none is counted."""
        route = self._learned.get(packet[8:12])
        if route is None:
            route = self._learn(packet)
            if route is None:
                return
        route.handler(packet, arrival_us)

    def _learn(self, packet: bytes) -> Route | None:
        if len(packet) < 12 or packet[0] >> 6 != 2:
            self.packets_malformed += 1
            return None
        route = self._find(packet)
        if route is None:
            self.packets_unroutable += 1
            return None
        if len(self._learned) >= MAX_LEARNED:
            self._learned.clear()
        self._learned[packet[8:12]] = route
        return route

    def _find(self, packet: bytes) -> Route | None:
        for mid_id in {route.mid_id for route in self._routes} - {0}:
            value = header_extension(packet, mid_id)
            if value is not None:
                # A mid that no section has is not for us, whatever the SSRC says.
                return next((r for r in self._routes if r.mid.encode() == value), None)
        ssrc = int.from_bytes(packet[8:12])
        for route in self._routes:
            if ssrc in route.ssrcs:
                return route
        payload_type = packet[1] & 0x7F
        uses = Counter(number for route in self._routes for number in route.payload_types)
        if uses[payload_type] != 1:
            return None
        return next(route for route in self._routes if payload_type in route.payload_types)


def header_extension(packet: bytes, number: int) -> bytes | None:
    """The value of the header extension with that id (RFC 8285), None when the packet has none or is malformed."""
    if len(packet) < 16 or not packet[0] & 0x10:
        return None
    start = 12 + 4 * (packet[0] & 0x0F)
    profile = packet[start : start + 2]
    position = start + 4
    end = position + 4 * int.from_bytes(packet[start + 2 : position])
    if end > len(packet):
        return None
    one_byte = profile == b"\xbe\xde"
    if not one_byte and (profile[0] != 0x10 or profile[1] >> 4):
        return None
    while position < end:
        if packet[position] == 0:  # padding
            position += 1
            continue
        if one_byte:
            found, length, position = packet[position] >> 4, (packet[position] & 0x0F) + 1, position + 1
            if found == 15:  # reserved: nothing after it is to be read
                return None
        else:
            if position + 2 > end:
                return None
            found, length, position = packet[position], packet[position + 1], position + 2
        if position + length > end:
            return None
        if found == number:
            return packet[position : position + length]
        position += length
    return None
