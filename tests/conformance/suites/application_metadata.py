"""Suite ``application_metadata``: names and versions of applications."""

from __future__ import annotations

from typing import Any

from chime_native.session.application_metadata import ApplicationMetadata

Case = dict[str, Any]


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    given, expect = case["input"], case["expect"]
    try:
        metadata = ApplicationMetadata.create(given["app_name"], given["app_version"])
    except (ValueError, TypeError) as error:
        if expect["ok"]:
            return [f"it was refused: {error}"]
        return (
            [] if expect["field"] in str(error) else [f"the error does not name {expect['field']}: {error}"]
        )
    if not expect["ok"]:
        return ["it was accepted"]
    got = {"ok": True, "app_name": metadata.app_name, "app_version": metadata.app_version}
    return [] if got == expect else [f"wanted {expect!r}, got {got!r}"]
