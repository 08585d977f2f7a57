"""Watches the connection of a session once a second, tells the observers of its health, and has it made anew when it is dead.

SDK: ``src/task/MonitorTask.ts`` and the statistics collector that feeds it. The same statistics are sent to the service and
told to the observers.
"""

from __future__ import annotations

import asyncio
import time

from chime_native.metrics import ClientMetricReport, StatsCollector
from chime_native.realtime import ConnectionHealthPolicyConfiguration, ConnectionMonitor
from chime_native.realtime import connection_events as monitored
from chime_native.session.connection import MeetingConnection
from chime_native.session.parts import SessionParts
from chime_native.session.rtc_stats import RtcStats
from chime_native.session.status import MeetingSessionStatusCode
from chime_native.session.video_link import VideoLink
from chime_native.session.video_stats import video_entries
from chime_native.signaling.events import PongReceived, PongsMissed

__all__ = ["ConnectionWatch"]

_INTERVAL = 1.0  # seconds; the policies count samples of this length


class ConnectionWatch:
    """Feeds the connection monitor of the present connection, and acts on what it says."""

    def __init__(
        self,
        parts: SessionParts,
        attendee_id: str,
        configuration: ConnectionHealthPolicyConfiguration,
        video: VideoLink,
    ) -> None:
        self._parts = parts
        self._attendee_id = attendee_id
        self._configuration = configuration
        self._connection: MeetingConnection | None = None
        self._monitor: ConnectionMonitor | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._video = video
        self._start_collecting()

    def use(self, connection: MeetingConnection, resume: bool) -> None:
        """Watches ``connection`` from now on; ``resume``: warnings that were given count on."""
        self._connection = connection
        self._start_collecting()
        if self._monitor is None or not resume:
            self._monitor = ConnectionMonitor(self._configuration, self._attendee_id, _now_ms())
        else:
            self._monitor.reset(_now_ms())
        self._monitor.start()
        self._arm()

    def connected(self) -> None:
        """The session is connected: the first seconds, in which nothing is held against it, begin."""
        if self._monitor is not None:
            self._monitor.connected(_now_ms())

    @property
    def collector(self) -> StatsCollector:
        """Of the present connection."""
        return self._collector

    def _start_collecting(self) -> None:
        self._stats = RtcStats()
        self._collector = StatsCollector(self._attendee_id, self._video.reception.index)

    def input_changed(self) -> None:
        """Another audio input was chosen: what was measured does not count any more."""
        if self._monitor is not None:
            self._monitor.reset(_now_ms())

    def stop(self) -> None:
        """Watches nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._monitor is not None:
            self._monitor.stop()
        self._connection = None

    def handle_pongs(self, event: PongReceived | PongsMissed) -> None:
        """A ping was answered, or was not."""
        if self._monitor is None:
            return
        if isinstance(event, PongReceived):
            self._monitor.handle_pong(_now_ms())
        else:
            self._monitor.handle_missed_pong(_now_ms())
        self._drain()

    def handle_signal_strength(self, signal_strength: float) -> None:
        """How well the service hears this client has changed."""
        if self._monitor is not None:
            self._monitor.handle_signal_strength(signal_strength, _now_ms())
            self._drain()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(_INTERVAL, self._tick)

    def _tick(self) -> None:
        self._arm()
        connection = self._connection
        peer = connection.peer if connection is not None else None
        if connection is None or peer is None or self._monitor is None:
            return
        stats = peer.stats()
        entries = [*self._stats.entries(stats), *video_entries(self._video.stats(), self._video.input.size)]
        self._collector.collect(entries, _now_ms())
        frame = self._collector.frame()
        connection.signaling.perform(lambda client, now_ms: client.send_client_metrics(frame, now_ms))
        report = self._collector.report.snapshot()
        self._parts.observers.notify("metrics_did_receive", report)
        self._monitor.has_video_tiles_with_streams = self._video.tiles.have_video_tiles_with_streams()
        self._monitor.handle_metrics(_connection_metrics(report, stats["bytes_received"]), _now_ms())
        self._drain()

    def _drain(self) -> None:
        if self._monitor is None:
            return
        observers = self._parts.observers
        for event in self._monitor.events():
            match event:
                case monitored.ConnectionHealthChanged(data=data):
                    if data.consecutive_missed_pongs == 0:
                        self._parts.controller.sign_of_life()
                    observers.notify("connection_health_did_change", data)
                case monitored.ReconnectRecommended():
                    self._parts.controller.fail(
                        MeetingSessionStatusCode.CONNECTION_HEALTH_RECONNECT,
                        "nothing is received any more, or pings are not answered",
                    )
                case monitored.ConnectionBecamePoor():
                    observers.notify("connection_did_become_poor")
                case monitored.StopVideoSuggested():
                    observers.notify("connection_did_suggest_stop_video")
                case monitored.ConnectionBecameGood():
                    observers.notify("connection_did_become_good")
                case _:
                    pass


def _connection_metrics(report: ClientMetricReport, bytes_received: int) -> monitored.ConnectionMetrics:
    observed = report.observed()
    return monitored.ConnectionMetrics(
        audio_packets_received=observed.audio_packets_received,
        audio_packets_received_loss=observed.audio_packets_received_fraction_loss,
        audio_speaker_delay_ms=observed.audio_speaker_delay_ms,
        audio_packets_sent=observed.audio_packets_sent,
        bytes_received=bytes_received,
        stun_messages_received=0,  # not counted: the service sends sound all the time
    )


def _now_ms() -> float:
    return time.monotonic() * 1000
