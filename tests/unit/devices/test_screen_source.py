"""The screen as a source, on a machine that has none: a stand-in for mss that gives what it gives."""

import asyncio
import sys
import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from chime_native.devices import ScreenVideoSource, parse_content_source
from chime_native.errors import DeviceError, MissingExtraError
from chime_native.video import VideoFrame


class Screen:
    """33 x 17 pixels of one colour, in the order of mss."""

    monitors = ({}, {"left": 0, "top": 0, "width": 33, "height": 17})

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.closed = False

    def grab(self, monitor: dict[str, int]) -> Any:
        assert threading.get_ident() == self.thread
        assert monitor == self.monitors[1]
        raw = np.full((17, 33, 4), (30, 60, 200, 0), np.uint8)
        return SimpleNamespace(width=33, height=17, raw=raw.tobytes())

    def close(self) -> None:
        assert threading.get_ident() == self.thread
        self.closed = True


async def test_the_screen_is_read_in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    screens: list[Screen] = []

    def make() -> Screen:
        screens.append(Screen())
        return screens[-1]

    monkeypatch.setitem(sys.modules, "mss", SimpleNamespace(MSS=make))
    source = ScreenVideoSource(50)
    await source.start()
    await source.start()
    for _ in range(3):
        picture = await source.read()
        assert picture.shape == (24, 32)
        assert np.abs(VideoFrame(picture).to_rgb().astype(int) - (200, 60, 30)).max() <= 4
    await source.close()
    await source.close()
    assert [screen.closed for screen in screens] == [True]
    assert not any(thread.name.startswith("chime-screen") for thread in threading.enumerate())


async def test_no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError("Unable to open display: b''")

    monkeypatch.setitem(sys.modules, "mss", SimpleNamespace(MSS=fail))
    source = ScreenVideoSource()
    with pytest.raises(DeviceError, match=r"no screen .*: Unable to open display: .*DISPLAY"):
        await source.start()
    with pytest.raises(DeviceError, match="not open"):
        await source.read()
    monkeypatch.setitem(sys.modules, "mss", SimpleNamespace(MSS=Screen))
    with pytest.raises(DeviceError, match="no monitor 4: there are 1"):
        await ScreenVideoSource(monitor=4).start()
    await asyncio.sleep(0)


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mss", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'chime-native\[screen\]'"):
        parse_content_source("screen")
