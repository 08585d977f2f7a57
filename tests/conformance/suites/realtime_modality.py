"""Suite ``realtime_modality``: attendee ids and what they stand for."""

from __future__ import annotations

from typing import Any

from chime_native.realtime import Modality

Case = dict[str, Any]


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    modality = Modality(case["input"])
    got = {
        "id": modality.id,
        "base": modality.base,
        "modality": modality.modality,
        "has": {argument: modality.has_modality(argument) for argument in case["has"]},
        "with": {argument: modality.with_modality(argument).id for argument in case["with"]},
    }
    return [f"{name}: wanted {case[name]!r}, got {got[name]!r}" for name in got if case[name] != got[name]]
