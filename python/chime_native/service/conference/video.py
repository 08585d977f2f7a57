"""Who sends which video, who may see it, and what each section carries: INDEX frames and orders to the media. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from chime_native.service.conference.actions import ForwardVideo, VideoTrack
from chime_native.service.conference.connection import SubscribeRequested, VideoUpdateRequested
from chime_native.service.conference.member import Member
from chime_native.service.conference.member_video import Encoding, Section
from chime_native.service.conference.outgoing import FrameType
from chime_native.service.conference.roster import Roster
from chime_native.signaling import Dialect
from chime_native.signaling.messages import (
    SdkErrorFrame,
    SdkIndexFrame,
    SdkStreamAllocation,
    SdkStreamDescriptor,
    SdkStreamMediaType,
    SdkTrackMapping,
)

__all__ = ["VideoDirectory", "track_mappings"]

VIEW_ONLY = 206
"""Error status that makes clients take their own video away (MeetingSessionStatusCode.VideoCallSwitchToViewOnly)."""


class VideoDirectory:
    """Streams of one meeting. After anything that may change who sees what, call :meth:`refresh`."""

    def __init__(self, max_senders: int) -> None:
        self._max_senders = max_senders
        self._next_group_id = 1
        self._next_stream_id = 1
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
        video.allocations = self._allocations(member, event)

    def answered(self, member: Member, tracks: Sequence[VideoTrack]) -> Sequence[SdkStreamAllocation]:
        """The media has answered the last SUBSCRIBE: the ids of what the client sends."""
        video = member.video
        video.encodings = video.offered
        if not video.encodings:
            video.was_refused = False
        paused = {mid for mid, section in video.sections.items() if section.is_paused}
        video.sections = {track.mid: Section(track.stream_id, track.mid in paused) for track in tracks}
        video.forwarded = {mid: order for mid, order in video.forwarded.items() if mid in video.sections}
        self.is_stale = True
        return video.allocations

    @staticmethod
    def _allocations(member: Member, event: SubscribeRequested) -> list[SdkStreamAllocation]:
        """Of its video; in the native dialect audio has its place, too."""
        video = iter(member.video.offered)
        result = []
        for stream in event.send_streams:
            if stream.media_type == SdkStreamMediaType.VIDEO:
                ids = {"stream_id": next(video).stream_id, "group_id": member.video.group_id}
            elif member.connection.dialect is Dialect.NATIVE:
                ids = {"stream_id": stream.stream_id, "group_id": stream.group_id}
            else:
                continue
            result.append(SdkStreamAllocation(track_label=stream.track_label, **ids))
        return result

    def update(self, member: Member, event: VideoUpdateRequested) -> None:
        """REMOTE_VIDEO_UPDATE: other layers, or nothing any more, in sections that there are."""
        for subscription in event.subscriptions:
            section = member.video.sections.get(subscription.mid)
            if section is not None and subscription.stream_id:
                section.stream_id = subscription.stream_id
        for mid in event.removed_mids:
            member.video.sections.pop(mid, None)
        self.is_stale = True

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
        publishers = self._publishers(members, roster)
        places = {
            encoding.stream_id: (publisher, layer)
            for publisher in publishers
            for layer, encoding in enumerate(publisher.video.encodings)
        }
        for member in members:
            if not member.is_joined:
                continue
            self._send_index(member, publishers, roster)
            for mid, section in member.video.sections.items():
                publisher, layer = places.get(section.stream_id, (None, 0))
                if publisher is not None and not member.may_see(publisher):
                    publisher = None
                number = None if publisher is None else publisher.number
                order = ForwardVideo(member.number, mid, number, layer, section.is_paused)
                if member.video.forwarded.get(mid) != order:
                    member.video.forwarded[mid] = order
                    yield order
            for mid in member.video.forwarded.keys() - member.video.sections.keys():
                del member.video.forwarded[mid]
                yield ForwardVideo(member.number, mid, None)

    def send_first_index(self, member: Member, members: Sequence[Member], roster: Roster) -> None:
        """The INDEX that ends a join."""
        member.video.index = None
        self._send_index(member, self._publishers(members, roster), roster)

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

    def _send_index(self, member: Member, publishers: Sequence[Member], roster: Roster) -> None:
        index = SdkIndexFrame(
            sources=[
                descriptor
                for publisher in publishers
                if member.may_see(publisher)
                for descriptor in _descriptors(publisher)
            ],
            num_participants=sum("#" not in entry.attendee_id for entry in roster),
        )
        cameras = [publisher for publisher in publishers if not publisher.is_content]
        is_full = len(cameras) >= self._max_senders and member not in cameras
        # Who only watches has no capacity for a video of its own, which is what clients understand.
        if is_full or member.participant is None:
            index.at_capacity = True
        if member.video.index != index:
            member.video.index = index
            member.connection.send(FrameType.INDEX, index=index)


def _descriptors(publisher: Member) -> Iterator[SdkStreamDescriptor]:
    who = publisher.participant or publisher.attendee
    for encoding in publisher.video.encodings:
        # A simulcast layer of 0 kbit/s is switched off.
        if encoding.max_bitrate_kbps or len(publisher.video.encodings) == 1:
            yield SdkStreamDescriptor(
                stream_id=encoding.stream_id,
                group_id=publisher.video.group_id,
                media_type=SdkStreamMediaType.VIDEO,
                attendee_id=publisher.attendee_id,
                external_user_id=who.external_user_id,
                max_bitrate_kbps=encoding.max_bitrate_kbps,
                framerate=encoding.framerate,
            )


def track_mappings(tracks: Iterable[VideoTrack]) -> list[SdkTrackMapping]:
    """The tracks of SUBSCRIBE_ACK: clients find a section by its label, which is also its msid."""
    return [SdkTrackMapping(stream_id=t.stream_id, ssrc=t.ssrc, track_label=f"v_{t.mid}") for t in tracks]
