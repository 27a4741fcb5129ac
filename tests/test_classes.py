"""Classes by name: files find theirs in packages that the program has not asked for, and load no other package."""

import importlib
import subprocess
import sys

import torch

import torch7py
from torch7py import classes, rnn
from torch7py.serialization.world import unknown_class

LOAD = """
import sys
import torch7py
nobody, lstm = torch7py.load(sys.argv[1]), sys.argv[2]
loaded = [name for name in ("rnn", "dpnn", "nngraph", "nnx", "cunn", "cudnn") if f"torch7py.{name}" in sys.modules]
assert (nobody.__typename__, nobody.field, loaded) == ("nn.NobodyKnowsMe", 7, []), loaded
lstm = torch7py.load(lstm)
assert "torch7py.rnn" in sys.modules and "torch7py.nngraph" not in sys.modules
print(lstm.forward(torch7py.ones(5, 2, 3)).sum())
"""


def test_a_file_loads_the_package_of_its_classes_and_no_other(tmp_path):
    nobody = unknown_class("nn.NobodyKnowsMe", 1)()
    nobody.field = 7
    lstm = rnn.Sequencer(rnn.LSTM(3, 4))
    torch7py.save(tmp_path / "nobody.t7", nobody)
    torch7py.save(tmp_path / "lstm.t7", lstm)
    command = [sys.executable, "-c", LOAD, tmp_path / "nobody.t7", tmp_path / "lstm.t7"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expected = lstm.forward(torch.ones(5, 2, 3, dtype=torch.float64)).sum().item()
    assert abs(float(done.stdout) - expected) < 1e-12


def test_every_class_is_found_where_it_is_registered():
    homes = classes._homes()
    for package in set(homes.values()):
        importlib.import_module(f"torch7py.{package}")
    modules = {name: classes.registry.find(name).__module__.split(".") for name in classes.registry.names()}
    assert homes == {name: module[1] for name, module in modules.items() if module[0] == "torch7py"}
