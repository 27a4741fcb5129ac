"""optim, paths and CmdLine as Lua uses them: what the Lua halves of these packages do."""

import pytest
import torch

from lua_bridge import LuaTorch
from torch7py import optim


@pytest.fixture
def lua():
    with LuaTorch() as lua:
        lua.execute("require 'torch'; require 'optim'; require 'paths'")
        yield lua


CONFIGS = [
    ("sgd", dict(learningRate=0.1)),
    ("sgd", dict(learningRate=0.1, learningRateDecay=0.2, weightDecay=0.1, momentum=0.9)),
    ("sgd", dict(learningRate=0.1, momentum=0.5, dampening=0, nesterov=True)),
    ("adam", dict(learningRate=0.1)),
    ("adam", dict(learningRate=0.1, learningRateDecay=0.5, beta1=0.5, weightDecay=0.2, epsilon=1e-4)),
]


@pytest.mark.parametrize(("name", "config"), CONFIGS)
def test_lua_steps_as_python_does(lua, name, config):
    x = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    y = x.clone()
    values, state = lua.execute(
        """local name, x, config = ...
        local state, values = {}, {}
        for i = 1, 6 do
           local same, f = optim[name](function(p) return p:dot(p), p * 2 end, x, config, state)
           assert(rawequal(same, x) and #f == 1)
           values[i] = f[1]
        end
        return values, state""",
        name,
        x,
        dict(config),
    )
    expected, kept = [], {}
    for _ in range(6):
        _, (value,) = getattr(optim, name)(lambda p: (p.dot(p).item(), p * 2), y, config, kept)
        expected.append(value)
    assert values.list() == expected
    assert torch.equal(x, y)
    assert set(state.keys()) == kept.keys()


def test_the_rate_that_counts_is_the_one_before_the_function_is_called(lua):
    x = lua.execute(
        """local x, config = torch.zeros(1), {learningRate = 1}
        optim.sgd(function() config.learningRate = 100 return 0, torch.ones(1) end, x, config)
        return x"""
    )
    assert x.item() == -1


def test_a_function_without_a_gradient_is_named(lua):
    with pytest.raises(Exception, match="opfunc must return two values"):
        lua.execute("optim.sgd(function() return 1 end, torch.zeros(1))")


def test_file_names_are_bytes_in_lua_and_text_in_python(lua, tmp_path, monkeypatch):
    folder = tmp_path / "dé日"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "ünder.txt").write_text("x")
    found, cwd, text = lua.execute(
        """local found = {}
        for name in paths.files('.', function(name) return name:find('\\195\\188') end) do
           found[#found + 1] = io.open(name):read('*a') .. tostring(paths.filep(paths.concat(name)))
        end
        local log = optim.Logger(paths.concat('l\\195\\182g'))
        log:setNames{'gr\\195\\182\\195\\159e'}
        return found, paths.cwd(), #paths.basename(paths.cwd())"""
    )
    assert found.list() == ["xtrue"]
    assert cwd.encode("latin-1").decode("utf-8") == str(folder)
    assert text == 6
    assert (folder / "lög").read_text("utf-8") == "größe\t\n"


def test_a_script_that_replaces_print_is_obeyed(lua, tmp_path):
    path = tmp_path / "log"
    lines = lua.execute(
        """local path = ...
        local lines, real = {}, print
        print = function(text) lines[#lines + 1] = text end
        local cmd = torch.CmdLine()
        cmd:log(path)
        print('hello')
        print = real
        return lines""",
        str(path),
    )
    assert lines.list()[1:] == ["[command line arguments]", "[----------------------]", "hello"]
    assert path.read_text().endswith("hello \n")


def test_files_beside_the_script(lua, tmp_path):
    (tmp_path / "other.lua").write_text("return 42, paths.thisfile()")
    script = tmp_path / "script.lua"
    script.write_text("return paths.thisfile('x'), paths.dofile('other.lua')")
    assert lua.dofile(str(script)) == (str(tmp_path / "x"), 42, str(tmp_path / "other.lua"))
