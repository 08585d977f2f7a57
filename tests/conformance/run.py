"""Replays golden vector files through the package's own classes.

``python tests/conformance/run.py FILE...``: the suite is the file's base name and a module of ``suites``, with
``run_case(case, document) -> list[str]`` (what differs, empty when the case passes) and, where a document has more than
its cases, ``cases(document)``. Prints ``FILE: N passed, N failed`` for each file and the first failures; exits 1 if any
case failed, 2 if a suite is unknown.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

SUITES = Path(__file__).parent / "suites"
SHOWN_CASES = 5
SHOWN_DIFFERENCES = 5


class UnknownSuiteError(Exception):
    """No module for a file's base name."""


def load_suite(name: str) -> ModuleType:
    """The module of a suite; raises UnknownSuiteError."""
    path = SUITES / f"{name}.py"
    if not path.is_file():
        raise UnknownSuiteError(name)
    spec = importlib.util.spec_from_file_location(f"conformance_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def run_file(path: Path) -> Iterator[tuple[str, list[str]]]:
    """(name, what differs) of each case of a file."""
    suite = load_suite(path.stem)
    document = json.loads(path.read_text(encoding="utf-8"))
    cases = suite.cases(document) if hasattr(suite, "cases") else _cases(document)
    for index, case in enumerate(cases):
        name = str(case.get("name") or case.get("id") or f"#{index}")
        yield name, _differences(suite, case, document)


def _cases(document: dict[str, Any]) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = document["cases"] if "cases" in document else document["scenarios"]
    return cases


def _differences(suite: ModuleType, case: dict[str, Any], document: dict[str, Any]) -> list[str]:
    """A case that breaks its suite has failed, and says how."""
    try:
        differences: list[str] = suite.run_case(case, document)
    except Exception:  # noqa: BLE001 - whatever breaks, the case has failed
        return [traceback.format_exc(limit=-3)]
    return differences


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit status."""
    if not arguments:
        print("usage: run.py FILE...", file=sys.stderr)
        return 2
    status = 0
    for argument in arguments:
        try:
            results = list(run_file(Path(argument)))
        except UnknownSuiteError as error:
            print(f"{argument}: unknown suite {error}", file=sys.stderr)
            status = 2
            continue
        failures = [(name, differences) for name, differences in results if differences]
        print(f"{argument}: {len(results) - len(failures)} passed, {len(failures)} failed")
        for name, differences in failures[:SHOWN_CASES]:
            print(f"  {name}:")
            for difference in differences[:SHOWN_DIFFERENCES]:
                print("    " + difference.rstrip().replace("\n", "\n    "))
        status = max(status, 1 if failures else 0)
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
