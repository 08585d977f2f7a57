"""Batches of times of a session's start, as MEETING_SESSION_TIMING carries them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, fields
from typing import Any

from chime_native.signaling.messages import (
    SdkMeetingSessionLocalAudioTiming,
    SdkMeetingSessionLocalVideoTiming,
    SdkMeetingSessionRemoteAudioTiming,
    SdkMeetingSessionRemoteVideoTiming,
    SdkMeetingSessionSignalingTiming,
    SdkMeetingSessionTimingFrame,
)

__all__ = [
    "LocalAudioTiming",
    "LocalVideoTiming",
    "RemoteAudioTiming",
    "RemoteVideoTiming",
    "SignalingStep",
    "SignalingTiming",
    "TimingBatch",
]


class SignalingStep(enum.Enum):
    """Steps of connecting, in no particular order."""

    TRANSPORT_CONNECTED = "transport_connected_ms"
    JOIN_SENT = "join_sent_ms"
    JOIN_ACK_RECEIVED = "join_ack_received_ms"
    CREATE_OFFER = "create_offer_ms"
    SET_LOCAL_DESCRIPTION = "set_local_description_ms"
    SET_REMOTE_DESCRIPTION = "set_remote_description_ms"
    ICE_GATHERING_STARTED = "ice_gathering_start_ms"
    ICE_GATHERING_COMPLETE = "ice_gathering_complete_ms"
    ICE_CONNECTED = "ice_connected_ms"
    SUBSCRIBE_SENT = "subscribe_sent_ms"
    SUBSCRIBE_ACK_RECEIVED = "subscribe_ack_ms"


@dataclass(frozen=True, slots=True)
class SignalingTiming:
    """When the steps were made, in milliseconds since 1970; those not made are not in it."""

    start_ms: int
    steps: dict[SignalingStep, int]
    timed_out: bool


@dataclass(frozen=True, slots=True)
class RemoteAudioTiming:
    """The audio that is received."""

    added_ms: int
    first_packet_received_ms: int | None
    timed_out: bool


@dataclass(frozen=True, slots=True)
class LocalAudioTiming:
    """The audio that is sent."""

    added_ms: int
    first_packet_sent_ms: int | None
    timed_out: bool


@dataclass(frozen=True, slots=True)
class LocalVideoTiming:
    """The video that is sent."""

    added_ms: int
    first_frame_sent_ms: int | None
    removed: bool
    timed_out: bool


@dataclass(frozen=True, slots=True)
class RemoteVideoTiming:
    """The video of one sender."""

    group_id: int
    added_ms: int
    first_packet_received_ms: int | None
    first_frame_rendered_ms: int | None
    removed: bool
    timed_out: bool


@dataclass(frozen=True, slots=True)
class TimingBatch:
    """What is reported at once; None and empty: nothing of the kind."""

    signaling: SignalingTiming | None
    remote_audio: RemoteAudioTiming | None
    local_audio: LocalAudioTiming | None
    local_video: LocalVideoTiming | None
    remote_videos: tuple[RemoteVideoTiming, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to report."""
        parts = (self.signaling, self.remote_audio, self.local_audio, self.local_video)
        return all(part is None for part in parts) and not self.remote_videos

    def to_frame(self) -> SdkMeetingSessionTimingFrame:
        """The content of MEETING_SESSION_TIMING."""
        frame = SdkMeetingSessionTimingFrame()
        if signaling := self.signaling:
            frame.signaling.append(
                SdkMeetingSessionSignalingTiming(
                    start_ms=signaling.start_ms,
                    timed_out=signaling.timed_out,
                    **{step.value: at_ms for step, at_ms in signaling.steps.items()},
                )
            )
        if remote := self.remote_audio:
            frame.remote_audio.append(SdkMeetingSessionRemoteAudioTiming(**_members(remote)))
        if local := self.local_audio:
            frame.local_audio.append(SdkMeetingSessionLocalAudioTiming(**_members(local)))
        if camera := self.local_video:
            frame.local_video.append(SdkMeetingSessionLocalVideoTiming(**_members(camera)))
        frame.remote_videos.extend(
            SdkMeetingSessionRemoteVideoTiming(**_members(video)) for video in self.remote_videos
        )
        return frame


def _members(
    timing: RemoteAudioTiming | LocalAudioTiming | LocalVideoTiming | RemoteVideoTiming,
) -> dict[str, Any]:
    """The members of a timing by their names on the wire, which are the same; ``removed`` is there only when true."""
    members = {member.name: getattr(timing, member.name) for member in fields(timing)}
    if not members.get("removed", True):
        del members["removed"]
    return members
