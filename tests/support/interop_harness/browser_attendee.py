"""An attendee of a meeting that is the real JavaScript SDK in a page."""

import base64
import json
import re
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from interop_harness.devtools import DevTools, PageTarget
from interop_harness.event_log import EVENT_TIMEOUT_S, Event, EventLog
from interop_harness.relay import UdpRelay

LOAD_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Source:
    """What the page sends: a Web Audio tone (its level swinging at 3 Hz if ``modulated``), Chromium's fake microphone,
    which beeps, or nothing."""

    kind: Literal["tone", "microphone", "none"] = "microphone"
    hz: float = 0
    gain: float = 0.3
    modulated: bool = False

    @classmethod
    def tone(cls, hz: float, *, gain: float = 0.3, modulated: bool = False) -> "Source":
        return cls("tone", hz, gain, modulated)

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "hz": self.hz, "gain": self.gain, "modulated": self.modulated}


class BrowserAttendee(EventLog):
    """Drives one page. Made by ``BrowserAttendee.open``; ``events`` grows as the SDK calls back."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.console: list[str] = []
        self.attendee_id = ""
        self._page: PageTarget | None = None

    @classmethod
    async def open(cls, devtools: DevTools, base_url: str, name: str) -> "BrowserAttendee":
        """Opens the page; it has not joined anything yet."""
        attendee = cls(name)
        attendee._page = await devtools.open_page(f"{base_url}/page.html", attendee._receive, "report")
        await attendee.event("page_loaded", within=LOAD_TIMEOUT_S)
        return attendee

    # --- what the page says ---
    def _receive(self, method: str, params: dict[str, Any]) -> None:
        if method == "Runtime.bindingCalled":
            details = json.loads(params["payload"])
            name = details.pop("event")
            self.record(name, **{_snake_case(key): value for key, value in details.items()})
        elif method == "Runtime.consoleAPICalled":
            words = [str(word.get("value", word.get("description", ""))) for word in params["args"]]
            self.console.append(f"{params['type']}: {' '.join(words)}")
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.console.append(
                f"uncaught: {details.get('exception', {}).get('description', details['text'])}"
            )

    def story(self) -> str:
        return "\n".join([super().story(), "console:", *(f"  {line}" for line in self.console[-40:])])

    # --- what the page is told ---
    async def evaluate(self, expression: str, *, within: float = EVENT_TIMEOUT_S) -> Any:
        """The (awaited) value of a JavaScript expression in the page."""
        return await self._opened().evaluate(expression, within=within)

    async def call(self, method: str, *arguments: Any, within: float = EVENT_TIMEOUT_S) -> Any:
        """Calls a method of the page's attendee and returns its (awaited) result."""
        texts = ", ".join(json.dumps(argument) for argument in arguments)
        return await self.evaluate(f"attendee.{method}({texts})", within=within)

    def _opened(self) -> PageTarget:
        if self._page is None:
            raise RuntimeError(f"{self.name} is not open")
        return self._page

    async def join(
        self,
        meeting: dict[str, Any],
        attendee: dict[str, Any],
        *,
        source: Source | None = None,
        muted: bool = False,
        topics: tuple[str, ...] = (),
        media_relay: UdpRelay | None = None,
        audio_profile: str | None = None,
        audio_profile_arguments: tuple[Any, ...] = (),
        simulcast: bool = False,
        chooses_video: str | None = None,
    ) -> None:
        """Starts the session from the responses of CreateMeeting and CreateAttendee; returns without waiting for it.

        ``simulcast`` sends video in layers, ``chooses_video`` receives as the page's ``chooseVideo`` says;
        it names who picks the layers, a value of the SDK's ServerSideNetworkAdaption.
        ``audio_profile`` names a factory of the SDK's AudioProfile. ``media_relay`` is put between this page and the service.
        """
        self.attendee_id = attendee.get("Attendee", attendee)["AttendeeId"]
        options: dict[str, Any] = {
            "meeting": meeting,
            "attendee": attendee,
            "source": (source or Source()).as_json(),
            "muted": muted,
            "topics": topics,
            "simulcast": simulcast,
            "choosesVideo": chooses_video,
        }
        if audio_profile is not None:
            options["audioProfile"] = {"name": audio_profile, "arguments": audio_profile_arguments}
        if media_relay is not None:
            host, port = media_relay.address
            options["mediaRelay"] = {"host": host, "port": port}
            self.on_event(partial(_tell_candidates, media_relay))
        await self.call("join", options)

    async def started(self, *, after: int = 0, within: float = EVENT_TIMEOUT_S) -> Event:
        return await self.event("audio_video_did_start", after=after, within=within)

    async def hear(self, seconds: float = 0.5) -> NDArray[np.int16]:
        """The next ``seconds`` of sound that the page plays: shape ``(frames, 2)``, 48 kHz."""
        text = await self.call("hear", seconds, within=EVENT_TIMEOUT_S + seconds)
        return np.frombuffer(base64.b64decode(text), dtype="<i2").reshape(-1, 2)

    async def statistics(self, kind: str, media: str = "audio") -> list[dict[str, Any]]:
        """The entries of that ``type`` in the peer connection's getStats, of that medium where that is said."""
        entries = await self.call("statistics")
        return [entry for entry in entries if entry["type"] == kind and entry.get("kind", media) == media]

    async def leave(self, *, within: float = EVENT_TIMEOUT_S) -> Event:
        """Stops the session as an application does, and waits for ``audio_video_did_stop``."""
        place = self.mark()
        await self.call("stop")
        return await self.event("audio_video_did_stop", after=place, within=within)

    async def close(self) -> None:
        """Closes the tab: the session is gone without a word."""
        if self._page is not None:
            await self._page.close()

    async def screenshot(self, **options: Any) -> bytes:
        """The page as PNG; options of ``PageTarget.screenshot``."""
        return await self._opened().screenshot(**options)


def _tell_candidates(relay: UdpRelay, event: Event) -> None:
    if event.name == "service_candidates":
        relay.take_service_candidates(event["candidates"])


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
