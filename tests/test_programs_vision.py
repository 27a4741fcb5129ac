"""What published programs of vision do that packages' own tests do not."""

import subprocess
import sys

import pytest

from lua_bridge import LuaError, LuaTorch

ON_CPU = [sys.executable, "-m", "lua_bridge.cli", "--cuda=cpu"]


@pytest.fixture
def lua():
    with LuaTorch() as runtime:
        runtime.execute("torch.manualSeed(1) require 'nn'")
        yield runtime


def test_layers_made_of_tables_by_hand(lua):
    """pix2pix converts its layers so: fields of the old one in a table, which gets the class by torch.setmetatable."""
    given, same, kind, fields, keys = lua.execute("""
        local network = nn.Sequential():add(nn.Linear(3, 2)):add(nn.Tanh())
        local input, by_hand = torch.ones(3)
        local before = network:forward(input):clone()
        network = network:replace(function(layer)
           if torch.type(layer) ~= 'nn.Linear' then return layer end
           by_hand = {}
           torch.setmetatable(by_hand, 'nn.Linear')
           for key, value in pairs(layer) do by_hand[key] = value end
           by_hand.label = 'first'
           return by_hand
        end)
        local keys = 0
        for key in pairs(by_hand) do keys = keys + 1 end
        network:getParameters():mul(2)
        network:backward(input, torch.ones(2))
        network:get(1).weight:div(2)
        by_hand.bias:div(2)
        return torch.typename(network:get(1)), (network:forward(input) - before):abs():max(), torch.type(by_hand),
           network:get(1).label .. tostring(by_hand) .. by_hand:forward(input):size(1), keys > 5
    """)
    assert (given, same, kind, fields, keys) == ("nn.Linear", 0, "nn.Linear", "firstnn.Linear(3 -> 2)2", True)


def test_a_table_with_fields_gets_a_class_by_hand(lua):
    assert (
        lua.execute("""
        local t = {train = false, mine = 5}
        torch.setmetatable(t, 'nn.Identity')
        torch.setmetatable(t, 'nn.Tanh')
        t.output = torch.Tensor()
        return t:forward(torch.zeros(2)):sum() + t.mine
    """)
        == 5
    )


def test_display_shows_in_files(lua, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lua.execute("""
        local disp = require 'display'
        disp.configure{port = 8000}
        local win = disp.image(torch.rand(2, 3, 8, 8), {title = 'samples'})
        assert(disp.image(torch.rand(3, 8, 8), {win = win, title = 'samples'}) == win)
        disp.images({torch.rand(8, 8), torch.rand(8, 8)}, {win = 'named'})
        local figure = disp.plot({{1, 0.5, 3}, {2, 0.25, 4}}, {title = 'loss', labels = {'epoch', 'D', 'G'}})
        assert(disp.plot(torch.rand(4, 2), {win = figure}) == figure and figure ~= win)
        require('gnuplot').closeall()
    """)
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in told] == ["samples", "display", "figure 1"]
    assert all((tmp_path / line.rpartition(" ")[2]).stat().st_size > 100 for line in told)


def test_false_for_the_momentum_of_batch_normalization(lua):
    """XNOR-Net says so; it is as good as nothing."""
    assert lua.execute("return nn.SpatialBatchNormalization(4, false, false).momentum") == 0.1
    assert lua.execute("return nn.SpatialBatchNormalization(4, 1e-3, false).eps") == 1e-3


def test_expanded_tensors_on_a_gpu_are_changed_once(tmp_path):
    """XNOR-Net scales its gradients so; on the CPU, Torch7 changed each element as often as it stood in the tensor."""
    script = tmp_path / "expanded.lua"
    script.write_text("""
        require 'cutorch'
        local means = torch.CudaTensor(2, 1):fill(3)
        local m = means:expand(2, 5)
        m[torch.CudaTensor(2, 5):fill(1):ge(2)] = 0
        print(m:add(1):mul(2) == m, means[1][1], means[2][1])
    """)
    printed = subprocess.run([*ON_CPU, str(script)], capture_output=True, text=True, timeout=60)
    assert printed.stdout == "true\t8\t8\t\n", printed.stderr


def test_what_package_unsup_needs_of_its_c_code(lua):
    assert (
        lua.execute("""
        require 'libunsup'
        local x = torch.Tensor{-3, -0.5, 0, 0.5, 2}
        local same = x:shrinkage(1) == x
        local class = torch.class('unsup.Mine', 'nn.Module')
        return same and torch.type(unsup.Mine()) .. table.concat(x:totable(), ' ')
    """)
        == "unsup.Mine-2 0 0 0 1"
    )
    with pytest.raises(LuaError, match="must not be negative"):
        lua.execute("torch.ones(2):shrinkage(-1)")


def test_the_kernels_of_nn_are_missing_when_they_are_used(lua):
    """waifu2x requires them for one layer of its own."""
    with pytest.raises(LuaError, match=r"nn.THNN.optionalTensor: the C kernels"):
        lua.execute("local THNN = require 'nn.THNN' THNN.optionalTensor(nil)")
