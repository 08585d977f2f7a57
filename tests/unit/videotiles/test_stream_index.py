"""The video stream index, and the default choice of what to receive."""

from __future__ import annotations

import logging

import pytest
from chime_native.signaling.events import (
    BitratesReceived,
    IndexReceived,
    SourceBitrate,
    StreamAllocation,
    SubscribeAcknowledged,
)
from chime_native.signaling.types import MediaType, StreamDescriptor, TrackMapping
from chime_native.videotiles import (
    AllHighestVideoBandwidthPolicy,
    VideoSource,
    VideoStreamIndex,
    without_own_content,
)


def video(stream_id: int, group_id: int, attendee_id: str, kbps: int = 600) -> StreamDescriptor:
    return StreamDescriptor(
        stream_id=stream_id,
        group_id=group_id,
        attendee_id=attendee_id,
        external_user_id=f"{attendee_id}-name",
        media_type=MediaType.VIDEO,
        max_bitrate_kbps=kbps,
    )


def index_of(*sources: StreamDescriptor, participants: int = 0) -> IndexReceived:
    return IndexReceived(False, sources, False, (), participants, ())


def test_questions_about_the_present_index() -> None:
    index = VideoStreamIndex()
    assert index.number_of_participants() == -1
    assert index.all_streams() == index.streams_paused_at_source() == frozenset()
    index.integrate_index(index_of(video(7, 3, "a"), video(8, 3, "a", 900), video(9, 5, "b"), participants=4))
    assert index.number_of_participants() == 4
    assert index.all_streams() == {7, 8, 9}
    assert index.number_of_video_publishing_participants_excluding_self("b") == 1
    assert (index.attendee_id_for_stream_id(8), index.attendee_id_for_stream_id(1)) == ("a", "")
    assert (index.attendee_id_for_group_id(5), index.attendee_id_for_group_id(1)) == ("b", "")
    assert index.stream_ids_in_same_group(7, 8)
    assert not index.stream_ids_in_same_group(7, 9)


def test_bitrates_change_known_streams_only() -> None:
    index = VideoStreamIndex()
    index.integrate_index(index_of(video(7, 3, "a"), video(9, 5, "b")))
    index.integrate_bitrates(BitratesReceived((SourceBitrate(7, 640_999), SourceBitrate(99, 1)), 0))
    assert [stream.avg_bitrate_kbps for stream in index.remote_stream_descriptions()] == [640, 0]


def test_an_answer_is_about_the_index_at_its_subscribe() -> None:
    index = VideoStreamIndex()
    index.integrate_index(index_of(video(7, 3, "a")))
    index.subscribe_sent()
    index.integrate_index(index_of(video(9, 5, "b")))
    index.integrate_subscribe_ack(
        SubscribeAcknowledged(
            "answer",
            (TrackMapping(7, 70, "v_1"), TrackMapping(0, 5, "v_2"), TrackMapping(4, 6, "")),
            (StreamAllocation(42, 22, "AmazonChimeExpressVideo"),),
        )
    )
    assert (index.attendee_id_for_track("v_1"), index.external_user_id_for_track("v_1")) == ("a", "a-name")
    assert (index.attendee_id_for_track("v_2"), index.external_user_id_for_track("v_2")) == ("", "")
    assert (index.stream_id_for_track("v_1"), index.stream_id_for_ssrc(70)) == (7, 7)
    assert (index.group_id_for_ssrc(70), index.group_id_for_ssrc(5)) == (3, None)
    assert index.send_video_stream_id_from_rid() == 42
    index.override_stream_id_mappings(7, 8)
    assert (index.stream_id_for_track("v_1"), index.stream_id_for_ssrc(70)) == (8, 8)


def test_groups_of_streams_that_were_are_still_known() -> None:
    index = VideoStreamIndex()
    index.integrate_index(index_of(video(7, 3, "a")))
    index.remote_video_update_sent()
    index.integrate_index(index_of())
    assert (index.group_id_for_stream_id(7), index.group_id_for_stream_id(8)) == (3, None)


def test_own_content_is_left_out() -> None:
    index = without_own_content(index_of(video(1, 1, "me#content"), video(2, 2, "a#content")), "me")
    assert [source.attendee_id for source in index.sources] == ["a#content"]


def test_the_policy_takes_the_chosen_in_their_order_up_to_its_limit(caplog: pytest.LogCaptureFixture) -> None:
    index, policy = VideoStreamIndex(), AllHighestVideoBandwidthPolicy("me")
    policy.choose_remote_video_sources([VideoSource("c", "")])
    policy.reset()
    index.integrate_index(
        index_of(video(1, 1, "a", 8000), video(2, 2, "b", 8000), video(3, 3, "c", 8000), video(4, 4, "d", 1))
    )
    with caplog.at_level(logging.WARNING):
        policy.update_index(index)
    assert "16000" in caplog.text
    assert policy.wants_resubscribe()
    assert policy.choose_subscriptions() == {1}
    assert not policy.wants_resubscribe()
    policy.choose_remote_video_sources(
        [VideoSource("c", ""), VideoSource("nobody", ""), VideoSource("d", "")]
    )
    assert policy.choose_subscriptions() == {3, 4}
    policy.reset()
    assert not policy.wants_resubscribe()
