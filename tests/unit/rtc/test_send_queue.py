import asyncio

import pytest
from chime_native.rtc.send_queue import MAX_QUEUED, SendQueue


class FakeDtls:
    """Takes packets once it is open, and refuses those that say so."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.sent: list[bytes] = []
        self.changed = asyncio.Event()

    async def _send_rtp(self, data: bytes) -> None:
        await self.open.wait()
        if data == b"refused":
            raise ConnectionError
        if data == b"too long":
            raise ValueError
        self.sent.append(data)
        self.changed.set()


@pytest.fixture
def dtls() -> FakeDtls:
    return FakeDtls()


async def all_sent(dtls: FakeDtls, last: bytes) -> None:
    async with asyncio.timeout(30):
        while not dtls.sent or dtls.sent[-1] != last:
            dtls.changed.clear()
            await dtls.changed.wait()


async def test_packets_go_in_order_and_are_counted(dtls: FakeDtls) -> None:
    queue = SendQueue(dtls)  # type: ignore[arg-type]
    dtls.open.set()
    queue.start()
    queue.start()
    for packet in (b"1", b"refused", b"22", b"too long", b"333"):
        queue.put(packet)
    await all_sent(dtls, b"333")
    assert dtls.sent == [b"1", b"22", b"333"]
    assert (queue.packets_sent, queue.bytes_sent, queue.packets_discarded) == (3, 6, 2)
    await queue.close()
    await queue.close()


async def test_a_full_queue_loses_its_oldest(dtls: FakeDtls) -> None:
    queue = SendQueue(dtls)  # type: ignore[arg-type]
    queue.start()
    for number in range(MAX_QUEUED + 10):
        queue.put(str(number).encode())
    assert queue.packets_discarded == 10
    dtls.open.set()
    await all_sent(dtls, str(MAX_QUEUED + 9).encode())
    assert dtls.sent[0] == b"10"
    await queue.send_now(b"last")
    assert dtls.sent[-1] == b"last"
    await queue.close()
