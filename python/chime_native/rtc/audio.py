"""The audio section of a peer: the engine's sender and receiver, and PCM on the playout clock."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from chime_native import audio as engine
from chime_native.rtc.agreement import AudioParameters
from chime_native.rtc.clock import PlayoutClock
from chime_native.rtc.options import AudioProfileOptions
from chime_native.rtc.rtcp import ReceivedReport

__all__ = ["AudioChannel", "AudioSink", "AudioSource"]

logger = logging.getLogger(__name__)

SAMPLE_RATE = 48_000
FRAMES_PER_TICK = SAMPLE_RATE // 100

#: Bits per second for speech when neither side asks for anything; Opus is fullband with it.
DEFAULT_BITRATE = 32_000


class AudioSource(Protocol):
    """Where outgoing PCM comes from."""

    def read(self, frames: int) -> NDArray[np.int16]:
        """The next ``frames`` samples at 48 kHz, int16, shape (frames, 1 or 2); never blocks."""


class AudioSink(Protocol):
    """Where received PCM goes."""

    def write(self, pcm: NDArray[np.int16]) -> None:
        """Takes 10 ms at 48 kHz, int16, shape (480, channels); called every 10 ms, must not block or change it."""


class AudioChannel:
    """What was negotiated for audio, with the native objects that send and receive it.

    A client lets :meth:`start` move PCM on the playout clock; a service drives ``sender`` and ``receiver`` itself, from
    its mixer, and sends what that gives with the peer's ``send_rtp``. When a renegotiation changes the payload types
    or extension ids, both objects are replaced and ``ssrc`` changes; otherwise they stay for the life of the peer.
    """

    def __init__(
        self,
        parameters: AudioParameters,
        ssrc: int,
        options: AudioProfileOptions,
        send: Callable[[Iterable[bytes]], None],
    ) -> None:
        self.channels = options.pcm_channels
        self.parameters = parameters
        self.ssrc = ssrc
        self._options = options
        self._send = send
        self._clock: PlayoutClock | None = None
        self._source: AudioSource | None = None
        self._sinks: list[AudioSink] = []
        self._reported: set[int] = set()
        self._remote_report: dict[str, float] | None = None
        self._silence = np.zeros((FRAMES_PER_TICK, self.channels), np.int16)
        self._taps: tuple[engine.AudioReceiver, ...] = ()
        self.receiver = self._make_receiver()
        self.sender = self._make_sender()

    @property
    def mid(self) -> str:
        """The mid of the section."""
        return self.parameters.mid

    @property
    def payload_types(self) -> frozenset[int]:
        """The payload types agreed: Opus, and RED when both want it."""
        red = self.parameters.red_payload_type
        return frozenset(
            (self.parameters.opus_payload_type,) if red is None else (self.parameters.opus_payload_type, red)
        )

    def renegotiate(self, parameters: AudioParameters, ssrc: int) -> None:
        """Takes what a later offer and answer agreed on; ``ssrc`` differs when the engine's objects have to change."""
        self.parameters = parameters
        if ssrc != self.ssrc:
            muted = self.sender.muted
            self.ssrc = ssrc
            self.receiver = self._make_receiver()
            self.sender = self._make_sender()
            self.sender.muted = muted

    def start(self, clock: PlayoutClock, source: AudioSource | None, sinks: Sequence[AudioSink] = ()) -> None:
        """Moves PCM from now on: from ``source`` (None is silence) to the peer, and from the peer to ``sinks``.

        Packets are sent for silence too: a stream that pauses counts as a broken connection.
        """
        if self._clock is not None:
            raise RuntimeError("this audio channel has been started already")
        self._source = source
        self._sinks = list(sinks)
        clock.add(self._tick)
        self._clock = clock

    def stop(self) -> None:
        """Ends what :meth:`start` began; idempotent."""
        if self._clock is not None:
            self._clock.remove(self._tick)
            self._clock = None

    @property
    def source(self) -> AudioSource | None:
        """Where outgoing PCM comes from; None sends silence."""
        return self._source

    @source.setter
    def source(self, source: AudioSource | None) -> None:
        self._source = source

    def add_sink(self, sink: AudioSink) -> None:
        """Gives received PCM to ``sink`` too, from the next tick on."""
        self._sinks.append(sink)

    def remove_sink(self, sink: AudioSink) -> None:
        """Gives no more PCM to ``sink``, also when it never got any."""
        if sink in self._sinks:
            self._sinks.remove(sink)

    def push_packet(self, packet: bytes, arrival_us: int) -> None:
        """One RTP packet of the section, for the engine's receiver."""
        self.receiver.push(packet, arrival_us)
        for receiver in self._taps:
            receiver.push(packet, arrival_us)

    def tap(self, sample_rate: int = SAMPLE_RATE, channels: int | None = None) -> engine.AudioReceiver:
        """A second receiver that gets the same packets, for another playout than that of :attr:`receiver`."""
        receiver = self._make_receiver(sample_rate, channels)
        self._taps = (*self._taps, receiver)
        return receiver

    def untap(self, receiver: engine.AudioReceiver) -> None:
        """Gives no more packets to a receiver that :meth:`tap` gave."""
        self._taps = tuple(other for other in self._taps if other is not receiver)

    def handle_report(self, block: ReceivedReport, rtt_ms: float | None, now_us: int) -> None:
        """The peer's view of what we send, for the sender's redundancy and expected loss."""
        report: dict[str, float] = {
            "packetsLost": block.packets_lost,
            "fractionLost": block.fraction_lost,
            "jitter": block.jitter / SAMPLE_RATE,
        }
        if rtt_ms is not None:
            report["roundTripTime"] = rtt_ms / 1000
        self._remote_report = report
        self.sender.on_report(
            fraction_lost=block.fraction_lost,
            rtt_ms=rtt_ms,
            jitter_ms=block.jitter * 1000 / SAMPLE_RATE,
            now_us=now_us,
        )

    def handle_report_now(self, block: ReceivedReport, rtt_ms: float | None) -> None:
        """The same for a report that has just come."""
        self.handle_report(block, rtt_ms, time.monotonic_ns() // 1000)

    def stats(self) -> dict[str, Any]:
        """What was agreed, and the statistics of both native objects."""
        return {
            "mid": self.parameters.mid,
            "opus_payload_type": self.parameters.opus_payload_type,
            "red_payload_type": self.parameters.red_payload_type,
            "ssrc": self.ssrc,
            "remote_ssrc": next(iter(self.parameters.remote_ssrcs), 0),
            # By the W3C's names, in seconds; None before the first report.
            "remote_report": self._remote_report,
            "receiver": self.receiver.stats(),
            "sender": self.sender.stats(),
        }

    def _make_receiver(
        self, sample_rate: int = SAMPLE_RATE, channels: int | None = None
    ) -> engine.AudioReceiver:
        return engine.AudioReceiver(
            opus_payload_type=self.parameters.opus_payload_type,
            red_payload_type=self.parameters.red_payload_type,
            sample_rate=sample_rate,
            channels=channels or self.channels,
            audio_level_id=self.parameters.audio_level_id,
        )

    def _make_sender(self) -> engine.AudioSender:
        options, parameters = self._options, self.parameters
        return engine.AudioSender(
            ssrc=self.ssrc,
            opus_payload_type=parameters.opus_payload_type,
            red_payload_type=parameters.red_payload_type,
            sample_rate=SAMPLE_RATE,
            channels=self.channels,
            # Stereo profiles are for music; "voip" would filter and colour it.
            application="audio" if options.stereo else "voip",
            bitrate=options.bitrate or parameters.bitrate or DEFAULT_BITRATE,
            mid=parameters.mid,
            mid_id=parameters.mid_id,
            audio_level_id=parameters.audio_level_id,
            abs_send_time_id=parameters.abs_send_time_id,
        )

    def _tick(self, now_us: int) -> None:
        if self.parameters.sends:
            packets = self.sender.push(self._read(), now_us)
            if packets:
                self._send(packets)
        pcm = self.receiver.pull()
        for sink in tuple(self._sinks):
            try:
                sink.write(pcm)
            except Exception:  # noqa: BLE001 - an application's code must not end the call
                self._report_once(sink, "a sink of received audio raised; it stays connected")

    def _read(self) -> NDArray[np.int16]:
        if self._source is None:
            return self._silence
        try:
            return fit_channels(self._source.read(FRAMES_PER_TICK), self.channels)
        except Exception:  # noqa: BLE001 - an application's code must not end the call
            self._report_once(self._source, "a source of audio raised; silence is sent while it does")
            return self._silence

    def _report_once(self, who: object, what: str) -> None:
        if id(who) not in self._reported:
            self._reported.add(id(who))
            logger.exception("%s: %r", what, who)


def fit_channels(pcm: NDArray[np.int16], channels: int) -> NDArray[np.int16]:
    """``pcm`` with that many channels: stereo becomes the mean of both, mono is doubled. Raises ValueError."""
    if pcm.ndim != 2 or pcm.dtype != np.int16 or pcm.shape[0] != FRAMES_PER_TICK:
        raise ValueError(
            f"audio must be int16 of shape ({FRAMES_PER_TICK}, channels), not {pcm.dtype} {pcm.shape}"
        )
    if pcm.shape[1] == channels:
        return np.ascontiguousarray(pcm)
    if channels == 1:
        mean = np.mean(pcm, axis=1, dtype=np.float32, keepdims=True)
        return np.round(mean).astype(np.int16)
    if pcm.shape[1] == 1:
        return np.repeat(pcm, channels, axis=1)
    raise ValueError(f"audio of {pcm.shape[1]} channels cannot be sent as {channels}")
