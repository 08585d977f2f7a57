"""A video that a peer receives: packets in, what is missing asked for, pictures out. Nothing is decoded while nobody looks."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chime_native._native.video import VideoReceiver
from chime_native.rtc.clock import PlayoutClock
from chime_native.rtc.reports import RtcpReporter
from chime_native.rtc.rtcp import Nack, PictureLossIndication, RtcpPacket
from chime_native.rtc.video import VideoParameters
from chime_native.rtc.video_codecs import DECODABLE_CODECS, VideoDecoder

__all__ = ["VideoReceiveStream"]

logger = logging.getLogger(__name__)

POLL_TICKS = 2
"""What is missing is asked for every 20 ms."""

MAX_WAITING = 30
"""Pictures that wait to be decoded: a second. A decoder that is further behind goes on with a key frame."""

#: Gets a picture (I420), its extended RTP timestamp and when its first packet came, in microseconds.
FrameHandler = Callable[[NDArray[np.uint8], int, int], object]


class VideoReceiveStream:
    """The stream of one section, from the negotiation that begins it to the one that ends it."""

    def __init__(
        self,
        parameters: VideoParameters,
        reporter: RtcpReporter,
        send_feedback: Callable[[RtcpPacket], object],
        own_ssrc: Callable[[], int],
        on_frame: FrameHandler,
    ) -> None:
        self._receiver = VideoReceiver(**_agreement(parameters))
        self._reporter = reporter
        self._send_feedback = send_feedback
        self._own_ssrc = own_ssrc
        self._on_frame = on_frame
        self._clock: PlayoutClock | None = None
        self._ticks = 0
        self._waiting: deque[tuple[str, int, int, bytes]] = deque()
        self._filled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.frames_decoded = self.frames_dropped = self.frames_undecodable = 0
        self._nack_count = self._pli_count = 0
        self._size: dict[str, int] = {}
        self._decode_seconds = 0.0
        self._report_block = self._receiver.report_block
        reporter.add_receiver(self._report_block)

    def renegotiate(self, parameters: VideoParameters) -> None:
        """Takes a new agreement on the same section."""
        self._receiver.renegotiate(**_agreement(parameters))

    @property
    def is_watched(self) -> bool:
        """Whether pictures are put together and decoded."""
        return self._clock is not None

    def set_watched(self, watched: bool) -> None:
        """Begins to decode, with the next key frame, or ends it."""
        if watched == self.is_watched:
            return
        self._receiver.set_watched(watched)
        if watched:
            self._clock = PlayoutClock.running()
            self._clock.add(self._tick)
            self._task = asyncio.get_running_loop().create_task(self._decode(), name="chime-video-decode")
            return
        assert self._clock is not None
        assert self._task is not None
        self._clock.remove(self._tick)
        self._task.cancel()
        self._clock = self._task = None
        self._waiting.clear()

    def push_packet(self, packet: bytes, arrival_us: int) -> None:
        """One RTP packet of the section."""
        for codec, is_key, timestamp, arrived_us, data in self._receiver.push(packet, arrival_us):
            if codec not in DECODABLE_CODECS:
                continue
            if len(self._waiting) >= MAX_WAITING:
                self.frames_dropped += len(self._waiting)
                self._waiting.clear()
                if not is_key:
                    self.frames_dropped += 1
                    self._receiver.restart()
                    return
            self._waiting.append((codec, timestamp, arrived_us, data))
            self._filled.set()

    def close(self) -> None:
        """The section carries nothing any more."""
        self.set_watched(False)
        self._reporter.remove_receiver(self._report_block)

    def stats(self) -> dict[str, Any]:
        """Counters of packets and pictures; by the W3C's names in snake_case where there is one."""
        return (
            self._receiver.stats()
            | self._size
            | {
                "nack_count": self._nack_count,
                "pli_count": self._pli_count,
                "total_decode_time": self._decode_seconds,
                "frames_decoded": self.frames_decoded,
                "frames_dropped": self.frames_dropped,
                "frames_undecodable": self.frames_undecodable,
            }
        )

    # --- within ---

    def _tick(self, now_us: int) -> None:
        self._ticks += 1
        if self._ticks % POLL_TICKS:
            return
        key_frame, missing = self._receiver.poll(now_us)
        media_ssrc = self._receiver.stats()["ssrc"] if key_frame or missing else 0
        if missing:
            self._nack_count += 1
            self._send_feedback(Nack(self._own_ssrc(), media_ssrc, tuple(missing)))
        if key_frame:
            self._pli_count += 1
            self._send_feedback(PictureLossIndication(self._own_ssrc(), media_ssrc))

    async def _decode(self) -> None:
        decoder = VideoDecoder()
        while True:
            while not self._waiting:
                self._filled.clear()
                await self._filled.wait()
            codec, timestamp, arrived_us, data = self._waiting.popleft()
            begin = time.monotonic()
            try:
                frames = await asyncio.to_thread(decoder.decode, codec, data, timestamp)
            except ValueError as error:
                self.frames_undecodable += 1
                if self.frames_undecodable == 1:
                    logger.warning("%s; a key frame is asked for, further ones are only counted", error)
                self._waiting.clear()
                self._receiver.restart()
                continue
            self._decode_seconds += time.monotonic() - begin
            for i420, stamp in frames:
                self.frames_decoded += 1
                self._size = {"width": i420.shape[1], "height": i420.shape[0] * 2 // 3}
                self._on_frame(i420, stamp, arrived_us)


def _agreement(parameters: VideoParameters) -> dict[str, Any]:
    layer = parameters.remote_layers[0]
    return {
        "payload_types": [(item.number, item.codec, item.rtx) for item in parameters.payload_types],
        "ssrc": layer.ssrc,
        "rtx_ssrc": layer.rtx_ssrc,
    }
