"""The bitrate of a video, from reports."""

from chime_native.rtc.video_rate import LEAST, START, VideoRate


def test_few_losses_let_it_grow_up_to_the_limit() -> None:
    rate = VideoRate(1_500_000)
    assert rate.bitrate == START
    for _ in range(10):
        rate.handle_report(0.0)
    assert rate.bitrate == 1_500_000
    rate.limit = 300_000
    assert rate.bitrate == 300_000


def test_many_losses_bring_it_down_and_some_hold_it() -> None:
    rate = VideoRate(1_500_000)
    rate.handle_report(0.5)
    assert rate.bitrate == 750_000
    rate.handle_report(0.05)
    assert rate.bitrate == 750_000
    rate.handle_report(0.01)
    assert 800_000 <= rate.bitrate <= 820_000
    for _ in range(50):
        rate.handle_report(1.0)
    assert rate.bitrate == LEAST


def test_what_was_never_sent_is_not_grown_into() -> None:
    """A limit that is lifted later finds an estimate that losses can still bring down."""
    rate = VideoRate(300_000)
    for _ in range(100):
        rate.handle_report(0.0)
    rate.limit = 1_500_000
    before = rate.bitrate
    rate.handle_report(0.5)
    assert rate.bitrate <= 0.75 * before


def test_the_receiver_may_limit_it() -> None:
    rate = VideoRate(1_500_000)
    rate.handle_remb(400_000)
    assert rate.bitrate == 400_000
    rate.handle_remb(5_000_000)
    assert rate.bitrate == START
    rate.handle_remb(1)
    assert rate.bitrate == LEAST
