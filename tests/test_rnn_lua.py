"""Packages dpnn and rnn from Lua: what requiring them changes, classes of one's own, settings of classes."""

import pytest

from lua_bridge import LuaTorch


@pytest.fixture
def lua():
    with LuaTorch() as runtime:
        runtime.execute("torch.manualSeed(1)")
        yield runtime


def test_requiring_adds_classes_to_nn_and_methods_to_its_modules(lua):
    lua.execute("require 'nn' linear = nn.Linear(2, 3)")
    lua.execute("require 'rnn'")
    assert lua.execute("return nn.rnn == rnn and rnn.version == 2.1 and dpnn.version == 2") is True
    assert lua.execute("return nn.LSTM ~= nil and nn.Serial ~= nil and torch.AliasMultinomial ~= nil") is True
    assert lua.execute("return linear:forget() == linear and linear:sharedClone().weight:size(1)") == 3
    assert lua.execute("return #torch.find(torch.Tensor{1, 2, 1}, 1)") == 2
    assert lua.execute("return nn.SpatialConvolution.dpnn_mediumEmpty[5]") == "finput"


def test_what_a_script_did_to_a_class_outlives_requiring(lua):
    lua.execute("require 'nn' function nn.Module:forward() return 'mine' end require 'rnn'")
    assert lua.execute("return nn.Linear(2, 2):forward()") == "mine"


def test_dropout_takes_two_more_settings_where_rnn_is_required(lua):
    lua.execute("require 'rnn'")
    assert lua.execute("return tostring(nn.Dropout(0.3))") == "nn.Dropout(0.3, busy)"
    assert lua.execute("return tostring(nn.Dropout(0.3, nil, nil, true))") == "nn.Dropout(0.3, lazy)"
    same = """
       local drop, x = nn.Dropout(0.5, false, false, true, true), torch.ones(3, 50)
       local first, second = drop:forward(x):clone(), drop:forward(x):clone()
       drop:backward(x, x)
       return first:eq(second):min(), first[1]:eq(first[3]):min(), first:eq(drop:forward(x)):min()"""
    assert lua.execute(same) == (1, 1, 0)
    lua.close()
    with LuaTorch() as other:
        assert other.execute("require 'nn' return tostring(nn.Dropout(0.3))") == "nn.Dropout(0.300000)"


def test_a_setting_of_a_class_can_be_changed_again(lua):
    counts = """
       require 'rnn' require 'nngraph'
       local function count() return #nn.FastLSTM(2, 3):parameters() end
       local plain = count()
       nn.FastLSTM.bn = true
       local normalized = count()
       nn.FastLSTM.bn = false
       return plain, normalized, count()"""
    assert lua.execute(counts) == (3, 10, 3)


def test_a_member_that_is_taken_back_is_inherited_again(lua):
    lua.execute(
        """require 'rnn'
        function nn.Linear:sparseParameters() return {self.weight}, {self.gradWeight} end
        linear = nn.Linear(2, 2)
        linear.gradBias:fill(5)
        linear:zeroGradParameters()"""
    )
    assert lua.execute("return linear.gradBias:sum()") == 10
    assert lua.execute("nn.Linear.sparseParameters = nil linear:zeroGradParameters() return linear.gradBias:sum()") == 0


def test_a_recurrent_module_of_ones_own(lua):
    script = """
       require 'rnn'
       local Twice, parent = torch.class('nn.Twice', 'nn.GRU')
       function Twice:_updateGradInput(input, gradOutput)
          return parent._updateGradInput(self, input, gradOutput):mul(2)
       end
       local function gradient(module)
          torch.manualSeed(5)
          module:reset()
          local sequencer, x = nn.Sequencer(module), {torch.ones(1, 2)}
          sequencer:forward(x)
          return sequencer:backward(x, {torch.ones(1, 3)})[1]
       end
       return gradient(nn.Twice(2, 3)), gradient(nn.GRU(2, 3))"""
    twice, once = lua.execute(script)
    assert (twice - 2 * once).abs().max() < 1e-12


def test_dont_backward(lua):
    script = """
       require 'dpnn'
       local frozen = nn.Linear(2, 2):dontBackward()
       local net = nn.Sequential():add(frozen):add(nn.Linear(2, 1))
       net:forward(torch.ones(2))
       net:zeroGradParameters()
       net:backward(torch.ones(2), torch.ones(1))
       return frozen:backward() == nil, frozen.gradWeight:sum(), net.modules[2].gradBias[1]"""
    assert lua.execute(script) == (True, 0, 1)
