"""Details in which modules follow the original: shapes that count, targets as numbers, inputs that do not fit."""

import pytest
import torch

from tests.test_nn_gradients import sequence, x
from torch7py import nn, random
from torch7py.errors import TorchError
from torch7py.table import Table


@pytest.fixture(autouse=True)
def seeded():
    random.manualSeed(1)


@pytest.mark.parametrize("make", [nn.Tanh, nn.Sqrt, nn.Square, nn.SoftMax, nn.LogSoftMax, nn.TanhShrink])
def test_some_gradients_must_have_the_outputs_sizes(make):
    module, input = make(), x(2, 3).abs()
    module.forward(input)
    with pytest.raises(TorchError, match=r"gradOutput shapes do not match: .* \[2 x 3\], gradOutput \[6\]"):
        module.backward(input, x(6))


@pytest.mark.parametrize(
    "make", [nn.Sigmoid, nn.ReLU, nn.GatedLinearUnit, lambda: nn.Normalize(2), lambda: nn.CAdd(4), lambda: nn.Add(4)]
)
def test_others_only_as_many_elements(make):
    module, input = make(), x(2, 4)
    output = module.forward(input)
    expected = module.backward(input, torch.ones_like(output)).clone()
    flat = module.backward(input, torch.ones(output.numel()).double())
    assert torch.equal(flat.view(-1), expected.view(-1))


def test_soft_plus_holds_its_output_against_the_threshold():
    module, input = nn.SoftPlus(40), torch.tensor([0.5, 0.4999]).double()
    module.forward(input)  # 40 times the output is a little more than 20 for the first, and less for the second
    gradient = module.backward(input, torch.ones(2).double())
    assert gradient[0] == 1 and gradient[1] < 1


def test_crelu_takes_further_dimensions_for_one_sample():
    assert nn.CReLU(1).forward(x(2, 3, 4)).shape == (4, 3, 4)
    assert nn.CReLU(2).forward(x(2, 3, 4)).shape == (2, 6, 4)


def test_parallel_needs_as_many_modules_as_slices():
    container = nn.Parallel(1, 1).add(nn.Linear(4, 2)).add(nn.Linear(4, 3))
    assert container.forward(x(1, 4)).shape == (2,) and container.backward(x(1, 4), x(2)).shape == (1, 4)
    with pytest.raises(TorchError, match="3 slices, but there are 2 modules"):
        container.forward(x(3, 4))


def test_only_two_of_a_pair_count():
    a, b = x(3, 4), x(3, 4) * 2
    for module in (nn.DotProduct(), nn.CosineDistance(), nn.PairwiseDistance(2)):
        expected = module.forward(Table([a, b])).clone()
        assert torch.equal(module.forward(Table([a, b, a])), expected)


def test_targets_as_numbers():
    pair = Table([x(3), x(3) * 2])
    ranking = nn.MarginRankingCriterion()
    assert ranking.forward(pair, 1) == pytest.approx(1 - (pair[1][0] - pair[2][0]).item())
    assert ranking.backward(pair, 1)[1].tolist() == [-1]
    cosine = nn.CosineEmbeddingCriterion(0.1)
    with pytest.raises(TorchError, match="targets as a tensor, as forward had them"):
        cosine.backward(pair, 1)
    cosine.forward(pair, 1)
    assert cosine.backward(pair, 1)[1].shape == (3,)
    with pytest.raises(TorchError, match="different number of elements"):
        cosine.forward(Table([x(2, 3), x(2, 3)]), 1)
    with pytest.raises(TorchError, match="different number of elements"):
        nn.HingeEmbeddingCriterion().forward(x(3), 1)
    assert nn.L1HingeEmbeddingCriterion().forward(pair, torch.tensor([-1.0])) > 0


def test_the_mean_of_nothing_is_nan():
    nothing = torch.empty(0).double()
    for make in (nn.MSECriterion, nn.AbsCriterion, nn.MarginCriterion):
        assert make().forward(nothing, nothing) != make().forward(nothing, nothing)


def test_weights_of_the_mean_squared_error():
    weighted = nn.WeightedMSECriterion(torch.tensor([1.0, 2]).double())
    input, target = torch.zeros(2, 2).double(), torch.ones(2, 2)
    assert weighted.forward(input, target) == 2.5
    with pytest.raises(TorchError, match="different number of elements"):
        weighted.forward(torch.zeros(2, 2, 2).double(), torch.ones(2, 2, 2))


@pytest.mark.parametrize(
    ("module", "input", "message"),
    [
        (nn.Select(1, 1), x(3), "2 dimensions or more"),
        (nn.View(4), torch.empty(0).double(), "do not match"),
        (nn.View(-1).setNumInputDims(2), x(3), "expected an input of 2 dimensions, got 1"),
        (nn.Reshape(4), torch.empty(0).double(), "empty"),
        (nn.Transpose([1, 2]).setNumInputDims(2), x(3), "expected an input of 2 dimensions, got 1"),
        (nn.ZipTable(), Table([x(2), x(2)]), "table expected, got torch.DoubleTensor"),
        (nn.CAddTensorTable(), Table([x(2), x(2)]), "table expected, got torch.DoubleTensor"),
        (nn.MaskedSelect(), Table([x(2), x(2)]), "mask: torch.ByteTensor expected, got torch.DoubleTensor"),
        (nn.Kmeans(2, 3), x(2, 2), "don't match"),
        (nn.Euclidean(3, 2), x(2, 4), "size 3"),
        (nn.Convert("bf", "bxy"), x(2, 3), "Unrecognized conversion of shape bf to bxy"),
        (nn.IndexLinear(3, 2), Table([torch.tensor([4]), x(1)]), "keys must be from 1 to 3"),
    ],
)
def test_inputs_that_do_not_fit(module, input, message):
    with pytest.raises(TorchError, match=message):
        module.forward(input)


def test_outputs_stay_the_same_objects():
    for module in (nn.Convert("chw", "hwc"), nn.Convert("bchw", "bf"), nn.DontCast(nn.CAddTable(), True).float()):
        input = x(2, 3, 4) if isinstance(module, nn.Convert) else Table([x(3).float(), x(3).float()])
        output = module.forward(input)
        gradient = module.backward(input, output.clone())
        assert module.forward(input) is output and module.backward(input, output.clone()) is gradient


def test_parameters_used_twice_are_gathered_once():
    layer = nn.Linear(2, 2)
    flat, _ = sequence(layer, nn.Tanh(), layer).getParameters()
    assert flat.numel() == 6
    flat.fill_(3)
    assert layer.weight.eq(3).all() and layer.bias.eq(3).all()
    with pytest.raises(TorchError, match="different types"):
        nn.Module.flatten([x(2), x(2).float()])
    rows = x(4, 4)
    with pytest.raises(TorchError, match="not compact"):
        nn.Module.flatten([rows.narrow(1, 0, 2)])
    halves = [rows.narrow(1, 0, 2), rows.narrow(1, 2, 2)]  # together they leave no holes
    flat = nn.Module.flatten(halves)
    assert torch.equal(flat.view(4, 4)[:, 2:], halves[1])


def test_linear_does_nothing_in_backward_with_an_input_of_three_dimensions():
    """A contractive autoencoder gives its hidden layer the images instead of their rows, and trains on."""
    layer = nn.Linear(6, 4)
    layer.zeroGradParameters()
    images = torch.ones(5, 2, 3).double()
    assert layer.backward(images, torch.ones(5, 6).double()).eq(torch.zeros(5, 2, 3)).all()
    assert layer.gradWeight.abs().sum() == 0


@pytest.mark.parametrize("module", [nn.CMul, nn.CAdd])
@pytest.mark.parametrize("sizes", [(), (None,)])
def test_parameters_without_sizes_are_an_error(module, sizes):
    with pytest.raises(TorchError, match="needs the sizes of its (weight|bias)"):
        module(*sizes)
    assert nn.View(*sizes).forward(torch.ones(2, 1).double()).tolist() == [1, 1]
