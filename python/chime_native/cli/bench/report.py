"""The two tables of `chime-native bench`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rich.console import Console
from rich.table import Table

from chime_native.audio import mix_minus
from chime_native.cli.bench import workloads
from chime_native.cli.bench.material import BLOCK, frames_of, opus_packets, rtp_packets
from chime_native.cli.bench.measuring import Ratio, Run, machine, measure, pin_to_one_core
from chime_native.cli.bench.networks import NETWORKS, play_aiortc, play_ours

__all__ = ["print_networks", "print_speed", "speeds"]


def speeds(rounds: int) -> Iterator[Ratio]:
    """Each piece of work, ours against a peer's."""
    packets, received = len(opus_packets()), len(rtp_packets())
    work: list[tuple[str, Callable[[], Run], Callable[[], Run], int, str]] = [
        ("decode 20 ms", workloads.decode_ours, workloads.decode_pyav, packets, "PyAV"),
        ("encode 20 ms", workloads.encode_ours, workloads.encode_pyav, packets, "PyAV"),
        ("receive a packet, play 20 ms", workloads.receive_ours, workloads.receive_aiortc, received, "aiortc"),
        ("parse, RED, jitter buffer", workloads.push_ours, workloads.push_aiortc, received, "aiortc"),
        ("resample 10 ms, 48 to 16 kHz", workloads.resample_ours, workloads.resample_pyav, len(frames_of(BLOCK)), "PyAV"),
        ("mix-minus of 50 streams, 10 ms", partial(workloads.mix_ticks, mix_minus), partial(workloads.mix_ticks, workloads.numpy_mix_minus), workloads.MIX_TICKS, "NumPy"),
    ]  # fmt: skip
    for name, ours, peer, calls, peer_name in work:
        yield measure(name, ours, peer, calls=calls, peer_name=peer_name, rounds=rounds)


def print_speed(rounds: int) -> None:
    console = Console()
    console.print(machine(), style="dim")
    pin_to_one_core()
    table = Table(title="One core, microseconds of processor time a call", title_justify="left")
    table.add_column("what")
    table.add_column("ours", justify="right")
    table.add_column("peer", justify="right")
    table.add_column("")
    table.add_column("times as fast", justify="right", style="bold")
    for ratio in speeds(rounds):
        table.add_row(
            ratio.name,
            f"{ratio.ours_us:.1f}",
            f"{ratio.peer_us:.1f}",
            ratio.peer,
            f"{1 / ratio.value:.1f}",
        )
    console.print(table)


def print_networks(seconds: int, seed: int) -> None:
    table = Table(
        title="Sound made up, and mean time in the jitter buffer",
        caption="RED copies active sound only, so what is made up with it is mostly pauses; aiortc knows no redundancy.",
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("network")
    for who in ("ours with RED", "ours without", "aiortc"):
        table.add_column(who, justify="right")
    for network in NETWORKS:
        outcomes = (
            play_ours(network, seconds=seconds, red=True, seed=seed),
            play_ours(network, seconds=seconds, red=False, seed=seed),
            play_aiortc(network, seconds=seconds, seed=seed),
        )
        cells = (f"{100 * outcome.concealed:.1f} %  {outcome.delay_ms:.0f} ms" for outcome in outcomes)
        table.add_row(network.name, *cells)
    Console().print(table)
