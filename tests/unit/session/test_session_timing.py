"""Session timing: steps out of place change nothing."""

from __future__ import annotations

from chime_native.session.session_timing import SessionTiming
from chime_native.session.timing_batch import SignalingStep


def test_nothing_is_reported_of_what_never_began() -> None:
    timing = SessionTiming()
    timing.signaling_step(SignalingStep.JOIN_SENT, 1)
    timing.local_audio_first_packet(2)
    timing.remote_audio_first_packet(2)
    timing.local_video_first_frame(2)
    timing.local_video_removed(2)
    timing.remote_video_first_frame(7, 2)
    timing.remote_video_removed(7, 2)
    timing.clear_expecting_remote_video(3)
    assert timing.batches() == []
    assert timing.next_timeout() is None


def test_a_renegotiation_needs_fewer_steps() -> None:
    timing = SessionTiming()
    timing.resubscribe_start(100)
    for step in (
        SignalingStep.CREATE_OFFER,
        SignalingStep.SET_LOCAL_DESCRIPTION,
        SignalingStep.SUBSCRIBE_SENT,
        SignalingStep.SUBSCRIBE_ACK_RECEIVED,
        SignalingStep.SET_REMOTE_DESCRIPTION,
    ):
        assert timing.batches() == []
        timing.signaling_step(step, 150)
    (batch,) = timing.batches()
    assert batch.signaling is not None
    assert (batch.signaling.start_ms, batch.signaling.timed_out) == (100, False)


def test_a_video_that_nobody_shows_keeps_a_timer_and_reports_nothing() -> None:
    timing = SessionTiming()
    timing.remote_video_added(7, 0)
    timing.handle_timeout(15_000)
    assert timing.batches() == []
    timing.remote_video_bound(7)
    timing.handle_timeout(30_000)
    (batch,) = timing.batches()
    assert [(video.group_id, video.timed_out) for video in batch.remote_videos] == [(7, True)]
    timing.reset()
    assert timing.next_timeout() is None
