"""Package nnx: what programs use of it."""

import itertools
import math

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


# --- trees


LEAVES = torch.tensor([9, 4, 11, 10, 4], dtype=torch.int32)


def tree(**options):
    families = {12: [13, 1, 2], 13: [3, 4], 1: [5, 6, 7, 8], 8: [9, 10, 11]}
    manualSeed(1)
    return nnx.SoftMaxTree(
        3, Table({parent: torch.tensor(children) for parent, children in families.items()}), 12, **options
    )  # fmt: skip


def test_probabilities_of_all_leaves_add_up_to_one():
    leaves = torch.tensor([2, 3, 4, 5, 6, 7, 9, 10, 11])
    probabilities = tree().forward(Table([normal(1, 3).expand(9, 3), leaves])).exp()
    assert abs(probabilities.sum().item() - 1) < 1e-12 and probabilities.min() > 0


def test_gradients_of_a_tree():
    net, input, gradOutput = tree(static=False), normal(5, 3), normal(5)

    def value():
        return (net.updateOutput(Table([input, LEAVES])) * gradOutput).sum().item()

    net.zeroGradParameters()
    net.forward(Table([input, LEAVES]))
    gradInput, zeros = net.backward(Table([input, LEAVES]), gradOutput)
    assert zeros.tolist() == [0] * 5
    for gradient, x in ((gradInput, input), (net.gradWeight, net.weight), (net.gradBias, net.bias)):
        torch.testing.assert_close(gradient, differences(value, x), rtol=1e-5, atol=1e-7)
    single = net.clone().float().forward(Table([input.float(), LEAVES]))
    torch.testing.assert_close(single.double(), net.output, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("accUpdate", [False, True])
def test_a_tree_updates_the_nodes_that_were_visited(accUpdate):
    net = tree(accUpdate=accUpdate)
    input, before, loss = Table([normal(2, 3), torch.tensor([4, 2])]), net.weight.clone(), nnx.TreeNLLCriterion()
    first = loss.forward(net.forward(input))
    net.zeroGradParameters()
    if accUpdate:
        net.backwardUpdate(input, loss.backward(net.output), 0.1)
    else:
        net.backward(input, loss.backward(net.output))
        assert dict(net.updates.items()) == {12: 2, 13: 1}
        parameters, gradients, *_ = net.parameters()
        assert set(parameters.keys()) == set(gradients.keys()) == {12, 13, 12 + 13, 13 + 13}
        net.updateParameters(0.1)
        net.zeroGradParameters()
        assert not net.gradWeight.any() and not dict(net.updates.items())
        assert net.getParameters()[0].numel() == 12 * 4
    changed = dict(zip(net.childIds.tolist(), (net.weight != before).any(1).tolist()))
    assert sorted(child for child in changed if changed[child]) == [1, 2, 3, 4, 13]
    assert loss.forward(net.forward(input)) < first


def test_errors_of_trees():
    with pytest.raises(TorchError, match="Non-root node has no parent"):
        tree().forward(Table([normal(1, 3), torch.tensor([12])]))
    with pytest.raises(TorchError, match=r"batch x 3 and a leaf for each expected, got \[1 x 3\] and \[2\]"):
        tree().forward(Table([normal(1, 3), torch.tensor([2, 3])]))
    with pytest.raises(TorchError, match="no way to the root, which is 1"):
        nnx.SoftMaxTree(3, Table({2: torch.tensor([3])}))


# --- sequences without places


def by_all_paths(scores, labels):
    """The probability of the labels: summed over all ways to write them."""
    steps, classes = scores.shape
    total = 0
    for path in itertools.product(range(classes), repeat=steps):
        written = [step for step, _ in itertools.groupby(path) if step]
        if written == labels:
            total += math.prod(scores[step, place].item() for step, place in enumerate(path))
    return total


def test_ctc_is_the_sum_over_all_paths():
    input, labels, steps = normal(4, 2, 3), Table([Table([1, 2]), Table([2, 2])]), torch.tensor([4.0, 3.0])
    criterion = nnx.CTCCriterion()
    first, second = (input[:, i].softmax(1) for i in range(2))
    expected = -math.log(by_all_paths(first, [1, 2])) - math.log(by_all_paths(second[:3], [2, 2]))
    assert abs(criterion.forward(input, labels, steps) - expected / 2) < 1e-12
    assert abs(criterion.output - expected) < 1e-12
    gradient = criterion.backward(input, labels).clone()
    torch.testing.assert_close(
        gradient, differences(lambda: 2 * criterion.forward(input, labels, steps), input), rtol=1e-5, atol=1e-7
    )
    turned = nnx.CTCCriterion(True)
    assert abs(turned.forward(input.transpose(0, 1), labels, steps) - expected / 2) < 1e-12
    assert torch.equal(turned.backward(input.transpose(0, 1), labels), gradient.transpose(0, 1))
    criterion.forward(input.view(8, 3), labels, steps)
    assert torch.equal(criterion.backward(input.view(8, 3), labels), gradient.view(8, 3))
    # how many sequences there are is for the sizes to say, not for the shape
    one, steps = Table([Table([1, 2])]), torch.tensor([4])
    expected = criterion.forward(input[:, :1], one, steps)
    assert criterion.forward(input[:, :1].transpose(0, 1), one, steps) == expected
    with pytest.raises(TorchError, match=r"scores and labels of 1 sequences expected, got \[4 x 2 x 3\] and a .* of 2"):
        criterion.forward(input, labels, steps)


def test_ctc_of_too_few_steps_costs_nothing():
    criterion, labels = nnx.CTCCriterion(), Table([Table([1, 1, 1])])
    assert criterion.forward(normal(4, 1, 3), labels, torch.tensor([4])) == 0
    assert not criterion.gradInput.any()
    with pytest.raises(TorchError, match="labels from 1 to 2 expected"):
        criterion.forward(normal(4, 1, 3), Table([Table([3])]), torch.tensor([4]))
    with pytest.raises(TorchError, match="the size of each sequence"):
        criterion.forward(normal(4, 1, 3), labels, None)


# --- a metric


@pytest.mark.parametrize("whole", [True, False])
def test_gradients_by_a_metric_do_not_depend_on_the_scale_of_the_input(whole):
    input, gradOutput = normal(8, 3), normal(8, 2)
    turned = []
    for scale in (1, 10):
        manualSeed(1)
        net = nnx.QDRiemaNNLinear(3, 2, 0.5, whole)
        for _ in range(3):
            net.zeroGradParameters()
            net.forward(input * scale)
            net.backward(input * scale, gradOutput)
        turned.append((net.gradWeight * scale, net.gradBias))
    torch.testing.assert_close(*turned, rtol=1e-6, atol=1e-8)
    assert net.gradBias.abs().max() > 0


def test_a_metric_of_one_sample_and_no_bias_part():
    net = nnx.QDRiemaNNLinear(2, 1, None, False)
    net.zeroGradParameters()
    net.forward(torch.tensor([[2.0, 4.0]], dtype=torch.float64))
    net.backward(torch.tensor([[2.0, 4.0]], dtype=torch.float64), torch.tensor([[0.5]], dtype=torch.float64))
    torch.testing.assert_close(net.gradWeight, torch.tensor([[1, 0.5]], dtype=torch.float64))  # g x / (g x)^2
    torch.testing.assert_close(net.gradBias, torch.tensor([2], dtype=torch.float64))
