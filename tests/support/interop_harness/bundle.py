"""The page with the SDK in it, built by npm and esbuild into a folder that is kept between runs."""

import hashlib
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

# A first installation fetches about 20 MB; a slow line should not fail it.
INSTALL_TIMEOUT_S = 300
BUILD_TIMEOUT_S = 60


def build_page(source: Path, folder: Path) -> Path:
    """Bundles the page in ``source`` into ``folder`` and returns ``folder``; each step runs only when its inputs changed.

    Raises ``RuntimeError`` with what npm said when a step fails, and says so when npm is absent.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError(
            "npm is needed to bundle amazon-chime-sdk-js (tools/system-packages.sh test installs it)"
        )
    folder.mkdir(parents=True, exist_ok=True)
    sources = sorted(path for path in source.iterdir() if path.is_file())
    for path in sources:
        shutil.copyfile(path, folder / path.name)
    manifests = [path for path in sources if path.name.startswith("package")]
    install = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    _run_when_changed(folder / ".installed", manifests, install, INSTALL_TIMEOUT_S)
    _run_when_changed(folder / ".bundled", sources, [npm, "run", "--silent", "build"], BUILD_TIMEOUT_S)
    return folder


def _run_when_changed(stamp: Path, inputs: Iterable[Path], command: list[str], timeout: float) -> None:
    digest = hashlib.sha256()
    for path in inputs:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    stamp.unlink(missing_ok=True)
    result = subprocess.run(
        command, cwd=stamp.parent, capture_output=True, text=True, timeout=timeout, check=False
    )
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(command[1:])} failed:\n{result.stdout}{result.stderr}")
    stamp.write_text(digest.hexdigest())
