"""nn from Lua: arguments too many, classes of both languages in one network, hooks, nn.Jacobian, nn.hessian."""

import pytest
import torch

from lua_bridge import LuaError, LuaTorch
from torch7py import nn
from torch7py.classes import register, registry


@pytest.fixture
def lua():
    with LuaTorch() as runtime:
        runtime.execute("torch.manualSeed(1) require 'nn'")
        yield runtime


def test_arguments_too_many_are_dropped_as_by_lua_functions(lua):
    assert lua.execute("local m = nn.Add(3, nil, 5) return m:forward(torch.ones(3), 1, 2):size(1)") == 3
    assert lua.execute("return nn.OneHot(4, 2):forward(torch.LongTensor{1, 4}):size(2)") == 4
    with pytest.raises(LuaError, match="missing 1 required positional argument"):
        lua.execute("nn.Linear(3)")


def test_errors_about_values_that_are_no_tensors(lua):
    for value, kind in (("nil", "nil"), ("5", "number"), ("'x'", "string")):
        with pytest.raises(LuaError, match=f"expected, got {kind}"):
            lua.execute(f"nn.View(4):forward({value})")
    with pytest.raises(LuaError, match="(?s)In 1 module of nn.Sequential:.*Tensor expected, got nil"):
        lua.execute("nn.Sequential():add(nn.Tanh()):forward(nil)")


def test_classes_of_both_languages_in_one_network(lua, tmp_path):
    @register("nn.PythonHalf")
    class PythonHalf(nn.Module):
        def __init__(self):
            nn.Module.__init__(self)
            self.weight, self.gradWeight = torch.ones(1).double() / 2, torch.zeros(1).double()

        def updateOutput(self, input):
            self.output = input * self.weight
            return self.output

        def updateGradInput(self, input, gradOutput):
            self.gradInput = gradOutput * self.weight
            return self.gradInput

        def accGradParameters(self, input, gradOutput, scale=1):
            self.gradWeight.add_((input * gradOutput).sum(), alpha=scale)

    lua.execute("""
        local class, parent = torch.class('nn.LuaTwice', 'nn.Module')
        function class:__init(inner) parent.__init(self) self.inner = inner end
        function class:updateOutput(input)
           self.output = self.inner:updateOutput(input) * 2
           return self.output
        end
        function class:updateGradInput(input, gradOutput)
           self.gradInput = self.inner:updateGradInput(input, gradOutput * 2)
           return self.gradInput
        end
        function class:accGradParameters(input, gradOutput, scale)
           self.inner:accGradParameters(input, gradOutput * 2, scale)
        end
        function class:parameters() return self.inner:parameters() end
    """)
    try:
        lua.globals.half, lua.globals.path = PythonHalf(), str(tmp_path / "net.t7")
        output, gradient, loaded_output, kinds = lua.execute("""
            local net = nn.Sequential():add(nn.LuaTwice(half)):add(nn.Sequential():add(nn.LuaTwice(nn.Identity())))
            local flat, gradient = net:getParameters()
            net:zeroGradParameters()
            local x = torch.ones(3)
            local output = net:forward(x):clone()
            net:backward(x, torch.ones(3))
            torch.save(path, net:clone():float())
            local loaded = torch.load(path)
            flat:fill(0)
            return output, gradient, loaded:forward(x:float()),
                   torch.type(loaded:get(1)) .. torch.type(loaded:get(1).inner) .. loaded:type()
        """)
    finally:
        del registry._classes["nn.PythonHalf"]
    assert output.tolist() == [2, 2, 2] == loaded_output.tolist() and gradient.tolist() == [12]
    assert kinds == "nn.LuaTwicenn.PythonHalftorch.FloatTensor"


def test_clones_copy_objects_of_lua_classes(lua):
    first, own, known, inner, criterion = lua.execute("""
        local class = torch.class('LuaNote')
        function class:__init() self.x, self.me = torch.ones(2), self end
        function class:first() return self.x[1] end
        local m = nn.Identity()
        m.note = LuaNote()
        m.list = {{m.note}}
        local n = nn.Sequential():add(m):clone():get(1)
        m.note.x:fill(7)
        local c = nn.MSECriterion()
        c.note = m.note
        return n.note:first(), n.note ~= m.note, n.list[1][1] == n.note, n.note.me == n.note, c:clone().note ~= c.note
    """)
    assert first == 1 and own and known and inner and criterion


def test_a_lua_class_takes_a_decorators_methods(lua):
    text, size = lua.execute("""
        local class = torch.class('nn.Wrapped', 'nn.Container')
        nn.Decorator.decorate(class)
        local m = nn.Wrapped():add(nn.Linear(3, 2))
        return tostring(m), m:forward(torch.ones(3)):size(1)
    """)
    assert (text, size) == ("nn.Wrapped @ nn.Linear(3 -> 2)", 2)


def test_stochastic_gradient_with_a_lua_data_set_and_hooks(lua, capsys):
    errors, examples, same = lua.execute("""
        local data = setmetatable({size = function() return 4 end}, {
           __index = function(self, i) return {torch.Tensor{i}, torch.Tensor{2 * i}} end})
        local trainer = nn.StochasticGradient(nn.Sequential():add(nn.Linear(1, 1)), nn.MSECriterion())
        trainer.maxIteration, trainer.learningRate = 20, 0.02
        local errors, examples, same = {}, 0, true
        trainer.hookIteration = function(self, iteration, error) same = same and self == trainer
           errors[iteration] = error end
        trainer.hookExample = function(self, example) examples = examples + 1 end
        trainer:train(data)
        return errors, examples, same
    """)
    assert len(errors) == 20 and errors[20] < errors[1] / 10 and examples == 80 and same
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "# StochasticGradient: training" and lines[-1].startswith("# training error = ")


def test_jacobian_and_hessian(lua):
    error, size, same = lua.execute("""
        nn.hessian.enable()
        local m = nn.Linear(3, 2)
        m:initDiagHessianParameters()
        local w, g, h = m:getParameters()
        return nn.Jacobian.testJacobian(m, torch.Tensor(3)), h:size(1), #{nn.Tanh():parameters()}
    """)
    assert error < 1e-6 and size == 8 and same == 0
