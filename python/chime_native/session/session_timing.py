"""How long the steps of a start take, gathered into batches for MEETING_SESSION_TIMING
(SDK: ``src/meetingsessiontiming/MeetingSessionTimingManager.ts``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from .timing_batch import (
    LocalAudioTiming,
    LocalVideoTiming,
    RemoteAudioTiming,
    RemoteVideoTiming,
    SignalingStep,
    SignalingTiming,
    TimingBatch,
)

__all__ = ["SessionTiming"]

# A batch that is not complete by then is reported as it is, incomplete parts marked.
TIMEOUT_MS: Final = 15_000


# What a renegotiation goes through; a start goes through all.
_RESUBSCRIBE_STEPS: Final = frozenset(
    {
        SignalingStep.CREATE_OFFER,
        SignalingStep.SET_LOCAL_DESCRIPTION,
        SignalingStep.SUBSCRIBE_SENT,
        SignalingStep.SUBSCRIBE_ACK_RECEIVED,
        SignalingStep.SET_REMOTE_DESCRIPTION,
    }
)


@dataclass(slots=True)
class _Medium:
    """Something that was added and of which a first packet or frame is awaited."""

    added_ms: int
    first_packet_ms: int | None = None
    first_frame_ms: int | None = None
    removed: bool = False


@dataclass(slots=True)
class _Signaling:
    start_ms: int
    is_resubscribe: bool
    steps: dict[SignalingStep, int] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        needed = _RESUBSCRIBE_STEPS if self.is_resubscribe else frozenset(SignalingStep)
        return needed <= self.steps.keys()


class SessionTiming:
    """Feed it the steps as they happen, then drain ``batches()`` before the next.

    Times are milliseconds since 1970. Only the first call of each step counts, and a step without a start before it does
    not. A batch is complete when all that was added is; after 15 s it is reported all the same. Videos that nobody shows
    (not bound to a display) wait for a later batch.
    """

    def __init__(self) -> None:
        self._batches: list[TimingBatch] = []
        self.reset()

    def reset(self) -> None:
        """Forgets all."""
        self._due_ms: float | None = None
        self._signaling: _Signaling | None = None
        self._remote_audio: _Medium | None = None
        self._local_audio: _Medium | None = None
        self._local_video: _Medium | None = None
        self._local_video_reported = False
        self._expects_remote_video = False
        self._remote_videos: dict[int, _Medium] = {}
        self._bound: set[int] = set()
        self._reported_videos: set[int] = set()

    def batches(self) -> list[TimingBatch]:
        """Complete batches since the last call, in order."""
        batches, self._batches = self._batches, []
        return batches

    def next_timeout(self) -> float | None:
        """When ``handle_timeout`` is due; None: never."""
        return self._due_ms

    def handle_timeout(self, now_ms: float) -> None:
        """The time that ``next_timeout`` gave has come; calls before it do nothing."""
        if self._due_ms is not None and now_ms >= self._due_ms:
            self._report(now_ms, timed_out=True)

    # --- signaling ---

    def start(self, now_ms: int) -> None:
        """The session connects."""
        self._start(now_ms, is_resubscribe=False)

    def resubscribe_start(self, now_ms: int) -> None:
        """A renegotiation begins."""
        self._start(now_ms, is_resubscribe=True)

    def signaling_step(self, step: SignalingStep, now_ms: int) -> None:
        """A step of connecting is made."""
        if self._signaling is not None and step not in self._signaling.steps:
            self._signaling.steps[step] = now_ms
            self._report_if_complete(now_ms)

    # --- audio ---

    def local_audio_added(self, now_ms: int) -> None:
        """This client has an audio track."""
        if self._local_audio is None:
            self._local_audio = self._added(now_ms)
            self._report_if_complete(now_ms)

    def local_audio_first_packet(self, now_ms: int, at_ms: int | None = None) -> None:
        """Audio is sent, since ``at_ms`` if given."""
        if _first_packet(self._local_audio, now_ms if at_ms is None else at_ms):
            self._report_if_complete(now_ms)

    def remote_audio_added(self, now_ms: int) -> None:
        """There is a track for the audio of the others."""
        if self._remote_audio is None:
            self._remote_audio = self._added(now_ms)
            self._report_if_complete(now_ms)

    def remote_audio_first_packet(self, now_ms: int, at_ms: int | None = None) -> None:
        """Audio is received, since ``at_ms`` if given."""
        if _first_packet(self._remote_audio, now_ms if at_ms is None else at_ms):
            self._report_if_complete(now_ms)

    # --- own video ---

    def local_video_added(self, now_ms: int) -> None:
        """This client has a video track; once reported, not again until it was removed."""
        if self._local_video is None and not self._local_video_reported:
            self._local_video = self._added(now_ms)
            self._report_if_complete(now_ms)

    def local_video_first_frame(self, now_ms: int, at_ms: int | None = None) -> None:
        """Video is sent, since ``at_ms`` if given."""
        if _first_frame(self._local_video, now_ms if at_ms is None else at_ms):
            self._report_if_complete(now_ms)

    def local_video_removed(self, now_ms: int) -> None:
        """This client sends no more video."""
        if self._local_video is not None:
            self._local_video.removed = True
            self._local_video_reported = False
            self._report_if_complete(now_ms)

    # --- video of others ---

    def expect_remote_video(self) -> None:
        """The first INDEX has sources: the first batch waits for a video to be shown."""
        self._expects_remote_video = True

    def clear_expecting_remote_video(self, now_ms: int) -> None:
        """No video will be shown: the batch waits no longer."""
        if self._expects_remote_video:
            self._expects_remote_video = False
            self._report_if_complete(now_ms)

    def remote_video_added(self, group_id: int, now_ms: int) -> None:
        """A video is asked for; one that was reported is not again until it is unbound or removed."""
        if group_id not in self._reported_videos:
            self._remote_videos[group_id] = self._added(now_ms)

    def remote_video_bound(self, group_id: int) -> None:
        """A video has a display."""
        self._bound.add(group_id)

    def remote_video_unbound(self, group_id: int, now_ms: int) -> None:
        """A video has no display any more."""
        self._bound.discard(group_id)
        self._reported_videos.discard(group_id)
        self._report_if_complete(now_ms)

    def remote_video_first_packet(self, group_id: int, now_ms: int, at_ms: int | None = None) -> None:
        """A video is received, since ``at_ms`` if given."""
        if _first_packet(self._remote_videos.get(group_id), now_ms if at_ms is None else at_ms):
            self._report_if_complete(now_ms)

    def remote_video_first_frame(self, group_id: int, now_ms: int, at_ms: int | None = None) -> None:
        """A video is shown, since ``at_ms`` if given."""
        if _first_frame(self._remote_videos.get(group_id), now_ms if at_ms is None else at_ms):
            self._report_if_complete(now_ms)

    def remote_video_removed(self, group_id: int, now_ms: int) -> None:
        """A video is gone."""
        if group_id in self._remote_videos:
            self._remote_videos[group_id].removed = True
            self._reported_videos.discard(group_id)
            self._report_if_complete(now_ms)

    # --- inside ---

    def _start(self, now_ms: int, *, is_resubscribe: bool) -> None:
        if self._signaling is None:
            self._signaling = _Signaling(now_ms, is_resubscribe)
            self._begin_batch(now_ms)

    def _added(self, now_ms: int) -> _Medium:
        self._begin_batch(now_ms)
        return _Medium(now_ms)

    def _begin_batch(self, now_ms: float) -> None:
        if self._due_ms is None:
            self._due_ms = now_ms + TIMEOUT_MS

    def _report_if_complete(self, now_ms: float) -> None:
        if self._complete():
            self._report(now_ms, timed_out=False)

    def _complete(self) -> bool:
        bound = [video for group_id, video in self._remote_videos.items() if group_id in self._bound]
        return (
            (self._signaling is None or self._signaling.complete)
            and (self._remote_audio is None or self._remote_audio.first_packet_ms is not None)
            and (self._local_audio is None or self._local_audio.first_packet_ms is not None)
            and (self._local_video is None or _shown(self._local_video))
            and (not self._expects_remote_video or any(map(_shown, bound)))
            and all(map(_shown, bound))
        )

    def _report(self, now_ms: float, *, timed_out: bool) -> None:
        batch = self._batch(timed_out)
        if not batch.is_empty:
            self._batches.append(batch)
        if self._local_video is not None and _shown(self._local_video) and not self._local_video.removed:
            self._local_video_reported = True
        self._due_ms = None
        self._signaling = self._remote_audio = self._local_audio = self._local_video = None
        self._expects_remote_video = False
        self._reported_videos |= self._bound & self._remote_videos.keys()
        self._remote_videos = {
            group_id: video for group_id, video in self._remote_videos.items() if group_id not in self._bound
        }
        self._bound = set()
        if self._remote_videos:
            self._begin_batch(now_ms)

    def _batch(self, timed_out: bool) -> TimingBatch:
        signaling, remote, local, camera = (
            self._signaling,
            self._remote_audio,
            self._local_audio,
            self._local_video,
        )
        return TimingBatch(
            signaling=SignalingTiming(
                signaling.start_ms, dict(signaling.steps), timed_out and not signaling.complete
            )
            if signaling
            else None,
            remote_audio=RemoteAudioTiming(
                remote.added_ms, remote.first_packet_ms, timed_out and remote.first_packet_ms is None
            )
            if remote
            else None,
            local_audio=LocalAudioTiming(
                local.added_ms, local.first_packet_ms, timed_out and local.first_packet_ms is None
            )
            if local
            else None,
            local_video=LocalVideoTiming(
                camera.added_ms, camera.first_frame_ms, camera.removed, timed_out and not _shown(camera)
            )
            if camera
            else None,
            remote_videos=tuple(
                RemoteVideoTiming(
                    group_id,
                    video.added_ms,
                    video.first_packet_ms,
                    video.first_frame_ms,
                    video.removed,
                    timed_out and not _shown(video),
                )
                for group_id, video in self._remote_videos.items()
                if group_id in self._bound
            ),
        )


def _first_packet(medium: _Medium | None, at_ms: int) -> bool:
    if medium is None or medium.first_packet_ms is not None:
        return False
    medium.first_packet_ms = at_ms
    return True


def _first_frame(medium: _Medium | None, at_ms: int) -> bool:
    if medium is None or medium.first_frame_ms is not None:
        return False
    medium.first_frame_ms = at_ms
    return True


def _shown(medium: _Medium) -> bool:
    return medium.removed or medium.first_frame_ms is not None
