"""The example with a pool of threads: Lua, Python and the original Torch7 train in the same steps."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "legacy_examples" / "donkeys"
RECORDED = [float(line) for line in (ROOT / "tests" / "data" / "donkeys.txt").read_text().split()]


@pytest.mark.parametrize(
    "program",
    [
        [sys.executable, "-m", "lua_bridge.cli", str(EXAMPLE / "train.lua"), "-nDonkeys", "2"],
        [sys.executable, "-m", "lua_bridge.cli", str(EXAMPLE / "train.lua"), "-nDonkeys", "3"],
        [sys.executable, str(EXAMPLE / "train.py"), "-nDonkeys", "2"],
    ],
    ids=["lua", "lua-3", "python"],
)
def test_losses_are_the_originals(tmp_path, program):
    command = [*program, "-epochs", "1", "-save", str(tmp_path)]
    ran = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    losses = [float(line) for line in (tmp_path / "losses.txt").read_text().split()]
    assert losses == pytest.approx(RECORDED[:75], rel=0, abs=1e-9)
    assert "epoch  1   loss 2.2950031" in ran.stdout
