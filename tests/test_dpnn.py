"""dpnn from Python: shared clones, training helpers, lighter files, REINFORCE, noise contrastive estimation."""

import math

import pytest
import torch

import torch7py
from torch7py import TorchError, dpnn, nn, random, torchx
from torch7py.table import Table


@pytest.fixture(autouse=True)
def seeded():
    random.manualSeed(1)


def network():
    return nn.Sequential().extend(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def same_memory(one, other):
    return one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()


@pytest.mark.parametrize(("parameters", "gradients"), [(True, True), (True, False), (False, True), (False, False)])
def test_shared_clone(parameters, gradients):
    original = network()
    clone = original.sharedClone(parameters, gradients)
    for one, other in zip(original.parameters()[0], clone.parameters()[0], strict=True):
        assert same_memory(one, other) == parameters and torch.equal(one, other)
    for one, other in zip(original.parameters()[1], clone.parameters()[1], strict=True):
        assert same_memory(one, other) == gradients
    assert not same_memory(original.forward(torch.ones(3).double()), clone.forward(torch.ones(3).double()))


def test_shared_clone_of_a_module_that_stands_in_two_places():
    linear = nn.Linear(2, 2)
    clone = nn.Sequential().extend(linear, linear).sharedClone()
    assert clone.get(1) is clone.get(2) is not linear
    normalization = nn.BatchNormalization(3)
    assert same_memory(normalization.sharedClone().running_mean, normalization.running_mean)


def test_hidden_clones_stay_tied_to_the_flat_parameters():
    linear = nn.Linear(3, 4)
    linear.hidden = Table([linear.sharedClone()])
    parameters, _ = linear.getParameters()
    parameters.fill_(7)
    assert (linear.hidden[1].weight == 7).all() and parameters.numel() == 16


def test_clipping_decay_and_momentum():
    net = network()
    parameters, gradients = net.getParameters()
    gradients.fill_(1)
    norm = math.sqrt(gradients.numel())
    assert net.gradParamClip(norm / 2) == pytest.approx(norm)
    assert gradients.norm().item() == pytest.approx(norm / 2)
    assert net.gradParamClip(norm) == pytest.approx(norm / 2)  # short enough: stays
    gradients.zero_()
    net.weightDecay(0.1)
    torch.testing.assert_close(net.get(1).gradWeight, net.get(1).weight * 0.1)
    assert net.get(1).gradBias.abs().sum() == 0
    gradients.fill_(1)
    net.updateGradParameters(0.9, 0)  # velocities begin as copies
    torch.testing.assert_close(gradients, torch.full_like(gradients, 1.9))
    net.get(1).momFactor = 0
    gradients.fill_(1)
    net.updateGradParameters(0.9, 0, True)
    assert (net.get(1).gradWeight == 1).all()
    assert net.get(3).gradWeight[0, 0].item() == pytest.approx(1 + 0.9 * (0.9 * 1.9 + 1))
    net.maxParamNorm(0.1)
    assert net.get(1).weight.norm(2, 1).max() <= 0.1
    parameters[0] = math.nan
    with pytest.raises(TorchError, match="NaN Error for param at index1"):
        net.checkParameters()


def test_single_samples_as_batches():
    linear = nn.Linear(2, 2)
    assert linear.toBatch(torch.ones(3), 1).shape == (1, 3)
    assert linear.fromBatch(torch.ones(1, 4), 1).shape == (4,)
    assert linear.toBatch(torch.ones(2, 3), 1).shape == (2, 3)
    assert linear.fromBatch(torch.ones(1, 4), 1).shape == (1, 4)
    assert nn.MSECriterion().toBatch(torch.ones(3), 1).shape == (1, 3)


def test_serial_leaves_out_what_is_computed_anew():
    net = network()
    net.forward(torch.ones(2, 3).double())
    net.backward(torch.ones(2, 3).double(), torch.ones(2, 2).double())
    serial = net.Serial("torch.FloatTensor").lightSerial()
    read = torch7py.deserialize(torch7py.serialize(serial))
    for copy in (read, serial.clone()):
        linear = copy.get(1).get(1)
        assert linear.weight.dtype is torch.float32 and linear.weight.shape == (4, 3)
        assert linear.output.numel() == linear.gradWeight.numel() == 0
    assert net.get(1).weight.dtype is torch.float64 and net.get(1).output.numel() == 8
    state = serial.getSerialState()
    assert state["dpnn_typename"] == "nn.Serial" and state["modules"][1]["dpnn_typename"] == "nn.Sequential"
    torch.testing.assert_close(read.forward(torch.ones(2, 3)), net.forward(torch.ones(2, 3).double()).float())


@pytest.mark.parametrize(
    ("make", "input", "log_density"),
    [
        (lambda: dpnn.ReinforceNormal(0.5), (3, 4), lambda o, p: -((o - p) ** 2) / (2 * 0.25)),
        (dpnn.ReinforceBernoulli, (3, 4), lambda o, p: torch.log(o * p + (1 - o) * (1 - p))),
        (dpnn.ReinforceCategorical, (3, 4), lambda o, p: o * torch.log(p)),
        (
            lambda: dpnn.ReinforceGamma(2),
            (3, 4),
            lambda o, k: (k - 1) * o.log() - o / 2 - torch.lgamma(k) - k * math.log(2),
        ),
    ],
)
def test_reinforce_gives_the_gradient_of_the_log_density(make, input, log_density):
    module, reward = make(), torch.tensor([1.0, -2, 3]).double()
    p = torch.rand(input).double() * 0.8 + 0.1
    output = module.forward(p).clone()
    module.reinforce(reward)
    watched = p.clone().requires_grad_()
    (log_density(output, watched) * -reward.unsqueeze(1)).sum().backward()
    torch.testing.assert_close(module.backward(p, torch.zeros_like(p)), watched.grad, rtol=1e-5, atol=1e-6)
    module.evaluate()
    assert torch.equal(module.forward(p), module.forward(p))


def test_reinforce_of_two_parameters():
    for module, log_density in (
        (dpnn.ReinforceNormal(), lambda o, m, s: -((o - m) ** 2) / (2 * s * s) - s.log()),
        (dpnn.ReinforceGamma(), lambda o, k, t: (k - 1) * o.log() - o / t - torch.lgamma(k) - k * t.log()),
    ):
        pair = [torch.rand(2, 3).double() + 0.5 for _ in range(2)]
        output = module.forward(Table(pair)).clone()
        module.reinforce(torch.tensor([2.0, -1]).double())
        first, second = (tensor.clone().requires_grad_() for tensor in pair)
        (log_density(output, first, second) * torch.tensor([[-2.0], [1]]).double()).sum().backward()
        by_first, by_second = module.backward(Table(pair), None)
        torch.testing.assert_close(by_first, first.grad, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(by_second, second.grad, rtol=1e-5, atol=1e-6)


def test_gamma_numbers_have_the_right_moments():
    for shape, scale in ((0.5, 2.0), (1.0, 1.0), (4.0, 0.5)):
        drawn = dpnn.ReinforceGamma(scale).forward(torch.full((20000,), shape).double())
        assert drawn.mean().item() == pytest.approx(shape * scale, rel=0.05)
        assert drawn.var().item() == pytest.approx(shape * scale**2, rel=0.1)


def test_a_reward_reaches_the_stochastic_modules():
    net = nn.Sequential().extend(nn.Linear(3, 2), nn.SoftMax(), dpnn.ReinforceCategorical())
    criterion = dpnn.VRClassReward(net, 2)
    x, target = torch.randn(4, 3).double(), torch.tensor([1, 2, 1, 2])
    drawn = net.forward(x)
    right = (drawn.argmax(1) + 1 == target).double()
    baseline = torch.full((4, 1), 0.25).double()
    assert criterion.forward(Table([drawn, baseline]), target) == pytest.approx(-2 * right.mean().item())
    by_prediction, by_baseline = criterion.backward(Table([drawn, baseline]), target)
    assert by_prediction.abs().sum() == 0 and by_baseline.shape == (4, 1)
    torch.testing.assert_close(net.get(3).reward, (2 * right - 0.25) / 4)


def test_drawing_from_a_large_distribution():
    p = torch.tensor([0.1, 0.2, 0.05, 0.65]).double()
    drawn = torchx.AliasMultinomial(p).batchdraw(torch.empty(100, 300, dtype=torch.int64))
    torch.testing.assert_close(
        torch.bincount(drawn.flatten() - 1) / drawn.numel(), p, rtol=0.05, atol=0, check_dtype=False
    )


def test_nce_over_all_classes_in_evaluation():
    module = dpnn.NCEModule(3, 6, 2, torch.ones(6).double(), 1)
    input = Table([torch.randn(2, 3).double(), torch.tensor([1, 6])])
    assert [tensor.shape for tensor in module.forward(input)] == [(2,), (2, 2), (2,), (2, 2)]
    module.evaluate()
    module.normalized = True
    torch.testing.assert_close(module.forward(input).sum(1), torch.ones(2).double())


def test_entropy_is_raised_below_its_minimum():
    module = dpnn.CategoricalEntropy(1, 0.5)
    sure, unsure = torch.tensor([[0.98, 0.02]] * 3).double(), torch.tensor([[0.5, 0.5]] * 3).double()
    module.forward(sure)
    gradient = module.backward(sure, torch.zeros_like(sure))
    assert gradient[0, 0] > gradient[0, 1]  # descent takes from the likely one
    assert module.backward(unsure, torch.zeros_like(unsure)).abs().sum() == 0
    assert module.entropy == pytest.approx(math.log(2), rel=1e-5)


def test_region_dropout_takes_an_edge():
    module = dpnn.SpatialRegionDropout(0.25)
    images = torch.ones(1, 2, 8, 8)
    module.float()
    for _ in range(8):
        kept = module.forward(images)[0, 0] != 0
        assert kept.sum() == 48
        edge = {1: kept[:2], 2: kept[-2:], 3: kept[:, :2], 4: kept[:, -2:]}[module.regionType]
        assert not edge.any()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (lambda: dpnn.Clip("a", 1), "Clip: minval must be a number, got string"),
        (lambda: dpnn.TotalDropout(1), "illegal percentage"),
        (lambda: dpnn.ReinforceBernoulli()(torch.ones(2, 3).double() / 2, torch.ones(2, 3)), "no reward yet"),
        (lambda: dpnn.FireModule(2, 1, 1, 1, "Relu"), "there is no module nn.Relu"),
        (lambda: dpnn.Inception(Table(inputSize=3)), "outputSize is missing"),
        (lambda: dpnn.CategoricalEntropy().forward(torch.ones(3)), r"only works with batches, got input \[3\]"),
        (lambda: dpnn.Serial(nn.Linear(2, 2), "float"), "Expecting tensortype"),
        (lambda: dpnn.SpatialGlimpse(3).forward(Table([torch.ones(3)])), "{images, locations} expected"),
        (lambda: torchx.AliasMultinomial(torch.ones(2, 2)), r"a vector of probabilities expected, got \[2 x 2\]"),
    ],
)
def test_errors_name_what_is_wrong(fault, message):
    with pytest.raises(TorchError, match=message):
        fault()
