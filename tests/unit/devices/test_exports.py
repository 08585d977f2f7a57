import subprocess
import sys

import pytest
from chime_native import devices


def test_every_name_can_be_had_and_is_listed_once() -> None:
    assert len(set(devices.__all__)) == len(devices.__all__)
    assert set(devices.__all__) == set(devices._HOMES)
    for name in devices.__all__:
        assert getattr(devices, name).__name__ == name
    assert set(devices.__all__) <= set(dir(devices))
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = devices.Nothing


def test_importing_costs_neither_pyav_nor_aiortc() -> None:
    code = "import sys, chime_native.devices; sys.exit(bool({'av', 'aiortc'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
