"""PyTorch modules in Torch7 networks, Torch7 networks in PyTorch ones."""

import copy
import pickle

import pytest
import torch

import torch7py
from tests.gradcheck import check_module
from tests.test_nn_gradients import sequence, x
from torch7py import nn, random, serialization
from torch7py.errors import TorchError
from torch7py.table import Table


@pytest.fixture(autouse=True)
def seeded():
    random.manualSeed(1)
    torch.manual_seed(1)


def layer():
    return nn.FromTorch(torch.nn.Linear(3, 2).double())


class Pair(torch.nn.Module):
    """Two inputs, two outputs."""

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor([0.5, -2.0]).double())
        self.factor = torch.nn.Parameter(torch.tensor(1.5).double())

    def forward(self, a, b):
        return a * self.scale, (a * b).sum() * self.factor


@pytest.mark.parametrize(
    ("make", "input"),
    [
        (layer, x(4, 3)),
        (lambda: sequence(nn.Linear(3, 3), layer(), nn.Tanh()), x(4, 3)),
        (lambda: nn.FromTorch(torch.nn.functional.gelu), x(5)),
        (lambda: nn.FromTorch(torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh()).double()), x(2, 3)),
        (lambda: nn.FromTorch(torch.nn.LayerNorm(3).double()), x(2, 3)),
        (lambda: nn.FromTorch(Pair()), Table([x(3, 2), x(3, 2) * 2])),
    ],
)
def test_gradients_of_torch_modules(make, input):
    check_module(make(), input)


def test_torch_parameters_are_the_networks():
    inner = torch.nn.Linear(3, 2).double()
    net = sequence(nn.Linear(4, 3), nn.FromTorch(inner))
    flat, gradient = net.getParameters()
    assert flat.numel() == 4 * 3 + 3 + 3 * 2 + 2
    net.zeroGradParameters()
    net.backward(x(2, 4), torch.ones_like(net.forward(x(2, 4))))
    assert gradient[15:].abs().sum() > 0
    flat.fill_(0.5)
    net.forward(x(2, 4))
    assert inner.weight.eq(0.5).all() and inner.bias.eq(0.5).all()
    net.updateParameters(0.1)
    assert torch.equal(inner.weight.data, net.get(2).weights[1]) and not inner.weight.eq(0.5).all()


def test_a_step_without_gradient_fields():
    module = layer()
    module.zeroGradParameters()
    bias = module.weights[2].clone()
    module.forward(x(2, 3))
    module.backwardUpdate(x(2, 3), torch.ones(2, 2).double(), 0.1)
    torch.testing.assert_close(module.weights[2], bias - 0.2)
    assert module.gradWeights[1].abs().sum() == module.gradWeights[2].abs().sum() == 0


def test_modes_types_and_clones_of_torch_modules():
    inner = torch.nn.BatchNorm1d(3).double()
    module = nn.FromTorch(torch.nn.Sequential(inner, torch.nn.Dropout(0.5)))
    module.evaluate()
    assert torch.equal(module.forward(x(4, 3)), module.forward(x(4, 3))) and inner.num_batches_tracked == 0
    module.training()
    module.forward(x(4, 3))
    assert inner.num_batches_tracked == 1
    twin = module.clone()
    twin.weights[1].fill_(7)
    assert not inner.weight.eq(7).any()
    twin.evaluate()
    assert twin.module[0] is not inner and twin.forward(x(4, 3)).shape == (4, 3) and twin.module[0].weight.eq(7).all()
    module.float()
    assert module.forward(x(4, 3).float()).dtype is torch.float32 and inner.running_mean.dtype is torch.float32


def test_a_file_keeps_the_parameters_and_asks_for_the_module():
    net = sequence(nn.FromTorch(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).double()))
    net.forward(x(4, 3))
    net.evaluate()
    expected = net.forward(x(4, 3)).clone()
    loaded = serialization.deserialize(serialization.serialize(net))
    with pytest.raises(TorchError, match="has no code: give it its Sequential by setModule"):
        loaded.forward(x(4, 3))
    with pytest.raises(TorchError, match="does not have the parameters"):
        loaded.get(1).setModule(torch.nn.Linear(3, 3))
    loaded.get(1).setModule(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).double())
    torch.testing.assert_close(loaded.forward(x(4, 3)), expected)
    assert net.forward(x(4, 3)).equal(expected) and "buffers" not in vars(net.get(1))


def test_integer_inputs_get_no_gradient():
    module = nn.FromTorch(torch.nn.Embedding(5, 2).double())
    module.forward(torch.tensor([1, 3]))
    gradient = module.backward(torch.tensor([1, 3]), torch.ones(2, 2).double())
    assert gradient.tolist() == [0, 0] and module.gradWeights[1].sum() == 4


def test_backward_first_is_a_clear_error():
    with pytest.raises(TorchError, match="needs a forward before it"):
        layer().backward(x(2, 3), x(2, 2))


# --- the other way round


def network():
    return sequence(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def test_gradients_through_a_torch7_network():
    module = torch7py.as_torch_module(network())
    inputs = x(2, 3).requires_grad_()
    assert torch.autograd.gradcheck(module, (inputs,))
    loss = module(inputs).square().sum()
    loss.backward()
    weights = list(module.parameters())
    for place, weight in enumerate(weights):
        assert weight.grad.shape == weight.shape
        step = torch.zeros_like(weight).view(-1)
        step[0] = 1e-6
        with torch.no_grad():
            before = module(inputs).square().sum()
            weight.add_(step.view(weight.shape))
            after = module(inputs).square().sum()
            weight.sub_(step.view(weight.shape))
        assert ((after - before) / 1e-6).item() == pytest.approx(weight.grad.view(-1)[0].item(), rel=1e-3), place


def test_it_trains_beside_pytorch_layers():
    net = network()
    model = torch.nn.Sequential(torch.nn.Linear(5, 3).double(), nn.as_torch_module(net), torch.nn.Linear(2, 1).double())
    first = net.get(1).weight.clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = (model(x(8, 5)) - x(8, 1)).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    assert not torch.equal(first, net.get(1).weight)
    assert torch.equal(model[1].weights[0].data, net.get(1).weight)


def test_the_networks_own_gradients_stay():
    net = network()
    net.zeroGradParameters()
    net.get(1).gradWeight.fill_(3)
    module = torch7py.as_torch_module(net)
    module(x(2, 3)).sum().backward()
    assert net.get(1).gradWeight.eq(3).all() and module.weights[0].grad is not None


def test_two_calls_before_one_backward():
    net = sequence(nn.Linear(3, 4), nn.Dropout(0.5), nn.Tanh())
    module = torch7py.as_torch_module(net)
    a, b = x(2, 3).requires_grad_(), (x(2, 3) * 2).requires_grad_()
    first = module(a)
    second = module(b)
    (first.sum() + 2 * second.sum()).backward()
    together = a.grad.clone(), b.grad.clone()
    random.manualSeed(5)
    a.grad = None
    state = random.getRNGState()
    module(a).sum().backward()
    alone = a.grad.clone()
    random.setRNGState(state)
    a.grad = None
    out = module(a)
    module(b)
    out.sum().backward()
    torch.testing.assert_close(a.grad, alone)
    assert together[0].abs().sum() > 0 and together[1].abs().sum() > 0


def test_tables_are_tuples():
    net = nn.ParallelTable().add(nn.Linear(3, 2)).add(nn.Tanh())
    module = torch7py.as_torch_module(net)
    a, b = x(2, 3).requires_grad_(), x(2, 2).requires_grad_()
    first, second = module(a, b)
    again = module((a, b))
    assert torch.equal(first, again[0]) and torch.equal(second, again[1])
    (first.sum() + second.sum()).backward()
    assert a.grad.shape == (2, 3) and b.grad.shape == (2, 2)


def test_types_modes_and_copies_of_torch7_networks():
    module = torch7py.as_torch_module(sequence(nn.Linear(3, 2), nn.Dropout(0.5)))
    module.eval()
    assert module.net.get(2).train is False
    expected = module(x(2, 3))
    module.float()
    assert module(x(2, 3).float()).dtype is torch.float32 and module.net.type() == "torch.FloatTensor"
    with torch.no_grad():
        module.weights[0].zero_()
    assert module.net.get(1).weight.eq(0).all()
    module.double()
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        twin.net.get(1).weight.fill_(1)
        assert twin.weights[0].eq(1).all() and module.weights[0].eq(0).all()
    assert expected.shape == (2, 2)
