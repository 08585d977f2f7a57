"""Token buckets with a clock of the test's own."""

from __future__ import annotations

from chime_native.service.rate import RateLimiter, TokenBucket


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = TokenBucket(2.0, 3, 0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(0.5) for _ in range(2)] == [True, False]
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]


def test_time_that_runs_backwards_gives_nothing() -> None:
    bucket = TokenBucket(1.0, 1, 10.0)
    assert bucket.take(10.0)
    assert not bucket.take(0.0)
    assert not bucket.take(10.5)
    assert bucket.take(11.0)


def test_keys_have_buckets_of_their_own_and_the_oldest_are_forgotten() -> None:
    limiter = RateLimiter(0.0, 1, max_keys=2)
    assert limiter.take("a", 0.0)
    assert not limiter.take("a", 0.0)
    assert limiter.take("b", 0.0)
    assert limiter.take("c", 0.0)
    assert limiter.take("a", 0.0)
