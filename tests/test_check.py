"""`torch7py check`: right ports pass, and of wrong ones it tells where they part, and why."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import torch7py
from lua_bridge.check import report
from lua_bridge.check.command import main
from lua_bridge.check.run import check

ROOT = Path(__file__).parent.parent
DIGITS = ROOT / "legacy_examples" / "digits"
LUA = str(DIGITS / "train.lua")


def arguments(folder, *more):
    return ["-data", str(DIGITS / "digits.t7"), "-save", str(folder), "-epochs", "1", *more]


@pytest.fixture
def port(tmp_path):
    """Makes a copy of a port with a text replaced."""

    def make(old="", new="", source="train.py"):
        text = (DIGITS / source).read_text()
        assert old in text, "the example no longer has this line"
        path = tmp_path / "port.py"
        path.write_text(text.replace(old, new, 1))
        return str(path)

    return make


# Each a fault, with the step and the kind of event where the port parts, the path or module there, words of a cause.
FAULTS = {
    "labels from 0": ("labels[index]", "labels[index] - 1", 1, "target", "", "off by one"),
    "off by one in an index": ("index = shuffle[t + i - 1]", "index = shuffle[t + i]", 1, "input", "", "off by one"),
    "other order of samples": ("torch.manualSeed(opt.seed)", "torch.manualSeed(opt.seed + 1)", 1, "network", "2.weight",
                               "another seed"),
    "no zeroed gradients": ("gradParameters.zero()", "optimState.evalCounter or gradParameters.zero()", 2,
                            "gradients", "2.weight", "not set to zero"),
    "sum instead of mean": ("nn.ClassNLLCriterion()", "nn.ClassNLLCriterion(None, False)", 1, "loss", "", "10 samples"),
    "scaled loss gradient": ("model.backward(inputs, criterion.backward(outputs, targets))",
                             "model.backward(inputs, criterion.backward(outputs, targets), 0.5)", 1, "gradients",
                             "2.weight", "0.5 times"),
    "learning rate": ("learningRate=opt.learningRate,", "learningRate=opt.learningRate / 10,", 1, "parameters",
                      "2.weight", "0.1 times"),
    "no momentum": ("momentum=opt.momentum,", "", 2, "parameters", "2.weight", "momentum"),
    "no decay of the learning rate": ("learningRateDecay=opt.learningRateDecay,", "", 2, "parameters", "2.weight",
                                      "learning rate"),
    "weight decay": ("weightDecay=opt.weightDecay,", "weightDecay=0.01,", 1, "parameters", "2.weight", "weight decay"),
    "another optimiser": ("optim.sgd(", "optim.adam(", 1, "parameters", "2.weight", "another optimiser"),
    "float instead of double": ('torch.setdefaulttensortype("torch.DoubleTensor")',
                                'torch.setdefaulttensortype("torch.FloatTensor")', 1, "network", "2.weight",
                                "float in"),
    "another activation": ("model.add(nn.Tanh())\n    model.add(nn.SpatialMaxPooling",
                           "model.add(nn.ReLU())\n    model.add(nn.SpatialMaxPooling", 1, "network", "", None),
    "no dropout in training": ("model.training()", "model.evaluate()", 1, "output", "11", "mode"),
    "dropout drawn in another order": ("loss, _ = criterion", "torch.random(); loss, _ = criterion", 2, "output", "11",
                                       "other elements are dropped"),
    "another probability": ("nn.Dropout(opt.dropout)", "nn.Dropout(0.4)", 1, "network", "", None),
    "pixels not scaled": (".div(16)", "", 1, "input", "", "16 times"),
    "mean not subtracted": ("torch.mean(self.mean, rows, 2)", "torch.mean(self.mean, rows, 2); self.mean.zero_()", 1,
                            "output", "1", None),
    "transposed images": ("inputs[i].copy(trainData.data[index])",
                          "inputs[i].copy(trainData.data[index].transpose(2, 3))", 1, "input", "", None),
    "a custom gradient's scale": ("return self.project(self.gradInput, gradOutput)",
                                  "return self.project(self.gradInput, gradOutput).mul_(0.5)", None, None, None, None),
    "initial range": ("criterion = nn.ClassNLL", "model.modules[2].weight.mul_(2)\ncriterion = nn.ClassNLL", 1,
                      "network", "2.weight", "2 times"),
    "gradient's sign": ("return loss, gradParameters", "return loss, gradParameters.mul(-1)", 1, "gradients",
                        "2.weight", "sign"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults(port, tmp_path, fault):
    old, new, step, kind, path, cause = FAULTS[fault]
    result = check(LUA, port(old, new), arguments(tmp_path), steps=3)
    if step is None:  # nothing lies before the first layer: its gradient by the input changes no parameter
        assert result.agrees
        return
    first = result.first
    assert (first.step, first.kind) == (step, kind), report.text(result)
    assert path in (first.path, first.place and first.place.original.path), report.text(result)
    if cause is not None:
        assert any(cause in each for each in first.causes), report.text(result)


def test_right_port_agrees_to_the_end(port, tmp_path):
    result = check(LUA, port(), arguments(tmp_path))
    assert result.agrees and result.steps == 150
    assert result.compared["loss"] == 150 and result.compared["parameters"] == 1200
    assert result.losses[0] == result.losses[1]


def test_settings_of_the_port_stay_with_it(port, tmp_path):
    before = torch.get_default_dtype(), torch7py.getdefaulttensortype(), torch.get_num_threads()
    check(LUA, port("torch.set_default_dtype", "torch.set_num_threads(3); torch.set_default_dtype", "train_pytorch.py"),
          arguments(tmp_path, "-dropout", "0"), steps=1)  # fmt: skip
    check(LUA, port(), arguments(tmp_path, "-type", "float"), steps=1)
    assert (torch.get_default_dtype(), torch7py.getdefaulttensortype(), torch.get_num_threads()) == before


def test_port_to_pytorch_agrees(port, tmp_path):
    result = check(LUA, port(source="train_pytorch.py"), arguments(tmp_path, "-dropout", "0"), steps=20)
    assert result.agrees, report.text(result)
    assert result.compared["gradients"] == 160
    assert max(result.largest.values(), default=0) < 1e-9


PYTORCH_FAULTS = {
    "dampening": ("dampening=opt.momentum,", "", 2, "parameters", "momentum"),
    "not drawn as Torch7 does": ("    draw(layer)", "    pass", 1, "network", "--same-start"),
    "sum instead of mean": ("nn.CrossEntropyLoss()", 'nn.CrossEntropyLoss(reduction="sum")', 1, "loss", "10 samples"),
    "no zero_grad": ("optimizer.zero_grad()", "pass", 2, "gradients", "zero_grad"),
    "another padding": ("nn.MaxPool2d(2),\n    nn.Conv2d(16", "nn.AvgPool2d(2),\n    nn.Conv2d(16", 1, "output", None),
}


@pytest.mark.parametrize("fault", PYTORCH_FAULTS)
def test_faults_of_pytorch_ports(port, tmp_path, fault):
    old, new, step, kind, cause = PYTORCH_FAULTS[fault]
    result = check(LUA, port(old, new, "train_pytorch.py"), arguments(tmp_path, "-dropout", "0"), steps=3)
    assert (result.first.step, result.first.kind) == (step, kind), report.text(result)
    if cause is not None:
        assert any(cause in each for each in result.first.causes), report.text(result)


def test_pytorch_port_may_start_with_the_originals_parameters(port, tmp_path):
    changed = port("    draw(layer)", "    draw(layer); layer.reset_parameters() if list(layer.parameters()) else 0",
                   "train_pytorch.py")  # fmt: skip
    assert not check(LUA, changed, arguments(tmp_path, "-dropout", "0"), steps=2).agrees
    assert check(LUA, changed, arguments(tmp_path, "-dropout", "0"), steps=2, same_start=True).agrees


def test_port_that_crashes(port, tmp_path):
    crashing = port("total = total + losses[1]", "total = total + losses[1] + (1 / 0 if t > 40 else 0)")
    result = check(LUA, crashing, arguments(tmp_path))
    assert result.steps == 5 and not result.findings
    assert "ZeroDivisionError" in result.endings[1] and "port.py" in result.endings[1]
    assert "1498 training" in result.tails[1]
    assert "up to there, 5 steps agree" in report.verdict(result)


def test_original_that_fails(port, tmp_path):
    lua = tmp_path / "train.lua"
    lua.write_text((DIGITS / "train.lua").read_text().replace("total = total + losses[1]", "error('full disk')", 1))
    result = check(str(lua), port(), arguments(tmp_path))
    assert "full disk" in result.endings[0]
    assert result.steps == 1


def test_port_that_stops_early(port, tmp_path):
    result = check(LUA, port("for epoch in range(1, opt.epochs + 1)", "for epoch in ()"), arguments(tmp_path))
    assert not result.agrees


def test_port_with_another_layer(port, tmp_path):
    result = check(LUA, port("model.add(nn.Dropout(opt.dropout))", ""), arguments(tmp_path), steps=2)
    assert result.first.kind == "network"
    assert "Dropout" in result.first.difference.text


PROBES = {
    "lua": "require 'torch' local check = require 'check'\nlocal x = torch.range(1, 5)\n"
    "check.probe('x', x)\ncheck.probe('table', {a = 1, b = {2, 'three'}})\n",
    "python": "import torch7py as torch\nfrom torch7py import Table, check\nx = torch.range(1, 5)\n"
    "check.probe('x', x)\ncheck.probe('table', {'a': 1, 'b': [2, 'three']})\n",
}


def test_probes(tmp_path):
    lua, python = tmp_path / "a.lua", tmp_path / "a.py"
    lua.write_text(PROBES["lua"])
    python.write_text(PROBES["python"])
    result = check(str(lua), str(python))
    assert result.agrees and result.compared["probe"] == 4
    python.write_text(PROBES["python"].replace("'three'", "'four'"))
    first = check(str(lua), str(python)).first
    assert (first.name, first.path) == ("table", "b[2]")
    assert (first.difference.original, first.difference.port) == ("three", "four")
    python.write_text(PROBES["python"].replace("x = torch.range(1, 5)", "x = torch.range(0, 4)"))
    first = check(str(lua), str(python)).first
    assert first.name == "x" and first.difference.index == (1,) and "count from 1" in first.causes[0]


def test_probes_do_nothing_outside_of_a_check(tmp_path):
    lua, python = tmp_path / "a.lua", tmp_path / "a.py"
    lua.write_text(PROBES["lua"])
    python.write_text(PROBES["python"])
    for command in (["-m", "lua_bridge.cli", str(lua)], [str(python)]):
        ran = subprocess.run([sys.executable, *command], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_program_without_optim(tmp_path):
    lua, python = tmp_path / "a.lua", tmp_path / "a.py"
    lua.write_text("""
        require 'nn'
        torch.manualSeed(3)
        local net, loss = nn.Linear(3, 2), nn.MSECriterion()
        for step = 1, 4 do
           local x, y = torch.randn(5, 3), torch.randn(5, 2)
           net:zeroGradParameters()
           loss:forward(net:forward(x), y)
           net:backward(x, loss:backward(net.output, y))
           net:updateParameters(0.1)
        end
    """)
    text = """
import torch7py as torch
from torch7py import nn
torch.manualSeed(3)
net, loss = nn.Linear(3, 2), nn.MSECriterion()
for step in range(4):
    x, y = torch.randn(5, 3), torch.randn(5, 2)
    net.zeroGradParameters()
    loss.forward(net.forward(x), y)
    net.backward(x, loss.backward(torch.wrap(net.output), y))
    net.updateParameters(0.1)
"""
    python.write_text(text)
    result = check(str(lua), str(python))
    assert result.agrees and result.steps == 4, report.text(result)
    python.write_text(text.replace("updateParameters(0.1)", "updateParameters(0.1 if step < 2 else 0.2)"))
    first = check(str(lua), str(python)).first
    assert (first.step, first.kind, first.path) == (3, "parameters", "weight")


def test_trace_of_another_run(port, tmp_path):
    trace = tmp_path / "run.t7"
    ran = subprocess.run(
        [sys.executable, "-m", "lua_bridge.cli", "-lrecorder", LUA, *arguments(tmp_path)],
        env={"PYTHONPATH": str(ROOT), "RECORDER_FILE": str(trace), "RECORDER_STEPS": "12", "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    words = ["--steps", "12", "--trace", str(trace)]
    assert main([*words, port(), "--", *arguments(tmp_path)]) == 0
    assert main([*words, port("learningRate=opt", "learningRate=2 * opt"), "--", *arguments(tmp_path)]) == 1


def test_command_line(port, tmp_path, capsys):
    wrong = port("learningRate=opt.learningRate,", "learningRate=opt.learningRate * 2,")
    files = ["--json", str(tmp_path / "r.json"), "--html", str(tmp_path / "r.html")]
    assert main([*files, "--steps", "5", LUA, wrong, "--", *arguments(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "parts from the original in step 1: the parameters after the step of the optimiser, 2.weight" in printed
    assert "train.lua:193: local _, losses = optim.sgd(feval, parameters, optimState)" in printed
    assert re.search(r"port\.py:\d+: _, losses = optim\.sgd", printed)
    written = json.loads((tmp_path / "r.json").read_text())
    assert written["first"]["step"] == 1 and len(written["losses"]["port"]) == 5
    page = (tmp_path / "r.html").read_text()
    assert "<svg" in page and not re.search(r"src=|href=\"[^#]|url\([^#]", page)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train.lua"], "give the original and its port"),
        (["missing.lua", "missing.py"], "no such file: missing.lua"),
        ([LUA, LUA, "--watch", "losses"], "no such kind: losses"),
        ([LUA, LUA, "--map", "a"], "--map wants NAME=NAME"),
    ],
)
def test_wrong_usage(words, message, capsys):
    with pytest.raises(SystemExit) as leaving:
        main(words)
    assert leaving.value.code == 2
    assert message in capsys.readouterr().err


def test_trace_that_is_none(tmp_path, capsys):
    broken = tmp_path / "run.t7"
    broken.write_bytes(b"\x07" * 100)
    assert main(["--trace", str(broken), str(DIGITS / "train.py")]) == 2
    assert "not a trace of recorder.lua" in capsys.readouterr().err
