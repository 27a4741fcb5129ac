"""Distances, sparse and partial linear layers, weight normalisation, decorators, ...; every class has its gradients
checked somewhere.
"""

import pytest
import torch

from tests import test_nn_convolution, test_nn_criterions, test_nn_gradients
from tests.gradcheck import STEP, backward, check_criterion, check_module, differences, leaves, loss
from tests.test_nn_gradients import positive, sequence, x
from torch7py import nn, random, serialization
from torch7py.classes import registry
from torch7py.errors import TorchError
from torch7py.table import Table


@pytest.fixture(autouse=True)
def seeded():
    random.manualSeed(1)


def partial_linear():
    layer = nn.PartialLinear(3, 5)
    layer.setPartition(torch.tensor([4, 1]).double())
    return layer


MODULES = {
    "Euclidean": (lambda: nn.Euclidean(3, 2), x(3), x(4, 3)),
    "Euclidean slow": (lambda: slow(nn.Euclidean(3, 2)), x(4, 3)),
    "PartialLinear": (lambda: nn.PartialLinear(3, 2), x(4, 3)),
    "PartialLinear of two": (partial_linear, x(4, 3)),
    "PartialLinear without bias": (lambda: nn.PartialLinear(3, 2, False), x(4, 3)),
    "PairwiseDistance": (nn.PairwiseDistance, Table([x(4), positive(4)]), Table([x(3, 4), positive(3, 4)])),
    "PairwiseDistance of 1": (lambda: nn.PairwiseDistance(1), Table([x(3, 4), positive(3, 4)])),
    "PairwiseDistance of 3": (lambda: nn.PairwiseDistance(3), Table([x(3, 4), positive(3, 4)])),
    "SpatialSoftMax": (nn.SpatialSoftMax, x(2, 3, 2), x(2, 2, 3, 2)),
    "SpatialLogSoftMax": (nn.SpatialLogSoftMax, x(2, 3, 2), x(2, 2, 3, 2)),
    "VolumetricBatchNormalization": (lambda: nn.VolumetricBatchNormalization(2), x(3, 2, 2, 1, 2)),
    "VolumetricDropout": (lambda: nn.VolumetricDropout(0.4), x(4, 1, 2, 1), x(2, 3, 1, 2, 1)),
    "Copy": (nn.Copy, x(3), x(2, 3)),
    "CAddTensorTable": (nn.CAddTensorTable, Table([x(3), Table([x(3) * 2, x(3) * 3])])),
    "ZipTable": (nn.ZipTable, Table([Table([x(2), x(3)]), Table([x(1), x(4)])])),
    "ZipTableOneToMany": (nn.ZipTableOneToMany, Table([x(2), Table([x(3), x(4)])])),
    "Convert to features": (lambda: nn.Convert("bchw", "bf"), x(2, 3, 1, 2), x(3, 1, 2)),
    "Convert by transposing": (lambda: nn.Convert("chw", "hwc"), x(2, 3, 4), x(2, 2, 3, 4)),
    "Decorator": (lambda: nn.Decorator(nn.Linear(3, 2)), x(3), x(2, 3)),
    "DontCast": (lambda: nn.DontCast(nn.Linear(3, 2), True), x(3), x(2, 3)),
    "NaN": (lambda: nn.NaN(nn.Linear(3, 2)), x(3), x(2, 3)),
    "Profile": (lambda: nn.Profile(nn.Linear(3, 2), 1000), x(3), x(2, 3)),
    "GPU": (lambda: nn.GPU(nn.Linear(3, 2), 1), x(3), x(2, 3)),
    "FromTorch": (lambda: nn.FromTorch(torch.nn.Linear(3, 2).double()), x(3), x(2, 3)),
}
# Of these the original does not add up gradients, or not by scale: only the first gradient at scale 1 can be right.
ONCE = {
    "WeightedEuclidean": (lambda: nn.WeightedEuclidean(3, 2), x(3), x(4, 3)),
    "WeightNorm": (lambda: nn.WeightNorm(nn.Linear(3, 2)), x(3), x(4, 3)),
    "WeightNorm of columns": (lambda: nn.WeightNorm(nn.Linear(3, 2), 2), x(4, 3)),
    "WeightNorm of a convolution": (lambda: nn.WeightNorm(nn.SpatialConvolution(2, 3, 2, 2)), x(2, 2, 3, 3)),
    "WeightNorm of a full convolution": (lambda: nn.WeightNorm(nn.SpatialFullConvolution(2, 3, 2, 2), 2), x(2, 3, 3)),
    "LinearWeightNorm": (lambda: nn.LinearWeightNorm(3, 2), x(3), x(4, 3)),
    "LinearWeightNorm without bias": (lambda: nn.LinearWeightNorm(3, 2, False), x(4, 3)),
    "Bilinear": (lambda: nn.Bilinear(2, 4, 3), Table([x(3, 2), x(3, 4)])),
    "Cosine": (lambda: nn.Cosine(4, 3), x(4), x(3, 4)),
}
CRITERIONS = {
    "CriterionTable": (lambda: _Pair(nn.CriterionTable(nn.MSECriterion())), x(3), x(3) * 2),
    "SpatialAutoCropMSE": (nn.SpatialAutoCropMSECriterion, x(2, 3, 2), x(2, 3, 2) * 2),
}
# Classes whose gradient is none, or not that of what they compute; or whose inputs have places: these have tests below.
OTHERWISE = """
    Module Container Criterion StochasticGradient
    Constant OneHot Kmeans ZeroGrad GradientReversal L1Penalty PrintSize
    LookupTable SparseLinear IndexLinear Index MaskedSelect
""".split()
CASES = [(name, case[0], input) for name, case in MODULES.items() for input in case[1:]]
ONCE_CASES = [(name, case[0], input) for name, case in ONCE.items() for input in case[1:]]


class _Pair:
    """CriterionTable, which takes input and target as one Table, as a criterion of two."""

    def __init__(self, module):
        self.module = module

    def forward(self, input, target):
        return self.module.forward(Table([input, target]))

    def backward(self, input, target):
        return self.module.backward(Table([input, target]), None)


def slow(module):
    module.fastBackward = False
    return module


@pytest.mark.parametrize(("name", "make", "input"), CASES, ids=[case[0] for case in CASES])
def test_gradients(name, make, input):
    check_module(make(), input)


def check_once(module, input):
    module.zeroGradParameters()
    computed = backward(module, input)
    parameters, gradients = module.parameters()
    gradients = [gradient.clone() for gradient in gradients]
    for tensor, gradient in zip([*leaves(input), *parameters], [*computed, *gradients], strict=True):
        expected = differences(lambda: loss(module, input), tensor)
        torch.testing.assert_close(gradient.view_as(expected), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "make", "input"), ONCE_CASES, ids=[case[0] for case in ONCE_CASES])
def test_gradients_of_the_first_backward(name, make, input):
    check_once(make(), input)


@pytest.mark.parametrize(("name", "make", "input"), CASES + ONCE_CASES, ids=[case[0] for case in CASES + ONCE_CASES])
def test_floats_agree_with_doubles(name, make, input):
    test_nn_gradients.test_floats_agree_with_doubles(name, make, input)


@pytest.mark.parametrize("name", CRITERIONS)
def test_gradients_of_criterions(name):
    make, input, target = CRITERIONS[name]
    check_criterion(make(), input, target)


def test_every_class_has_its_gradients_checked():
    cases = [test_nn_gradients.MODULES, test_nn_convolution.MODULES, MODULES, ONCE, CRITERIONS]
    built = {nn.CriterionTable}
    for case in [case for group in (*cases, test_nn_criterions.CASES) for case in group.values()]:
        made = case[0]()
        built.update(map(type, made.listModules() if isinstance(made, nn.Module) else [made]))
    own = [cls for cls in map(registry.find, registry.names()) if cls.__module__.startswith("torch7py.nn.")]
    missing = {cls.__typename__ for cls in own if cls not in built} - {f"nn.{name}" for name in OTHERWISE}
    assert not missing


# --- inputs that hold places


def test_lookup_table():
    table = nn.LookupTable(4, 3)
    for places in (torch.tensor([2, 4, 2]), torch.tensor([[1, 2], [2, 2]])):
        check_module(table, places, by_input=False)
    table.float()
    table.forward(torch.tensor([1, 1]))
    table.backward(torch.tensor([1, 1]), torch.ones(2, 3))
    assert table.output.dtype is torch.float32 and table.gradWeight.dtype is torch.float32


@pytest.mark.parametrize(
    ("module", "mask"),
    [(nn.Index(2), torch.tensor([2, 1, 2])), (nn.MaskedSelect(), torch.tensor([[1, 0, 1], [1, 1, 0]]).byte())],
)
def test_selections_by_a_tensor(module, mask):
    tensor = x(2, 3)
    computed = backward(module, Table([tensor, mask]))
    expected = differences(lambda: loss(module, Table([tensor, mask])), tensor)
    torch.testing.assert_close(computed[0], expected, rtol=1e-5, atol=1e-6)
    assert computed[1].sum() == 0 and computed[1].shape == mask.shape


def pairs(*rows):
    return torch.tensor(rows).double()


SPARSE = {
    "one": pairs((1, 0.5), (4, -1), (1, 2)),
    "Table": Table([pairs((1, 0.5), (4, -1)), pairs((2, 1.5))]),
    "tensor": torch.stack([pairs((1, 0.5), (4, -1)), pairs((2, 1.5), (3, 0))]),
}


@pytest.mark.parametrize("kind", SPARSE)
def test_sparse_linear_is_linear(kind):
    sparse, input = nn.SparseLinear(5, 2, True), SPARSE[kind]
    dense, samples = nn.Linear(5, 2), [input] if kind == "one" else list(input)
    dense.weight.copy_(sparse.weight)
    dense.bias.copy_(sparse.bias)
    rows = torch.zeros(len(samples), 5).double()
    for row, sample in zip(rows, samples, strict=True):
        row.index_add_(0, sample[:, 0].long() - 1, sample[:, 1])
    torch.testing.assert_close(sparse.forward(input).view(-1, 2), dense.forward(rows))
    for module in (sparse, dense):
        module.zeroGradParameters()
    gradient = x(len(samples), 2)
    by_places = sparse.backward(input, gradient[0] if kind == "one" else gradient, 0.5)
    by_rows = dense.backward(rows, gradient, 0.5)
    for given, expected in zip(by_places, by_rows, strict=True):
        assert given[:, 0].tolist() == [1, 2, 3, 4, 5]
        torch.testing.assert_close(given[:, 1], expected)
    for mine, others in zip(sparse.parameters()[1], dense.parameters()[1], strict=True):
        torch.testing.assert_close(mine, others)
    for module in (sparse, dense):
        module.updateParameters(0.1)
        module.zeroGradParameters()
    torch.testing.assert_close(sparse.weight, dense.weight)
    assert sparse.gradWeight.abs().sum() == sparse.gradBias.abs().sum() == 0


def test_sparse_linear_says_which_place_is_wrong():
    layer = nn.SparseLinear(5, 2)
    with pytest.raises(TorchError, match="6 not between 1 and 5"):
        layer.forward(pairs((6, 1)))
    assert layer.forward(pairs((6, 0))).shape == (2,)  # a zero may stand anywhere
    with pytest.raises(TorchError, match="nnz x 2"):
        layer.forward(x(3, 3))


INDEXED = {
    "Tables": Table([Table([torch.tensor([1, 3]), torch.tensor([3, 2, 5])]), Table([x(2), x(3)])]),
    "flat": Table([torch.tensor([1, 3, 3, 2, 5]), torch.cat([x(2), x(3)]), torch.tensor([2, 3])]),
}


@pytest.mark.parametrize("kind", INDEXED)
def test_index_linear_steps_like_linear(kind):
    layer, input = nn.IndexLinear(5, 2, True), INDEXED[kind]
    layer.reset(0.5)
    dense = nn.Linear(5, 2)
    dense.weight.copy_(layer.weight.t())
    dense.bias.copy_(layer.bias)
    rows = torch.zeros(2, 5).double()
    rows[0, [0, 2]], rows[1, [2, 1, 4]] = x(2), x(3)
    gradient = x(2, 2)
    for module, given in ((layer, input), (dense, rows)):
        module.zeroGradParameters()
        for _ in range(2):
            module.forward(given)
            module.backward(given, gradient, 0.5)
    torch.testing.assert_close(layer.output, dense.output)
    gradients = layer.gradInput[2] if kind == "flat" else torch.stack(layer.gradInput[2].list())
    torch.testing.assert_close(gradients, dense.gradInput)
    layer.updateParameters(0.1)
    dense.updateParameters(0.1)
    torch.testing.assert_close(layer.weight.t(), dense.weight)
    torch.testing.assert_close(layer.bias, dense.bias)
    layer.forward(input)
    layer.accUpdateGradParameters(input, gradient, 0.1)
    dense.zeroGradParameters()
    dense.forward(rows)
    dense.backward(rows, gradient)
    dense.updateParameters(0.1)
    torch.testing.assert_close(layer.weight.t(), dense.weight)


def test_index_linear_normalizes_by_the_greatest_values():
    layer = nn.IndexLinear(3, 1, normalize=True)
    layer.weight[:, 4] = 1
    layer.training()
    input = Table([torch.tensor([1, 1, 2]), torch.tensor([2.0, -4, 0.5]).double(), torch.tensor([1, 2])])
    assert layer.forward(input).view(-1).tolist() == [1, 0]  # 2 / 2, then -4 / 4 + 0.5 / 0.5
    assert layer.weight[:, 0].tolist() == [4, 0.5, 0]
    layer.evaluate()
    seen = Table([torch.tensor([1, 2]), torch.tensor([2.0, 9]).double(), torch.tensor([2])])
    assert layer.forward(seen).item() == 1.5  # 2 / 4, and 9 cut off at 1


# --- gradients that are not those of the output


def test_gradients_by_design():
    ones = torch.ones(3).double()
    assert nn.ZeroGrad().backward(x(3), ones).abs().sum() == 0
    reversal = nn.GradientReversal(0.5)
    reversal.forward(x(3))
    assert reversal.backward(x(3), ones).tolist() == [-0.5] * 3
    penalty = nn.L1Penalty(0.1)
    penalty.forward(x(3))
    torch.testing.assert_close(penalty.backward(x(3), ones), 1 + 0.1 * x(3).sign())
    for module, input in ((nn.Constant(x(2), 1), x(3, 4)), (nn.OneHot(4), torch.tensor([1, 3]))):
        module.forward(input)
        assert module.backward(input, torch.ones_like(module.output)).abs().sum() == 0


def test_a_step_takes_kmeans_centres_to_the_means():
    layer = nn.Kmeans(2, 1)
    layer.weight.copy_(torch.tensor([[0.0], [10]]))
    points = torch.tensor([[1.0], [3], [8], [12], [13]]).double()
    assert layer.forward(points).tolist() == [1, 1, 2, 2, 2] and layer.loss == 1 + 9 + 4 + 4 + 9
    layer.zeroGradParameters()
    layer.backward(points, layer.output)
    layer.updateParameters(1)
    torch.testing.assert_close(layer.weight, torch.tensor([[2.0], [11]]).double(), rtol=1e-6, atol=1e-6)
    layer.initKmeansPlus(points, 0.99)
    assert set(layer.weight.view(-1).tolist()) in ({1, 13}, {3, 13}, {8, 13}, {8, 1}, {12, 1}, {13, 1})


# --- further behaviour


def test_weight_norm_follows_its_module_through_files_and_clones():
    layer = nn.WeightNorm(nn.Linear(3, 2))
    expected = layer.forward(x(4, 3)).clone()
    text = serialization.serialize(layer)
    assert len(text) < len(serialization.serialize(layer.clone().get(1))) + 1500
    for twin in (serialization.deserialize(text), layer.clone(), layer.clone("weight", "bias")):
        torch.testing.assert_close(twin.forward(x(4, 3)), expected)
        assert twin.weight is twin.get(1).weight
    layer.evaluate()
    layer.v.fill_(9)
    torch.testing.assert_close(layer.forward(x(4, 3)), expected)
    linear = nn.LinearWeightNorm.fromLinear(nn.Linear(3, 2))
    torch.testing.assert_close(linear.toLinear().forward(x(4, 3)), linear.forward(x(4, 3)))


def test_dont_cast():
    layer = nn.DontCast(nn.LookupTable(3, 2), False, True)
    net = sequence(layer, nn.Linear(2, 2)).float()
    assert layer.get(1).weight.dtype is torch.float64
    output = net.forward(torch.tensor([1, 3]))
    net.zeroGradParameters()
    net.backward(torch.tensor([1, 3]), torch.ones_like(output))
    assert output.dtype is torch.float32 and layer.get(1).gradWeight.abs().sum() > 0


@pytest.mark.parametrize(
    ("spoil", "culprit"),
    [
        (lambda net: net.get(1).weight.fill_(torch.nan), "parameters"),
        (lambda net: None, "input"),
    ],
)
def test_nan_names_the_culprit(spoil, culprit):
    net = nn.NaN(nn.Linear(2, 2), "first")
    spoil(net)
    input = torch.full((2,), torch.nan if culprit == "input" else 1.0).double()
    with pytest.raises(TorchError, match=rf"NaN found in {culprit} of module :\nnn.NaN\(first\) @ nn.Linear"):
        net.forward(input)


def test_profile_prints_and_survives_a_file(capsys):
    layer = nn.Profile(nn.Linear(2, 2), 2, "mine")
    for _ in range(5):
        layer.forward(x(2))
    assert capsys.readouterr().out.count("mine took 0.0") == 2 and layer.numFwds == 1
    assert serialization.deserialize(serialization.serialize(layer)).forward(x(2)).shape == (2,)


def test_stochastic_gradient_learns(capsys):
    examples = [(torch.tensor([value]).double(), torch.tensor([2 * value + 1]).double()) for value in (0.0, 1, 2, 3)]
    trainer = nn.StochasticGradient(sequence(nn.Linear(1, 1)), nn.MSECriterion())
    trainer.maxIteration, trainer.learningRate = 100, 0.05
    errors = []
    trainer.hookIteration = lambda iteration, error: errors.append(error)
    trainer.train(examples)
    assert len(errors) == 100 and errors[-1] < 1e-4
    assert "# StochasticGradient: training" in capsys.readouterr().out


def test_jacobians_and_hessians():
    layer = nn.Linear(3, 2)
    assert nn.Jacobian.testJacobian(layer, x(3)) < 1e-6
    assert nn.Jacobian.testJacobianParameters(layer, x(3), layer.weight, layer.gradWeight) < 1e-6
    assert nn.Jacobian.testJacobianUpdateParameters(layer, x(3), layer.bias) < 1e-6
    assert nn.Jacobian.testIO(layer, x(3)) == (0, 0)
    assert max(nn.Jacobian.testAllUpdate(layer, x(3), "weight", "gradWeight").values()) < 1e-12
    sparse, input = nn.SparseLinear(4, 2, True), pairs((1, 0.5), (2, 1), (3, -1), (4, 2))
    assert nn.SparseJacobian.testJacobian(sparse, input) < 1e-6
    for name in ("Input", "Weight", "Bias"):
        for module, given in ((nn.Linear(3, 2), x(3)), (nn.SpatialConvolution(2, 3, 2, 2), x(2, 3, 3))):
            assert getattr(nn.Jacobian, f"testDiagHessian{name}")(module, given) < 1e-8
    net = sequence(nn.Linear(3, 2), nn.Tanh())
    net.initDiagHessianParameters()
    _, _, diagonal = net.getParameters()
    net.forward(x(3))
    net.updateDiagHessianInput(x(3), torch.ones(2).double())
    net.accDiagHessianParameters(x(3), torch.ones(2).double())
    assert diagonal.numel() == 8 and diagonal.abs().sum() > 0
    with pytest.raises(TorchError, match=r"nn.Sigmoid:updateDiagHessianInput\(\) is undefined"):
        nn.Sigmoid().updateDiagHessianInput(x(3), x(3))


def test_hessian_of_a_tanh_against_differences():
    layer, input = nn.Tanh(), x(3)
    layer.forward(input)
    first = (layer.forward(input + STEP).clone() - layer.forward(input - STEP)) / (2 * STEP)
    layer.forward(input)
    torch.testing.assert_close(layer.updateDiagHessianInput(input, x(3)), first.square() * x(3), rtol=1e-4, atol=1e-4)
