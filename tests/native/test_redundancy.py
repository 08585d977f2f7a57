"""The bindings of RED, its policies and the recovery counter."""

import pytest
from chime_native.audio import (
    ChimeRedundancyPolicy,
    LossPolicy,
    RedEncoder,
    RedRecoveryCounter,
    pack_red,
    split_red,
)

CELT = bytes([31 << 3, 1, 2])


def test_payloads_come_apart_again() -> None:
    payload = pack_red([(111, 1920, CELT), (111, 0, b"\xf8\x09")])
    status, (copy, primary) = split_red(payload, 1000)
    assert status == "ok"
    assert (copy.timestamp, copy.payload_type, copy.redundant, copy.data) == (2**32 - 920, 111, True, CELT)
    assert (primary.timestamp, primary.redundant, primary.data) == (1000, False, b"\xf8\x09")


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        (b"", "padding"),
        (b"\xef\x00", "truncated_header"),
        (b"\x6e\x01", "wrong_payload_type"),
        (b"\x6f", "truncated_blocks"),
        (b"\xef\x00\x00\x00" * 33 + b"\x6f\x01", "too_many_blocks"),
    ],
)
def test_broken_payloads_say_why(payload: bytes, status: str) -> None:
    assert split_red(payload, 0) == (status, [])


@pytest.mark.parametrize(
    "blocks", [[], [(111, 16384, CELT), (111, 0, CELT)], [(111, 960, bytes(1024)), (111, 0, CELT)]]
)
def test_what_cannot_be_packed_is_refused(blocks: list[tuple[int, int, bytes]]) -> None:
    with pytest.raises(ValueError, match="blocks must end with the primary one"):
        pack_red(blocks)


def test_the_encoder_adds_copies() -> None:
    encoder = RedEncoder()
    encoder.set_copies(5)
    payloads = [encoder.encode(CELT, n * 960) for n in range(5)]
    assert all(payloads)
    assert [block.timestamp for block in split_red(payloads[4] or b"", 3840)[1]] == [0, 1920, 3840]
    encoder.set_offsets([(960, 0)])
    assert len(split_red(encoder.encode(CELT, 4800) or b"", 4800)[1]) == 2
    encoder.set_enabled(False)
    assert len(split_red(encoder.encode(CELT, 5760) or b"", 5760)[1]) == 1
    assert encoder.encode(bytes(1000), 6720) is None
    assert encoder.transform(bytes(1001), 111, 6720) is None
    assert encoder.transform(bytes(1000), 111, 6720) == bytes(1000)
    with pytest.raises(ValueError, match="copies must be 0 or more, got -1"):
        encoder.set_copies(-1)
    with pytest.raises(ValueError, match="offsets must be at most 3, got 4"):
        encoder.set_offsets([(960, 0)] * 4)


def test_policies_answer() -> None:
    chime = ChimeRedundancyPolicy()
    assert chime.update(1_000, 50) == (None, None)
    assert chime.update(1_700_000_000_000, 250, 1_700_000_000_000, 100) == (None, 2)
    assert (chime.loss_percent, chime.enabled, chime.copies) == (50, True, 2)
    with pytest.raises(ValueError, match=r"'3\.18', '3\.31', got '2'"):
        ChimeRedundancyPolicy("2")

    policy = LossPolicy()
    policy.on_report(fraction_lost=0.4, now_us=1_000_000)
    assert policy.loss == 0.4
    assert not policy.congested
    assert policy.burst_packets >= 1
    plan = policy.plan(True, bitrate=40000)
    assert plan == {"distances": (2, 4), "expected_loss_percent": 40, "bitrate_percent": 100}
    with pytest.raises(ValueError, match="fraction_lost must be 0 to 1"):
        policy.on_report(fraction_lost=2)


def test_the_recovery_counter_counts() -> None:
    counter = RedRecoveryCounter()
    first = pack_red([(111, 0, CELT)])
    third = pack_red([(111, 960, CELT), (111, 0, CELT)])
    assert not counter.receive(first, 63, 10, 960)
    assert counter.receive(third, 63, 12, 2880 + 240_000)
    assert counter.totals == (3, 1, 1, 0)
    assert not counter.receive(first, 111, 13, 0)
    assert counter.totals == (3, 1, 1, 0)
