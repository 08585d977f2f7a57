"""What packages say that they export is there, and asking for the package alone costs little."""

import importlib
import subprocess
import sys

import pytest

PACKAGES = [
    "chime_native",
    "chime_native.audio",
    "chime_native.devices",
    "chime_native.errors",
    "chime_native.readiness",
    "chime_native.realtime",
    "chime_native.rtc",
    "chime_native.service",
    "chime_native.session",
    "chime_native.signaling",
]
HEAVY = {"aiohttp", "aiortc", "av", "boto3", "google.protobuf", "websockets"}


@pytest.mark.parametrize("name", PACKAGES)
def test_every_exported_name_is_there_once(name: str) -> None:
    package = importlib.import_module(name)
    names = package.__all__
    assert len(set(names)) == len(names)
    for exported in names:
        assert getattr(package, exported) is not None


@pytest.mark.parametrize(
    "name", ["chime_native", "chime_native.session", "chime_native.devices", "chime_native.readiness"]
)
def test_unknown_names_are_told(name: str) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing_of_the_kind'"):
        _ = importlib.import_module(name).nothing_of_the_kind


def test_importing_the_package_alone_is_light() -> None:
    code = f"import sys, chime_native, chime_native.errors; print(sorted({HEAVY!r} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_audio_engine_needs_no_network() -> None:
    code = f"import sys, chime_native.audio; print(sorted({HEAVY!r} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
