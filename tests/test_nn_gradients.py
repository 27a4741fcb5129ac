"""Every module's gradients, by finite differences; single samples and batches; floats agree with doubles."""

import pytest
import torch

from tests.gradcheck import backward, check_module, leaves, loss
from torch7py import nn, random
from torch7py.table import Table


def x(*sizes, shift=0.0):
    """Numbers between -1 and 1 that stay clear of 0 and of each other."""
    count = torch.Size(sizes).numel()
    order = (torch.arange(count) * 7919 + 5) % count
    return (((order + 0.3) / count * 2 - 1) * 0.97 + shift).double().view(sizes)


def positive(*sizes):
    return x(*sizes, shift=1.5)


def sequence(*modules):
    network = nn.Sequential()
    for module in modules:
        network.add(module)
    return network


MODULES = {
    "Linear": (lambda: nn.Linear(4, 3), x(4), x(5, 4)),
    "Linear without bias": (lambda: nn.Linear(4, 3, False), x(4), x(5, 4)),
    "Tanh": (nn.Tanh, x(4), x(2, 3)),
    "Sigmoid": (nn.Sigmoid, x(4), x(2, 3)),
    "ReLU": (nn.ReLU, x(5), x(2, 3)),
    "Threshold": (lambda: nn.Threshold(0.3, -2), x(5), x(2, 3)),
    "SoftMax": (nn.SoftMax, x(5), x(3, 4), x(3, 2, 2), x(2, 3, 2, 2)),
    "LogSoftMax": (nn.LogSoftMax, x(5), x(3, 4), x(3, 2, 2), x(2, 3, 2, 2)),
    "SoftMin": (nn.SoftMin, x(5), x(3, 4)),
    "Abs": (nn.Abs, x(4), x(2, 3)),
    "Exp": (nn.Exp, x(4), x(2, 3)),
    "Log": (nn.Log, positive(4), positive(2, 3)),
    "Sqrt": (nn.Sqrt, positive(4)),
    "Square": (nn.Square, x(4)),
    "Power": (lambda: nn.Power(3), x(4)),
    "SoftSign": (nn.SoftSign, x(4)),
    "SoftPlus": (lambda: nn.SoftPlus(2), x(4)),
    "LogSigmoid": (nn.LogSigmoid, x(4), x(2, 3)),
    "TanhShrink": (nn.TanhShrink, x(4)),
    "HardShrink": (nn.HardShrink, x(7)),
    "SoftShrink": (nn.SoftShrink, x(7)),
    "HardTanh": (lambda: nn.HardTanh(-0.5, 0.4), x(7)),
    "Clamp": (lambda: nn.Clamp(-0.5, 0.4), x(7)),
    "ReLU6": (nn.ReLU6, x(7) * 9),
    "LeakyReLU": (lambda: nn.LeakyReLU(0.2), x(5)),
    "ELU": (lambda: nn.ELU(0.7), x(5)),
    "PReLU": (nn.PReLU, x(5), x(2, 3)),
    "PReLU of planes": (lambda: nn.PReLU(3), x(3), x(2, 3), x(2, 3, 2, 2)),
    "RReLU": (nn.RReLU, x(6), x(2, 3)),
    "CReLU": (lambda: nn.CReLU(1), x(4), x(2, 4)),
    "GatedLinearUnit": (nn.GatedLinearUnit, x(6), x(2, 4)),
    "Maxout": (lambda: nn.Maxout(3, 2, 2), x(3), x(4, 3)),
    "Add": (lambda: nn.Add(4), x(4), x(3, 4)),
    "Add scalar": (lambda: nn.Add(1, True), x(4), x(3, 4)),
    "CAdd": (lambda: nn.CAdd(1, 3, 1), x(2, 3, 2)),
    "CMul": (lambda: nn.CMul(1, 3, 1), x(2, 3, 2)),
    "CMul of samples": (lambda: nn.CMul(4), x(4), x(3, 4)),
    "Mul": (nn.Mul, x(4), x(2, 3)),
    "AddConstant": (lambda: nn.AddConstant(2), x(4)),
    "MulConstant": (lambda: nn.MulConstant(-3), x(4)),
    "View": (lambda: nn.View(2, 2), x(4), x(3, 4)),
    "Reshape": (lambda: nn.Reshape(2, 2), x(4), x(3, 4)),
    "Collapse": (lambda: nn.Collapse(2), x(2, 3), x(2, 2, 3)),
    "Squeeze": (nn.Squeeze, x(2, 1, 2)),
    "Unsqueeze": (lambda: nn.Unsqueeze(2), x(2, 3)),
    "Identity": (nn.Identity, x(4), Table([x(2), x(3)])),
    "Dropout": (lambda: nn.Dropout(0.4), x(6), x(3, 4)),
    "SpatialDropout": (lambda: nn.SpatialDropout(0.4), x(6, 2, 2), x(2, 3, 2, 2)),
    "WhiteNoise": (nn.WhiteNoise, x(4)),
    "Narrow": (lambda: nn.Narrow(2, 2, 2), x(3, 4)),
    "Select": (lambda: nn.Select(2, -1), x(3, 4)),
    "Transpose": (lambda: nn.Transpose([1, 2], [2, 3]), x(2, 3, 2)),
    "Replicate": (lambda: nn.Replicate(3, 2), x(4), x(2, 3)),
    "Padding": (lambda: nn.Padding(1, -2, 1, 5, 2), x(3), x(2, 3)),
    "Contiguous": (nn.Contiguous, x(2, 3).t().contiguous()),
    "Max": (lambda: nn.Max(2), x(3, 4)),
    "Min": (lambda: nn.Min(1), x(4), x(3, 4)),
    "Sum": (lambda: nn.Sum(2, None, True), x(3, 4)),
    "Mean": (lambda: nn.Mean(1, 1), x(4), x(3, 4)),
    "BatchNormalization": (lambda: nn.BatchNormalization(3), x(4, 3)),
    "SpatialBatchNormalization": (lambda: nn.SpatialBatchNormalization(2), x(3, 2, 2, 2)),
    "BatchNormalization without affine": (lambda: nn.BatchNormalization(3, None, None, False), x(4, 3)),
    "LayerNormalization": (lambda: nn.LayerNormalization(4), x(3, 4)),
    "Normalize": (lambda: nn.Normalize(3), x(4), x(3, 4)),
    "Normalize by the maximum": (lambda: nn.Normalize(float("inf")), x(4), x(3, 4)),
    "CAddTable": (nn.CAddTable, Table([x(4), x(4) * 2, x(4) * 3])),
    "CSubTable": (nn.CSubTable, Table([x(4), x(4) * 2])),
    "CMulTable": (nn.CMulTable, Table([x(4), x(4) * 2, x(4) * 3])),
    "CDivTable": (nn.CDivTable, Table([x(4), positive(4)])),
    "CMaxTable": (nn.CMaxTable, Table([x(2, 2), x(4).flip(0).view(2, 2) * 0.9])),
    "CMinTable": (nn.CMinTable, Table([x(2, 2), x(4).flip(0).view(2, 2) * 0.9])),
    "JoinTable": (lambda: nn.JoinTable(2), Table([x(2, 3), x(2, 1)])),
    "SplitTable": (lambda: nn.SplitTable(2), x(2, 3)),
    "SelectTable": (lambda: nn.SelectTable(-1), Table([x(2), x(3)])),
    "NarrowTable": (lambda: nn.NarrowTable(2, 2), Table([x(2), x(3), x(1), x(2)])),
    "FlattenTable": (nn.FlattenTable, Table([x(2), Table([x(3), x(1)])])),
    "MixtureTable": (nn.MixtureTable, Table([x(3, 2), Table([x(3, 4), x(3, 4) * 2])])),
    "MixtureTable of a tensor": (nn.MixtureTable, Table([x(3, 2), x(3, 2, 4)])),
    "ParallelTable": (lambda: nn.ParallelTable().add(nn.Linear(3, 2)).add(nn.Mul()), Table([x(2, 3), x(4)])),
    "ConcatTable": (lambda: nn.ConcatTable().add(nn.Linear(3, 2)).add(nn.Tanh()), x(3), x(2, 3)),
    "Concat": (lambda: nn.Concat(2).add(nn.Linear(3, 2)).add(nn.Linear(3, 1)), x(2, 3)),
    "DepthConcat": (lambda: nn.DepthConcat(1).add(nn.Identity()).add(nn.Narrow(2, 1, 2)), x(2, 4, 3)),
    "Parallel": (lambda: nn.Parallel(2, 1).add(nn.Linear(3, 2)).add(nn.Linear(3, 1)), x(3, 2)),
    "MapTable": (lambda: nn.MapTable(nn.Linear(3, 2)), Table([x(3), x(2, 3)])),
    "Bottle": (lambda: nn.Bottle(nn.Linear(3, 2)), x(2, 3), x(2, 2, 3)),
    "MM": (lambda: nn.MM(True, True), Table([x(3, 2), x(4, 3)]), Table([x(2, 3, 2), x(2, 2, 3)])),
    "MV": (lambda: nn.MV(True), Table([x(3, 2), x(3)]), Table([x(2, 3, 2), x(2, 3)])),
    "DotProduct": (nn.DotProduct, Table([x(4), positive(4)]), Table([x(3, 4), positive(3, 4)])),
    "CosineDistance": (nn.CosineDistance, Table([x(4), positive(4)]), Table([x(3, 4), positive(3, 4)])),
    "SpatialConvolution": (lambda: nn.SpatialConvolution(2, 3, 3, 2, 2, 1, 1, 1), x(2, 5, 4), x(2, 2, 5, 4)),
    "SpatialConvolution of many planes": (lambda: nn.SpatialConvolution(5, 2, 2, 3, 1, 2, 1, 0), x(2, 5, 5, 4)),
    "SpatialConvolution without bias": (lambda: nn.SpatialConvolution(2, 3, 2, 2).noBias(), x(2, 2, 4, 4)),
    "SpatialConvolutionMM": (lambda: nn.SpatialConvolutionMM(2, 3, 2, 2), x(2, 4, 4)),
    "SpatialMaxPooling": (lambda: nn.SpatialMaxPooling(2, 3, 2, 2, 1, 1), x(1, 6, 5), x(2, 2, 5, 5)),
    "SpatialMaxPooling ceil": (lambda: nn.SpatialMaxPooling(2, 2).ceil(), x(2, 5, 5)),
    "SpatialAveragePooling": (lambda: nn.SpatialAveragePooling(3, 3, 2, 2, 1, 1), x(1, 4, 4), x(2, 1, 4, 4)),
    "SpatialDilatedConvolution": (lambda: nn.SpatialDilatedConvolution(1, 2, 2, 2, 1, 2, 1, 0, 2, 2), x(2, 1, 5, 5)),
    "SpatialFullConvolution": (
        lambda: nn.SpatialFullConvolution(2, 3, 3, 2, 2, 2, 1, 0, 1, 0),
        x(2, 3, 2),
        x(2, 2, 3, 2),
    ),
    "VolumetricConvolution": (
        lambda: nn.VolumetricConvolution(2, 2, 2, 1, 2, 1, 1, 2, 1),
        x(2, 2, 2, 2),
        x(2, 2, 2, 2, 2),
    ),
    "VolumetricDilatedConvolution": (
        lambda: nn.VolumetricDilatedConvolution(1, 2, 2, 1, 2, 1, 1, 1, 0, 0, 0, 1, 1, 2),
        x(1, 2, 3, 2),
    ),
    "VolumetricFullConvolution": (lambda: nn.VolumetricFullConvolution(2, 1, 2, 1, 2, 2, 1, 2), x(2, 2, 2, 2)),
    "TemporalConvolution": (lambda: nn.TemporalConvolution(2, 3, 2, 2), x(5, 2), x(2, 5, 2)),
    "TemporalConvolution overlapping": (lambda: nn.TemporalConvolution(2, 3, 3), x(5, 2)),
    "SpatialDilatedMaxPooling": (lambda: nn.SpatialDilatedMaxPooling(2, 2, 1, 1, 0, 0, 2, 2), x(1, 4, 5)),
    "VolumetricMaxPooling": (lambda: nn.VolumetricMaxPooling(2, 2, 2, 1, 1, 1), x(1, 3, 3, 3), x(2, 1, 2, 3, 3)),
    "VolumetricDilatedMaxPooling": (
        lambda: nn.VolumetricDilatedMaxPooling(2, 2, 2, 1, 1, 1, 0, 0, 0, 1, 2, 2),
        x(1, 2, 4, 4),
    ),
    "VolumetricAveragePooling": (lambda: nn.VolumetricAveragePooling(1, 2, 2, 1, 1, 1), x(1, 2, 2, 3)),
    "TemporalMaxPooling": (lambda: nn.TemporalMaxPooling(2, 1), x(4, 3), x(2, 4, 3)),
    "SpatialZeroPadding": (lambda: nn.SpatialZeroPadding(1, -1, 0, 2), x(1, 3, 4), x(2, 1, 3, 4)),
    "SpatialReflectionPadding": (lambda: nn.SpatialReflectionPadding(1, 2, 2, 1), x(1, 3, 4)),
    "SpatialReplicationPadding": (lambda: nn.SpatialReplicationPadding(-1, 1, 0, 1), x(2, 1, 3, 3)),
    "VolumetricReplicationPadding": (lambda: nn.VolumetricReplicationPadding(1, 0, 0, 1, 1, 0), x(1, 2, 2, 3)),
    "a network": (lambda: sequence(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2), nn.LogSoftMax()), x(3), x(5, 3)),
}
CASES = [(name, case[0], input) for name, case in MODULES.items() for input in case[1:]]


@pytest.fixture(autouse=True)
def seeded():
    random.manualSeed(1)


@pytest.mark.parametrize(("name", "make", "input"), CASES, ids=[case[0] for case in CASES])
def test_gradients(name, make, input):
    check_module(make(), input)


@pytest.mark.parametrize(("name", "make", "input"), CASES, ids=[case[0] for case in CASES])
def test_floats_agree_with_doubles(name, make, input):
    module = make()
    expected = loss(module, input), backward(module, input)
    module.float()
    converted = nn.utils.recursiveType(nn.utils.recursiveCopy(None, input)[0], "torch.FloatTensor")
    assert loss(module, converted) == pytest.approx(expected[0], rel=1e-4, abs=1e-4)
    assert all(tensor.dtype is torch.float32 for tensor in leaves(module.output))
    for gradient, exact in zip(backward(module, converted), expected[1], strict=True):
        torch.testing.assert_close(gradient.double(), exact, rtol=1e-3, atol=1e-4)


def test_lookup_table_gradient_counts_rows_and_skips_padding():
    table = nn.LookupTable(4, 2, 3)
    table.forward(torch.tensor([2, 4, 2, 3]))
    table.backward(torch.tensor([2, 4, 2, 3]), torch.ones(4, 2).double(), 0.5)
    assert table.gradWeight.tolist() == [[0, 0], [1, 1], [0, 0], [0.5, 0.5]]


def test_full_convolution_fits_its_output_to_a_target():
    layer = nn.SpatialFullConvolution(1, 2, 3, 3, 2, 2)
    for side in (7, 8):
        pair = Table([x(1, 1, 3, 3), torch.zeros(1, 2, side, side).double()])
        assert layer.forward(pair).shape == (1, 2, side, side)
        gradient = layer.backward(pair, x(1, 2, side, side))
        assert gradient[1].shape == (1, 1, 3, 3) and gradient[2].abs().sum() == 0
    assert (layer.adjW, layer.adjH) == (0, 0)
