"""Whatever happens to connections, nothing of them stays."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import Any

from chime_native.rtc import RtcPeer
from chime_native.signaling.messages import SdkSignalFrame, SdkSubscribeFrame

Type = SdkSignalFrame


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


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


async def test_tasks_threads_and_descriptors_are_what_they_were(desk: Any) -> None:
    meeting = desk.meeting()
    counts = []
    for _ in range(4):
        for how in ("polite", "closed", "torn", "hasty"):
            await come_and_go(desk, meeting, how)
        await desk.service._live[meeting.meeting_id].wait_idle(30)
        counts.append((len(asyncio.all_tasks()), threading.active_count(), open_descriptors()))
    # The first round may leave what is made once.
    assert counts[1:] == [counts[1]] * 3
    assert len(desk.service._live[meeting.meeting_id].conference.roster) == 0
