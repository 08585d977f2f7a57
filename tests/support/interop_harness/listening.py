"""What tests ask an attendee of either kind about the sound that it hears and the volumes that it sees."""

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from interop_harness.event_log import Event
from interop_harness.sound import rms, tone_amplitude
from interop_harness.waiting import until

# A tone is sent with an amplitude of 0.3, swinging or not; mixing several may bring it down.
CLEARLY_HEARD = 0.08
# Someone's own voice coming back would be as loud as it was sent; what else is at a pitch is the splash of gaps that a busy
# machine leaves in other tones.
NOT_HEARD = 0.02
SILENT_RMS = 0.001
# A busy machine may need many tries until a window has no gap in it.
LISTENING_TIMEOUT_S = 60


class Listener(Protocol):
    """What both kinds of attendees have in common, as far as it is asked here."""

    name: str
    attendee_id: str

    async def hear(self, seconds: float = 0.5) -> NDArray[np.int16]: ...

    def all(self, name: str, *, after: int = 0, **details: object) -> list[Event]: ...


async def hears(listener: Listener, *tones: float, absent: Iterable[float] = ()) -> NDArray[np.int16]:
    """Waits until the listener hears all the tones and none of the absent ones for half a second; returns what it heard."""
    absent = tuple(absent)
    measured: dict[float, float] = {}

    async def heard() -> list[NDArray[np.int16]]:
        pcm = await listener.hear(0.5)
        measured.update({hz: tone_amplitude(pcm, hz) for hz in (*tones, *absent)})
        loud = all(measured[hz] > CLEARLY_HEARD for hz in tones)
        return [pcm] if loud and all(measured[hz] < NOT_HEARD for hz in absent) else []

    try:
        found: list[NDArray[np.int16]] = await until(heard, LISTENING_TIMEOUT_S)
    except TimeoutError:
        raise AssertionError(f"{listener.name} hears {measured}, not {tones} without {absent}") from None
    return found[0]


async def hears_silence(listener: Listener) -> None:
    """Waits until the listener hears nothing."""

    async def silent() -> bool:
        return rms(await listener.hear(0.3)) < SILENT_RMS

    await until(silent, LISTENING_TIMEOUT_S, what=f"{listener.name} hearing nothing")


async def sees_volume_move(listener: Listener, talker: Listener, *, after: int = 0) -> None:
    """Waits until the talker's volume had at least three different values above silence."""

    def moved() -> bool:
        seen = {
            event["volume"] for event in listener.all("volume", after=after, attendee_id=talker.attendee_id)
        }
        return len(seen - {None, 0}) >= 3

    await until(moved, LISTENING_TIMEOUT_S, what=f"{listener.name} seeing the volume of {talker.name} move")
