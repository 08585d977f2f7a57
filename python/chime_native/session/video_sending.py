"""The own camera: its section of the connection, what is encoded, and how much of it is sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chime_native.errors import RtcError
from chime_native.rtc import VideoSection, VideoSendStream
from chime_native.session.negotiator import CAMERA_MID
from chime_native.signaling.types import MediaType, StreamDescriptor
from chime_native.videotiles import NScaleVideoUplinkBandwidthPolicy, VideoStreamIndex

if TYPE_CHECKING:
    from chime_native.session.connection import MeetingConnection
    from chime_native.session.meeting_features import VideoQualitySettings
    from chime_native.session.parts import SessionParts
    from chime_native.session.video_input import VideoInput
    from chime_native.signaling.events import SubscribeAcknowledged
    from chime_native.videotiles import VideoTileController

__all__ = ["VideoSending"]

# Placeholders of the SDK, not ids of the meeting.
_TRACK_LABEL = "AmazonChimeExpressVideo"
_STREAM_ID = _GROUP_ID = 2
_FRAME_RATE = 15


class VideoSending:
    """Sends what the input gives while the local tile is started; see ``CameraOwner``."""

    def __init__(
        self,
        parts: SessionParts,
        attendee_id: str,
        tiles: VideoTileController,
        video_input: VideoInput,
        quality: VideoQualitySettings,
    ) -> None:
        self._parts = parts
        self._attendee_id = attendee_id
        self._tiles = tiles
        self._input = video_input
        self._quality = quality
        is_full_hd = quality.height >= 1080
        self.policy = NScaleVideoUplinkBandwidthPolicy(attendee_id, is_full_hd=is_full_hd)
        self._connection: MeetingConnection | None = None
        self._stream: VideoSendStream | None = None
        self._wanted = False  # what is being negotiated, or was
        self._picture: tuple[NDArray[np.uint8], int] | None = None  # waits to be encoded
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.frames_dropped = 0
        """Not encoded, because the encoder was busy with the one before."""
        self.encoder_errors = 0

    # --- the life of the connection ---

    def use(self, connection: MeetingConnection) -> None:
        """Another connection begins: nothing is sent on it yet."""
        self.stopped()
        self._connection = connection

    def stopped(self) -> None:
        """The session is over, or the connection is."""
        self._stop()
        self._wanted = False
        self._stream = None
        self._connection = None

    async def close(self) -> None:
        """Waits until no task is left."""
        self._stop()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def update_index(self, index: VideoStreamIndex) -> None:
        """Others began or ceased to send."""
        self.policy.update_index(index)
        self.update_limit()

    def update_limit(self) -> None:
        """More or less may be sent than before."""
        if self._stream is not None:
            self._stream.rate.limit = self.policy.max_bandwidth_kbps() * 1000

    # --- what the negotiator asks ---

    def assign(self) -> bool:
        """Whether the camera begins or ends to send."""
        wanted = self._tiles.has_started_local_video_tile and self._input.source is not None
        changed = wanted != self._wanted
        self._wanted = wanted
        if changed and not wanted:
            self._stop()
        return changed

    def section(self, mid: str) -> VideoSection:
        """Sends, or keeps its place."""
        if not self._wanted:
            return VideoSection(mid)
        stream = self._stream = self._stream or self._new_stream()
        return VideoSection(mid, "sendrecv", ssrc=stream.ssrc, rtx_ssrc=stream.rtx_ssrc)

    def sent_streams(self) -> tuple[StreamDescriptor, ...]:
        """The one stream, as the SDK describes it."""
        if not self._wanted:
            return ()
        stream = StreamDescriptor(
            stream_id=_STREAM_ID,
            group_id=_GROUP_ID,
            attendee_id=self._attendee_id,
            media_type=MediaType.VIDEO,
            max_bitrate_kbps=self.policy.max_bandwidth_kbps(),
            framerate=_FRAME_RATE,
            track_label=_TRACK_LABEL,
        )
        return (stream,)

    def agreed(self, connection: MeetingConnection, _answer: SubscribeAcknowledged) -> None:
        """Begins to send, or has ended."""
        parameters = connection.peer.video.get(CAMERA_MID) if connection.peer is not None else None
        if not self._wanted or self._stream is None:
            self._stop()
            return
        if parameters is None or not parameters.sends:
            self._parts.logger.warning("the service does not take the video of this attendee")
            return
        try:
            self._stream.agree(parameters)
        except RtcError as error:
            self._parts.logger.warning("%s", error)
            return
        self._start(self._stream)

    # --- inside ---

    def _new_stream(self) -> VideoSendStream:
        assert self._connection is not None
        assert self._connection.peer is not None
        peer = self._connection.peer
        stream = VideoSendStream(peer.send_rtp, peer.reporter, self.policy.max_bandwidth_kbps() * 1000)
        peer.set_feedback_handler(stream.handle_feedback)
        return stream

    @property
    def is_sending(self) -> bool:
        """Whether pictures are encoded."""
        return self._task is not None

    def _start(self, stream: VideoSendStream) -> None:
        stream.start()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(
                self._encode(stream), name="chime-video-encode"
            )
            self._tasks.add(self._task)
            self._task.add_done_callback(self._tasks.discard)
        width, height = self._input.size or (None, None)
        self._tiles.bind_local_stream(self._input.source, width, height)

    def _stop(self) -> None:
        if self._stream is not None:
            self._stream.stop()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._picture = None

    def push(self, picture: NDArray[np.uint8], captured_us: int) -> None:
        """A picture of the input."""
        if self._task is None:
            return
        if self._picture is not None:
            self.frames_dropped += 1
        self._picture = (picture, captured_us)
        self._arrived.set()

    async def _encode(self, stream: VideoSendStream) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            if self._picture is not None:
                (picture, captured_us), self._picture = self._picture, None
                try:
                    await stream.encode(picture, captured_us, size=self._size_of(picture))
                except Exception:
                    self.encoder_errors += 1
                    if self.encoder_errors == 1:
                        self._parts.logger.exception("a picture could not be encoded (logged this once)")

    def _size_of(self, picture: NDArray[np.uint8]) -> tuple[int, int]:
        """As large as the meeting allows and as there are others who send."""
        width, height = picture.shape[1], picture.shape[0] * 2 // 3
        longer, shorter = max(width, height), min(width, height)
        by = max(
            self.policy.scale_resolution_down_by(width, height),
            longer / self._quality.width,
            shorter / self._quality.height,
        )
        return (max(2, int(width / by) & ~1), max(2, int(height / by) & ~1))

    def stats(self) -> dict[str, Any]:
        """Counters of what is sent on the present connection; empty when nothing was."""
        if self._stream is None:
            return {}
        return {
            **self._stream.stats(),
            "frames_dropped_by_encoder": self.frames_dropped,
            "encoder_errors": self.encoder_errors,
        }
