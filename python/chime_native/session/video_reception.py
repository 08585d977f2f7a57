"""The videos of others: which are received, in which section, and who gets their pictures."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from chime_native.rtc import VideoReceiveStream, VideoSection
from chime_native.session.streams import EventStream, Overflow, Publisher
from chime_native.signaling.types import VideoSubscription
from chime_native.video import VideoFrame
from chime_native.videotiles import (
    AllHighestVideoBandwidthPolicy,
    VideoSource,
    VideoStreamIndex,
    without_own_content,
)

if TYPE_CHECKING:
    from chime_native.rtc import RtcPeer
    from chime_native.session.connection import MeetingConnection
    from chime_native.session.negotiator import Negotiator
    from chime_native.session.parts import SessionParts
    from chime_native.signaling.events import IndexReceived, SubscribeAcknowledged
    from chime_native.videotiles import VideoTileController

__all__ = ["DownlinkPolicy", "VideoReception", "write_to_sink"]

logger = logging.getLogger(__name__)

_READER_FRAMES = 8  # half a second for each reader


class DownlinkPolicy(Protocol):
    """Decides which streams are received."""

    def reset(self) -> None: ...
    def update_index(self, index: VideoStreamIndex) -> None: ...
    def wants_resubscribe(self) -> bool: ...
    def choose_subscriptions(self) -> frozenset[int]: ...


class _Place:
    """One video section: what it is asked to carry, and what came of it."""

    def __init__(self, owner: VideoReception, mid: str) -> None:
        self.mid = mid
        self.stream_id = 0
        self.tile_id: int | None = None
        self.attendee_id = ""
        self.stream: VideoReceiveStream | None = None
        self._owner = owner

    def push_packet(self, packet: bytes, arrival_us: int) -> None:
        if self.stream is not None:
            self.stream.push_packet(packet, arrival_us)

    def take_frame(self, i420: NDArray[np.uint8], timestamp: int, arrival_us: int) -> None:
        self._owner.handle_frame(self, VideoFrame(i420, arrival_us / 1e6, timestamp, self.attendee_id))

    def close(self) -> None:
        if self.stream is not None:
            self.stream.close()
            self.stream = None


class VideoReception:
    """Subscribes to what the policy chooses; decodes only what has a sink or a reader. See ``SectionOwner``."""

    def __init__(
        self, parts: SessionParts, attendee_id: str, tiles: VideoTileController, negotiator: Negotiator
    ) -> None:
        self.index = VideoStreamIndex()
        self.policy: DownlinkPolicy = AllHighestVideoBandwidthPolicy(attendee_id)
        self.limit = 0  # streams at once, as granted by the present connection
        self._parts = parts
        self._attendee_id = attendee_id
        self._tiles = tiles
        self._negotiator = negotiator
        self._places: list[_Place] = []
        self._wanted: frozenset[int] = frozenset()
        self._connection: MeetingConnection | None = None
        self._sources: list[VideoSource] = []
        self._publishers: dict[str, Publisher[VideoFrame]] = {}
        self.sink_errors = 0

    # --- the life of the connection ---

    def use(self, connection: MeetingConnection) -> None:
        """Another connection begins: tiles stay, without pictures until it carries them."""
        self._drop_places()
        self._connection = connection
        self._wanted = frozenset()
        self.index = VideoStreamIndex()
        self.policy.reset()

    def stopped(self) -> None:
        """The session is over."""
        self._drop_places()
        self._connection = None
        self._sources = []
        for publisher in self._publishers.values():
            publisher.end()
        self._publishers.clear()

    def _drop_places(self) -> None:
        for place in self._places:
            place.close()
            if place.tile_id is not None:
                self._tiles.bind_video_stream(place.tile_id, place.attendee_id, None)
        self._places.clear()

    def handle_index(self, index: IndexReceived) -> None:
        """Who sends has changed."""
        self.index.integrate_index(without_own_content(index, self._attendee_id))
        self.policy.update_index(self.index)
        if self.policy.wants_resubscribe():
            self._choose()
        paused = self.index.streams_paused_at_source()
        for tile in self._tiles.get_all_remote_video_tiles():
            if tile.stream_id is not None:
                self._tiles.set_poor_connection(tile.tile_id, tile.stream_id in paused)
        self._tell_sources()

    def choose_again(self) -> None:
        """The policy was told to choose otherwise."""
        if self.policy.wants_resubscribe():
            self._choose()

    def _choose(self) -> None:
        # Which ones the limit leaves out is decided by number, as in the SDK, not by importance.
        self._wanted = frozenset(sorted(self.policy.choose_subscriptions())[: self.limit])
        self._negotiator.change()

    def _tell_sources(self) -> None:
        sources = self.index.all_video_sending_sources_excluding_self(self._attendee_id)
        before = sorted(source.attendee_id for source in self._sources)
        self._sources = sources
        if sorted(source.attendee_id for source in sources) != before:
            self._parts.observers.notify("remote_video_sources_did_change", list(sources))

    @property
    def sources(self) -> list[VideoSource]:
        """Who else sends video."""
        return list(self._sources)

    # --- what the negotiator asks ---

    def assign(self) -> bool:
        """Gives each wanted stream a place; a mere change of layer is told without a negotiation."""
        missing = set(self._wanted)
        changed = False
        for place in self._places:
            if not place.stream_id:
                continue
            same = next((s for s in missing if s == place.stream_id), None) or next(
                (s for s in missing if self.index.stream_ids_in_same_group(s, place.stream_id)), None
            )
            if same is None:
                place.stream_id = 0
                changed = True
                continue
            missing.discard(same)
            if same != place.stream_id:
                self._switch_layer(place, same)
        for stream_id in sorted(missing):
            self._free_place().stream_id = stream_id
            changed = True
        if changed:
            self.index.subscribe_sent()
        return changed

    def section(self, mid: str) -> VideoSection:
        """Receives, or keeps its place."""
        return VideoSection(mid, "recvonly" if self._place(mid).stream_id else "inactive")

    def stream_id(self, mid: str) -> int:
        """The stream that a place shall carry; 0: none."""
        return self._place(mid).stream_id

    def agreed(self, connection: MeetingConnection, answer: SubscribeAcknowledged) -> None:
        """Takes what came of it: streams, and the tiles that show them."""
        assert connection.peer is not None
        self.index.integrate_subscribe_ack(answer)
        for place in self._places:
            self._agree(place, connection.peer)
        shown = {place.tile_id for place in self._places}
        for tile in self._tiles.get_all_remote_video_tiles():
            own_content = tile.is_content and tile.stream_id is None and tile.bound_video_stream is not None
            if tile.tile_id not in shown and not own_content:
                self._tiles.remove_video_tile(tile.tile_id)
        self.refresh()

    def _agree(self, place: _Place, peer: RtcPeer) -> None:
        parameters = peer.video.get(place.mid)
        label = f"v_{place.mid}"
        attendee_id = self.index.attendee_id_for_track(label)
        if parameters is None or not parameters.receives or not place.stream_id or not attendee_id:
            place.close()
            place.tile_id, place.attendee_id = None, ""
            return
        if place.stream is None:
            place.stream = VideoReceiveStream(
                parameters, peer.reporter, peer.send_feedback, lambda: peer.ssrc, place.take_frame
            )
        else:
            place.stream.renegotiate(parameters)
        place.attendee_id = attendee_id
        tile = self._tiles.get_video_tile_for_attendee_id(attendee_id)
        place.tile_id = tile.tile_id if tile is not None else self._tiles.add_video_tile()
        self._tiles.bind_video_stream(
            place.tile_id,
            attendee_id,
            place.stream,
            external_user_id=self.index.external_user_id_for_track(label),
            stream_id=place.stream_id,
            group_id=self.index.group_id_for_stream_id(place.stream_id),
        )

    def _switch_layer(self, place: _Place, stream_id: int) -> None:
        assert self._connection is not None
        before, place.stream_id = place.stream_id, stream_id
        attendee_id = self.index.attendee_id_for_stream_id(stream_id)
        subscription = VideoSubscription(place.mid, attendee_id=attendee_id, stream_id=stream_id)
        self._connection.signaling.perform(
            lambda client, now_ms: client.remote_video_update([subscription], [], now_ms)
        )
        self.index.remote_video_update_sent()
        self.index.override_stream_id_mappings(before, stream_id)
        if place.tile_id is not None:
            self._tiles.set_stream_id(place.tile_id, stream_id)

    def _place(self, mid: str) -> _Place:
        return next(place for place in self._places if place.mid == mid)

    def _free_place(self) -> _Place:
        """One that carries nothing, and did not a moment ago: what is still under way would be taken for another's."""
        for place in self._places:
            if not place.stream_id and place.stream is None:
                return place
        assert self._connection is not None
        assert self._connection.peer is not None
        place = _Place(self, self._negotiator.new_mid(self))
        self._connection.peer.set_video_handler(place.mid, place.push_packet)
        self._places.append(place)
        return place

    # --- pictures ---

    def frames(self, attendee_id: str) -> EventStream[VideoFrame]:
        """The pictures of one attendee; see ``AudioVideoFacade.video_frames``."""
        publisher = self._publishers.get(attendee_id)
        if publisher is None:
            publisher = Publisher[VideoFrame](_READER_FRAMES, Overflow.DROP_OLDEST, self.refresh)
            self._publishers[attendee_id] = publisher
        return publisher.stream()

    def refresh(self) -> None:
        """Decodes what somebody looks at, and nothing else."""
        for place in self._places:
            if place.stream is not None:
                place.stream.set_watched(self._sink_of(place) is not None or self._has_reader(place))

    def handle_frame(self, place: _Place, frame: VideoFrame) -> None:
        """A picture of a place."""
        sink = self._sink_of(place)
        if sink is not None:
            write_to_sink(sink, frame, self)
        if self._has_reader(place):
            self._publishers[place.attendee_id].publish(frame)
        elif sink is None:
            self.refresh()  # nobody looks any more

    def _sink_of(self, place: _Place) -> Any:
        tile = self._tiles.get_video_tile(place.tile_id) if place.tile_id is not None else None
        return tile.bound_video_sink if tile is not None and tile.active else None

    def _has_reader(self, place: _Place) -> bool:
        tile = self._tiles.get_video_tile(place.tile_id) if place.tile_id is not None else None
        return tile is not None and not tile.paused and bool(self._publishers.get(place.attendee_id))

    def stats(self) -> dict[str, Any]:
        """Counters of each received stream, by attendee id."""
        return {place.attendee_id: place.stream.stats() for place in self._places if place.stream is not None}


class _CountsErrors(Protocol):
    sink_errors: int


def write_to_sink(sink: Any, frame: VideoFrame, counter: _CountsErrors) -> None:
    """Hands a picture to a sink; what it raises is logged once and counted."""
    try:
        sink.write(frame)
    except Exception:
        counter.sink_errors += 1
        if counter.sink_errors == 1:
            logger.exception("the video sink %r raised (logged this once)", sink)
