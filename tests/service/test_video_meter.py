from __future__ import annotations

from chime_native.service.conference import Downlink, LayerRate
from chime_native.service.video_meter import VideoMeter

SECOND = 1_000_000


def layer(octets: int) -> dict[str, int]:
    return {"octets": octets, "width": 320, "height": 180}


def test_rates_are_about_the_time_since_the_last_call() -> None:
    meter = VideoMeter(0)
    meter.estimate(2, 900_000, SECOND)
    rates, downlinks = meter.measure({1: [layer(1000), layer(0)]}, {2: 1000}, 2 * SECOND)
    assert rates == {(1, 0): LayerRate(4000, 320, 180), (1, 1): LayerRate(0, 320, 180)}
    assert downlinks == {2: Downlink(900_000, 4000)}
    rates, downlinks = meter.measure({1: [layer(1500)]}, {2: 3000}, 4 * SECOND)
    assert rates[1, 0].bitrate_bps == 2000
    assert downlinks == {2: Downlink(900_000, 8000)}


def test_old_estimates_and_ended_sections_say_nothing() -> None:
    meter = VideoMeter(0)
    meter.estimate(2, 900_000, SECOND)
    meter.measure({}, {2: 5000}, 2 * SECOND)
    _, downlinks = meter.measure({}, {2: 100}, 10 * SECOND)
    assert downlinks == {2: Downlink(0, 0)}


def test_who_is_gone_and_comes_again_begins_at_nothing() -> None:
    meter = VideoMeter(0)
    meter.estimate(1, 900_000, 0)
    meter.measure({1: [layer(1000)]}, {1: 1000}, SECOND)
    meter.forget(1)
    rates, downlinks = meter.measure({1: [layer(500)]}, {1: 500}, 2 * SECOND)
    assert rates[1, 0].bitrate_bps == 4000
    assert downlinks[1] == Downlink(0, 4000)
