"""What operators ask a running service: is it well (``/healthz``), and how much does it do (``/metrics``)."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

__all__ = ["Metric", "Operations", "process_metrics"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One Prometheus metric: values by the value of one label, or a single one under the empty label."""

    name: str
    help: str
    kind: str
    """counter or gauge."""
    values: Mapping[str, float]
    label: str = field(default="")

    def lines(self) -> Iterator[str]:
        yield f"# HELP {self.name} {self.help}"
        yield f"# TYPE {self.name} {self.kind}"
        for value, number in sorted(self.values.items()):
            labels = f'{{{self.label}="{value}"}}' if self.label else ""
            # All digits: a counter that is rounded stands still and then jumps.
            yield f"{self.name}{labels} {number!r}"


def process_metrics() -> list[Metric]:
    """Of the process and its event loop, under the names that Prometheus' own clients use; without /proc only some."""
    cpu = time.process_time()
    metrics = [
        Metric("process_cpu_seconds_total", "CPU time.", "counter", {"": cpu}),
        Metric("chime_tasks", "Tasks of the event loop.", "gauge", {"": len(asyncio.all_tasks())}),
    ]
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        descriptors = len(os.listdir("/proc/self/fd"))
    except OSError:
        return metrics
    memory = pages * os.sysconf("SC_PAGE_SIZE")
    return [
        *metrics,
        Metric("process_resident_memory_bytes", "Memory in use.", "gauge", {"": memory}),
        Metric("process_open_fds", "Open file descriptors.", "gauge", {"": descriptors}),
    ]


class Operations:
    """Two plain GET handlers over the numbers that ``collect`` gives; `process_metrics` are added to the metrics."""

    def __init__(self, collect: Callable[[], list[Metric]]) -> None:
        self._collect = collect

    async def health(self, request: web.Request) -> web.Response:  # noqa: ARG002 (the answer does not depend on it)
        gauges = {metric.name: metric.values.get("") for metric in self._collect() if metric.kind == "gauge"}
        return web.json_response(
            {"status": "ok"} | {name.removeprefix("chime_"): n for name, n in gauges.items()}
        )

    async def metrics(self, request: web.Request) -> web.Response:  # noqa: ARG002 (the answer does not depend on it)
        text = "\n".join(line for metric in (*self._collect(), *process_metrics()) for line in metric.lines())
        # The version is part of the exposition format's content type.
        return web.Response(
            text=text + "\n", headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )
