"""Package nnx: what programs use of it."""

import pytest
import torch

from lua_bridge import LuaTorch
from tests.gradcheck import check_module, differences
from torch7py import Table, manualSeed, nn, nnx
from torch7py.errors import TorchError


def normal(*shape):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def pushed():
    push = nnx.PushTable(2)
    inner = nn.ParallelTable().add(nn.Linear(4, 3)).add(nn.Tanh())
    return nn.Sequential().add(push).add(inner).add(push.pull(1)).add(nn.JoinTable(1, 1))


MODULES = {
    "Minus": lambda: (nnx.Minus(), normal(3, 4)),
    "Minus single": lambda: (nnx.Minus(), normal(4)),
    "MultiSoftMax": lambda: (nnx.MultiSoftMax(), normal(2, 3, 4)),
    "MultiSoftMax single": lambda: (nnx.MultiSoftMax(), normal(3, 4)),
    "SpatialPadding": lambda: (nnx.SpatialPadding(1, 2, 0, -1), normal(2, 4, 3)),
    "SpatialPadding batch": lambda: (nnx.SpatialPadding(1, 2, 0, -1, 3, 4, 5), normal(2, 2, 4, 3)),
    "SpatialClassifier": lambda: (nnx.SpatialClassifier(nn.Sequential().add(nn.Linear(3, 2))), normal(3, 4, 5)),
    "PushTable": lambda: (pushed(), Table([normal(2, 4), normal(2, 5), normal(2, 3)])),
}


@pytest.mark.parametrize("name", MODULES)
def test_gradients(name):
    manualSeed(1)
    check_module(*MODULES[name]())


@pytest.mark.parametrize("name", MODULES)
def test_float_agrees_with_double(name):
    manualSeed(1)
    net, input = MODULES[name]()
    double = net.forward(input).clone()
    single = Table([x.float() for x in input]) if isinstance(input, Table) else input.float()
    torch.testing.assert_close(net.float().forward(single).double(), double, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "opts",
    [{}, {"inputIsADistance": True}, {"inputIsProbability": True}, {"inputIsLogProbability": True},
     {"targetIsProbability": False}],
)  # fmt: skip
def test_distributions(opts):
    criterion = nnx.DistNLLCriterion(Table(**opts))
    input, target = normal(5).softmax(0), normal(5).abs().softmax(0)
    gradient = criterion.updateGradInput(input, target).clone()
    assert criterion.forward(input, target) > 0 or opts.get("inputIsLogProbability")
    torch.testing.assert_close(
        gradient, differences(lambda: criterion.forward(input, target), input), rtol=1e-5, atol=1e-7
    )


def test_super_criterion():
    criterion = nnx.SuperCriterion()
    criterion.add(nn.MSECriterion())
    criterion.add(nn.AbsCriterion(), 2)
    input, target = Table([normal(3), normal(3) + 1]), Table([normal(3) * 2, normal(3) * 3])
    expected = nn.MSECriterion().forward(input[1], target[1]) + 2 * nn.AbsCriterion().forward(input[2], target[2])
    assert criterion.forward(input, target) == pytest.approx(expected)
    gradient = criterion.backward(input, target)
    torch.testing.assert_close(gradient[2], 2 * nn.AbsCriterion().backward(input[2], target[2]))


def test_errors():
    with pytest.raises(TorchError, match="input should be 3D"):
        nnx.SpatialClassifier(nn.Linear(2, 2)).forward(normal(2, 2))
    with pytest.raises(TorchError, match="input is too small"):
        nnx.SpatialPadding(-2, -2, 0, 0).forward(normal(1, 3, 3))


def test_from_lua():
    with LuaTorch() as lua:
        result = lua.execute("""
            require 'nnx'
            local double = nn.FunctionWrapper(function(self) self.factor = 2 end,
               function(self, input) return input * self.factor end,
               function(self, input, gradOutput) return gradOutput * self.factor end)
            local net = nn.Sequential():add(nn.Minus()):add(double)
            return net:forward(torch.ones(2)):sum(), net:backward(torch.ones(2), torch.ones(2)):sum()
        """)
    assert result == (-4, -4)
