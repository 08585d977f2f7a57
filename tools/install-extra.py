"""Installs the requirements of one extra of pyproject.toml, without building the package again."""

import subprocess
import sys
import tomllib
from pathlib import Path

pyproject = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
requirements = pyproject["project"]["optional-dependencies"][sys.argv[1]]
command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", *requirements]
raise SystemExit(subprocess.call(command))
