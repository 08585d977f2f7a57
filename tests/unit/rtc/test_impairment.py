import statistics

import pytest
from chime_native.rtc import Impairment
from chime_native.rtc.impairment import MAX_DELAY_IN_MEANS


def test_loss_and_jitter_are_what_was_asked_for() -> None:
    link = Impairment(loss=0.1, jitter_ms=20.0, seed=1).link("in")
    delays = [link.delay() for _ in range(20_000)]
    held = [delay for delay in delays if delay is not None]
    assert 0.09 < 1 - len(held) / len(delays) < 0.11
    assert statistics.mean(held) == pytest.approx(0.020, rel=0.05)
    assert max(held) <= MAX_DELAY_IN_MEANS * 0.020
    assert link.stats() == {
        "packets": 20_000,
        "packets_lost": 20_000 - len(held),
        "packets_delayed": len(held),
    }


def test_a_seed_repeats_and_directions_differ() -> None:
    def fates(seed: int | None, direction: str) -> list[float | None]:
        link = Impairment(loss=0.3, jitter_ms=5.0, seed=seed).link(direction)
        return [link.delay() for _ in range(50)]

    assert fates(7, "in") == fates(7, "in")
    assert fates(7, "in") != fates(7, "out")
    assert fates(7, "in") != fates(8, "in")
    assert fates(None, "in") != fates(None, "in")


def test_the_same_packets_are_lost_with_and_without_jitter() -> None:
    links = [Impairment(loss=0.3, jitter_ms=jitter, seed=3).link("in") for jitter in (0.0, 30.0)]
    lost = [[link.delay() is None for _ in range(200)] for link in links]
    assert lost[0] == lost[1]


def test_no_impairment_delays_nothing() -> None:
    link = Impairment().link("in")
    assert {link.delay() for _ in range(100)} == {0.0}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": 1.1}, "loss must be 0 to 1, not 1.1"),
        ({"jitter_ms": -1}, "jitter_ms must be 0 to 10000, not -1"),
    ],
)
def test_wrong_arguments(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Impairment(**options)  # type: ignore[arg-type]
    assert "loss=0.5" in repr(Impairment(0.5))
