"""Reports how long the steps of a start took: MEETING_SESSION_TIMING, for the service's information only."""

from __future__ import annotations

import asyncio
import time

from chime_native.session.connection import MeetingConnection
from chime_native.session.session_timing import SessionTiming
from chime_native.session.timing_batch import SignalingStep

__all__ = ["TimingReporter"]

_LOOK_INTERVAL = 0.1  # seconds between looks for the first packets, while a report waits for them


class TimingReporter:
    """Takes the steps of one connection after the other; sends a report when one is complete, or after 15 s."""

    def __init__(self) -> None:
        self._timing = SessionTiming()
        self._connection: MeetingConnection | None = None
        self._timer: asyncio.TimerHandle | None = None

    def use(self, connection: MeetingConnection, has_audio: bool) -> None:
        """Another connection begins."""
        self.stop()
        self._connection = connection
        self._timing.reset()
        now_ms = _now_ms()
        self._timing.start(now_ms)
        if has_audio:
            self._timing.local_audio_added(now_ms)
            self._timing.remote_audio_added(now_ms)
        self._arm()

    def step(self, step: SignalingStep) -> None:
        """The connection has made a step."""
        self._timing.signaling_step(step, _now_ms())

    def stop(self) -> None:
        """No more reports."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._connection = None

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_LOOK_INTERVAL, self._look)

    def _look(self) -> None:
        connection = self._connection
        if connection is None:
            return
        now_ms = _now_ms()
        channel = connection.peer.audio if connection.peer is not None else None
        if channel is not None and channel.sender.stats()["packets_sent"]:
            self._timing.local_audio_first_packet(now_ms)
        if channel is not None and channel.receiver.stats()["packets_received"]:
            self._timing.remote_audio_first_packet(now_ms)
        self._timing.handle_timeout(now_ms)
        for batch in self._timing.batches():
            frame = batch.to_frame()
            connection.signaling.perform(
                lambda client, at_ms, frame=frame: client.send_meeting_session_timing(frame, at_ms)  # type: ignore[misc]
            )
        if self._timing.next_timeout() is not None:
            self._arm()


def _now_ms() -> int:
    return int(time.time() * 1000)
