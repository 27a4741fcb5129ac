"""The character LSTM: Lua, Python and the original Torch7 train the same network, and what is saved writes the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "legacy_examples" / "char_lstm"
PROGRAMS = {
    "lua": [sys.executable, "-m", "lua_bridge.cli", str(EXAMPLE / "train.lua")],
    "python": [sys.executable, str(EXAMPLE / "train.py")],
}
SHORT = "-steps 10 -epochs 2 -size 16 -length 10 -batchSize 10 -sample 60".split()


def train(program, folder, *arguments):
    """Run one of the two programs: the loss of every step, and the text that it wrote."""
    command = [*PROGRAMS[program], "-save", str(folder), *SHORT, *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return [float(line) for line in (folder / "losses.txt").read_text().split()], (folder / "sample.txt").read_text()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """What each program left behind: its folder, losses and text."""
    folders = {program: tmp_path_factory.mktemp(program) for program in PROGRAMS}
    return {program: (folder, *train(program, folder)) for program, folder in folders.items()}


def test_losses_and_samples_agree(trained):
    (_, lua, written_by_lua), (_, python, written_by_python) = trained["lua"], trained["python"]
    recorded = (ROOT / "tests" / "data" / "char_lstm.txt").read_text().split()  # under the original Torch7
    assert python == pytest.approx(lua, rel=0, abs=1e-12)
    assert lua == pytest.approx([float(line) for line in recorded], rel=0, abs=1e-9)
    assert written_by_python == written_by_lua
    assert len(written_by_lua) == 60 + 1


def test_float_with_dropout(tmp_path):
    lua, _ = train("lua", tmp_path / "lua", "-type", "float", "-dropout", "0.3", "-epochs", "1")
    python, _ = train("python", tmp_path / "python", "-type", "float", "-dropout", "0.3", "-epochs", "1")
    assert python == pytest.approx(lua, rel=0, abs=1e-6)
    assert lua[-1] < lua[0]


def test_either_goes_on_with_the_others_model(trained, tmp_path):
    def written(program, model_of):
        model = trained[model_of][0] / "model.t7"
        return train(program, tmp_path / program, "-start", str(model), "-epochs", "0")[1]

    assert written("python", "lua") == written("lua", "python")
