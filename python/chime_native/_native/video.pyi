from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

from .audio import ReportBlock

# A frame in I420 is an array of shape (height * 3 / 2, width): height rows of luma, then the two chroma planes at half
# the width and height, without gaps. PyAV's to_ndarray(format="yuv420p") and OpenCV have it so.
Frame: TypeAlias = NDArray[np.uint8]
Order: TypeAlias = Literal["rgb", "bgr", "rgba", "bgra"]

def i420_to_rgb(
    frame: Frame,
    *,
    order: Order = "rgb",
    colour: Literal["bt601", "bt709", "jpeg"] = "bt601",
    out: Frame | None = None,
) -> Frame:
    """An I420 frame as packed pixels, shape (height, width, 3), or 4 for the orders with alpha, which is 255.

    ``frame`` has shape (height * 3 / 2, width), uint8, C-contiguous, even width and height up to 16384. ``order`` is
    that of the bytes in memory. ``colour`` says how it was coded: BT.601 or BT.709 with the range of video, or the full
    range of JPEG. Within 3 of the exact value; blue in BT.709 within 14, where it is strong. Writes into ``out`` when given and returns it; the GIL is released.

    Raises TypeError for another dtype, ValueError for other shapes and names, with what is allowed.
    """

def rgb_to_i420(
    pixels: Frame,
    *,
    order: Order = "rgb",
    colour: Literal["bt601", "jpeg"] = "bt601",
    out: Frame | None = None,
) -> Frame:
    """Packed pixels, shape (height, width, 3) or (height, width, 4), as an I420 frame of shape (height * 3 / 2, width).

    Alpha is not read. Otherwise as i420_to_rgb.
    """

def scale_i420(
    frame: Frame,
    width: int,
    height: int,
    *,
    filtering: Literal["none", "bilinear", "box"] = "box",
    out: Frame | None = None,
) -> Frame:
    """An I420 frame at another size, whatever its shape was: shape (height * 3 / 2, width).

    ``filtering``: ``none`` takes the nearest pixel, ``bilinear`` goes between neighbours (and aliases when much smaller),
    ``box`` is the mean of all that a pixel covers when smaller and bilinear when larger.
    """

def mirror_i420(frame: Frame, *, out: Frame | None = None) -> Frame:
    """An I420 frame with left and right exchanged. ``out`` must be other memory than ``frame``."""

# (payload type, "VP8" | "VP9" | "H264", payload type of its retransmissions or None)
PayloadType: TypeAlias = tuple[int, str, int | None]

class VideoForwarder:
    """The forwarding unit of one meeting: RTP packets of sources in, packets for sinks out, nothing decoded.

    Sources (what somebody sends, with its simulcast layers) and sinks (a section in which somebody receives) have keys of
    the owner's. A sink has one SSRC, and sequence numbers and timestamps that go on whatever it is given; it changes source
    or layer, begins and resumes where a key frame begins. Unknown keys raise KeyError, taken ones ValueError. One thread
    at a time; times are microseconds on any monotonic clock.
    """

    def __init__(self) -> None: ...
    def add_source(
        self,
        key: int,
        *,
        payload_types: Sequence[PayloadType],
        layers: Sequence[tuple[str, int, int]],
        rid_id: int = 0,
        repaired_rid_id: int = 0,
        transport_cc_id: int = 0,
    ) -> None:
        """``layers`` are (rid, SSRC, SSRC of retransmissions): known by rid, or by SSRCs where the rid is empty.

        0 where an SSRC is not known: it is learned. The other ids are those of header extensions (RFC 8852;
        transport-wide sequence numbers), 0 when not agreed.
        """
    def renegotiate_source(
        self,
        key: int,
        *,
        payload_types: Sequence[PayloadType],
        layers: Sequence[tuple[str, int, int]],
        rid_id: int = 0,
        repaired_rid_id: int = 0,
        transport_cc_id: int = 0,
    ) -> None:
        """Takes a new agreement; layers keep their place and what was learned of them."""
    def remove_source(self, key: int) -> None: ...
    def add_sink(
        self,
        key: int,
        *,
        ssrc: int,
        payload_types: Sequence[PayloadType],
        rtx_ssrc: int = 0,
        mid: str = "",
        mid_id: int = 0,
        abs_send_time_id: int = 0,
        first_sequence_number: int = 0,
        first_timestamp: int = 0,
    ) -> None:
        """``rtx_ssrc`` 0: retransmissions go out as the packets were. Ids are those of header extensions, 0: none."""
    def renegotiate_sink(
        self,
        key: int,
        *,
        ssrc: int,
        payload_types: Sequence[PayloadType],
        rtx_ssrc: int = 0,
        mid: str = "",
        mid_id: int = 0,
        abs_send_time_id: int = 0,
    ) -> None: ...
    def remove_sink(self, key: int) -> None: ...
    def select(self, sink: int, selection: tuple[int, int] | None) -> None:
        """From its next key frame on the sink gets (source, layer); None: nothing."""
    def set_paused(self, sink: int, paused: bool) -> None: ...
    def current(self, sink: int) -> tuple[int, int] | None:
        """The (source, layer) that is being sent."""
    def push(self, source: int, packet: Buffer, now_us: int) -> list[tuple[int, bytes]]:
        """A packet of a source that arrived now: what goes out for it, (sink, packet). What is malformed is counted."""
    def retransmit(self, sink: int, sequence_numbers: Sequence[int]) -> list[tuple[int, bytes]]:
        """What the sink's receiver misses, as far as it is still there."""
    def request_key_frame(self, sink: int) -> None:
        """The sink's receiver needs one; requests of many become one."""
    def poll(self, now_us: int, *, retry_us: int = 100_000) -> list[tuple[int, int, list[int]]]:
        """What is to be asked of senders now: (source, SSRC, missing sequence numbers), none named: a key frame."""
    def report_block(self, source: int, layer: int) -> ReportBlock | None:
        """How a layer arrives, since the last call; None before its first packet."""
    def sender_info(self, sink: int, now_us: int) -> tuple[int, int, int]:
        """(RTP timestamp of now, packets, octets) for a sender report."""
    def transport_feedback(self, source: int, ssrc: int) -> bytes:
        """An RTCP packet from ``ssrc``: when the source's packets came since the last one. Empty when none did."""
    def source_stats(self, source: int) -> dict[str, Any]:
        """Counters, and under ``layers`` one dict a layer with its size, codec, packets, octets, requests."""
    def sink_stats(self, sink: int) -> dict[str, int]: ...

class VideoSender:
    """One video that is sent: payloads of pictures in, RTP packets out at an even pace, and once more for who asks.

    One thread at a time; times are microseconds on any monotonic clock, the same for pictures, packets and reports.
    """

    def __init__(
        self,
        *,
        ssrc: int,
        payload_type: int,
        rtx_ssrc: int = 0,
        rtx_payload_type: int | None = None,
        mid: str = "",
        mid_id: int = 0,
        abs_send_time_id: int = 0,
        first_sequence_number: int = 0,
        first_timestamp: int = 0,
    ) -> None:
        """``rtx_ssrc`` 0: retransmissions go out as the packets were. Ids are those of header extensions, 0: none."""
    def renegotiate(
        self,
        *,
        ssrc: int,
        payload_type: int,
        rtx_ssrc: int = 0,
        rtx_payload_type: int | None = None,
        mid: str = "",
        mid_id: int = 0,
        abs_send_time_id: int = 0,
    ) -> None:
        """Takes a new agreement; the stream goes on."""
    def push(self, payloads: Sequence[bytes], captured_us: int) -> bool:
        """Queues the RTP payloads of one picture; False: no room (1024 packets), it is dropped, send a key frame."""
    def pull(self, now_us: int, *, bitrate: int) -> list[bytes]:
        """What may go now, at 2.5 times ``bitrate`` (bits per second); nothing waits longer than 100 ms. Call it every 10 ms."""
    def retransmit(self, sequence_numbers: Sequence[int]) -> list[bytes]:
        """What the receiver misses, as far as it is still there (the newest 512 packets)."""
    def sender_info(self, now_us: int) -> tuple[int, int, int]:
        """(RTP timestamp of now, packets, octets) for a sender report."""
    def stats(self) -> dict[str, int]: ...

class VideoReceiver:
    """One video that is received: RTP packets in any order in, whole pictures in their order out.

    One thread at a time; times are microseconds on any monotonic clock.
    """

    def __init__(self, *, payload_types: Sequence[PayloadType], ssrc: int = 0, rtx_ssrc: int = 0) -> None:
        """``ssrc`` 0: learned from the first packet; ``rtx_ssrc`` is that of retransmissions (RFC 4588)."""
    def renegotiate(
        self, *, payload_types: Sequence[PayloadType], ssrc: int = 0, rtx_ssrc: int = 0
    ) -> None: ...
    def set_watched(self, watched: bool) -> None:
        """Until this is True packets are only counted. Watching begins with a key frame, which :meth:`poll` asks for."""
    def restart(self) -> None:
        """The decoder cannot go on: the next picture given is a key frame."""
    def push(self, packet: Buffer, now_us: int) -> list[tuple[str, bool, int, int, bytes]]:
        """Takes a packet; the pictures that are whole now: (codec, is key, extended RTP timestamp, arrival, data).

        ``data`` is what decoders take: a VP8 frame, or H.264 as a byte stream with start codes.
        """
    def poll(self, now_us: int, *, retry_us: int = 100_000) -> tuple[bool, list[int]]:
        """What is to be asked for now: whether a key frame, and missing sequence numbers. Call it every 20 ms."""
    def report_block(self) -> ReportBlock | None:
        """How the stream arrives, since the last call; None before its first packet."""
    def stats(self) -> dict[str, Any]: ...
