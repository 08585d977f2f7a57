"""`chime-native bench`: the tables come, and say of the networks what is known of them."""

from __future__ import annotations

import pytest
from chime_native.cli.bench.measuring import Ratio
from chime_native.cli.bench.networks import NETWORKS, Network, play_aiortc, play_ours
from chime_native.cli.main import main


def test_both_tables_come(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    # The test process keeps its cores.
    monkeypatch.setattr("chime_native.cli.bench.report.pin_to_one_core", lambda: None)
    assert main(["bench", "--rounds", "1", "--seconds", "4"]) == 0
    printed = capsys.readouterr().out
    for wanted in (
        "decode 20 ms",
        "mix-minus",
        "aiortc",
        "times as fast",
        *(network.name for network in NETWORKS),
    ):
        assert wanted in printed


@pytest.mark.parametrize("number", ["0", "-3", "many"])
def test_a_nonsensical_number_is_refused(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bench", f"--rounds={number}"])
    assert ended.value.code == 1
    assert f"must be 1 or more, not {number}" in capsys.readouterr().err


def test_nothing_is_made_up_on_a_clean_network() -> None:
    clean = Network("clean")
    for outcome in (
        play_ours(clean, seconds=6, red=True),
        play_ours(clean, seconds=6, red=False),
        play_aiortc(clean, seconds=6),
    ):
        assert outcome.concealed == 0
        assert 0 < outcome.delay_ms < 100


def test_loss_costs_us_what_was_lost_and_aiortc_a_multiple() -> None:
    network = Network("lossy", loss=0.1)
    ours = play_ours(network, seconds=20, red=True)
    plain = play_ours(network, seconds=20, red=False)
    theirs = play_aiortc(network, seconds=20)
    assert ours.concealed <= plain.concealed < 0.12
    assert theirs.concealed > 2 * plain.concealed
    assert ours.delay_ms < theirs.delay_ms / 2


def test_the_same_seed_is_the_same_network() -> None:
    network = Network("n", loss=0.2, jitter_ms=30)
    assert network.arrivals(200, seed=3) == network.arrivals(200, seed=3) != network.arrivals(200, seed=4)
    assert [index for _, index in network.arrivals(200, seed=3)][:50] == list(range(50))


def test_a_ratio_says_what_it_compares() -> None:
    assert str(Ratio("decode", 30.0, 60.0, "PyAV")) == "decode: 30.00 us, PyAV 60.00 us, ratio 0.500"
