"""How much is sent, by how many send: the table of the SDK."""

import pytest
from chime_native.signaling.events import IndexReceived
from chime_native.signaling.types import MediaType, StreamDescriptor
from chime_native.videotiles import NScaleVideoUplinkBandwidthPolicy, VideoStreamIndex

# kbit/s of each of n senders (NScaleVideoUplinkBandwidthPolicy.ts, with 1500 at most).
KBPS = {1: 1500, 2: 1500, 3: 1000, 4: 1000, 5: 800, 6: 687, 7: 606, 8: 546, 9: 499, 12: 405, 16: 335, 25: 258}


def policy_with(senders: int, **options: bool) -> NScaleVideoUplinkBandwidthPolicy:
    sources = tuple(
        StreamDescriptor(
            stream_id=number, group_id=number, attendee_id=f"a{number}", media_type=MediaType.VIDEO
        )
        for number in range(1, senders)
    )
    index = VideoStreamIndex()
    index.integrate_index(IndexReceived(False, sources, False, (), senders, ()))
    policy = NScaleVideoUplinkBandwidthPolicy("me", **options)
    policy.update_index(index)
    return policy


@pytest.mark.parametrize(("senders", "kbps"), KBPS.items())
def test_bitrates(senders: int, kbps: int) -> None:
    policy = policy_with(senders)
    assert policy.max_bandwidth_kbps() == kbps
    policy.has_bandwidth_priority = True
    assert policy.max_bandwidth_kbps() == 1500


@pytest.mark.parametrize(
    ("senders", "hd", "full_hd"),
    [(2, 1, 1), (3, 720 / 540, 1), (5, 1.5, 720 / 540), (9, 2, 1.5), (16, 720 / 270, 2), (17, 4, 720 / 270)],
)
def test_sizes(senders: int, hd: float, full_hd: float) -> None:
    assert policy_with(senders).scale_resolution_down_by(1280, 720) == hd
    assert policy_with(senders, is_full_hd=True).scale_resolution_down_by(1280, 720) == full_hd
    assert policy_with(senders).scale_resolution_down_by(720, 1280) == hd  # the shorter side counts
    assert policy_with(senders).scale_resolution_down_by(160, 90) == 1
    assert policy_with(senders, scale_resolution=False).scale_resolution_down_by(1280, 720) == 1


def test_a_limit_of_ones_own() -> None:
    policy = policy_with(5)
    policy.set_ideal_max_bandwidth_kbps(600)
    assert policy.max_bandwidth_kbps() == 320
    with pytest.raises(ValueError, match="more than 0"):
        policy.set_ideal_max_bandwidth_kbps(0)
