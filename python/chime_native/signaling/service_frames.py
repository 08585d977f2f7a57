"""What the frames of a service say, as events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chime_native.errors import FrameError

from .events import (
    AudioAttendeeState,
    AudioMetadataReceived,
    AudioStatusReceived,
    AudioStreamIdInfo,
    AudioStreamIdInfoReceived,
    BitratesReceived,
    DataMessage,
    DataMessagesReceived,
    IndexReceived,
    LeaveAcknowledged,
    NotificationLevel,
    NotificationReceived,
    PrimaryMeetingJoinAcknowledged,
    PrimaryMeetingLeft,
    RemoteVideoPaused,
    RemoteVideoResumed,
    SignalingEvent,
    SourceBitrate,
    StreamAllocation,
    TranscriptReceived,
)
from .messages import (
    SdkAudioAttendeeState,
    SdkAudioStreamIdInfo,
    SdkBitrateFrame,
    SdkDataMessagePayload,
    SdkIndexFrame,
    SdkNotificationFrame,
    SdkSignalFrame,
    SdkStreamDescriptor,
    SdkSubscribeAckFrame,
    SdkTurnCredentials,
)
from .types import MediaType, ServerSideNetworkAdaption, StreamDescriptor, TrackMapping, TurnCredentials

__all__ = [
    "adaption_from",
    "allocations_from",
    "bitrates_event",
    "event_from_frame",
    "frame_type_name",
    "index_event",
    "stream_descriptor_from",
    "tracks_from",
    "turn_credentials_from",
]


def frame_type_name(frame: SdkSignalFrame) -> str:
    """Name of a frame's type, or its number where nobody defined it."""
    value = int(frame.type)
    return SdkSignalFrame.Type.Name(frame.type) if value in SdkSignalFrame.Type.values() else str(value)


def event_from_frame(frame: SdkSignalFrame) -> SignalingEvent | None:
    """What a frame says that is the same in every phase; None for a type that says nothing to a client.

    Raises ``FrameError`` where the body that belongs to the type is missing.
    """
    reader = _READERS.get(frame.type)
    if reader is None:
        return None
    body, read = reader
    if body and not frame.HasField(body):
        raise FrameError(f"a {frame_type_name(frame)} frame has no content")
    return read(frame)


def index_event(index: SdkIndexFrame, *, first: bool) -> IndexReceived:
    """The content of INDEX."""
    return IndexReceived(
        first=first,
        sources=tuple(map(stream_descriptor_from, index.sources)),
        at_capacity=index.at_capacity,
        paused_at_source_ids=tuple(index.paused_at_source_ids),
        num_participants=index.num_participants,
        supported_receive_codec_intersection=tuple(map(int, index.supported_receive_codec_intersection)),
    )


def stream_descriptor_from(descriptor: SdkStreamDescriptor) -> StreamDescriptor:
    """A stream; what is absent on the wire is None, an unknown kind of media is taken as audio (not shown)."""
    fields = {name: getattr(descriptor, name) for name in _DESCRIPTOR_FIELDS if descriptor.HasField(name)}
    is_video = int(descriptor.media_type) == MediaType.VIDEO
    return StreamDescriptor(media_type=MediaType.VIDEO if is_video else MediaType.AUDIO, **fields)


def turn_credentials_from(credentials: SdkTurnCredentials) -> TurnCredentials:
    """A TURN server."""
    return TurnCredentials(
        credentials.username, credentials.password, credentials.ttl, tuple(credentials.uris)
    )


def adaption_from(number: int) -> ServerSideNetworkAdaption:
    """Server-side adaption by its number on the wire; an unknown one is DEFAULT."""
    try:
        return ServerSideNetworkAdaption(number)
    except ValueError:
        return ServerSideNetworkAdaption.DEFAULT


def tracks_from(suback: SdkSubscribeAckFrame) -> tuple[TrackMapping, ...]:
    """The tracks of SUBSCRIBE_ACK."""
    return tuple(TrackMapping(track.stream_id, track.ssrc, track.track_label) for track in suback.tracks)


def allocations_from(suback: SdkSubscribeAckFrame) -> tuple[StreamAllocation, ...]:
    """The ids that the service gave to what this client sends."""
    return tuple(
        StreamAllocation(allocation.stream_id, allocation.group_id, allocation.track_label)
        for allocation in suback.allocations
    )


def bitrates_event(bitrates: SdkBitrateFrame) -> BitratesReceived:
    """The content of BITRATES, which may come in a frame of any type."""
    return BitratesReceived(
        bitrates=tuple(
            SourceBitrate(bitrate.source_stream_id, bitrate.avg_bitrate_bps) for bitrate in bitrates.bitrates
        ),
        server_available_outgoing_bitrate_kbps=bitrates.server_available_outgoing_bitrate,
    )


_DESCRIPTOR_FIELDS: Final = (
    "stream_id",
    "group_id",
    "attendee_id",
    "external_user_id",
    "max_bitrate_kbps",
    "avg_bitrate_bps",
    "framerate",
    "width",
    "height",
    "track_label",
)


def _audio_stream_id_info(info: SdkAudioStreamIdInfo) -> AudioStreamIdInfo:
    return AudioStreamIdInfo(
        audio_stream_id=info.audio_stream_id,
        attendee_id=info.attendee_id,
        external_user_id=info.external_user_id,
        muted=info.muted if info.HasField("muted") else None,
        dropped=info.dropped,
    )


def _audio_attendee_state(state: SdkAudioAttendeeState) -> AudioAttendeeState:
    return AudioAttendeeState(
        audio_stream_id=state.audio_stream_id,
        volume=state.volume if state.HasField("volume") else None,
        signal_strength=state.signal_strength if state.HasField("signal_strength") else None,
    )


def _data_message(payload: SdkDataMessagePayload) -> DataMessage:
    return DataMessage(
        topic=payload.topic,
        data=payload.data,
        sender_attendee_id=payload.sender_attendee_id,
        sender_external_user_id=payload.sender_external_user_id,
        ingest_time_ns=payload.ingest_time_ns if payload.HasField("ingest_time_ns") else None,
        lifetime_ms=payload.lifetime_ms,
    )


def _roster(frame: SdkSignalFrame) -> SignalingEvent:
    return AudioStreamIdInfoReceived(tuple(map(_audio_stream_id_info, frame.audio_stream_id_info.streams)))


def _audio_metadata(frame: SdkSignalFrame) -> SignalingEvent:
    return AudioMetadataReceived(tuple(map(_audio_attendee_state, frame.audio_metadata.attendee_states)))


def _audio_status(frame: SdkSignalFrame) -> SignalingEvent:
    return AudioStatusReceived(frame.audio_status.audio_status if frame.HasField("audio_status") else None)


def _data_messages(frame: SdkSignalFrame) -> SignalingEvent:
    return DataMessagesReceived(tuple(map(_data_message, frame.data_message.messages)))


def _notification(frame: SdkSignalFrame) -> SignalingEvent:
    notification: SdkNotificationFrame = frame.notification
    try:
        level = NotificationLevel(int(notification.level))
    except ValueError:
        level = NotificationLevel.ERROR
    return NotificationReceived(level, notification.message)


# Type of frame: the body that must be there (or "": none), and how it is read.
_READERS: Final[dict[int, tuple[str, Callable[[SdkSignalFrame], SignalingEvent]]]] = {
    SdkSignalFrame.AUDIO_STREAM_ID_INFO: ("audio_stream_id_info", _roster),
    SdkSignalFrame.AUDIO_METADATA: ("audio_metadata", _audio_metadata),
    SdkSignalFrame.AUDIO_STATUS: ("", _audio_status),
    SdkSignalFrame.DATA_MESSAGE: ("data_message", _data_messages),
    SdkSignalFrame.NOTIFICATION: ("notification", _notification),
    SdkSignalFrame.PAUSE: ("pause", lambda frame: RemoteVideoPaused(tuple(frame.pause.group_ids))),
    SdkSignalFrame.RESUME: ("pause", lambda frame: RemoteVideoResumed(tuple(frame.pause.group_ids))),
    SdkSignalFrame.PRIMARY_MEETING_JOIN_ACK: (
        "",
        lambda frame: PrimaryMeetingJoinAcknowledged(frame.error.status),
    ),
    SdkSignalFrame.PRIMARY_MEETING_LEAVE: ("", lambda _frame: PrimaryMeetingLeft()),
    SdkSignalFrame.LEAVE_ACK: ("", lambda _frame: LeaveAcknowledged()),
    SdkSignalFrame.AUDIO_TRANSCRIPT: (
        "audio_transcript",
        lambda frame: TranscriptReceived(frame.audio_transcript.SerializeToString()),
    ),
}
