"""What a person sees whose machine lacks something, and what a wheel must hold."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_configuring_names_every_missing_library(tmp_path: Path) -> None:
    libraries = {str(path.parent) for path in Path("/usr/lib").rglob("libopus.so")}
    ignored = ";".join([*libraries, "/usr/include", "/usr/include/opus"])
    result = subprocess.run(
        ["cmake", "-S", ROOT, "-B", tmp_path, f"-DCMAKE_IGNORE_PATH={ignored}", "-DCHIME_BUILD_PYTHON=OFF"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode != 0
    message = " ".join(result.stderr.split())
    assert "missing native libraries" in message
    for package in ("libopus-dev", "libyuv-dev", "libspeexdsp-dev"):
        assert package in message


@pytest.fixture
def bare_machine(tmp_path: Path) -> dict[str, str]:
    """An environment in which no Debian package is installed, the user is not root, and there is no sudo."""
    commands = {"dpkg-query": "exit 1", "id": "echo 1000", "apt-get": "echo apt-get was called; exit 9"}
    for name, body in commands.items():
        script = tmp_path / name
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)
    for name in ("bash", "python3", "env", "cat"):
        (tmp_path / name).symlink_to(sys.executable if name == "python3" else f"/usr/bin/{name}")
    return {"PATH": str(tmp_path)}


def test_without_root_or_sudo_the_missing_packages_are_named(bare_machine: dict[str, str]) -> None:
    script = ROOT / "tools" / "system-packages.sh"
    result = subprocess.run(
        ["/usr/bin/bash", script, "test"], check=False, env=bare_machine, capture_output=True, text=True
    )
    assert result.returncode == 1
    assert "not root and there is no sudo" in result.stderr
    for package in ("libopus-dev", "libyuv-dev", "chromium"):
        assert package in result.stderr
    assert "apt-get was called" not in result.stdout


def test_a_wheel_holds_all_that_runs_without_the_checkout(tmp_path: Path) -> None:
    # The same settings as the editable install, so that its compiled objects serve here too.
    settings = ["--no-deps", "--no-build-isolation", "-C", "cmake.define.CHIME_WERROR=ON"]
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", *settings]
    subprocess.run([*command, "-w", tmp_path, ROOT], check=True, timeout=600)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "chime_native/_native.",
        "chime_native/_native/audio.pyi",
        "chime_native/signaling/chime_signaling_pb2.py",
        "chime_native/assets/speech.flac",
        "chime_native/py.typed",
        "licenses/LICENSE",
    ):
        assert any(wanted in name for name in names), f"{wanted} is not in {wheel.name}"
