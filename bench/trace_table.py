"""Sets the figures of `jitter_traces.py` beside Chromium's NetEq, as the Markdown of bench/README.md.

    python bench/trace_table.py OURS.json REFERENCE.json

REFERENCE.json has, under `traces`, for each trace and coding the figures of `chromium` and the arithmetic `floor`.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any


@dataclass(frozen=True, slots=True)
class Cell:
    """One trace with one coding."""

    trace: str
    coding: str
    ours: dict[str, float]
    neteq: dict[str, float]
    floor: dict[str, float]

    @property
    def excess(self) -> float:
        """Points concealed beyond what arrived in no form."""
        return 100 * self.ours["concealed_ratio"] - self.floor["forced_concealed_pct"]

    @property
    def neteq_excess(self) -> float:
        return 100 * self.neteq["concealed_ratio"] - self.floor["forced_concealed_pct"]

    @property
    def lossy_plain(self) -> bool:
        return self.coding == "plain" and self.floor["network_loss_pct"] > 0

    def gain(self, figure: str) -> float:
        return self.ours[figure] - self.neteq[figure]


def cells(ours: dict[str, Any], reference: dict[str, Any]) -> list[Cell]:
    return [
        Cell(
            trace,
            coding,
            figures,
            reference["traces"][trace][coding]["chromium"],
            reference["traces"][trace][coding]["floor"],
        )
        for trace, codings in ours.items()
        for coding, figures in codings.items()
    ]


def means(rows: list[Cell]) -> Iterable[str]:
    ratio = math.exp(mean(math.log(row.ours["jb_delay_ms"] / row.neteq["jb_delay_ms"]) for row in rows))
    pesq = [row.gain("pesq") for row in rows]
    traces = {row.trace for row in rows}
    worst = max(mean(row.excess - row.neteq_excess for row in rows if row.trace == trace) for trace in traces)
    yield "| mean over traces and codings | ours against NetEq |"
    yield "|---|---|"
    yield f"| delay, geometric mean of the ratio | {ratio:.2f} |"
    excess, neteq = mean(row.excess for row in rows), mean(row.neteq_excess for row in rows)
    yield f"| concealed minus forced, points | {excess:.2f} against {neteq:.2f}; worst trace {worst:+.2f} |"
    yield f"| PESQ difference, mean (worst cell) | {mean(pesq):+.2f} ({min(pesq):+.2f}) |"
    stoi = mean(row.gain("stoi") for row in rows if row.lossy_plain)
    yield f"| STOI difference on lossy `plain` traces | {stoi:+.2f} |"


def table(rows: list[Cell]) -> Iterable[str]:
    yield "| trace | coding | delay ms | concealed % | forced % | PESQ | STOI |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        pairs = [
            f"{row.ours['jb_delay_ms']:.0f} / {row.neteq['jb_delay_ms']:.0f}",
            f"{100 * row.ours['concealed_ratio']:.2f} / {100 * row.neteq['concealed_ratio']:.2f}",
            f"{row.floor['forced_concealed_pct']:.2f}",
            f"{row.ours['pesq']:.2f} / {row.neteq['pesq']:.2f}",
            f"{row.ours['stoi']:.3f} / {row.neteq['stoi']:.3f}",
        ]
        yield f"| {row.trace} | {row.coding} | " + " | ".join(pairs) + " |"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ours", type=Path, metavar="OURS.json")
    parser.add_argument("reference", type=Path, metavar="REFERENCE.json")
    arguments = parser.parse_args(argv)
    rows = cells(json.loads(arguments.ours.read_text()), json.loads(arguments.reference.read_text()))
    print("\n".join([*means(rows), "", *table(rows)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
