"""A small client of the Chrome DevTools Protocol: as much of it as it takes to open pages and call into them."""

import asyncio
import base64
import itertools
import json
from collections import defaultdict
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

CALL_TIMEOUT_S = 30


class DevToolsError(Exception):
    """The browser refused a command, or a page threw."""


class DevTools:
    """An asynchronous context manager: one connection to a browser.

    Everything that was opened through it (browser contexts and their pages) is closed by the browser when it ends.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listeners: dict[str, list[Callable[[str, dict[str, Any]], None]]] = defaultdict(list)

    async def __aenter__(self) -> Self:
        self._connection: ClientConnection = await connect(
            self._url, max_size=None, compression=None, ping_interval=None, proxy=None
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.close()
        await self._reader

    async def _read(self) -> None:
        try:
            async for text in self._connection:
                message = json.loads(text)
                if "id" in message:
                    answer = self._answers.pop(message["id"], None)
                    if answer is not None and not answer.done():
                        answer.set_result(message)
                else:
                    for listener in self._listeners[message.get("sessionId", "")]:
                        listener(message["method"], message["params"])
        except ConnectionClosed:
            pass
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(DevToolsError("the browser closed the connection"))

    async def call(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        session: str = "",
        within: float = CALL_TIMEOUT_S,
    ) -> dict[str, Any]:
        """Sends a command and returns its result; raises ``DevToolsError`` or ``TimeoutError``."""
        message: dict[str, Any] = {"id": next(self._ids), "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        answer = self._answers[message["id"]] = asyncio.get_running_loop().create_future()
        try:
            await self._connection.send(json.dumps(message))
            async with asyncio.timeout(within):
                result = await answer
        finally:
            self._answers.pop(message["id"], None)
        if "error" in result:
            raise DevToolsError(f"{method}: {result['error']['message']}")
        answer_body: dict[str, Any] = result["result"]
        return answer_body

    async def open_page(
        self, url: str, listener: Callable[[str, dict[str, Any]], None], binding: str
    ) -> "PageTarget":
        """Opens ``url`` in a browser context of its own; the page's events, and its calls of the function named
        ``binding``, go to ``listener(method, params)``."""
        context = (await self.call("Target.createBrowserContext", {"disposeOnDetach": True}))[
            "browserContextId"
        ]
        target = (
            await self.call("Target.createTarget", {"url": "about:blank", "browserContextId": context})
        )["targetId"]
        attached = await self.call("Target.attachToTarget", {"targetId": target, "flatten": True})
        session = attached["sessionId"]
        self._listeners[session].append(listener)
        for domain in ("Page", "Runtime", "Network"):
            await self.call(f"{domain}.enable", session=session)
        await self.call("Runtime.addBinding", {"name": binding}, session=session)
        await self.call("Page.navigate", {"url": url}, session=session)
        return PageTarget(self, target, session, context)


class PageTarget:
    """One page, alone in its browser context."""

    def __init__(self, devtools: DevTools, target: str, session: str, context: str) -> None:
        self._devtools = devtools
        self._target = target
        self._session = session
        self._context = context
        self.closed = False

    async def evaluate(self, expression: str, *, within: float = CALL_TIMEOUT_S) -> Any:
        """The value of a JavaScript expression (awaited if it is a promise); raises ``DevToolsError`` when it throws."""
        result = await self._devtools.call(
            "Runtime.evaluate",
            {"expression": expression, "awaitPromise": True, "returnByValue": True, "userGesture": True},
            session=self._session,
            within=within,
        )
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise DevToolsError(details.get("exception", {}).get("description") or details["text"])
        return result["result"].get("value")

    async def screenshot(self, *, width: int, height: int, dark: bool = False) -> bytes:
        """The page as PNG at the given size in CSS pixels."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        await self._devtools.call("Emulation.setDeviceMetricsOverride", metrics, session=self._session)
        await self._devtools.call("Emulation.setEmulatedMedia", {"features": scheme}, session=self._session)
        result = await self._devtools.call("Page.captureScreenshot", {"format": "png"}, session=self._session)
        return base64.b64decode(result["data"])

    async def close(self) -> None:
        """Closes the page at once, as when a user closes the tab: its code gets no chance to say good-bye."""
        if not self.closed:
            self.closed = True
            await self._devtools.call("Target.closeTarget", {"targetId": self._target})
            await self._devtools.call("Target.disposeBrowserContext", {"browserContextId": self._context})
