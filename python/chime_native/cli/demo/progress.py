"""The demo's live view in the terminal: level, loss and delay while the call runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.table import Table

if TYPE_CHECKING:
    from chime_native.cli.demo.call import DemoCall

__all__ = ["progress"]

_REFRESH_S = 0.2
_BAR = 30


@contextmanager
def progress(call: DemoCall) -> Iterator[None]:
    """Shows how the call goes; on a terminal as a table that is redrawn, elsewhere as one line a state."""
    console = Console()
    stop = threading.Event()
    show = _redraw if console.is_terminal else _print_states
    thread = threading.Thread(
        target=show, args=(call, console, stop), name="chime-demo-progress", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _redraw(call: DemoCall, console: Console, stop: threading.Event) -> None:
    with Live(_table(call), console=console, auto_refresh=False) as live:
        while not stop.wait(_REFRESH_S):
            live.update(_table(call), refresh=True)
        live.update(_table(call), refresh=True)


def _print_states(call: DemoCall, console: Console, stop: threading.Event) -> None:
    shown = ""
    while True:
        if call.state != shown:
            shown = call.state
            console.print(shown)
        if stop.wait(_REFRESH_S):
            return


def _table(call: DemoCall) -> Table:
    table = Table(title=f"Alice → Bob: {call.state}", show_header=False, title_justify="left", min_width=60)
    table.add_column(style="bold")
    table.add_column(min_width=_BAR + 12)
    timeline = call.timeline
    if not timeline.samples:
        return table
    last = timeline.samples[-1]
    filled = round(last.volume * _BAR)
    table.add_row("Alice's volume", f"[green]{'█' * filled}[/]{'░' * (_BAR - filled)} {last.volume:4.2f}")
    lost, received = timeline.total("packets_lost"), timeline.total("packets_received")
    share = 100 * lost / max(1.0, lost + received)
    table.add_row("packets", f"{received:.0f} received, {lost:.0f} lost ({share:.1f} %)")
    red, fec = timeline.total("mended_by_red"), timeline.total("mended_by_fec")
    table.add_row("mended", f"[yellow]{red:.0f}[/] frames by RED, [cyan]{fec:.0f}[/] by in-band FEC")
    table.add_row("made up", f"[red]{timeline.total('concealed_ms'):.0f} ms[/] concealed")
    table.add_row("jitter buffer", f"{last.delay_ms:.0f} ms")
    table.add_row("time", f"{last.t:.1f} s")
    return table
