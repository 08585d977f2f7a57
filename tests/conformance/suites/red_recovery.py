"""Suite ``red_recovery``: lost and recovered packets of a received RED stream, counted and really mended."""

from __future__ import annotations

from typing import Any

from chime_native.audio import RedRecoveryCounter

Case = dict[str, Any]


def run_case(case: Case, document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    return (
        _totals(case, document)
        + _reports(case, document, "3.31", "reports")
        + _reports(case, document, "3.18", "reports_legacy")
    )


def _arrivals(case: Case, document: Case) -> list[tuple[bytes, int, int, int]]:
    """(payload, payload type, sequence number, timestamp) in the order of arrival."""
    red = document["streams"][case["stream"]]["red"]
    return [
        (bytes.fromhex(red[what[0]]), document["red_pt"], sequence_number, timestamp)
        if len(what) == 1
        else (bytes.fromhex(what[0]), what[1], sequence_number, timestamp)
        for sequence_number, timestamp, *what in case["arrivals"]
    ]


def _counter(document: Case, sdk: str) -> RedRecoveryCounter:
    return RedRecoveryCounter(
        opus_payload_type=document["opus_pt"], red_payload_type=document["red_pt"], sdk=sdk
    )


def _totals(case: Case, document: Case) -> list[str]:
    counter = _counter(document, "3.31")
    differences: list[str] = []
    for index, (arrival, wanted) in enumerate(zip(_arrivals(case, document), case["totals"], strict=True)):
        counter.receive(*arrival)
        if list(counter.totals) != wanted:
            differences.append(f"after arrival {index}: wanted {wanted}, got {counter.totals}")
    return differences


def _reports(case: Case, document: Case, sdk: str, key: str) -> list[str]:
    counter = _counter(document, sdk)
    got = [
        [index, *counter.totals]
        for index, arrival in enumerate(_arrivals(case, document))
        if counter.receive(*arrival)
    ]
    return [] if got == case[key] else [f"{key}: wanted {case[key]}, got {got}"]
