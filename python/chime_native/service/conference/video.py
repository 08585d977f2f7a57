"""Who sends which video, who may see it, and what each section carries: INDEX frames and orders to the media. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chime_native.service.conference.actions import Downlink, ForwardVideo, LayerRate, VideoTrack
from chime_native.service.conference.member import Member
from chime_native.service.conference.member_video import Encoding, Section
from chime_native.service.conference.outgoing import FrameType
from chime_native.service.conference.requests import SubscribeRequested, VideoUpdateRequested
from chime_native.service.conference.roster import Roster
from chime_native.service.conference.video_allocation import Candidate, allocate
from chime_native.service.conference.video_frames import allocations, common_codecs, descriptors, sent_layers
from chime_native.signaling.messages import (
    SdkBitrate,
    SdkBitrateFrame,
    SdkErrorFrame,
    SdkIndexFrame,
    SdkPauseResumeFrame,
    SdkStreamAllocation,
    SdkStreamDescriptor,
    SdkStreamMediaType,
    SdkVideoCodecCapability,
    SdkVideoSubscriptionConfiguration,
)

__all__ = ["VideoDirectory"]

VIEW_ONLY: Final = 206
"""Error status that makes clients take their own video away (MeetingSessionStatusCode.VideoCallSwitchToViewOnly)."""


@dataclass(frozen=True, slots=True)
class _IndexContents:
    """What INDEX frames are made of, the same for all who get one."""

    sources: tuple[tuple[Member, tuple[SdkStreamDescriptor, ...]], ...]
    cameras: tuple[Member, ...]
    participants: int

    @classmethod
    def of(cls, publishers: Sequence[Member], roster: Roster) -> _IndexContents:
        return cls(
            tuple((publisher, tuple(descriptors(publisher))) for publisher in publishers),
            tuple(publisher for publisher in publishers if not publisher.is_content),
            sum("#" not in entry.attendee_id for entry in roster),
        )


class VideoDirectory:
    """Streams of one meeting. After anything that may change who sees what, call :meth:`refresh`."""

    def __init__(self, max_senders: int) -> None:
        self._max_senders = max_senders
        self._next_group_id = 1
        self._next_stream_id = 1
        self._published: list[Member] = []
        """Those whose video is to be seen, as of the last :meth:`refresh`."""
        self._common_codecs: tuple[SdkVideoCodecCapability, ...] = ()
        self.is_stale = False
        """Something has changed since the last :meth:`refresh`."""

    # --- what connections want ---

    def subscribe(self, member: Member, event: SubscribeRequested) -> None:
        """A SUBSCRIBE came: gives ids to what it wants to send."""
        wanted = [stream for stream in event.send_streams if stream.media_type == SdkStreamMediaType.VIDEO]
        video = member.video
        if wanted and not video.group_id:
            # Rising, for of two groups of one attendee clients take the higher.
            video.group_id, self._next_group_id = self._next_group_id, self._next_group_id + 1
        while len(video.stream_ids) < len(wanted):
            video.stream_ids.append(self._next_stream_id)
            self._next_stream_id += 1
        video.offered = tuple(
            Encoding(stream_id, stream.max_bitrate_kbps, stream.framerate)
            for stream_id, stream in zip(video.stream_ids, wanted, strict=False)
        )
        video.allocations = allocations(member, event)
        video.preferences = event.video_subscriptions

    def answered(
        self, member: Member, tracks: Sequence[VideoTrack], codecs: Collection[str]
    ) -> Sequence[SdkStreamAllocation]:
        """The media has answered the last SUBSCRIBE: the ids of what the client sends.

        ``codecs`` are those that it can receive.
        """
        video = member.video
        video.codecs = frozenset(codecs)
        video.encodings = video.offered
        if not video.encodings:
            video.was_refused = False
        sections = {}
        for track in tracks:
            section = sections[track.mid] = video.sections.get(track.mid) or Section(track.stream_id)
            section.stream_id = track.stream_id
        video.sections = sections
        self._prefer(member, video.preferences)
        video.forwarded = {mid: order for mid, order in video.forwarded.items() if mid in video.sections}
        self.is_stale = True
        return video.allocations

    def update(self, member: Member, event: VideoUpdateRequested) -> None:
        """REMOTE_VIDEO_UPDATE: other layers, or nothing any more, in sections that there are."""
        for subscription in event.subscriptions:
            section = member.video.sections.get(subscription.mid)
            if section is not None and subscription.stream_id:
                section.stream_id = subscription.stream_id
        self._prefer(member, event.subscriptions)
        for mid in event.removed_mids:
            member.video.sections.pop(mid, None)
        self.is_stale = True

    @staticmethod
    def _prefer(member: Member, subscriptions: Iterable[SdkVideoSubscriptionConfiguration]) -> None:
        """How important a section is, and how large it is shown."""
        for subscription in subscriptions:
            section = member.video.sections.get(subscription.mid)
            if section is not None and subscription.target_bitrate_kbps:
                section.priority = subscription.priority
                section.target_bps = subscription.target_bitrate_kbps * 1000

    def pause(self, member: Member, stream_ids: Iterable[int], paused: bool) -> None:
        """PAUSE or RESUME from a client."""
        wanted = set(stream_ids)
        for section in member.video.sections.values():
            if section.stream_id in wanted:
                section.is_paused = paused
        self.is_stale = True

    # --- what follows from it ---

    def refresh(self, members: Sequence[Member], roster: Roster) -> Iterator[ForwardVideo]:
        """Sends INDEX to those for whom it has changed; yields what the media has to change."""
        self.is_stale = False
        publishers = self._published = self._publishers(members, roster)
        self._common_codecs = common_codecs(members)
        contents = _IndexContents.of(publishers, roster)
        places = {
            encoding.stream_id: (publisher, layer)
            for publisher in publishers
            for layer, encoding in enumerate(publisher.video.encodings)
        }
        for member in members:
            if not member.is_joined:
                continue
            self._send_index(member, contents)
            seen = {
                mid: place
                for mid, section in member.video.sections.items()
                if (place := places.get(section.stream_id)) is not None and member.may_see(place[0])
            }
            layers = self._chosen_layers(member, seen) if member.video.is_adapted else None
            for mid, section in member.video.sections.items():
                publisher, layer = seen.get(mid, (None, 0))
                number = None if publisher is None else publisher.number
                layer = layer if layers is None else layers.get(mid, 0)
                is_paused = section.is_paused or section.is_starved
                order = ForwardVideo(member.number, mid, number, layer, is_paused)
                if member.video.forwarded.get(mid) != order:
                    member.video.forwarded[mid] = order
                    yield order
            for mid in member.video.forwarded.keys() - member.video.sections.keys():
                del member.video.forwarded[mid]
                yield ForwardVideo(member.number, mid, None)

    def _chosen_layers(self, member: Member, seen: Mapping[str, tuple[Member, int]]) -> dict[str, int]:
        """Chooses for a client that leaves it to the service, and tells it of videos that begin or end to be paused."""
        sections = member.video.sections
        candidates = [
            Candidate(mid, layers, sections[mid].priority, sections[mid].target_bps)
            for mid, (publisher, _) in seen.items()
            if not sections[mid].is_paused and (layers := sent_layers(publisher))
        ]
        current = {
            mid: -1 if order.is_paused else order.layer
            for mid, order in member.video.forwarded.items()
            if mid in seen and order.publisher == seen[mid][0].number
        }
        chosen = allocate(candidates, member.video.budget.bps, current)
        starved = {candidate.mid for candidate in candidates} - chosen.keys()
        for frame_type, is_starved in ((FrameType.PAUSE, True), (FrameType.RESUME, False)):
            groups = []
            for mid, (publisher, _) in seen.items():
                section = sections[mid]
                if section.is_starved != is_starved and (mid in starved) == is_starved:
                    section.is_starved = is_starved
                    groups.append(publisher.video.group_id)
            if groups:
                # Both frames have their content in the field of PAUSE.
                member.connection.send(frame_type, pause=SdkPauseResumeFrame(group_ids=groups))
        return chosen

    def measure(
        self,
        members: Sequence[Member],
        rates: Mapping[tuple[int, int], LayerRate],
        downlinks: Mapping[int, Downlink],
        now: float,
    ) -> None:
        """Tells receivers what comes from whom (``rates`` by connection and layer), and how much would reach them.

        A layer that sends nothing is left out, from which clients take that it is off.
        """
        for publisher in self._published:
            sizes = [(rate.width, rate.height) for rate in publisher.video.measured.values()]
            publisher.video.measured = {
                layer: rate for (number, layer), rate in rates.items() if number == publisher.number
            }
            if sizes != [(rate.width, rate.height) for rate in publisher.video.measured.values()]:
                self.is_stale = True
        for member in members:
            downlink = downlinks.get(member.number, Downlink(0, 0))
            if member.video.is_adapted and member.video.sections:
                member.video.budget.update(downlink.estimate_bps, downlink.sent_bps, now)
                self.is_stale = True
            bitrates = [
                SdkBitrate(source_stream_id=encoding.stream_id, avg_bitrate_bps=rate.bitrate_bps)
                for publisher in self._published
                if member.is_joined and member.may_see(publisher)
                for layer, encoding in enumerate(publisher.video.encodings)
                if (rate := publisher.video.measured.get(layer)) is not None and rate.bitrate_bps
            ]
            if bitrates:
                frame = SdkBitrateFrame(bitrates=bitrates)
                if downlink.estimate_bps:
                    frame.server_available_outgoing_bitrate = max(1, downlink.estimate_bps // 1000)
                member.connection.send(FrameType.BITRATES, bitrates=frame)

    def send_first_index(self, member: Member, members: Sequence[Member], roster: Roster) -> None:
        """The INDEX that ends a join."""
        member.video.index = None
        self._send_index(member, _IndexContents.of(self._publishers(members, roster), roster))

    def _publishers(self, members: Sequence[Member], roster: Roster) -> list[Member]:
        """Those whose video is to be seen: present, and allowed to send. Others are told once."""
        publishers: list[Member] = []
        cameras = 0
        for member in members:
            entry = roster.get(member.attendee_id)
            present = entry is not None and entry.connection == member.number
            if not present or not member.video.encodings:
                continue
            is_full = not member.is_content and cameras >= self._max_senders
            if is_full or not member.may_send_video:
                self._refuse(member)
                continue
            member.video.was_refused = False
            cameras += not member.is_content
            publishers.append(member)
        return publishers

    @staticmethod
    def _refuse(member: Member) -> None:
        if not member.video.was_refused and member.is_joined:
            member.video.was_refused = True
            # Clients act on an error in any frame; this one they are used to.
            index = member.video.index or SdkIndexFrame()
            error = SdkErrorFrame(status=VIEW_ONLY, description="this attendee may not send video")
            member.connection.send(FrameType.INDEX, index=index, error=error)

    def _send_index(self, member: Member, contents: _IndexContents) -> None:
        index = SdkIndexFrame(
            sources=[
                descriptor
                for publisher, sources in contents.sources
                if member.may_see(publisher)
                for descriptor in sources
            ],
            num_participants=contents.participants,
            supported_receive_codec_intersection=self._common_codecs,
        )
        cameras = contents.cameras
        is_full = len(cameras) >= self._max_senders and member not in cameras
        # Who only watches has no capacity for a video of its own, which is what clients understand.
        if is_full or member.participant is None:
            index.at_capacity = True
        if member.video.index != index:
            member.video.index = index
            member.connection.send(FrameType.INDEX, index=index)
