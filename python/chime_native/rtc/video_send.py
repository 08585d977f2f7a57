"""The video that a peer sends: encoder, packets at an even pace, what the receiver asks for."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chime_native._native.video import VideoSender
from chime_native.errors import RtcError
from chime_native.rtc.clock import PlayoutClock
from chime_native.rtc.reports import Feedback, RtcpReporter
from chime_native.rtc.rtcp import FullIntraRequest, Nack, PictureLossIndication, ReceivedReport, Remb
from chime_native.rtc.video import VideoParameters
from chime_native.rtc.video_codecs import MIN_BITRATE, VideoEncoder
from chime_native.rtc.video_rate import VideoRate

__all__ = ["VideoSendStream"]

SENT_CODEC = "VP8"

KEY_FRAME_INTERVAL_US = 300_000
"""Requests that come sooner are answered by the key frame that was just made; Chromium does the same."""


class VideoSendStream:
    """One SSRC, and one of retransmissions, for the life of a peer; starts and stops as the camera does.

    Names its SSRCs before there is an offer; :meth:`agree` takes what was agreed on.
    """

    def __init__(self, send: Callable[[Iterable[bytes]], None], reporter: RtcpReporter, limit: int) -> None:
        self.ssrc, self.rtx_ssrc = (secrets.randbelow(0xFFFFFFFE) + 1 for _ in range(2))
        self.rate = VideoRate(limit)
        self._send = send
        self._reporter = reporter
        self._sender: VideoSender | None = None
        self._encoder: VideoEncoder | None = None
        self._clock: PlayoutClock | None = None
        self._key_wanted = True
        self._key_at_us = 0
        self._credit = 0.0
        self._packets_lost = 0
        self._size = (0, 0)
        self.frames_skipped = 0
        """Left out because the path carries too little."""
        self._requests = {"nack_count": 0, "pli_count": 0, "fir_count": 0}
        self._encode_seconds = 0.0
        self._remote_report: dict[str, float] | None = None

    def agree(self, parameters: VideoParameters) -> None:
        """Takes a negotiation in which we may send; raises RtcError when the peer does not take VP8."""
        chosen = next((item for item in parameters.payload_types if item.codec == SENT_CODEC), None)
        if chosen is None:
            raise RtcError("the peer does not take VP8, the codec in which video is sent")
        agreed: dict[str, Any] = {
            "ssrc": self.ssrc,
            "payload_type": chosen.number,
            "rtx_ssrc": self.rtx_ssrc if chosen.rtx is not None else 0,
            "rtx_payload_type": chosen.rtx,
            "mid": parameters.mid,
            "mid_id": parameters.mid_id,
            "abs_send_time_id": parameters.abs_send_time_id,
        }
        if self._sender is None:
            self._sender = VideoSender(
                first_sequence_number=secrets.randbelow(1 << 15),
                first_timestamp=secrets.randbits(32),
                **agreed,
            )
        else:
            self._sender.renegotiate(**agreed)

    def start(self) -> None:
        """Sends what is encoded from now on, beginning with a key frame; needs :meth:`agree`."""
        if self._clock is not None or self._sender is None:
            return
        self._key_wanted = True
        self._clock = PlayoutClock.running()
        self._clock.add(self._tick)
        self._reporter.add_sender(self.ssrc, self._sender_info, self._handle_report)

    def stop(self) -> None:
        """Sends nothing any more, until the next :meth:`start`; idempotent."""
        if self._clock is not None:
            self._clock.remove(self._tick)
            self._clock = None
            self._reporter.remove_sender(self.ssrc)
            self._encoder = None

    @property
    def is_sending(self) -> bool:
        """Between :meth:`start` and :meth:`stop`."""
        return self._clock is not None

    async def encode(
        self, i420: NDArray[np.uint8], captured_us: int, *, size: tuple[int, int] | None = None
    ) -> None:
        """Encodes a picture in a thread and sends it; one at a time. ``captured_us`` is monotonic and rises.

        ``size`` is the width and height to send it in, even numbers; None: as it is.
        """
        if self._sender is None or self._clock is None:
            return
        bitrate = self.rate.bitrate
        if self._must_skip(bitrate):
            self.frames_skipped += 1
            return
        encoder = self._encoder = self._encoder or VideoEncoder()
        key, self._key_wanted = self._key_wanted, False
        if key:
            self._key_at_us = _now_us()
        timestamp = captured_us * 9 // 100
        self._size = size or (i420.shape[1], i420.shape[0] * 2 // 3)
        begin = time.monotonic()
        try:
            payloads = await asyncio.to_thread(
                encoder.encode, i420, timestamp, size=self._size, bitrate=bitrate, key=key
            )
        except Exception:
            self._encoder, self._key_wanted = None, True
            raise
        self._encode_seconds += time.monotonic() - begin
        if encoder is self._encoder and not self._sender.push(payloads, captured_us):
            self._key_wanted = True

    def handle_feedback(self, feedback: Feedback) -> None:
        """What the receiver asks for."""
        match feedback:
            case PictureLossIndication(media_ssrc=self.ssrc):
                self._requests["pli_count"] += 1
                self._want_key_frame()
            case FullIntraRequest(requests=requests) if any(ssrc == self.ssrc for ssrc, _ in requests):
                self._requests["fir_count"] += 1
                self._want_key_frame()
            case Nack(media_ssrc=self.ssrc, sequence_numbers=numbers) if self._sender and self._clock:
                self._requests["nack_count"] += 1
                self._send(self._sender.retransmit(numbers))
            case Remb(bitrate=bitrate, media_ssrcs=ssrcs) if not ssrcs or self.ssrc in ssrcs:
                self.rate.handle_remb(bitrate)
            case _:
                pass

    def stats(self) -> dict[str, Any]:
        """Counters of what was sent; by the W3C's names in snake_case where there is one."""
        return {
            "ssrc": self.ssrc,
            "target_bitrate": self.rate.bitrate,
            "frame_width": self._size[0],
            "frame_height": self._size[1],
            "frames_skipped": self.frames_skipped,
            "packets_lost": self._packets_lost,
            "total_encode_time": self._encode_seconds,
            # By the W3C's names, in seconds; None before the first report.
            "remote_report": self._remote_report,
            **self._requests,
            **(self._sender.stats() if self._sender is not None else {}),
        }

    # --- within ---

    def _must_skip(self, bitrate: int) -> bool:
        """Whether to leave this picture out, so that those that are sent take no more than the path carries."""
        if bitrate >= MIN_BITRATE:
            return False
        self._credit += bitrate / MIN_BITRATE
        if self._credit < 1:
            return True
        self._credit -= 1
        return False

    def _want_key_frame(self) -> None:
        if _now_us() - self._key_at_us > KEY_FRAME_INTERVAL_US:
            self._key_wanted = True

    def _tick(self, now_us: int) -> None:
        assert self._sender is not None
        packets = self._sender.pull(now_us, bitrate=self.rate.bitrate)
        if packets:
            self._send(packets)

    def _sender_info(self) -> tuple[int, int, int]:
        assert self._sender is not None
        return self._sender.sender_info(_now_us())

    def _handle_report(self, block: ReceivedReport, round_trip_ms: float | None) -> None:
        self._packets_lost = block.packets_lost
        self._remote_report = {
            "packetsLost": block.packets_lost,
            "fractionLost": block.fraction_lost,
            "jitter": block.jitter / 90_000,
        }
        if round_trip_ms is not None:
            self._remote_report["roundTripTime"] = round_trip_ms / 1000
        self.rate.handle_report(block.fraction_lost)


def _now_us() -> int:
    return time.monotonic_ns() // 1000
