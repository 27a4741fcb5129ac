"""The further convolutions, poolings, normalisations and up-samplings: gradients, numbers, errors."""

import math

import pytest
import torch

from tests.gradcheck import backward, check_module, leaves, loss
from tests.test_nn_gradients import positive, sequence, x
from torch7py import Table, nn, random
from torch7py.errors import TorchError

TABLE = torch.tensor([[1.0, 1.0], [3.0, 2.0], [1.0, 2.0], [2.0, 1.0]]).double()


def kernel(*sizes):
    return torch.ones(sizes).double()


def fixed(pooling):
    """The pooling with its regions kept from the first use on, as differences need them."""
    return pooling.fixPoolingRegions()


def after(pooling, unpooling, input):
    """An unpooling that follows what ``pooling`` did with ``input``."""
    pooling.forward(input)
    return unpooling(pooling)


MODULES = {
    "SpatialConvolutionMap": (lambda: nn.SpatialConvolutionMap(TABLE, 2, 3), x(3, 4, 3), x(2, 3, 4, 3)),
    "SpatialConvolutionMap steps": (lambda: nn.SpatialConvolutionMap(TABLE, 2, 1, 2, 3), x(3, 4, 5), x(4, 4, 5)),
    "SpatialFullConvolutionMap": (lambda: nn.SpatialFullConvolutionMap(TABLE, 2, 3, 2, 1), x(3, 2, 3)),
    "SpatialConvolutionLocal": (
        lambda: nn.SpatialConvolutionLocal(2, 3, 4, 5, 3, 2, 2, 1, 1, 0),
        x(2, 5, 4),
        x(2, 2, 5, 4),
    ),
    "SpatialDepthWiseConvolution": (
        lambda: nn.SpatialDepthWiseConvolution(2, 3, 3, 2, 1, 2, 1),
        x(2, 3, 4),
        x(2, 2, 3, 4),
    ),
    "SpatialDepthWiseConvolution square": (lambda: nn.SpatialDepthWiseConvolution(2, 2, 2, 2), x(2, 3, 3)),
    "SpatialDepthWiseConvolution without bias": (
        lambda: nn.SpatialDepthWiseConvolution(2, 3, 2, 2).noBias(),
        x(2, 3, 3),
    ),
    "TemporalRowConvolution": (lambda: nn.TemporalRowConvolution(3, 2, 2), x(5, 3), x(2, 5, 3)),
    "TemporalRowConvolution features first": (lambda: nn.TemporalRowConvolution(3, 2, 1, True), x(3, 5), x(2, 3, 5)),
    "TemporalRowConvolution without bias": (lambda: nn.TemporalRowConvolution(2, 3).noBias(), x(4, 2)),
    "SpatialSubSampling": (lambda: nn.SpatialSubSampling(2, 2, 3, 1, 2), x(2, 5, 4), x(2, 2, 5, 4)),
    "TemporalSubSampling": (lambda: nn.TemporalSubSampling(3, 2, 2), x(5, 3)),
    "TemporalDynamicKMaxPooling": (lambda: nn.TemporalDynamicKMaxPooling(2), x(5, 3), x(2, 5, 3)),
    "TemporalDynamicKMaxPooling factor": (lambda: nn.TemporalDynamicKMaxPooling(1, 0.5), x(5, 3)),
    "SpatialFractionalMaxPooling": (
        lambda: fixed(nn.SpatialFractionalMaxPooling(2, 3, 3, 2)),
        x(2, 5, 6),
        x(2, 2, 5, 6),
    ),
    "SpatialFractionalMaxPooling ratio": (lambda: fixed(nn.SpatialFractionalMaxPooling(2, 2, 0.5, 0.6)), x(2, 5, 6)),
    "VolumetricFractionalMaxPooling": (
        lambda: fixed(nn.VolumetricFractionalMaxPooling(2, 2, 2, 3, 2, 1)),
        x(1, 4, 5, 6),
        x(2, 1, 4, 5, 6),
    ),
    "SpatialAdaptiveMaxPooling": (lambda: nn.SpatialAdaptiveMaxPooling(3, 2), x(2, 5, 7), x(2, 2, 5, 7)),
    "SpatialAdaptiveMaxPooling wide windows": (lambda: nn.SpatialAdaptiveMaxPooling(7, 1), x(2, 1, 21)),
    "SpatialAdaptiveAveragePooling": (lambda: nn.SpatialAdaptiveAveragePooling(3, 2), x(2, 5, 7), x(2, 2, 5, 7)),
    "SpatialLPPooling": (lambda: nn.SpatialLPPooling(2, 2, 2, 2), positive(2, 4, 4), positive(2, 2, 4, 4)),
    "SpatialLPPooling cubes": (lambda: nn.SpatialLPPooling(2, 3, 2, 3, 1, 1), positive(2, 4, 4)),
    "FeatureLPPooling": (lambda: nn.FeatureLPPooling(3, 2, 2), positive(7), positive(7, 2), positive(7, 2, 2)),
    "FeatureLPPooling batch": (lambda: nn.FeatureLPPooling(2, 1, 3, True), positive(2, 4), positive(2, 4, 3)),
    "SpatialMaxUnpooling": (
        lambda: after(nn.SpatialMaxPooling(2, 2), nn.SpatialMaxUnpooling, x(2, 4, 5)),
        x(2, 2, 2),
    ),
    "VolumetricMaxUnpooling": (
        lambda: after(nn.VolumetricMaxPooling(2, 1, 2), nn.VolumetricMaxUnpooling, x(2, 1, 4, 2, 4)),
        x(2, 1, 2, 1, 4),
    ),
    "SpatialUpSamplingNearest": (lambda: nn.SpatialUpSamplingNearest(3), x(2, 2, 3), x(2, 1, 2, 3)),
    "SpatialUpSamplingBilinear": (lambda: nn.SpatialUpSamplingBilinear(2), x(2, 2, 3), x(2, 1, 2, 3)),
    "SpatialUpSamplingBilinear sizes": (
        lambda: nn.SpatialUpSamplingBilinear(Table(owidth=2, oheight=5)),
        x(2, 3, 3),
        x(1, 1, 4, 1),
    ),
    "UpSampling": (lambda: nn.UpSampling(2), x(2, 1, 2, 3), x(2, 1, 2, 1, 2)),
    "UpSampling linear": (lambda: nn.UpSampling(2, "linear"), x(2, 1, 2, 3), x(1, 2, 2, 1, 2)),
    "PixelShuffle": (lambda: nn.PixelShuffle(2), x(8, 1, 2), x(2, 4, 3, 2)),
    "SpatialCrossMapLRN": (lambda: nn.SpatialCrossMapLRN(3, 0.5, 0.75, 2), x(4, 2, 2), x(2, 2, 1, 3)),
    "SpatialCrossMapLRN of few planes": (lambda: nn.SpatialCrossMapLRN(7, 2), x(3, 1, 2)),
    "SpatialSubtractiveNormalization": (
        lambda: nn.SpatialSubtractiveNormalization(2, kernel(3, 5)),
        x(2, 4, 4),
        x(2, 2, 4, 4),
    ),
    "SpatialSubtractiveNormalization by a vector": (
        lambda: nn.SpatialSubtractiveNormalization(2, kernel(3)),
        x(2, 4, 4),
    ),
    "SpatialDivisiveNormalization": (
        lambda: nn.SpatialDivisiveNormalization(2, kernel(3, 3), 0.5, 0.7),
        x(2, 4, 4),
        x(2, 2, 4, 4),
    ),
    "SpatialContrastiveNormalization": (
        lambda: nn.SpatialContrastiveNormalization(2, kernel(3)),
        x(2, 4, 4),
        x(2, 2, 4, 4),
    ),
    "VolumetricBatchNormalization": (lambda: nn.VolumetricBatchNormalization(2), x(3, 2, 1, 2, 2)),
}
CASES = [(name, case[0], input) for name, case in MODULES.items() for input in case[1:]]
IDS = [case[0] for case in CASES]


@pytest.fixture(autouse=True)
def seeded():
    random.manualSeed(1)


@pytest.mark.parametrize(("name", "make", "input"), CASES, ids=IDS)
def test_gradients(name, make, input):
    check_module(make(), input)


@pytest.mark.parametrize(("name", "make", "input"), CASES, ids=IDS)
def test_floats_agree_with_doubles(name, make, input):
    module = make()
    expected = loss(module, input), backward(module, input)
    module.float()
    if hasattr(module, "pooling"):  # whose indices were converted: it finds them anew
        module.pooling.indices = module.pooling.indices.long()
    assert loss(module, input.float()) == pytest.approx(expected[0], rel=1e-4, abs=1e-4)
    assert module.output.dtype is torch.float32
    for gradient, exact in zip(backward(module, input.float()), expected[1], strict=True):
        torch.testing.assert_close(gradient.double(), exact, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("name", "make", "input"), CASES, ids=IDS)
def test_copies_text_and_state(name, make, input):
    module = make()
    output = module.forward(input)
    assert output is module.output and module.forward(input) is output
    expected = output.clone()
    gradient = module.backward(input, expected)
    assert gradient is module.gradInput and gradient.shape == input.shape
    assert module.__tostring__().startswith("nn.")
    random.manualSeed(1)
    assert module.clone().forward(input).equal(expected)
    assert module.clearState() is module and module.output.numel() == 0
    if not hasattr(module, "pooling") and "Fractional" not in name:
        assert module.forward(input).equal(expected)


@pytest.mark.parametrize(("name", "make", "input"), CASES, ids=IDS)
def test_any_layout_in_memory(name, make, input):
    module = make()
    expected = module.forward(input).clone()
    gradient = x(*expected.shape)
    expected_gradient = module.updateGradInput(input, gradient).clone()

    def scattered(tensor):
        return tensor.transpose(0, -1).contiguous().transpose(0, -1)

    torch.testing.assert_close(module.forward(scattered(input)), expected)
    torch.testing.assert_close(module.updateGradInput(scattered(input), scattered(gradient)), expected_gradient)


@pytest.mark.parametrize(("name", "make", "input"), CASES, ids=IDS)
def test_errors_name_what_was_expected(name, make, input):
    with pytest.raises(TorchError, match="torch.DoubleTensor expected, got number"):
        make().forward(3)
    with pytest.raises(TorchError, match="expected|only mini-batch"):
        make().forward(x(2, 1, 1, 1, 1, 1))
    module = make()
    output = module.forward(input)
    words = "(?i)expected|different number|inconsistent|not fit|not match"
    with pytest.raises((TorchError, RuntimeError), match=words):
        module.backward(input, x(*output.shape[:-1], output.shape[-1] + 20))


def test_a_convolution_as_its_definition_says():
    layer = nn.SpatialConvolution(1, 1, 2, 2)
    layer.weight.copy_(torch.tensor([[1.0, 2], [3, 4]]).view(1, 1, 2, 2))
    layer.bias.fill_(10)
    assert layer.forward(torch.arange(1.0, 7).double().view(1, 2, 3)).tolist() == [[[47, 57]]]


@pytest.mark.parametrize(
    ("make", "input"),
    [(lambda: nn.SpatialConvolution(4, 4, 1, 1), x(2, 4, 3, 3)), (lambda: nn.BatchNormalization(3), x(4, 3))],
    ids=["SpatialConvolution", "BatchNormalization"],
)
class TestBothGradientsAtOnce:
    def test_are_those_of_the_halves(self, make, input):
        module, gradient = make(), x(*input.shape) * 2
        module.forward(input)
        module.zeroGradParameters()
        module.updateGradInput(input, gradient)
        module.accGradParameters(input, gradient, 0.5)
        expected = [module.gradInput.clone(), module.gradWeight.clone(), module.gradBias.clone()]
        module.zeroGradParameters()
        module.backward(input, gradient, 0.5)
        for one, other in zip([module.gradInput, module.gradWeight, module.gradBias], expected, strict=True):
            torch.testing.assert_close(one, other)

    def test_may_be_fed_back(self, make, input):
        module = make()
        first = module.forward(input).clone()
        again = module.forward(module.output)
        torch.testing.assert_close(again, make_like(module).forward(first))

    def test_without_a_gradient_by_the_input(self, make, input):
        module = make()
        module.zeroGradParameters()
        module.forward(input)
        module.gradInput = None
        assert module.backward(input, input) is None
        assert module.gradWeight.abs().sum() > 0


def test_a_convolution_heeds_a_half_that_was_replaced():
    layer, input = nn.SpatialConvolution(4, 4, 1, 1), x(2, 4, 3, 3)
    layer.accGradParameters = lambda input, gradOutput, scale=1: None
    layer.zeroGradParameters()
    layer.forward(input)
    assert layer.backward(input, input).shape == input.shape
    assert layer.gradWeight.abs().sum() == 0

    class Mine(nn.SpatialConvolution):
        def updateGradInput(self, input, gradOutput):
            return None

    layer = Mine(4, 4, 1, 1)
    layer.zeroGradParameters()
    layer.forward(input)
    assert layer.backward(input, input).numel() == 0
    assert layer.gradWeight.abs().sum() > 0


def make_like(module):
    twin = module.clone()
    twin.clearState()
    return twin


def test_gradients_of_another_batch_are_refused():
    layer = nn.SpatialConvolution(4, 4, 1, 1)
    layer.forward(x(2, 4, 3, 3))
    with pytest.raises(TorchError, match="does not fit"):
        layer.backward(x(2, 4, 3, 3), x(1, 4, 3, 3))


def test_batch_normalisation_of_scattered_memory():
    """PyTorch writes nonsense into a given output if the input lies otherwise than that."""
    layer = nn.SpatialBatchNormalization(3)
    input = x(4, 3, 2, 5)
    expected = layer.forward(input).clone()
    torch.testing.assert_close(layer.forward(input.contiguous(memory_format=torch.channels_last)), expected)


def test_batch_normalisation_keeps_what_it_saved_in_training():
    layer = nn.BatchNormalization(3)
    layer.forward(x(4, 3))
    saved = layer.save_mean.clone(), layer.save_std.clone()
    layer.evaluate()
    layer.forward(x(4, 3) * 5)
    assert layer.save_mean.equal(saved[0]) and layer.save_std.equal(saved[1])


def test_tables_of_connections():
    assert nn.tables.full(2, 2).tolist() == [[1, 1], [2, 1], [1, 2], [2, 2]]
    assert nn.tables.oneToOne(2).tolist() == [[1, 1], [2, 2]]
    table = nn.tables.random(5, 4, 2)
    assert table[:, 1].tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    pieces = table[:, 0].view(4, 2).tolist()
    for first, second in (pieces[:2], pieces[2:]):  # each two are part of one permutation
        assert len({*first, *second}) == 4
    with pytest.raises(TorchError, match=r"from 1 to nin \(2\), got 3"):
        nn.tables.random(2, 1, 3)
    for wrong in (None, torch.ones(3), torch.zeros(2, 2)):
        with pytest.raises(TorchError, match="a table of connections expected"):
            nn.SpatialConvolutionMap(wrong, 2, 2)


def test_a_map_with_all_connections_is_a_convolution():
    layer, twin = nn.SpatialConvolutionMap(nn.tables.full(2, 3), 2, 2), nn.SpatialConvolution(2, 3, 2, 2)
    twin.weight.copy_(layer.weight.view(3, 2, 2, 2))
    twin.bias.copy_(layer.bias)
    torch.testing.assert_close(layer.forward(x(2, 4, 4)), twin.forward(x(2, 4, 4)))


def test_a_map_draws_by_the_number_of_its_kernels():
    layer = nn.SpatialConvolutionMap(nn.tables.full(16, 1), 2, 2)
    assert layer.weight.abs().max() <= 1 / math.sqrt(2 * 2 * 16)
    layer.weight.fill_(2)
    layer.decayParameters(0.25)
    assert layer.weight.unique().tolist() == [1.5]


def test_depth_wise_planes_come_in_the_order_of_the_input():
    layer = nn.SpatialDepthWiseConvolution(2, 3, 1, 1)
    layer.weight.copy_(torch.arange(6).view(3, 2))
    layer.bias.zero_()
    output = layer.forward(torch.tensor([[[1.0]], [[10.0]]]).double())
    assert output.flatten().tolist() == [0, 2, 4, 10, 30, 50]
    assert layer.weight.shape == (3, 2, 1, 1)


def test_depth_wise_parameters_stay_in_the_flat_vector():
    layer = nn.SpatialDepthWiseConvolution(2, 3, 2, 2)
    flat, gradients = layer.getParameters()
    layer.forward(x(2, 3, 3))
    layer.backward(x(2, 3, 3), x(6, 2, 2))
    assert layer.weight.data_ptr() == flat.data_ptr()
    assert gradients[: layer.gradWeight.numel()].equal(layer.gradWeight.flatten())


def test_max_pooling_passes_over_nan():
    input = torch.tensor([[math.nan, 1.0], [2.0, math.nan], [math.nan, 0.5], [-1.0, math.nan]]).double()
    assert nn.TemporalMaxPooling(2).forward(input).tolist() == [[2, 1], [-1, 0.5]]
    volume = input.view(1, 2, 2, 2)
    assert nn.VolumetricMaxPooling(1, 2, 2).forward(volume).flatten().tolist() == [2, 0.5]
    assert nn.SpatialAdaptiveMaxPooling(1, 2).forward(input.view(1, 4, 2)).flatten().tolist() == [2, 0.5]


def test_fractional_pooling_draws_until_its_regions_are_fixed():
    pooling = nn.SpatialFractionalMaxPooling(2, 2, 3, 3)
    input = x(2, 9, 9)
    pooling.forward(input)
    samples = pooling.randomSamples.clone()
    assert samples.shape == (1, 2, 2)
    pooling.forward(input)
    assert not pooling.randomSamples.equal(samples)
    samples = pooling.fixPoolingRegions().randomSamples.clone()
    pooling.forward(input)
    assert pooling.randomSamples.equal(samples)
    found = input.flatten(1).gather(1, pooling.indices.flatten(1) - 1)
    assert found.view(2, 3, 3).equal(pooling.output)
    assert pooling.__tostring__() == "nn.SpatialFractionalMaxPooling(3x3, 2,2)"


def test_fractional_pooling_says_what_is_wrong():
    with pytest.raises(TorchError, match="ratioW must be between 0 and 1, got 1.5"):
        nn.SpatialFractionalMaxPooling(2, 2, 1.5, 0.5)
    with pytest.raises(TorchError, match="poolSizeH must be at least 2"):
        nn.SpatialFractionalMaxPooling(2, 1, 3, 3)
    with pytest.raises(TorchError, match=r"poolSizeW \(2\) too large relative to input size \(4\)"):
        nn.SpatialFractionalMaxPooling(2, 2, 3, 2).forward(x(1, 4, 4))


def test_adaptive_pooling_has_the_windows_of_float_arithmetic():
    """1/7 of 21 is a little more than 3 in floats, so that Torch7's first window has 4 elements."""
    input = torch.arange(1.0, 22).double().view(1, 1, 21)
    pooling = nn.SpatialAdaptiveMaxPooling(7, 1)
    assert pooling.forward(input).flatten().tolist() == [4, 7, 9, 13, 15, 18, 21]
    assert pooling.indices[1].flatten().tolist() == [4, 4, 3, 4, 3, 3, 3]
    gradient = pooling.backward(input, torch.ones(1, 1, 7).double())
    assert (gradient.flatten().nonzero().flatten() + 1).tolist() == [4, 7, 9, 13, 15, 18, 21]


def test_unpooling_puts_back_what_pooling_found():
    pooling = nn.SpatialMaxPooling(2, 2)
    unpooling = nn.SpatialMaxUnpooling(pooling)
    with pytest.raises(TorchError, match="must run forward first"):
        unpooling.forward(x(1, 1, 1))
    input = torch.tensor([[[1.0, 5, 2], [3, 4, 9]]]).double()
    assert unpooling.forward(pooling.forward(input)).tolist() == [[[0, 5, 0], [0, 0, 0]]]
    assert unpooling.__tostring__() == "nn.SpatialMaxUnpooling associated to nn.SpatialMaxPooling(2x2, 2,2)"
    with pytest.raises(TorchError, match="must be a nn.SpatialMaxPooling module"):
        nn.SpatialMaxUnpooling(nn.Identity())
    with pytest.raises(TorchError, match="must be equal to its stride"):
        nn.SpatialMaxUnpooling(nn.SpatialMaxPooling(2, 2, 1, 1))


def test_up_sampling():
    input = torch.tensor([[[1.0, 3.0]]]).double()
    assert nn.SpatialUpSamplingNearest(2).forward(input).tolist() == [[[1, 1, 3, 3], [1, 1, 3, 3]]]
    wide = nn.SpatialUpSamplingBilinear(Table(owidth=3, oheight=1))
    assert wide.forward(input).tolist() == [[[1, 2, 3]]]
    assert wide.__tostring__() == "nn.SpatialUpSamplingBilinear(1, 3)"
    assert nn.UpSampling(2, "bilinear").__tostring__() == "nn.UpSampling(2x, linear)"
    for wrong, why in ((0.5, "greater than 1"), (1.5, "must be integer"), (None, "must be a number, got nil")):
        with pytest.raises(TorchError, match=why):
            nn.SpatialUpSamplingBilinear(wrong)
    with pytest.raises(TorchError, match="requires a scale_factor"):
        nn.UpSampling(Table(owidth=2, oheight=2))


def test_linear_up_sampling_works_out_places_in_floats():
    """As the original does for doubles, too; PyTorch's kernel differs in the eighth digit."""
    input = torch.tensor([[[0.0, 1.0, 4.0, 9.0]]]).double()
    output = nn.SpatialUpSamplingBilinear(Table(owidth=8, oheight=1)).forward(input)
    assert output[0, 0, 1].item() == float(torch.tensor(3.0) / 7)


def test_pixel_shuffle():
    output = nn.PixelShuffle(2).forward(torch.arange(8.0).double().view(4, 1, 2))
    assert output.tolist() == [[[0, 2, 1, 3], [4, 6, 5, 7]]]


def test_normalisation_by_neighbours():
    weights = kernel(3, 3)
    flat = nn.SpatialSubtractiveNormalization(1, weights).forward(torch.full((1, 4, 5), 7.0).double())
    torch.testing.assert_close(flat, torch.zeros_like(flat))  # also at the edges
    assert weights.sum().item() == pytest.approx(1)  # scaled in place
    input = x(1, 4, 5)
    layer = nn.SpatialDivisiveNormalization(1, kernel(3, 3), 100, 2)
    torch.testing.assert_close(layer.forward(input), input / 2)
    with pytest.raises(TorchError, match="<SpatialDivisiveNormalization> averaging kernel must have ODD dimensions"):
        nn.SpatialDivisiveNormalization(1, kernel(4, 3))
    with pytest.raises(TorchError, match="<SpatialContrastiveNormalization> averaging kernel must be 2D or 1D"):
        nn.SpatialContrastiveNormalization(1, kernel(3, 3, 3))


def test_response_normalisation_refuses_an_even_size():
    with pytest.raises(TorchError, match="size must be odd, got 4"):
        nn.SpatialCrossMapLRN(4).forward(x(3, 2, 2))


def test_a_network_of_them_converts_and_trains():
    network = sequence(
        nn.SpatialContrastiveNormalization(1, kernel(3, 3)),
        nn.SpatialConvolutionMap(nn.tables.random(1, 4, 1), 3, 3),
        nn.SpatialSubSampling(4, 2, 2, 2, 2),
        nn.Tanh(),
        nn.View(4 * 3 * 3),
        nn.Linear(36, 1),
    ).float()
    parameters, gradients = network.getParameters()
    criterion, input, target = nn.MSECriterion().float(), x(6, 1, 8, 8).float(), x(6, 1).float()
    losses = []
    for _ in range(30):
        gradients.zero_()
        losses.append(criterion.forward(network.forward(input), target))
        network.backward(input, criterion.backward(network.output, target))
        parameters.add_(gradients, alpha=-0.05)
    assert losses[-1] < 0.3 * losses[0]
    assert all(tensor.dtype is torch.float32 for tensor in leaves(network.output))
