"""Suite ``red_policy``: loss reports over time and the number of copies chosen, of both SDK generations."""

from __future__ import annotations

from typing import Any

from chime_native.audio import ChimeRedundancyPolicy

Case = dict[str, Any]

LOSS_TOLERANCE = 1e-6


def cases(document: Case) -> list[Case]:
    """The table's rows beside the cases."""
    rows = [dict(zip(document["table_columns"], row, strict=True)) for row in document["table"]]
    return [{"id": f"table {row['loss_percent']} %", "row": row} for row in rows] + document["cases"]


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    if "row" in case:
        return _row(case["row"])
    return _replay(case, "3.31", "current") + _replay(case, "3.18", "legacy")


def _row(row: Case) -> list[str]:
    loss = row["loss_percent"]
    recommended, turn_off = ChimeRedundancyPolicy.recommend(loss)
    got = [loss, recommended, turn_off, ChimeRedundancyPolicy.tell(loss)]
    wanted = list(row.values())
    return [] if got == wanted else [f"wanted {wanted}, got {got}"]


def _replay(case: Case, sdk: str, key: str) -> list[str]:
    policy = ChimeRedundancyPolicy(sdk)
    told: list[list[Any]] = []
    losses: list[tuple[int, float]] = []
    for tick, (now_ms, sent, report_ms, lost) in enumerate(case["ticks"]):
        enabled, copies = policy.update(now_ms, sent, report_ms, lost or 0)
        if enabled is not None:
            told.append([tick, "on" if enabled else "off"])
        if copies is not None:
            told.append([tick, "n", copies])
        if not losses or abs(policy.loss_percent - losses[-1][1]) > LOSS_TOLERANCE:
            losses.append((tick, policy.loss_percent))
    differences = [] if told == case[key] else [f"{key}: wanted {case[key]}, got {told}"]
    same = len(losses) == len(case["loss"]) and all(
        got[0] == wanted[0] and abs(got[1] - wanted[1]) <= LOSS_TOLERANCE
        for got, wanted in zip(losses, case["loss"], strict=True)
    )
    return differences if same else [*differences, f"loss: wanted {case['loss']}, got {losses}"]
