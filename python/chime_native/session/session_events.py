"""Turns what observers are told into the events of ``session.events()``."""

from __future__ import annotations

from chime_native.metrics import ClientMetricReport
from chime_native.session.events import (
    AudioVideoDidStart,
    AudioVideoDidStartConnecting,
    AudioVideoDidStop,
    AudioVideoWasDemotedFromPrimaryMeeting,
    ConnectionDidBecomeGood,
    ConnectionDidBecomePoor,
    ConnectionDidSuggestStopVideo,
    RemoteVideoSourcesDidChange,
    VideoAvailabilityDidChange,
    VideoSendDidBecomeUnavailable,
    VideoTileDidUpdate,
    VideoTileWasRemoved,
)
from chime_native.session.parts import SessionParts
from chime_native.session.status import MeetingSessionStatus
from chime_native.session.video_availability import MeetingSessionVideoAvailability
from chime_native.videotiles import VideoSource, VideoTileState

__all__ = ["SessionEvents"]


class SessionEvents:
    """The first observer of a session: so iterators learn of each event in its turn."""

    def __init__(self, parts: SessionParts) -> None:
        self._parts = parts

    def audio_video_did_start_connecting(self, reconnecting: bool) -> None:
        self._parts.events.publish(AudioVideoDidStartConnecting(reconnecting))

    def audio_video_did_start(self) -> None:
        self._parts.events.publish(AudioVideoDidStart())

    def audio_video_did_stop(self, status: MeetingSessionStatus) -> None:
        self._parts.events.publish(AudioVideoDidStop(status))
        self._parts.realtime.roster.clear()
        self._parts.end_streams()

    def audio_video_was_demoted_from_primary_meeting(self, status: MeetingSessionStatus) -> None:
        self._parts.events.publish(AudioVideoWasDemotedFromPrimaryMeeting(status))

    def metrics_did_receive(self, report: ClientMetricReport) -> None:
        self._parts.metrics.publish(report)

    def connection_did_become_poor(self) -> None:
        self._parts.events.publish(ConnectionDidBecomePoor())

    def connection_did_become_good(self) -> None:
        self._parts.events.publish(ConnectionDidBecomeGood())

    def connection_did_suggest_stop_video(self) -> None:
        self._parts.events.publish(ConnectionDidSuggestStopVideo())

    def video_availability_did_change(self, availability: MeetingSessionVideoAvailability) -> None:
        self._parts.events.publish(VideoAvailabilityDidChange(availability))

    def video_send_did_become_unavailable(self) -> None:
        self._parts.events.publish(VideoSendDidBecomeUnavailable())

    def video_tile_did_update(self, tile_state: VideoTileState) -> None:
        self._parts.events.publish(VideoTileDidUpdate(tile_state))

    def video_tile_was_removed(self, tile_id: int) -> None:
        self._parts.events.publish(VideoTileWasRemoved(tile_id))

    def remote_video_sources_did_change(self, video_sources: list[VideoSource]) -> None:
        self._parts.events.publish(RemoteVideoSourcesDidChange(tuple(video_sources)))
