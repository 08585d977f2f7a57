"""What tests ask a page about the video that it shows."""

from typing import Any

from interop_harness.browser_attendee import BrowserAttendee
from interop_harness.waiting import until

# A busy machine decodes slowly, and the SDK takes a second for some of its decisions.
WATCHING_TIMEOUT_S = 60
# So many new frames are a moving picture, not a first one left standing.
MOVING_FRAMES = 5
# Chromium and its encoders disagree about the colour matrix: the strongest channel stays the strongest.
CHANNELS = {"red": 0, "green": 1, "blue": 2}


async def seen(watcher: BrowserAttendee, attendee_id: str) -> dict[str, Any] | None:
    """What the page shows of the attendee (``ID#content``: of what it shares), None without a tile."""
    state: dict[str, Any] | None = await watcher.call("seen", attendee_id)
    return state


async def sees(
    watcher: BrowserAttendee,
    attendee_id: str,
    *,
    size: tuple[int, int] | None = None,
    wider_than: int = 0,
    colour: str | None = None,
    within: float = WATCHING_TIMEOUT_S,
) -> dict[str, Any]:
    """Waits until new frames of the attendee come in (of that size, width and colour, if said); returns what is shown."""
    last: dict[str, Any] = {}
    begin: dict[str, Any] | None = None

    async def moves() -> bool:
        nonlocal begin
        state = await seen(watcher, attendee_id)
        last.clear()
        last.update(state or {})
        if state is None or state["paused"] or state["frames"] == 0:
            begin = None
            return False
        if begin is None or state["frames"] < begin["frames"]:
            begin = state
        is_wanted = size in (None, (state["width"], state["height"])) and state["width"] > wider_than
        if is_wanted and colour is not None:
            mean = state["colour"]
            is_wanted = mean.index(max(mean)) == CHANNELS[colour]
        return is_wanted and state["frames"] - begin["frames"] >= MOVING_FRAMES

    try:
        await until(moves, within)
    except TimeoutError:
        raise AssertionError(
            f"{watcher.name} sees {last or 'nothing'} of {attendee_id}, wanted {size}, wider than {wider_than}, {colour}\n"
            f"{watcher.story()}"
        ) from None
    return last


async def sees_no_tile(watcher: BrowserAttendee, attendee_id: str) -> None:
    """Waits until the page shows nothing of the attendee."""

    async def gone() -> bool:
        return await seen(watcher, attendee_id) is None

    await until(gone, WATCHING_TIMEOUT_S, what=f"{watcher.name} seeing nothing of {attendee_id}")
