"""Whatever happens to connections, nothing of them stays."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from typing import Any

import pytest
from chime_native.rtc import RtcPeer
from chime_native.service import ServiceSettings
from chime_native.signaling.messages import SdkSignalFrame, SdkSubscribeFrame

Type = SdkSignalFrame


def held() -> tuple[int, int, int]:
    """Tasks, threads and descriptors of this process."""
    return len(asyncio.all_tasks()), threading.active_count(), len(os.listdir("/proc/self/fd"))


async def come_and_go(desk: Any, meeting: Any, how: str) -> None:
    attendee = desk.attendee(meeting, how)
    async with (
        RtcPeer(controlling=True, host="127.0.0.1") as peer,
        desk.client(meeting, attendee) as signaling,
    ):
        await signaling.join()
        offer = await peer.create_offer()
        await signaling.send(Type.SUBSCRIBE, sub=SdkSubscribeFrame(sdp_offer=offer, audio_host="x"))
        if how == "hasty":
            return
        ack = await signaling.receive(Type.SUBSCRIBE_ACK)
        await peer.apply_answer(ack.suback.sdp_answer)
        await peer.connected()
        if how == "polite":
            await signaling.leave()
        elif how == "torn":
            signaling.socket.transport.abort()


async def settled() -> tuple[int, int, int]:
    """What is held once it does not change any more, without what tests before this one left to be collected."""
    gc.collect()
    now, before = held(), None
    while now != before:
        await asyncio.sleep(0.2)
        now, before = held(), now
    return now


async def round_of(desk: Any, meeting: Any) -> None:
    for how in ("polite", "closed", "torn", "hasty"):
        await come_and_go(desk, meeting, how)
    await desk.service._live[meeting.meeting_id].wait_idle(30)


@pytest.mark.parametrize(
    "desk", [ServiceSettings(reconnect_grace_s=1)], indirect=True, ids=["soon forgotten"]
)
async def test_tasks_threads_and_descriptors_are_what_they_were(desk: Any) -> None:
    meeting = desk.meeting()
    await round_of(desk, meeting)  # leaves what is made once
    first = await settled()
    for _ in range(3):
        await round_of(desk, meeting)
        async with asyncio.timeout(30):
            # At once but for what the loop closes when it next comes to it.
            while any(now > before for now, before in zip(await settled(), first, strict=True)):
                pass
    assert len(desk.service._live[meeting.meeting_id].conference.roster) == 0
