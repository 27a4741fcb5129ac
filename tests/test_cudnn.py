"""Package cudnn: its modules against those of nn, recurrent networks against steps written out, files, convert."""

import math

import pytest
import torch

from lua_bridge import LuaTorch
from tests.gradcheck import check_criterion, check_module, differences
from tests.test_cuda import as_cuda, needs_gpu, stand_in  # noqa: F401 - a fixture
from tests.test_nn_gradients import x
from torch7py import cudnn, nn, random, serialization
from torch7py.convert import to_torch
from torch7py.errors import TorchError
from torch7py.table import Table

MODULES = {
    "SpatialConvolution": (lambda: cudnn.SpatialConvolution(2, 4, 3, 2, 2, 1, 1, 1, 2), x(2, 4, 5), x(3, 2, 4, 5)),
    "SpatialConvolution, 1 group": (lambda: cudnn.SpatialConvolution(2, 3, 2, 2), x(2, 4, 4), x(2, 2, 4, 4)),
    "SpatialFullConvolution": (lambda: cudnn.SpatialFullConvolution(2, 3, 2, 2, 2, 2), x(2, 3, 3), x(2, 2, 3, 3)),
    "VolumetricConvolution": (lambda: cudnn.VolumetricConvolution(1, 2, 2, 2, 2), x(1, 3, 3, 3), x(2, 1, 3, 3, 3)),
    "VolumetricFullConvolution": (lambda: cudnn.VolumetricFullConvolution(1, 2, 2, 2, 2), x(1, 2, 2, 2)),
    "TemporalConvolution": (lambda: cudnn.TemporalConvolution(3, 2, 2, 2, 1), x(5, 3), x(2, 5, 3)),
    "SpatialMaxPooling": (lambda: cudnn.SpatialMaxPooling(2, 2).ceil(), x(2, 5, 5), x(2, 2, 5, 5)),
    "SpatialAveragePooling": (lambda: cudnn.SpatialAveragePooling(2, 2, None, None, 1, 1), x(2, 4, 4)),
    "VolumetricMaxPooling": (lambda: cudnn.VolumetricMaxPooling(2, 2, 2), x(1, 4, 4, 4)),
    "VolumetricAveragePooling": (
        lambda: cudnn.VolumetricAveragePooling(2, 2, 2, 2, 2, 2, 1, 1, 1).ceil(), x(1, 3, 3, 3), x(2, 1, 3, 3, 3),
    ),
    "Tanh": (cudnn.Tanh, x(4), x(2, 3)),
    "Sigmoid": (cudnn.Sigmoid, x(4), x(2, 3)),
    "ReLU": (cudnn.ReLU, x(4), x(2, 3)),
    "ClippedReLU": (lambda: cudnn.ClippedReLU(0.5), x(7), x(2, 7)),
    "SoftMax": (cudnn.SoftMax, x(4), x(2, 3), x(2, 2, 2), x(2, 2, 2, 2)),
    "LogSoftMax": (cudnn.LogSoftMax, x(4), x(2, 3), x(2, 2, 2), x(2, 2, 2, 2)),
    "SpatialSoftMax": (cudnn.SpatialSoftMax, x(4), x(2, 3), x(3, 2, 2), x(2, 3, 2, 2)),
    "SpatialLogSoftMax": (cudnn.SpatialLogSoftMax, x(4), x(2, 3), x(3, 2, 2), x(2, 3, 2, 2)),
    "VolumetricSoftMax": (cudnn.VolumetricSoftMax, x(3, 2, 2, 2), x(2, 3, 1, 2, 2)),
    "VolumetricLogSoftMax": (cudnn.VolumetricLogSoftMax, x(3, 2, 2, 2), x(2, 3, 1, 2, 2)),
    "BatchNormalization": (lambda: cudnn.BatchNormalization(3), x(4, 3)),
    "SpatialBatchNormalization": (lambda: cudnn.SpatialBatchNormalization(2), x(1, 2, 3, 3), x(2, 2, 3, 3)),
    "VolumetricBatchNormalization": (lambda: cudnn.VolumetricBatchNormalization(2), x(2, 2, 2, 2, 2)),
    "SpatialCrossMapLRN": (lambda: cudnn.SpatialCrossMapLRN(3, 0.5, 0.75, 2), x(4, 2, 2), x(2, 4, 2, 2)),
    "RNNReLU": (lambda: cudnn.RNNReLU(3, 2, 2), x(4, 2, 3)),
    "RNNTanh": (lambda: cudnn.RNNTanh(3, 2, 1), x(4, 2, 3)),
    "LSTM": (lambda: cudnn.LSTM(3, 2, 2), x(4, 2, 3)),
    "GRU, batch first": (lambda: cudnn.GRU(3, 2, 1, True), x(2, 4, 3)),
    "BLSTM": (lambda: cudnn.BLSTM(3, 2, 2), x(3, 2, 3)),
    "BGRU": (lambda: cudnn.BGRU(2, 2, 1), x(3, 1, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_gradients(name):
    make, *inputs = MODULES[name]
    for input in inputs:
        random.manualSeed(3)
        check_module(make().double(), input.clone())


@pytest.mark.parametrize("name", MODULES)
def test_floats_agree_with_doubles_and_files_keep_all(name):
    make, input, *_ = MODULES[name]
    module = make().double()
    module.zeroGradParameters()  # else they hold any old memory, maybe of a file, in which as_cuda would find its names
    module.evaluate()
    expected = module.forward(input).clone()
    for other in (module.clone(), serialization.deserialize(as_cuda(serialization.serialize(module))).double()):
        assert type(other) is type(module) and other.type() == "torch.DoubleTensor"
        torch.testing.assert_close(other.forward(input), expected)
    single = module.float().forward(input.float())
    torch.testing.assert_close(single.double(), expected, rtol=1e-4, atol=1e-5)


def test_criterions():
    target = torch.tensor([[[1.0, 2], [3, 2]], [[2, 2], [1, 3]]], dtype=torch.float64)
    criterion = cudnn.SpatialCrossEntropyCriterion(torch.tensor([1, 2, 0.5], dtype=torch.float64)).double()
    check_criterion(criterion, x(2, 3, 2, 2), target)
    volumetric = cudnn.VolumetricCrossEntropyCriterion().double()
    check_criterion(volumetric, x(1, 3, 2, 2, 2), target.unsqueeze(0))
    uniform = volumetric.forward(torch.zeros(1, 3, 2, 2, 2, dtype=torch.float64), target.unsqueeze(0))
    assert uniform == pytest.approx(math.log(3))
    with pytest.raises(TorchError, match="a class for each place"):
        criterion.forward(x(2, 3, 2, 2), target[:1])


def test_groups_are_convolutions_side_by_side():
    whole = cudnn.SpatialConvolution(4, 6, 3, 3, 1, 1, 1, 1, 2).double()
    assert whole.weight.shape == (6, 2, 3, 3)
    image = x(2, 4, 5, 5)
    out = whole.forward(image)
    for group in range(2):
        part = nn.SpatialConvolution(2, 3, 3, 3, 1, 1, 1, 1).double()
        part.weight.copy_(whole.weight[3 * group : 3 * group + 3])
        part.bias.copy_(whole.bias[3 * group : 3 * group + 3])
        torch.testing.assert_close(out[:, 3 * group : 3 * group + 3], part.forward(image[:, 2 * group : 2 * group + 2]))
    with pytest.raises(TorchError, match="nOutputPlane should be divisible by nGroups, got 5 and 2"):
        cudnn.SpatialConvolution(4, 5, 3, 3, 1, 1, 0, 0, 2)


def test_a_seed_gives_the_weights_of_nn():
    for name, arguments in dict(SpatialConvolution=(2, 3, 3, 3), VolumetricConvolution=(1, 2, 2, 2, 2)).items():
        random.manualSeed(1)
        expected = getattr(nn, name)(*arguments)
        random.manualSeed(1)
        found = getattr(cudnn, name)(*arguments)
        assert torch.equal(found.weight, expected.weight) and torch.equal(found.bias, expected.bias)
    assert (cudnn.SpatialConvolution(1, 1, 3, 3, 1, 1, 1).padW, cudnn.SpatialConvolution(1, 1, 3, 3, 1, 1, 1).padH) == (
        1,
        0,
    )


def test_temporal_convolution_is_nns_on_padded_frames():
    module = cudnn.TemporalConvolution(3, 2, 2, 2, 1).double()
    other = nn.TemporalConvolution(3, 2, 2, 2).double()
    other.weight.copy_(module.weight)
    other.bias.copy_(module.bias)
    frames = x(2, 5, 3)
    padded = torch.nn.functional.pad(frames, (0, 0, 1, 1))
    torch.testing.assert_close(module.forward(frames), other.forward(padded))


@pytest.mark.parametrize("make", [cudnn.Tanh, cudnn.Sigmoid, cudnn.ReLU, lambda on: cudnn.ClippedReLU(0.5, on)])
def test_in_place(make):
    input, gradient = x(6), x(6) * 2
    plain, in_place = make(False).double(), make(True).double()
    expected = plain.forward(input).clone(), plain.backward(input, gradient).clone()
    output = in_place.forward(input)
    assert output.data_ptr() == input.data_ptr()
    assert torch.equal(output, expected[0])
    assert in_place.backward(input, gradient).data_ptr() == gradient.data_ptr()
    assert torch.equal(in_place.gradInput, expected[1])


def test_softmax_of_an_image_is_over_all_of_it():
    assert cudnn.SoftMax().forward(x(2, 3, 4, 4)).sum((1, 2, 3)).tolist() == pytest.approx([1, 1])
    assert cudnn.SpatialSoftMax().forward(x(2, 3, 4, 4)).sum().item() == pytest.approx(32)


def test_batch_of_one_counts_in_training():
    module = cudnn.SpatialBatchNormalization(2).double()
    module.weight.fill_(1)
    assert module.forward(x(1, 2, 4, 4)).mean().item() == pytest.approx(0, abs=1e-9)
    with pytest.raises(TorchError, match="only affine supported"):
        cudnn.BatchNormalization(2, None, None, False)


# --- recurrent networks


def lstm_by_steps(net, sequence):
    """One layer's outputs, from the matrices and biases that the network hands out."""
    inputs, size = net.inputSize, net.hiddenSize
    matrices, biases = list(net.weights()[1]), list(net.biases()[1])
    hidden = cell = sequence.new_zeros(sequence.shape[1], size)
    outputs = []
    for step in sequence:
        gates = []
        for gate in range(4):
            by_input, by_state = matrices[gate].view(size, inputs), matrices[4 + gate].view(size, size)
            gates.append(step @ by_input.t() + biases[gate] + hidden @ by_state.t() + biases[4 + gate])
        cell = gates[1].sigmoid() * cell + gates[0].sigmoid() * gates[2].tanh()
        hidden = gates[3].sigmoid() * cell.tanh()
        outputs.append(hidden)
    return torch.stack(outputs)


def test_lstm_is_what_its_weights_say():
    net = cudnn.LSTM(3, 2, 1).double()
    sequence = x(4, 2, 3)
    torch.testing.assert_close(net.forward(sequence), lstm_by_steps(net, sequence))
    net.weights()[1][1].zero_()
    assert (net.weight[:6] == 0).all(), "the gates are views of weight"


def test_packed_sequences_are_their_parts():
    net = cudnn.LSTM(3, 2, 1).double()
    sequence = x(4, 2, 3)
    packed = net.packPaddedSequence(sequence, Table([4, 2]))
    assert list(packed[2]) == [2, 2, 1, 1]
    whole = net.forward(sequence).clone()
    output = net.forward(packed)
    assert output.shape == (6, 2)
    found, lengths = net.padPackedSequence(Table([output, packed[2]]))
    assert list(lengths) == [4, 2]
    torch.testing.assert_close(found[:, 0], whole[:, 0])
    torch.testing.assert_close(found[:2, 1], whole[:2, 1])
    assert net.backward(packed, output).shape == (6, 3)
    with pytest.raises(TorchError, match="decreasing order"):
        net.packPaddedSequence(sequence, Table([2, 4]))


def test_states_begin_end_and_are_remembered():
    net = cudnn.GRU(3, 2, 1).double()
    sequence = x(4, 2, 3)
    whole = net.forward(sequence).clone()
    torch.testing.assert_close(net.hiddenOutput[0], whole[-1])
    net.rememberStates = True
    net.resetStates()
    parts = [net.forward(sequence[:2]).clone(), net.forward(sequence[2:]).clone()]
    torch.testing.assert_close(torch.cat(parts), whole)
    net.rememberStates = False
    net.hiddenInput = x(1, 2, 2)
    net.gradHiddenOutput = x(1, 2, 2) * 3

    def value():
        net.forward(sequence)
        return (net.output.sum() + (net.hiddenOutput * net.gradHiddenOutput).sum()).item()

    value()
    net.backward(sequence, torch.ones_like(net.output))
    torch.testing.assert_close(net.gradHiddenInput, differences(value, net.hiddenInput), rtol=1e-5, atol=1e-6)
    net.hiddenInput = x(2, 2, 2)
    with pytest.raises(TorchError, match="hiddenInput must be layers x batch x hiddenSize"):
        net.forward(sequence)


def test_dropout_between_layers_comes_from_the_seed():
    net = cudnn.RNNTanh(3, 8, 2, False, 0.5).double()
    sequence = x(4, 2, 3)
    random.manualSeed(2)
    first = net.forward(sequence).clone()
    assert not torch.equal(net.forward(sequence), first)
    random.manualSeed(2)
    assert torch.equal(net.forward(sequence), first)
    net.evaluate()
    assert torch.equal(net.forward(sequence).clone(), net.forward(sequence))
    with pytest.raises(TorchError, match="only be called when training"):
        net.backward(sequence, first)


# --- between packages


def network():
    net = (
        nn.Sequential().add(nn.SpatialConvolution(1, 2, 3, 3)).add(nn.ReLU()).add(nn.SpatialAveragePooling(2, 2, 2, 2))
    )
    return net.add(nn.View(-1).setNumInputDims(3)).add(nn.Linear(2, 3)).add(nn.LogSoftMax())


def test_convert_there_and_back():
    net = network()
    image = x(2, 1, 4, 4)
    expected = net.forward(image).clone()
    weight = net.get(1).weight
    assert cudnn.convert(net, cudnn) is net
    names = [type(module).__typename__ for module in net.modules]
    assert names == [
        "cudnn.SpatialConvolution", "cudnn.ReLU", "cudnn.SpatialAveragePooling", "nn.View", "nn.Linear",
        "cudnn.LogSoftMax",
    ]  # fmt: skip
    assert net.get(1).weight is weight
    torch.testing.assert_close(net.forward(image), expected)
    cudnn.convert(net, nn, lambda module: "ReLU" in type(module).__typename__)
    assert type(net.get(2)) is cudnn.ReLU and type(net.get(1)) is nn.SpatialConvolution
    torch.testing.assert_close(net.forward(image), expected)
    assert type(cudnn.convert(cudnn.ReLU(True), nn)) is nn.ReLU
    grouped = cudnn.SpatialConvolution(2, 2, 1, 1, 1, 1, 0, 0, 2)
    assert cudnn.convert(grouped, nn) is grouped
    with pytest.raises(TorchError, match="package nn or cudnn expected"):
        cudnn.convert(net, "torch")


def test_files_that_cudnn_wrote_load_without_asking_for_it():
    net = cudnn.convert(network().float(), "cudnn")
    image = torch.rand(1, 1, 4, 4)
    expected = net.forward(image).clone()
    content = as_cuda(serialization.serialize(net))
    with LuaTorch() as lua:
        found = lua.execute("require 'nn' return torch.deserialize(...)", content)
        assert lua.execute("local net = ... return net:float():get(1):fastest():type()", found) == "torch.FloatTensor"
        torch.testing.assert_close(lua.execute("local net, x = ... return net:forward(x)", found, image), expected)


def test_as_a_plain_torch_module():
    net = nn.Sequential().add(cudnn.SpatialConvolution(2, 4, 3, 3, 1, 1, 1, 1, 2)).add(cudnn.ReLU())
    net.add(nn.View(-1).setNumInputDims(3)).add(nn.Linear(64, 2)).add(cudnn.LogSoftMax()).double()
    image = x(2, 2, 4, 4)
    converted = to_torch(net, (2, 4, 4))
    torch.testing.assert_close(converted(image).detach(), net.forward(image))


@pytest.mark.parametrize(
    "module, name, args",
    [
        (lambda: cudnn.SpatialMaxPooling(3, 2, 2, 1, 1, 0).ceil(), "MaxPooling2D", (2, 3, 1, 2, 0, 1, True)),
        (lambda: cudnn.SpatialAveragePooling(3, 2, 2, 1, 1, 1), "AveragePooling2D", (2, 3, 1, 2, 1, 1)),
        *[(getattr(cudnn, name), name, ()) for name in ("ReLU", "Tanh", "Sigmoid", "SoftMax", "LogSoftMax")],
    ],
)
@pytest.mark.parametrize("shape", [(2, 3, 6, 7), (3, 6, 7)])
def test_functions_are_their_modules(module, name, args, shape):
    module, input = module().float(), torch.randn(shape)
    expected = module.forward(input)
    gradOutput = torch.randn(expected.shape)
    output, gradInput = torch.empty_like(expected), torch.empty_like(input)
    getattr(cudnn.functional, f"{name}_updateOutput")(None, input, output, *args)
    getattr(cudnn.functional, f"{name}_updateGradInput")(None, input, output, gradOutput, gradInput, *args)
    assert torch.equal(output, expected) and torch.equal(gradInput, module.backward(input, gradOutput))


def test_functions_of_a_convolution():
    module, functional = cudnn.SpatialConvolution(3, 4, 3, 2, 2, 1, 0, 1), cudnn.functional
    for shape in ((2, 3, 6, 7), (3, 6, 7)):
        input = torch.randn(shape, dtype=torch.float64)
        expected = module.forward(input)
        gradOutput = torch.randn(expected.shape, dtype=torch.float64)
        module.zeroGradParameters()
        module.backward(input, gradOutput)
        output, gradInput, geometry = torch.empty_like(expected), torch.empty_like(input), (1, 2, 1, 0)
        functional.Convolution2D_updateOutput(None, input, module.weight, output, *geometry)
        functional.bias2D_updateOutput(None, module.bias, output)
        torch.testing.assert_close(output, expected)
        functional.Convolution2D_updateGradInput(None, input, module.weight, output, gradOutput, gradInput, *geometry)
        torch.testing.assert_close(gradInput, module.gradInput)
        gradWeight, gradBias = torch.ones_like(module.weight), torch.ones_like(module.bias)
        functional.Convolution2D_accGradParameters(None, input, gradWeight, gradOutput, *geometry, 0.5, 3)
        functional.bias2D_accGradParameters(None, gradOutput, gradBias, 0.5)
        torch.testing.assert_close(gradWeight, 3 + 0.5 * module.gradWeight)
        torch.testing.assert_close(gradBias, 1 + 0.5 * module.gradBias)
    with pytest.raises(TorchError, match=r"Output is of wrong size: \[5\] instead of \[1 x 4 x 7 x 3\]"):
        functional.Convolution2D_updateOutput(None, input, module.weight, torch.empty(5), *geometry)


def test_functions_from_lua(stand_in):  # noqa: F811 - the fixture
    with LuaTorch() as lua:
        assert lua.execute("""
            require 'cudnn'
            local input, output = torch.CudaTensor{{-1, 2}, {3, -4}}, torch.CudaTensor()
            cudnn.functional.ReLU_updateOutput(cudnn.getHandle(), input, output)
            return output:sum(), output:size(1)
        """) == (5, 2)


def test_lua_face(stand_in):  # noqa: F811 - the fixture
    with LuaTorch() as lua:
        lua.execute("require 'cudnn'")
        assert lua.execute("return cudnn.benchmark, cudnn.fastest, cudnn.verbose") == (False, False, False)
        assert lua.execute("cudnn.benchmark = true; cudnn.fastest = true; return cudnn.benchmark, cudnn.fastest") == (
            True,
            True,
        )
        assert torch.backends.cudnn.benchmark
        lua.execute("cudnn.benchmark = false")
        assert not torch.backends.cudnn.benchmark
        text = """
            local net = nn.Sequential():add(nn.SpatialConvolutionMM(1, 2, 3, 3)):add(nn.ReLU())
            cudnn.convert(net, cudnn, function(module) return torch.type(module):find('ReLU') end)
            net:cuda():get(1):fastest():setMode(1, 1, 1):resetMode()
            return torch.type(net:get(1)), torch.type(net:get(2)), net:forward(torch.CudaTensor(1, 1, 4, 4)):dim()
        """
        assert lua.execute(text) == ("cudnn.SpatialConvolution", "nn.ReLU", 4)


@needs_gpu
@pytest.mark.parametrize("name", MODULES)
def test_a_gpu_agrees_with_the_cpu(name):
    make, input, *_ = MODULES[name]
    module = make().float()
    module.evaluate()
    expected = module.forward(input.float()).clone()
    torch.testing.assert_close(module.cuda().forward(input.float().cuda()).cpu(), expected, rtol=1e-3, atol=1e-4)
