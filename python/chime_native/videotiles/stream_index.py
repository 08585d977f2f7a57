"""Who sends which video streams (SDK: ``src/videostreamindex/DefaultVideoStreamIndex.ts``)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from chime_native.realtime.modality import Modality
from chime_native.signaling.events import BitratesReceived, IndexReceived, SubscribeAcknowledged
from chime_native.signaling.types import MediaType, StreamDescriptor, TrackMapping

__all__ = ["VideoSource", "VideoStreamDescription", "VideoStreamIndex", "without_own_content"]

_Key = TypeVar("_Key")

logger = logging.getLogger("chime_native.videotiles")


@dataclass(frozen=True, slots=True)
class VideoSource:
    """An attendee who sends video."""

    attendee_id: str
    external_user_id: str


@dataclass(frozen=True, slots=True)
class VideoStreamDescription:
    """One stream of a sender; layers of one camera share a group."""

    attendee_id: str
    group_id: int
    stream_id: int
    max_bitrate_kbps: int
    avg_bitrate_kbps: int
    max_frame_rate: int
    width: int
    height: int


class VideoStreamIndex:
    """The last INDEX, and what the last SUBSCRIBE_ACK made of the INDEX that was current at its SUBSCRIBE."""

    def __init__(self) -> None:
        self._index: IndexReceived | None = None
        self._sources: tuple[StreamDescriptor, ...] = ()
        self._sources_for_subscribe: tuple[StreamDescriptor, ...] = ()
        self._sources_for_remote_video_update: tuple[StreamDescriptor, ...] = ()
        # From the last SUBSCRIBE_ACK; they stay as they are when INDEX changes.
        self._stream_by_track: dict[str, int] = {}
        self._stream_by_ssrc: dict[int, int] = {}
        self._group_by_ssrc: dict[int, int | None] = {}
        self._subscribed_sources: dict[int, StreamDescriptor] = {}
        self._send_stream_id = 0

    # --- what comes in ---

    def integrate_index(self, index: IndexReceived) -> None:
        """A new INDEX takes the place of the old one.

        Of an attendee with several groups (the old ones of a connection that has not timed out) only the highest counts.
        """
        main_groups: dict[str, int] = {}
        for source in index.sources:
            attendee_id, group_id = source.attendee_id or "", source.group_id or 0
            main_groups[attendee_id] = max(main_groups.get(attendee_id, 0), group_id)
        self._index = index
        self._sources = tuple(
            source
            for source in index.sources
            if main_groups[source.attendee_id or ""] == (source.group_id or 0)
        )

    def integrate_bitrates(self, bitrates: BitratesReceived) -> None:
        """What the sources send at present."""
        measured = {bitrate.source_stream_id: bitrate.avg_bitrate_bps for bitrate in bitrates.bitrates}
        self._sources = tuple(
            replace(source, avg_bitrate_bps=measured[source.stream_id or 0])
            if (source.stream_id or 0) in measured
            else source
            for source in self._sources
        )

    def subscribe_sent(self) -> None:
        """A SUBSCRIBE goes out: its answer will be about the INDEX of now."""
        self._sources_for_subscribe = self._sources

    def remote_video_update_sent(self) -> None:
        """A REMOTE_VIDEO_UPDATE goes out."""
        self._sources_for_remote_video_update = self._sources

    def integrate_subscribe_ack(self, ack: SubscribeAcknowledged) -> None:
        """Which section carries which stream from now on, and the id that the service gave to this client's."""
        tracks = [track for track in ack.tracks if track.track_label and track.stream_id > 0]
        self._stream_by_track = {track.track_label: track.stream_id for track in tracks}
        self._stream_by_ssrc = {track.ssrc: track.stream_id for track in tracks}
        self._group_by_ssrc = {track.ssrc: self._group_of(track) for track in tracks}
        self._subscribed_sources = _by_stream(self._sources_for_subscribe)
        self._send_stream_id = ack.allocations[0].stream_id if ack.allocations else 0

    def override_stream_id_mappings(self, previous: int, current: int) -> None:
        """A section carries another layer of its sender: the first track and SSRC of the old one are the new one's."""
        _override(self._stream_by_track, previous, current)
        _override(self._stream_by_ssrc, previous, current)

    # --- questions about the present INDEX ---

    def all_streams(self) -> frozenset[int]:
        """Ids of all streams."""
        return frozenset(source.stream_id or 0 for source in self._sources)

    def streams_paused_at_source(self) -> frozenset[int]:
        """Streams that their sender has paused."""
        return frozenset(self._index.paused_at_source_ids if self._index else ())

    def remote_stream_descriptions(self) -> list[VideoStreamDescription]:
        """All streams, in the order of INDEX."""
        return [_description(source) for source in self._sources]

    def all_video_sending_sources_excluding_self(self, self_attendee_id: str) -> list[VideoSource]:
        """Who else sends video, each once, in the order of INDEX."""
        sources: dict[str, VideoSource] = {}
        for source in self._videos_excluding(self_attendee_id):
            attendee_id = source.attendee_id or ""
            sources.setdefault(attendee_id, VideoSource(attendee_id, source.external_user_id or ""))
        return list(sources.values())

    def highest_quality_stream_from_each_group_excluding_self(self, self_attendee_id: str) -> frozenset[int]:
        """The stream of the highest bitrate of each other sender; the first one of equals."""
        best: dict[int, StreamDescriptor] = {}
        for source in self._videos_excluding(self_attendee_id):
            group_id = source.group_id or 0
            if group_id not in best or _max_kbps(source) > _max_kbps(best[group_id]):
                best[group_id] = source
        return frozenset(source.stream_id or 0 for source in best.values())

    def number_of_video_publishing_participants_excluding_self(self, self_attendee_id: str) -> int:
        """How many others send video."""
        return len(self.highest_quality_stream_from_each_group_excluding_self(self_attendee_id))

    def number_of_participants(self) -> int:
        """How many attendees the service says there are; -1 where it does not say."""
        return self._index.num_participants if self._index and self._index.num_participants else -1

    def attendee_id_for_stream_id(self, stream_id: int) -> str:
        """Who sends a stream; empty where nobody is known."""
        source = _by_stream(self._sources).get(stream_id)
        return (source.attendee_id or "") if source else ""

    def attendee_id_for_group_id(self, group_id: int) -> str:
        """Whose group it is; empty where nobody is known."""
        by_group = {source.group_id or 0: source.attendee_id or "" for source in self._sources}
        return by_group.get(group_id, "")

    def group_id_for_stream_id(self, stream_id: int) -> int | None:
        """The group of a stream of this INDEX, or of the one at the last SUBSCRIBE or REMOTE_VIDEO_UPDATE."""
        for sources in (self._sources, self._sources_for_subscribe, self._sources_for_remote_video_update):
            for source in sources:
                if (source.stream_id or 0) == stream_id:
                    return source.group_id or 0
        return None

    def stream_ids_in_same_group(self, first: int, second: int) -> bool:
        """Whether two streams are layers of one sender."""
        return self.group_id_for_stream_id(first) == self.group_id_for_stream_id(second)

    # --- questions about the last SUBSCRIBE_ACK ---

    def stream_id_for_track(self, track_label: str) -> int | None:
        """The stream that a section (its label is "v_" + mid) carries."""
        return self._stream_by_track.get(track_label)

    def stream_id_for_ssrc(self, ssrc: int) -> int | None:
        """The stream of RTP packets."""
        return self._stream_by_ssrc.get(ssrc)

    def group_id_for_ssrc(self, ssrc: int) -> int | None:
        """The group of RTP packets."""
        return self._group_by_ssrc.get(ssrc)

    def attendee_id_for_track(self, track_label: str) -> str:
        """Whose video a section carries; empty where nobody is known."""
        source = self._source_for_track(track_label)
        return (source.attendee_id or "") if source else ""

    def external_user_id_for_track(self, track_label: str) -> str:
        """Whose video a section carries, as the application calls them; empty where nobody is known."""
        source = self._source_for_track(track_label)
        return (source.external_user_id or "") if source else ""

    def send_video_stream_id_from_rid(self, rid: str = "") -> int:  # noqa: ARG002 — one stream, whatever its rid
        """The id of this client's own video; 0: none yet."""
        return self._send_stream_id

    # --- inside ---

    def _videos_excluding(self, self_attendee_id: str) -> list[StreamDescriptor]:
        return [
            source
            for source in self._sources
            if source.media_type is MediaType.VIDEO and (source.attendee_id or "") != self_attendee_id
        ]

    def _source_for_track(self, track_label: str) -> StreamDescriptor | None:
        return self._subscribed_sources.get(self._stream_by_track.get(track_label, 0))

    def _group_of(self, track: TrackMapping) -> int | None:
        return self.group_id_for_stream_id(track.stream_id)


def without_own_content(index: IndexReceived, self_attendee_id: str) -> IndexReceived:
    """INDEX without the content share of the attendee who receives it (SDK: ``ReceiveVideoStreamIndexTask``)."""
    own_content = Modality(self_attendee_id).with_modality(Modality.CONTENT).id
    return replace(
        index, sources=tuple(source for source in index.sources if source.attendee_id != own_content)
    )


def _by_stream(sources: Iterable[StreamDescriptor]) -> dict[int, StreamDescriptor]:
    return {source.stream_id or 0: source for source in sources}


def _override(streams: dict[_Key, int], previous: int, current: int) -> None:
    for key, stream_id in streams.items():
        if stream_id == previous:
            streams[key] = current
            return


def _max_kbps(source: StreamDescriptor) -> int:
    return source.max_bitrate_kbps or 0


def _kbps(bits_per_second: int) -> int:
    # A source that sends a little is not one that sends nothing.
    return 1 if 0 < bits_per_second < 1000 else bits_per_second // 1000


def _description(source: StreamDescriptor) -> VideoStreamDescription:
    return VideoStreamDescription(
        attendee_id=source.attendee_id or "",
        group_id=source.group_id or 0,
        stream_id=source.stream_id or 0,
        max_bitrate_kbps=_max_kbps(source),
        avg_bitrate_kbps=_kbps(source.avg_bitrate_bps or 0),
        max_frame_rate=source.framerate or 0,
        width=source.width or 0,
        height=source.height or 0,
    )
