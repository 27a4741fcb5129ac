"""docs/porting.md: its code runs, its commands do what it says."""

import re
import shlex
from pathlib import Path

import pytest
import torch

import torch7py
from lua_bridge import cli
from lua_bridge.commands import main
from lua_bridge.pytest_plugin import lua  # noqa: F401
from torch7py import nn

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "porting.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def commands():
    return [line for block in blocks("sh") for line in block.strip().split("\n")]


def test_python_runs(tmp_path, monkeypatch, lua):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    for text in blocks("python"):
        namespace = {"__name__": "guide"}
        exec(compile(text, "docs/porting.md", "exec"), namespace)
        for name, function in namespace.items():
            if name.startswith("test_"):
                function(lua)


@pytest.mark.parametrize("command", commands())
def test_commands_run(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    torch7py.save(str(tmp_path / "MODEL.t7"), nn.Linear(4, 2))
    torch7py.save(str(tmp_path / "model.t7"), nn.Linear(4, 2))
    word, *words = shlex.split(command.replace("/tmp/digits", str(tmp_path)))
    words = [str(tmp_path / each) if each in ("MODEL.t7", "model.pt") else each for each in words]
    assert (cli.main(words) if word == "th" else main(words)) == 0
    if words[0] == "check":
        assert "The port agrees with the original in all 50 steps." in capsys.readouterr().out


NAMES = re.findall(
    r"`(nn|optim)\.(\w+)", "\n".join(line.split(" | ")[0] for line in PAGE.split("\n") if line[:1] == "|")
)


def test_tables_name_what_there_is():
    packages = {"nn": nn, "optim": torch7py.optim}
    later = {"SeqLSTM", "gModule", "fista"}  # of other packages; optim.fista holds FistaLS
    assert [f"{p}.{name}" for p, name in NAMES if not hasattr(packages[p], name) and name not in later] == []


def test_tables_name_what_pytorch_has():
    rows = [line.split(" | ") for line in PAGE.split("\n") if line.startswith("| `")]
    for row in rows:
        for name in re.findall(r"`(?:torch\.)?(nn|optim)\.(\w+)", row[1]):
            assert hasattr(getattr(torch, name[0]), name[1]), name


def test_adams_epsilon():
    """The table: Torch7's epsilon is as if divided by the square root of 1 - beta2^t."""
    x, g, epsilon = torch.ones(3, dtype=torch.float64), torch.full((3,), 1e-4, dtype=torch.float64), 1e-3
    ours = x.clone()
    torch7py.optim.adam(lambda _: (0.0, g.clone()), ours, torch7py.Table(learningRate=0.1, epsilon=epsilon))
    parameter = torch.nn.Parameter(x.clone())
    parameter.grad = g.clone()
    torch.optim.Adam([parameter], lr=0.1, eps=epsilon / (1 - 0.999) ** 0.5).step()
    torch.testing.assert_close(ours, parameter.detach(), rtol=1e-12, atol=0)


def test_sgds_dampening():
    x = torch.ones(3, dtype=torch.float64)
    parameter, ours = torch.nn.Parameter(x.clone()), x.clone()
    optimizer = torch.optim.SGD([parameter], lr=0.1, momentum=0.9, dampening=0.9)
    state = torch7py.Table(learningRate=0.1, momentum=0.9)
    for step in range(1, 4):
        g = torch.full((3,), float(step), dtype=torch.float64)
        torch7py.optim.sgd(lambda _, g=g: (0.0, g.clone()), ours, state)
        parameter.grad = g
        optimizer.step()
    torch.testing.assert_close(ours, parameter.detach(), rtol=1e-12, atol=0)


def test_topk_is_the_smallest():
    x = torch.tensor([3.0, 1.0, 2.0])
    assert torch7py.topk(x, 1)[0].tolist() == x.topk(1, largest=False).values.tolist()
