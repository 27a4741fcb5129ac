"""CmdLine and Timer."""

import builtins
import time

import pytest

import torch7py
from torch7py.cmdline import CmdLine
from torch7py.console import Console, current
from torch7py.errors import TorchError
from torch7py.table import Table
from torch7py.timer import Timer

HELP = """\
Usage: train.py [options] <data>
Train a network
  <data> what to train on
  -seed  random seed [123]
  -lr    learning rate [0.05]
  -gpu   [false]
  --name of the run [first]
"""


@pytest.fixture(autouse=True)
def python_console(monkeypatch):
    """A console of its own for each test, whatever a Lua runtime has put in place; ``print`` comes back afterwards."""
    before, current.console = current.console, Console()
    monkeypatch.setattr(builtins, "print", builtins.print)
    yield
    current.console = before


@pytest.fixture
def cmd():
    cmd = CmdLine()
    cmd.text("Train a network")
    cmd.argument("-data", "what to train on")
    cmd.option("-seed", 123, "random seed")
    cmd.option("-lr", 0.05, "learning rate")
    cmd.option("-gpu", False)
    cmd.option("--name", "first", "of the run")
    return cmd


def test_options_and_arguments(cmd):
    params = cmd.parse(["-seed", "7", "mnist.t7", "-gpu", "-lr", "1e-3", "--name", "12"])
    assert dict(params.items()) == {"data": "mnist.t7", "seed": 7, "lr": 0.001, "gpu": True, "name": "12"}
    assert type(params.seed) is int


def test_defaults_and_the_last_of_several_wins(cmd):
    params = cmd.parse(["x", "-seed", "1", "-seed", "-0x10"])
    assert (params.seed, params.lr, params.gpu, params.name) == (-16, 0.05, False, "first")


def test_a_true_flag_is_switched_off():
    cmd = CmdLine()
    cmd.option("-shuffle", True, "")
    assert cmd.parse(["-shuffle"]).shuffle is False


@pytest.mark.parametrize("flag", ["-h", "-help", "--help"])
def test_help_prints_and_leaves(cmd, capsys, flag):
    with pytest.raises(SystemExit) as leaving:
        cmd.parse(Table({0: "train.py", 1: flag}))
    assert leaving.value.code == 0
    assert capsys.readouterr().out == HELP


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "not enough arguments"),
        (["x", "y"], "invalid argument: y"),
        (["x", "-seed"], "missing argument for option -seed"),
        (["x", "-seed", "seven"], "invalid type for option -seed (should be number)"),
        (["x", "-seed", "1_0"], "invalid type for option -seed (should be number)"),
    ],
)
def test_mistakes_are_said_and_leave_with_status_1(cmd, capsys, words, message):
    with pytest.raises(SystemExit) as leaving:
        cmd.parse(words)
    assert leaving.value.code == 1
    printed = capsys.readouterr()
    assert printed.err == message
    assert "Usage: [options] <data>\n" in printed.out


def test_an_option_needs_a_default_of_its_type():
    with pytest.raises(TorchError, match="option -x has no default value"):
        CmdLine().option("-x", None, "")
    with pytest.raises(TorchError, match="option -x has wrong default type value"):
        CmdLine().option("-x", 3, "", "string")


def test_string_names_what_is_not_at_its_default(cmd):
    params = cmd.parse(["x/y", "-seed", "7", "-gpu"])
    assert cmd.string("run", params, {"data": True}) == "run,gpu=t,seed=7"
    assert cmd.string("run", params, {"data": True, "lr": False}) == "run,gpu=t,lr=0.05,seed=7"
    assert cmd.string("run", params) == "run,data=x/y,gpu=t,seed=7"
    assert cmd.string("run", Table()) == "run"


def test_log_copies_what_is_printed(cmd, tmp_path, capsys):
    path = tmp_path / "log"
    cmd.log(str(path), Table(seed=1))
    print("loss", 0.5, None)
    lines = path.read_text().splitlines()
    assert lines[0].startswith("[program started on ")
    assert lines[1:] == ["[command line arguments] ", "seed 1 ", "[----------------------] ", "loss 0.5 nil "]
    assert capsys.readouterr().out.endswith("seed 1\n[----------------------]\nloss 0.5 None\n")


def test_a_silent_log_with_the_time(cmd, tmp_path, capsys):
    path = tmp_path / "log"
    cmd.silent()
    cmd.addTime("run", "%Y ")
    cmd.log(str(path))
    print("quiet")
    assert path.read_text().splitlines()[-1] == time.strftime("%Y") + " [run]:  quiet "
    assert capsys.readouterr().out == ""


def test_timer_stops_and_resumes():
    timer = Timer()
    time.sleep(0.01)
    assert timer.stop() is timer
    stopped = timer.time()
    assert stopped.real >= 0.01
    assert timer.time().real == stopped.real
    assert timer.resume().time().real >= stopped.real
    assert timer.reset().time().real < 0.01
    assert set(stopped.keys()) == {"real", "user", "sys"}
    assert timer.__tostring__() == "torch.Timer [status: running]"


def test_tic_and_toc():
    start = torch7py.tic()
    time.sleep(0.01)
    assert 0.01 <= torch7py.toc(start) < 5
