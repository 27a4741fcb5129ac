"""Gradients of recurrent modules and of dpnn's, by finite differences; floats agree with doubles."""

import pytest
import torch

from tests.gradcheck import backward, check_criterion, check_module, differences, leaves, loss, weights_for
from torch7py import dpnn, nn, nnx, random, rnn
from torch7py.table import Table


def x(*sizes, shift=0.0):
    """Numbers between -1 and 1 that stay clear of 0 and of each other."""
    count = torch.Size(sizes).numel()
    order = (torch.arange(count) * 7919 + 5) % count
    return (((order + 0.3) / count * 2 - 1) * 0.97 + shift).double().view(sizes)


def steps(count, *sizes, shift=0.0):
    return Table([x(*sizes, shift=shift + 0.1 * step) for step in range(count)])


def with_gaps(sequence):
    """A sample of zeros in the second step, and a step of nothing but zeros."""
    sequence[2][0].zero_()
    sequence[3].zero_()
    return sequence


def recurrence():
    step = nn.Sequential().extend(nn.JoinTable(1, 1), nn.Linear(5, 2), nn.Tanh())
    return rnn.Recurrence(step, 2, 1)


def in_sequencer(make):
    return lambda: rnn.Sequencer(make())


SEQUENCES = {
    "LSTM": lambda: rnn.LSTM(3, 2),
    "LSTM without peepholes": lambda: rnn.LSTM(3, 2, 9, False),
    "LSTM with dropout": lambda: rnn.LSTM(3, 2, 9, None, 0.3),
    "FastLSTM": lambda: rnn.FastLSTM(3, 2),
    "FastLSTM with dropout": lambda: rnn.FastLSTM(3, 2, 9, None, None, None, 0.3, True),
    "GRU": lambda: rnn.GRU(3, 2),
    "GRU with dropout": lambda: rnn.GRU(3, 2, 9, 0.3),
    "MuFuRu": lambda: rnn.MuFuRu(3, 2, Table(["keep", "replace", "mul", "diff", "max"])),
    "Recurrent": lambda: rnn.Recurrent(2, nn.Linear(3, 2), nn.Linear(2, 2)),
    "Recursor": lambda: rnn.Recursor(nn.Sequential().extend(nn.Linear(3, 2), nn.Tanh())),
    "Recurrence": recurrence,
    "LSTM and GRU": lambda: nn.Sequential().extend(rnn.LSTM(3, 2), nn.Linear(2, 3), rnn.GRU(3, 2)),
}
MODULES = {
    "SAdd": (lambda: rnn.SAdd(2, True), x(4)),
    "LinearNoBias": (lambda: rnn.LinearNoBias(3, 2), x(3), x(4, 3)),
    "CopyGrad": (rnn.CopyGrad, x(2, 3)),
    "BiSequencer": (lambda: rnn.BiSequencer(rnn.GRU(3, 2)), steps(3, 2, 3)),
    "BiSequencerLM": (lambda: rnn.BiSequencerLM(rnn.GRU(3, 2), None, nn.CAddTable()), steps(3, 2, 3)),
    "Repeater": (lambda: rnn.Repeater(rnn.FastLSTM(3, 2), 3), x(2, 3)),
    "Sequencer of a tensor": (lambda: rnn.Sequencer(rnn.FastLSTM(3, 2)), x(3, 2, 3)),
    "MaskZero": (lambda: rnn.Sequencer(rnn.LSTM(3, 2).maskZero(1)), with_gaps(steps(4, 2, 3))),
    "SeqReverseSequence": (lambda: rnn.SeqReverseSequence(2), x(2, 3, 2)),
    "Clip": (lambda: dpnn.Clip(-2, 2), x(3, 4)),
    "ReverseTable": (dpnn.ReverseTable, steps(3, 2)),
    "SpatialFeatNormalization": (
        lambda: dpnn.SpatialFeatNormalization(torch.tensor([0.1, 0.2]).double(), torch.tensor([2.0, 3.0]).double()),
        x(2, 3, 3),
        x(2, 2, 3, 3),
    ),
    "TotalDropout": (lambda: dpnn.TotalDropout(0.3), x(3, 4)),
    "SpatialRegionDropout": (lambda: dpnn.SpatialRegionDropout(0.4), x(2, 5, 5), x(2, 2, 5, 5)),
    "SimpleColorTransform": (lambda: dpnn.SimpleColorTransform(2, torch.tensor([0.1, 0.2]).double()), x(2, 3, 3)),
    "PCAColorTransform": (
        lambda: dpnn.PCAColorTransform(2, torch.eye(2).double(), torch.ones(2).double()),
        x(2, 2, 3, 3),
    ),
    "SpatialReSampling": (lambda: nnx.SpatialReSampling(Table(owidth=5, oheight=4)), x(2, 3, 3), x(2, 1, 3, 3)),
    "SpatialUniformCrop": (lambda: dpnn.SpatialUniformCrop(3), x(2, 5, 6), x(2, 2, 5, 6)),
    "SpatialUniformCrop with scale": (lambda: dpnn.SpatialUniformCrop(3, 3, Table([0.8, 1.3])), x(2, 2, 8, 8)),
    "Inception": (
        lambda: dpnn.Inception(
            Table(
                inputSize=2,
                outputSize=Table([2, 1]),
                reduceSize=Table([1, 2, 1, 1]),
                kernelSize=Table([1, 3]),
                transfer=nn.Tanh(),
                poolSize=1,
            )
        ),
        x(2, 3, 3),
        x(2, 2, 3, 3),
    ),
    "FireModule": (lambda: dpnn.FireModule(2, 1, 1, 2, "Tanh"), x(2, 2, 3, 3)),
}
CASES = [(name, in_sequencer(make), steps(3, 2, 3)) for name, make in SEQUENCES.items()]
CASES += [(name, case[0], input) for name, case in MODULES.items() for input in case[1:]]
SINGLE = ("LSTM", "LSTM without peepholes", "FastLSTM", "GRU", "Recurrent", "Recursor", "Recurrence")
CASES += [(f"{name} of single samples", in_sequencer(SEQUENCES[name]), steps(3, 3)) for name in SINGLE]
LAYERS = {
    "SeqLSTM": lambda: rnn.SeqLSTM(3, 2),
    "SeqLSTMP": lambda: rnn.SeqLSTMP(3, 4, 2),
    "SeqGRU": lambda: rnn.SeqGRU(3, 2),
    "SeqBRNN": lambda: rnn.SeqBRNN(3, 2),
    "SeqBRNN, batch first": lambda: rnn.SeqBRNN(3, 2, True, nn.JoinTable(3)),
}


@pytest.fixture(autouse=True)
def seeded():
    random.manualSeed(1)


@pytest.mark.parametrize(("name", "make", "input"), CASES, ids=[case[0] for case in CASES])
def test_gradients(name, make, input):
    module = make()
    backward(module, input)  # from the second sequence on, every step's dropout draws
    check_module(module, input, by_input=name != "MaskZero")  # a step away from a gap's zeros would close it


@pytest.mark.parametrize(("name", "make", "input"), CASES, ids=[case[0] for case in CASES])
def test_floats_agree_with_doubles(name, make, input):
    module = make()
    backward(module, input)
    expected = loss(module, input), backward(module, input)
    module.float()
    converted = nn.utils.recursiveType(nn.utils.recursiveCopy(None, input)[0], "torch.FloatTensor")
    assert loss(module, converted) == pytest.approx(expected[0], rel=1e-4, abs=1e-4)
    for gradient, exact in zip(backward(module, converted), expected[1], strict=True):
        torch.testing.assert_close(gradient.double(), exact, rtol=1e-3, atol=1e-4)


def check_layer(layer, input):
    """As check_module, for a layer that goes back with scale 1 only."""
    parameters, gradients = layer.parameters()
    layer.zeroGradParameters()
    computed = backward(layer, input)
    for tensor, gradient in zip(leaves(input), computed, strict=True):
        torch.testing.assert_close(gradient, differences(lambda: loss(layer, input), tensor), rtol=1e-5, atol=1e-6)
    for parameter, gradient in zip(parameters, [gradient.clone() for gradient in gradients], strict=True):
        expected = differences(lambda: loss(layer, input), parameter)
        torch.testing.assert_close(gradient, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_of_layers_over_sequences(name):
    check_layer(LAYERS[name](), x(4, 2, 3))


@pytest.mark.parametrize("name", ["SeqLSTM", "SeqLSTMP", "SeqGRU"])
def test_gradients_by_initial_states(name):
    outputs = x(2, 2)
    check_layer(LAYERS[name](), Table([outputs, x(3, 2, 3)]))
    if name == "SeqLSTM":
        check_layer(LAYERS[name](), Table([x(2, 2, shift=0.2), outputs, x(3, 2, 3)]))


@pytest.mark.parametrize("name", ["SeqLSTM", "SeqLSTMP", "SeqGRU"])
def test_gradients_with_gaps(name):
    layer = LAYERS[name]()
    layer.maskZero()
    input = x(4, 2, 3)
    input[1, 0] = input[2] = 0
    layer.zeroGradParameters()
    computed = backward(layer, input)[0]
    assert layer.output[1, 0].abs().sum() == layer.output[2].abs().sum() == 0
    kept = input != 0  # an element moved away from a gap would close it
    found = differences(lambda: loss(layer, input), input)
    torch.testing.assert_close(computed[kept], found[kept], rtol=1e-5, atol=1e-6)
    for parameter, gradient in zip(*layer.parameters()):
        expected = differences(lambda: loss(layer, input), parameter)
        torch.testing.assert_close(gradient, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_layers_in_floats_agree_with_doubles(name):
    layer = LAYERS[name]()
    layer.zeroGradParameters()
    input = x(4, 2, 3)
    expected = loss(layer, input), backward(layer, input)[0]
    exact = [gradient.clone() for gradient in layer.parameters()[1]]
    layer.float()
    layer.zeroGradParameters()
    assert loss(layer, input.float()) == pytest.approx(expected[0], rel=1e-4)
    torch.testing.assert_close(backward(layer, input.float())[0].double(), expected[1], rtol=1e-3, atol=1e-5)
    for gradient, other in zip(layer.parameters()[1], exact, strict=True):
        torch.testing.assert_close(gradient.double(), other, rtol=1e-3, atol=1e-5)


def test_trim_zero_does_what_mask_zero_does():
    input = with_gaps(steps(4, 2, 3))
    results = []
    for decorate in ("maskZero", "trimZero"):
        random.manualSeed(3)
        lstm = rnn.LSTM(3, 2)
        getattr(lstm, decorate)(1)
        sequencer = rnn.Sequencer(lstm)
        results.append([tensor.clone() for tensor in leaves(sequencer.forward(input))])
        results[-1] += leaves(sequencer.backward(input, weights_for(sequencer.output)))
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other)


def test_glimpse():
    glimpse = dpnn.SpatialGlimpse(2, 2, 2)
    images, places = x(2, 2, 6, 6), torch.tensor([[-0.9, 0.3], [0.2, 0.95]]).double()
    input = Table([images, places])
    computed = backward(glimpse, input)
    assert glimpse.output.shape == (2, 4, 2, 2)
    torch.testing.assert_close(computed[0], differences(lambda: loss(glimpse, input), images), rtol=1e-5, atol=1e-6)
    assert computed[1].abs().sum() == 0
    scaled = dpnn.SpatialGlimpse(Table([2, 3]), 2, 1.5)
    computed = backward(scaled, input)
    torch.testing.assert_close(computed[0], differences(lambda: loss(scaled, input), images), rtol=1e-5, atol=1e-6)


def test_noise_contrastive_estimation():
    unigrams = torch.tensor([3.0, 1, 4, 1, 5]).double()
    input = Table([x(3, 4), torch.tensor([1, 5, 2])])
    for batchnoise in (True, False):
        module, criterion = dpnn.NCEModule(4, 5, 3, unigrams, 1), dpnn.NCECriterion()
        module.batchnoise = batchnoise

        def value(module=module, criterion=criterion):
            random.manualSeed(7)
            return criterion.forward(module.forward(input))

        value()
        module.zeroGradParameters()
        gradient = module.backward(input, criterion.backward(module.output))[1].clone()
        torch.testing.assert_close(gradient, differences(value, input[1]), rtol=1e-4, atol=1e-6)
        for parameter, computed in zip(*module.parameters()):
            torch.testing.assert_close(computed, differences(value, parameter), rtol=1e-4, atol=1e-6)


CRITERIONS = {
    "SequencerCriterion": (lambda: rnn.SequencerCriterion(nn.MSECriterion()), steps(3, 2, 2), steps(3, 2, 2, shift=1)),
    "SequencerCriterion, mean": (
        lambda: rnn.SequencerCriterion(nn.ClassNLLCriterion(), True),
        x(2, 2, 3),
        torch.tensor([[1, 3], [2, 2]]),
    ),
    "RepeaterCriterion": (lambda: rnn.RepeaterCriterion(nn.MSECriterion()), steps(3, 2, 2), x(2, 2, shift=1)),
    "MaskZeroCriterion": (lambda: rnn.MaskZeroCriterion(nn.MSECriterion(), 1), x(3, 2), x(3, 2, shift=1)),
    "BinaryLogisticRegression": (dpnn.BinaryLogisticRegression, x(4), torch.tensor([1.0, -1, -1, 1]).double()),
    "SpatialBinaryLogisticRegression": (dpnn.SpatialBinaryLogisticRegression, x(2, 1, 2, 2), x(2, 1, 2, 2).sign()),
}


@pytest.mark.parametrize("name", CRITERIONS)
def test_criterions(name):
    make, input, target = CRITERIONS[name]
    check_criterion(make(), input, target)
