"""Networks from files of older versions of nn: without fields that came later, with fields of other names."""

import pytest
import torch

from tests.gradcheck import backward, leaves
from tests.test_nn_gradients import positive, sequence, x
from torch7py import nn, random, serialization
from torch7py.classes import register, registry
from torch7py.errors import TorchError
from torch7py.table import Table

# What the class gained over the years, from nn's history; without it everything must be as with its default.
LATER = {
    "Add": (lambda: nn.Add(4), x(3, 4), "scalar _ones"),
    "AddConstant": (lambda: nn.AddConstant(2), x(4), "inplace"),
    "CAddTable": (nn.CAddTable, Table([x(4), x(4)]), "inplace"),
    "CMaxTable": (nn.CMaxTable, Table([x(4), x(4) * 2]), "mask maxVals gradMaxVals"),
    "CMul": (lambda: nn.CMul(4), x(3, 4), "size"),
    "Concat": (lambda: nn.Concat(2).add(nn.Linear(3, 2)).add(nn.Tanh()), x(2, 3), "outputSize"),
    "Copy": (nn.Copy, x(3), "dontCast"),
    "Dropout": (lambda: nn.Dropout(0.4), x(5), "inplace stochastic_inference"),
    "ELU": (nn.ELU, x(4), "inplace"),
    "Euclidean": (lambda: nn.Euclidean(3, 2), x(4, 3), "fastBackward"),
    "HardTanh": (nn.HardTanh, x(4), "inplace"),
    "JoinTable": (lambda: nn.JoinTable(1), Table([x(2), x(3)]), "nInputDims"),
    "L1Penalty": (lambda: nn.L1Penalty(0.1), x(4), "provideOutput"),
    "LookupTable": (lambda: nn.LookupTable(5, 2), torch.tensor([1, 3]), "paddingValue maxNorm normType"),
    "MapTable": (lambda: nn.MapTable(nn.Linear(2, 2)), Table([x(2), x(2)]), "sharedparams"),
    "Max": (lambda: nn.Max(1), x(3, 4), "nInputDims"),
    "MixtureTable": (nn.MixtureTable, Table([x(2, 2), Table([x(2, 3), x(2, 3)])]), "dim size2"),
    "MulConstant": (lambda: nn.MulConstant(2), x(4), "inplace"),
    "Padding": (lambda: nn.Padding(1, 2), x(4), "index"),
    "PairwiseDistance": (nn.PairwiseDistance, Table([x(4), x(4) * 2]), "diff"),
    "ReLU": (nn.ReLU, x(4), "inplace"),
    "Replicate": (lambda: nn.Replicate(2), x(4), "dim ndim"),
    "Reshape": (lambda: nn.Reshape(2, 2), x(3, 4), "batchMode"),
    "SpatialConvolution": (lambda: nn.SpatialConvolution(2, 3, 3, 3), x(1, 2, 5, 5), "padW padH"),
    "SpatialConvolutionMM": (lambda: nn.SpatialConvolutionMM(2, 3, 3, 3), x(1, 2, 5, 5), "padW padH"),
    "SpatialFullConvolution": (lambda: nn.SpatialFullConvolution(2, 3, 3, 3), x(1, 2, 4, 4), "padW padH adjW adjH"),
    "SpatialMaxPooling": (lambda: nn.SpatialMaxPooling(2, 2), x(1, 2, 5, 5), "padW padH ceil_mode"),
    "SplitTable": (lambda: nn.SplitTable(1), x(2, 3), "nInputDims"),
    "Sum": (lambda: nn.Sum(1), x(3, 4), "nInputDims sizeAverage squeeze"),
    "Threshold": (nn.Threshold, x(4), "inplace"),
    "Transpose": (lambda: nn.Transpose([1, 2]), x(2, 3), "numInputDims"),
    "View": (lambda: nn.View(2, 2), x(3, 4), "numInputDims"),
    "VolumetricConvolution": (lambda: nn.VolumetricConvolution(2, 3, 2, 2, 2), x(2, 3, 3, 3), "padT padW padH"),
    "VolumetricMaxPooling": (lambda: nn.VolumetricMaxPooling(2, 2, 2), x(1, 4, 4, 4), "padT padW padH ceil_mode"),
}
CRITERIONS = {
    "BCE": (nn.BCECriterion, positive(4) / 4, x(4).gt(0).double(), "weights"),
    "ClassNLL": (
        nn.ClassNLLCriterion,
        x(3, 4),
        torch.tensor([1, 2, 3]),
        "target output_tensor total_weight_tensor ignoreIndex",
    ),
    "CrossEntropy": (nn.CrossEntropyCriterion, x(3, 4), torch.tensor([1, 2, 3]), "sizeAverage oldSizeAverage"),
    "HingeEmbedding": (nn.HingeEmbeddingCriterion, x(3), torch.tensor([1.0, -1, 1]).double(), "sizeAverage"),
    "Margin": (nn.MarginCriterion, x(3), torch.tensor([1.0, -1, 1]).double(), "sizeAverage"),
    "MultiMargin": (nn.MultiMarginCriterion, x(3, 4), torch.tensor([1, 2, 3]), "p margin"),
}


@pytest.fixture(autouse=True)
def seeded():
    random.manualSeed(1)


def reread(thing, without: str = "", **fields):
    """``thing`` as read from a file in which it lacks these fields, and has others."""
    for name in without.split():
        thing.__dict__.pop(name, None)
    thing.__dict__.update(fields)
    return serialization.deserialize(serialization.serialize(thing))


def results(module, input):
    module.zeroGradParameters()
    computed = backward(module, input)
    return [*leaves(module.output), *computed, *leaves(module.parameters()[1] or Table())]


@pytest.mark.parametrize("name", LATER)
def test_modules_without_later_fields(name):
    make, input, fields = LATER[name]
    module = make()
    expected = [tensor.clone() for tensor in results(module, input)]
    old = reread(module, fields + " _type")
    for mine, theirs in zip(results(old, input), expected, strict=True):
        torch.testing.assert_close(mine, theirs)
    assert old.type() == "torch.DoubleTensor" and old.__tostring__() == module.__tostring__()
    old.float().clone().evaluate()


@pytest.mark.parametrize("name", CRITERIONS)
def test_criterions_without_later_fields(name):
    make, input, target, fields = CRITERIONS[name]
    criterion = make()
    expected, old = criterion.forward(input, target), reread(make(), fields)
    assert old.forward(input, target) == expected
    torch.testing.assert_close(old.backward(input, target), criterion.backward(input, target))


def test_criterions_that_summed_before_they_could_average():
    input, target = Table([x(3), x(3) * 2]), torch.tensor([1.0, -1, 1]).double()
    assert reread(nn.MarginRankingCriterion(), "sizeAverage").forward(input, target) == pytest.approx(
        3 * nn.MarginRankingCriterion().forward(input, target)
    )


def test_batch_normalization_of_the_first_version(monkeypatch):
    module = nn.BatchNormalization(4)
    module.evaluate()
    module.running_var.fill_(4)
    expected = module.forward(x(3, 4)).clone()
    inverse = (module.running_var + module.eps).pow(-0.5)
    monkeypatch.setattr(nn.BatchNormalization, "_version", 1)
    old = reread(module, "running_var", running_std=inverse)
    torch.testing.assert_close(old.forward(x(3, 4)), expected)
    assert "running_std" not in vars(old)


def test_dropout_of_the_first_version_scales_in_test_mode():
    old = reread(nn.Dropout(0.25), "v2")
    assert set(old.forward(torch.ones(50).double()).tolist()) == {0, 1}
    old.evaluate()
    assert old.forward(torch.ones(2).double()).tolist() == [0.75, 0.75]


def test_average_pooling_of_the_first_version_sums():
    old = reread(nn.SpatialAveragePooling(2, 2, 2, 2), "divide padW padH ceil_mode count_include_pad")
    assert old.forward(torch.ones(1, 2, 2).double()).item() == 4


def test_one_padding_for_both_directions():
    module = nn.SpatialConvolutionMM(1, 1, 3, 3, 1, 1, 1, 1)
    expected = module.forward(x(1, 4, 4)).clone()
    old = reread(module, "padW padH", padding=1)
    torch.testing.assert_close(old.forward(x(1, 4, 4)), expected)


def test_full_convolution_of_volumes_with_planes_the_other_way_round():
    module = nn.VolumetricFullConvolution(2, 3, 2, 2, 2, 1, 1, 1, 1, 0, 0)
    expected = module.forward(x(2, 3, 3, 3)).clone()
    turned = module.weight.transpose(0, 1).contiguous()
    old = reread(module, "padT padW padH adjT adjW adjH", weight=turned, gradWeight=turned, pT=1, pW=0, pH=0)
    torch.testing.assert_close(old.forward(x(2, 3, 3, 3)), expected)
    old.backward(x(2, 3, 3, 3), expected)


def test_networks_of_a_gpu_load_as_floats(monkeypatch):
    net = sequence(nn.Linear(3, 2), nn.Tanh()).float()
    for module in net.listModules():
        module._type = "torch.CudaTensor"
    text = serialization.serialize(net).encode("latin-1")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    old = serialization.deserialize(_renamed(text))
    assert {module.type() for module in old.listModules()} == {"torch.FloatTensor"}
    assert old.forward(x(3).float()).dtype is torch.float32
    assert old.double().forward(x(3)).shape == (2,)


def _renamed(text: bytes) -> bytes:
    """A binary file with FloatTensors and FloatStorages as those of a GPU."""
    for kind in (b"Tensor", b"Storage"):
        old, new = b"torch.Float" + kind, b"torch.Cuda" + kind
        text = text.replace(len(old).to_bytes(4, "little") + old, len(new).to_bytes(4, "little") + new)
    return text


def test_classes_that_nobody_knows_name_themselves():
    @register("nn.OfSomebodyElse")
    class OfSomebodyElse(nn.Module):
        pass

    text = serialization.serialize(sequence(nn.Tanh(), OfSomebodyElse()))
    del registry._classes["nn.OfSomebodyElse"]
    net = serialization.deserialize(text)
    assert "(2): nn.OfSomebodyElse" in net.__tostring__() and serialization.serialize(net) == text
    with pytest.raises(TorchError, match="(?s)In 2 module of nn.Sequential:.*class <nn.OfSomebodyElse> is not known"):
        net.forward(x(3))
