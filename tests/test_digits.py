"""The worked example: Lua, Python and the original Torch7 train the same network in the same steps."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "legacy_examples" / "digits"
PROGRAMS = {
    "lua": [sys.executable, "-m", "lua_bridge.cli", str(EXAMPLE / "train.lua")],
    "python": [sys.executable, str(EXAMPLE / "train.py")],
}


def train(program, folder, *arguments):
    """Run one of the two programs: the loss of every step, and the lines it printed."""
    command = [*PROGRAMS[program], "-save", str(folder), *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return [float(line) for line in (folder / "losses.txt").read_text().split()], ran.stdout.splitlines()


def recorded(model):
    """The first two epochs under the original Torch7."""
    lines = (ROOT / "tests" / "data" / f"digits_{model}.txt").read_text().split()
    return [float(line) for line in lines]


@pytest.mark.parametrize("model", ["convnet", "mlp"])
def test_losses_agree(tmp_path, model):
    lua, _ = train("lua", tmp_path / "lua", "-model", model, "-epochs", "2")
    python, _ = train("python", tmp_path / "python", "-model", model, "-epochs", "2")
    assert python == pytest.approx(lua, rel=0, abs=1e-12)
    assert lua == pytest.approx(recorded(model), rel=0, abs=1e-9)


def test_float(tmp_path):
    lua, _ = train("lua", tmp_path / "lua", "-type", "float", "-epochs", "1")
    python, _ = train("python", tmp_path / "python", "-type", "float", "-epochs", "1")
    assert python == pytest.approx(lua, rel=0, abs=1e-6)
    assert lua == pytest.approx(recorded("convnet")[:150], rel=0, abs=1e-3)


def test_accuracy_of_the_saved_convnet(tmp_path):
    losses, printed = train("lua", tmp_path)
    assert losses[-1] < 0.1
    accuracy = float(printed[-1].removeprefix("test accuracy of the saved model: ").removesuffix("\t").rstrip("% "))
    assert accuracy >= 97
