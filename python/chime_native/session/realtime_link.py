"""Between the realtime controller, which lives as long as the session, and the connection that there is at the moment."""

from __future__ import annotations

import asyncio
import logging

from chime_native.errors import FrameError
from chime_native.realtime import (
    DataMessage,
    DataMessageExchange,
    Modality,
    PositionInFrame,
    RealtimeController,
    TranscriptionController,
    VolumeIndicatorAdapter,
)
from chime_native.realtime.transcript import TRANSCRIPTION_DATA_MESSAGE_TOPIC, transcript_events
from chime_native.session.active_speakers import ActiveSpeakers
from chime_native.session.attendee_audio import AttendeeAudio
from chime_native.session.connection import MeetingConnection
from chime_native.session.content_share import ContentShare
from chime_native.session.events import AttendeePresence, LocalSignalStrength, MuteState, VolumeUpdate
from chime_native.session.health import ConnectionWatch
from chime_native.session.negotiator import Negotiator
from chime_native.session.parts import SessionParts
from chime_native.session.primary_meeting import PrimaryMeeting
from chime_native.session.status import MeetingSessionStatus, MeetingSessionStatusCode
from chime_native.session.timing_reporter import TimingReporter
from chime_native.session.video_availability import VideoAvailability
from chime_native.session.video_link import VideoLink
from chime_native.signaling import events as signaled
from chime_native.signaling.events import NotificationLevel, SignalingEvent

__all__ = ["RealtimeLink"]

_LOG_LEVELS = {
    NotificationLevel.INFO: logging.INFO,
    NotificationLevel.WARNING: logging.WARNING,
    NotificationLevel.ERROR: logging.ERROR,
}


class RealtimeLink:
    """Hands what the service signals to the realtime controller, and what the application does to the service."""

    def __init__(self, parts: SessionParts, attendee_id: str) -> None:
        configuration = parts.configuration
        self.connection: MeetingConnection | None = None
        self.primary_meeting = PrimaryMeeting(
            parts.observers, configuration.connection_timeout_ms / 1000, parts.logger
        )
        self.timing = TimingReporter()
        self.negotiator = Negotiator(parts)
        self.attendee_audio = AttendeeAudio(parts, self.negotiator)
        features = configuration.meeting_features
        is_content = Modality(attendee_id).has_modality(Modality.CONTENT)
        self.video = VideoLink(
            parts,
            attendee_id,
            self.negotiator,
            features.content_max_resolution if is_content else features.video_max_resolution,
        )
        self.content = ContentShare(parts, attendee_id, self.video.tiles)
        self.speakers = ActiveSpeakers(parts.realtime, attendee_id)
        self.transcription = TranscriptionController(parts.realtime)
        self._watch = ConnectionWatch(
            parts, attendee_id, configuration.connection_health_policy_configuration, self.video
        )
        self._video_availability = VideoAvailability(
            attendee_id,
            lambda availability: parts.observers.notify("video_availability_did_change", availability),
        )
        self._parts = parts
        self._attendee_id = attendee_id
        self._adapter = VolumeIndicatorAdapter(parts.realtime, attendee_id)
        self._messages = DataMessageExchange(parts.realtime, self)
        self._messages.start()
        parts.realtime.realtime_subscribe_to_mute_and_unmute_local_audio(self._send_mute)
        parts.realtime.realtime_subscribe_to_local_signal_strength_change(self._publish_signal_strength)
        parts.realtime.realtime_subscribe_to_fatal_error(self._end_for)

    def use(self, connection: MeetingConnection, resume: bool, *, has_audio: bool) -> None:
        """Another connection begins; ``resume``: it goes on with the roster of the one before."""
        self.connection = connection
        self.timing.use(connection, has_audio)
        self.primary_meeting.use(connection)
        self.negotiator.use(connection)
        self.attendee_audio.use()
        self.video.use(connection)
        self._watch.use(connection, resume)
        self._video_availability.begin(resume=resume)
        self.speakers.arm()
        if resume:
            self._adapter.on_reconnect()
        else:
            self._adapter = VolumeIndicatorAdapter(self._parts.realtime, self._attendee_id)

    def connected(self) -> None:
        """The session is connected."""
        self._watch.connected()
        self.attendee_audio.connected()
        self.video.connected()
        self.negotiator.connected()
        # Later, for observers are to be told first that the session has started.
        asyncio.get_running_loop().call_soon(self._video_availability.connected)

    def broke(self) -> None:
        """The session was connected, and will be brought back."""
        self.primary_meeting.connection_broke()

    def stopped(self) -> None:
        """The session is over."""
        self.connection = None
        self.primary_meeting.use(None)
        self._watch.stop()
        self.timing.stop()
        self.negotiator.stopped()
        self.attendee_audio.stopped()
        self.content.stop()
        self.video.stopped()
        self._parts.audio_output.stop_filling()
        self.speakers.end()

    def handle_event(self, event: SignalingEvent) -> None:
        """Takes what the connection does not keep for itself."""
        self.speakers.advance()
        match event:
            case signaled.JoinAcknowledged():
                self.attendee_audio.granted(event.audio_subscription_limit)
                self.video.granted(event.video_subscription_limit)
            case signaled.IndexReceived():
                self.video.handle_index(event)
                self._video_availability.handle_index(event)
            case signaled.AudioStreamIdInfoReceived():
                self._adapter.handle_audio_stream_id_info(event)
                self.attendee_audio.handle_roster(event)
            case signaled.AudioMetadataReceived():
                self._adapter.handle_audio_metadata(event)
            case signaled.DataMessagesReceived():
                self._messages.handle_data_messages(event)
            case signaled.NotificationReceived(level=level, message=message):
                self._parts.logger.log(_LOG_LEVELS[level], "the service notifies: %s", message)
            case signaled.PongReceived() | signaled.PongsMissed():
                self._watch.handle_pongs(event)
            case signaled.TranscriptReceived(data=data):
                transcript = DataMessage(0.0, TRANSCRIPTION_DATA_MESSAGE_TOPIC, data, "", "")
                self._parts.realtime.realtime_receive_data_message(transcript)
            case signaled.BitratesReceived(server_available_outgoing_bitrate_kbps=kbps):
                self.video.handle_bitrates(event)
                if kbps > 0:
                    collector = self._watch.collector
                    collector.override_observable_metric("available_incoming_bitrate", kbps * 1000)
            case signaled.PrimaryMeetingJoinAcknowledged(error_status=error_status):
                self.primary_meeting.handle_answer(error_status)
            case signaled.PrimaryMeetingLeft():
                self.primary_meeting.handle_left()
            case _:
                pass

    def handle_status(self, status: MeetingSessionStatus) -> None:
        """Takes a status that does not end the connection."""
        self._parts.logger.info("the service reports: %s", status)
        if status.status_code is MeetingSessionStatusCode.VIDEO_CALL_SWITCH_TO_VIEW_ONLY:
            self.video.switch_to_view_only()
            self._parts.observers.notify("video_send_did_become_unavailable")

    def audio_input_changed(self) -> None:
        """Another source is sent: what was measured of the one before does not count any more."""
        if self.connection is not None and self.connection.peer is not None:
            self._watch.input_changed()

    # --- what the exchange of data messages needs ---

    @property
    def ready(self) -> bool:
        """Whether a frame would be sent now."""
        return self.connection is not None and self.connection.signaling.client.ready

    def send_data_message(self, topic: str, data: bytes, lifetime_ms: int | None) -> None:
        """Sends a message that was checked."""
        if self.connection is not None:
            self.connection.signaling.perform(
                lambda client, now_ms: client.send_data_message(topic, data, lifetime_ms, now_ms)
            )

    # --- inside ---

    def _send_mute(self, muted: bool) -> None:
        if self.ready and self.connection is not None:
            self.connection.signaling.perform(lambda client, now_ms: client.mute(muted, now_ms))
        self._parts.events.publish(MuteState(muted))

    def _publish_signal_strength(self, signal_strength: float) -> None:
        self._watch.handle_signal_strength(signal_strength)
        self._parts.events.publish(LocalSignalStrength(signal_strength))

    def _end_for(self, error: Exception) -> None:
        self._parts.controller.fail(MeetingSessionStatusCode.REALTIME_API_FAILED, repr(error))


class PublishingRealtimeController(RealtimeController):
    """The realtime controller, with iterators beside the callbacks. They see the same, after them."""

    parts: SessionParts

    def realtime_set_attendee_id_presence(
        self,
        attendee_id: str,
        present: bool,
        external_user_id: str | None,
        dropped: bool,
        position: PositionInFrame | None,
    ) -> None:
        super().realtime_set_attendee_id_presence(attendee_id, present, external_user_id, dropped, position)
        event = AttendeePresence(attendee_id, present, external_user_id or attendee_id, dropped)
        self.parts.presence.publish(event)
        self.parts.events.publish(event)

    def realtime_update_volume_indicator(
        self,
        attendee_id: str,
        volume: float | None,
        muted: bool | None,
        signal_strength: float | None,
        external_user_id: str | None,
    ) -> None:
        before = self.volume_indicator(attendee_id)
        super().realtime_update_volume_indicator(
            attendee_id, volume, muted, signal_strength, external_user_id
        )
        after = self.volume_indicator(attendee_id)
        if after != before:
            self.parts.volumes.publish(
                VolumeUpdate(
                    attendee_id,
                    after.volume if after.volume != before.volume else None,
                    after.muted if after.muted != before.muted else None,
                    after.signal_strength if after.signal_strength != before.signal_strength else None,
                    external_user_id,
                )
            )

    def realtime_receive_data_message(self, message: DataMessage) -> None:
        super().realtime_receive_data_message(message)
        self.parts.messages.publish(message)
        if message.topic == TRANSCRIPTION_DATA_MESSAGE_TOPIC and self.parts.transcripts:
            self._publish_transcript(message.data)

    def _publish_transcript(self, data: bytes) -> None:
        try:
            events = transcript_events(data)
        except FrameError as error:
            self.parts.logger.warning("a transcript cannot be decoded: %s", error)
            return
        for event in events:
            self.parts.transcripts.publish(event)
