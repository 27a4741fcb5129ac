"""Recurrent networks from Python: memory between sequences, shared parameters, states, whole layers, errors."""

import copy
import pickle

import pytest
import torch

import torch7py
from torch7py import TorchError, nn, random, rnn
from torch7py.table import Table


@pytest.fixture(autouse=True)
def seeded():
    random.manualSeed(1)


def steps(count, *sizes):
    return Table([torch.linspace(-1, 1, torch.Size(sizes).numel()).double().view(sizes) + s for s in range(count)])


def last(output):
    return output[len(output)].clone() if isinstance(output, Table) else output[-1].clone()


@pytest.mark.parametrize("kind", ["LSTM", "FastLSTM", "GRU"])
@pytest.mark.parametrize("mode", ["both", "train", "eval", "neither"])
def test_a_sequencer_remembers_in_the_modes_it_was_told(kind, mode):
    sequencer = rnn.Sequencer(getattr(rnn, kind)(3, 2))
    assert sequencer.remember(mode) is sequencer
    x = steps(2, 4, 3)
    for which, start in (("train", sequencer.training), ("eval", sequencer.evaluate)):
        start()
        sequencer.forget()
        first, second = last(sequencer.forward(x)), last(sequencer.forward(x))
        assert sequencer.hasMemory() == (mode in ("both", which))
        assert torch.equal(first, second) != sequencer.hasMemory()


@pytest.mark.parametrize("dtype", ["Float", "Double"])
def test_a_layer_that_remembers_goes_on_as_one_long_sequence(dtype):
    for layer in (rnn.SeqLSTM(3, 2), rnn.SeqGRU(3, 2), rnn.SeqLSTMP(3, 4, 2)):
        layer.type(f"torch.{dtype}Tensor")
        x = torch.randn(6, 4, 3).to(layer.weight.dtype)
        whole = layer.forward(x).clone()
        layer.remember("both").forget()
        parts = [layer.forward(part).clone() for part in x.split((2, 4))]
        torch.testing.assert_close(torch.cat(parts), whole)
        layer.forget()
        assert not torch.equal(layer.forward(x[2:]), parts[1])


def test_a_layer_does_what_its_steps_do():
    x, by_output = torch.randn(5, 3, 4).double(), torch.randn(5, 3, 2).double()
    for layer, convert in ((rnn.SeqLSTM(4, 2), "toFastLSTM"), (rnn.SeqGRU(4, 2), "toGRU")):
        layer.zeroGradParameters()
        stepwise = rnn.Sequencer(getattr(layer, convert)())
        stepwise.zeroGradParameters()
        torch.testing.assert_close(stepwise.forward(x), layer.forward(x))
        torch.testing.assert_close(stepwise.backward(x, by_output), layer.backward(x, by_output))
        by_steps = getattr(layer, convert)().parameters()[1]
        for one, other in zip(stepwise.parameters()[1], by_steps, strict=True):
            torch.testing.assert_close(one, other)


def test_cells_of_a_float_layer_are_those_of_its_forward_pass():
    layer = rnn.SeqLSTM(3, 2)
    x = torch.randn(5, 4, 3)
    layer.forward(x.double())
    exact = layer.cell.clone()
    layer.float()
    given = x.clone()
    layer.forward(given)
    given.zero_()  # what becomes of the input and the weights afterwards does not matter
    layer.weight.zero_()
    torch.testing.assert_close(layer.cell.double(), exact, rtol=1e-4, atol=1e-5)
    layer.forward(x)
    layer.remember("both")
    layer.forward(x)
    assert layer.clone().cell.shape == (5, 4, 2)


def test_a_float_layer_saved_between_forward_and_backward_goes_on():
    layer = rnn.SeqLSTM(3, 2).float()
    x, by_output = torch.randn(5, 4, 3), torch.randn(5, 4, 2)
    layer.forward(x)
    layer.zeroGradParameters()
    read = torch7py.deserialize(torch7py.serialize(layer))
    others = (read, layer.clone(), copy.deepcopy(layer), pickle.loads(pickle.dumps(layer)))
    expected = layer.backward(x, by_output).clone()
    for other in others:
        torch.testing.assert_close(other.backward(x, by_output), expected)
        torch.testing.assert_close(other.gradWeight, layer.gradWeight)


def test_batch_first():
    x, by_output = torch.randn(5, 3, 4).double(), torch.randn(5, 3, 2).double()
    for layer in (rnn.SeqLSTM(4, 2), rnn.SeqGRU(4, 2)):
        output, gradient = layer.forward(x).clone(), layer.backward(x, by_output).clone()
        layer.batchfirst = True
        assert torch.equal(layer.forward(x.transpose(0, 1)), output.transpose(0, 1))
        assert torch.equal(layer.backward(x.transpose(0, 1), by_output.transpose(0, 1)), gradient.transpose(0, 1))


def test_initial_states_set_by_the_program():
    x = torch.randn(3, 4, 3).double()
    h, c = torch.randn(4, 2).double(), torch.randn(4, 2).double()
    layer = rnn.SeqLSTM(3, 2)
    expected = layer.forward(Table([c, h, x])).clone()
    layer.userPrevOutput, layer.userPrevCell = h, c
    assert torch.equal(layer.forward(x), expected)
    assert layer.userPrevOutput is None and not torch.equal(layer.forward(x), expected)  # for one sequence only
    stepwise = layer.toFastLSTM()
    stepwise.setHiddenState(0, Table([h, c]))
    torch.testing.assert_close(stepwise.forward(x[0]), expected[0])


def test_flat_parameters_are_those_of_all_steps():
    sequencer = rnn.Sequencer(nn.Sequential().extend(rnn.GRU(3, 4), nn.Linear(4, 2)))
    x = steps(3, 2, 3)
    sequencer.forward(x)
    parameters, gradients = sequencer.getParameters()
    parameters.zero_()
    assert all(step.abs().sum() == 0 for step in sequencer.forward(x))
    sequencer.zeroGradParameters()
    sequencer.backward(x, steps(3, 2, 2))
    assert gradients.abs().sum() > 0
    assert torch.equal(gradients, torch.cat([gradient.flatten() for gradient in sequencer.parameters()[1]]))


def test_only_so_many_steps_are_kept():
    lstm = rnn.FastLSTM(2, 2, 3)
    for step in steps(20, 1, 2):
        lstm.forward(step)
    assert sum(1 for _ in lstm.sharedClones.keys()) <= 4 and sum(1 for _ in lstm.outputs.keys()) <= 5


def test_hidden_states_carry_a_sequence_over():
    x = steps(4, 2, 3)
    for make in (rnn.LSTM, rnn.GRU):
        whole, second = make(3, 2), None
        outputs = [whole.forward(step).clone() for step in x]
        whole.forget()
        for step in x.list()[:2]:
            whole.forward(step)
        second = whole.sharedClone()
        second.forget()
        second.setHiddenState(0, whole.getHiddenState())
        assert torch.equal(second.forward(x[3]), outputs[2])


def test_attention_learns_from_a_reward():
    sense = nn.Sequential().extend(nn.ParallelTable().extend(nn.Linear(5, 3), nn.Linear(2, 3)), nn.JoinTable(1, 1))
    core = rnn.Recurrent(4, sense.add(nn.Linear(6, 4)), nn.Linear(4, 4))
    action = nn.Sequential().extend(nn.Linear(4, 2), torch7py.dpnn.ReinforceNormal(0.1))
    attention = rnn.RecurrentAttention(core, action, 3, Table([4]))
    x = torch.randn(2, 5).double()
    output = attention.forward(x)
    assert len(output) == 3 and output[1].shape == (2, 4)
    attention.reinforce(torch.tensor([1.0, -1]).double())
    attention.zeroGradParameters()
    assert attention.backward(x, Table([torch.zeros(2, 4).double()] * 3)).shape == x.shape
    assert attention.action.parameters()[1][1].abs().sum() > 0  # though no gradient came in


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (lambda: rnn.Sequencer(3), "Sequencer: expecting nn.Module instance at arg 1, got number"),
        (lambda: rnn.Sequencer(rnn.LSTM(3, 2)).forward(3), "expecting a sequence.*got number"),
        (lambda: rnn.Sequencer(rnn.LSTM(3, 2)).backward(steps(2, 1, 3), steps(3, 1, 2)), "3 instead of 2"),
        (lambda: rnn.LSTM(3, 2).backward(torch.ones(3), torch.ones(2)), "nn.LSTM: expecting at least one updateOutput"),
        (lambda: rnn.SeqLSTM(3, 2).forward(3), "input: torch.DoubleTensor expected, got number"),
        (
            lambda: rnn.SeqLSTM(3, 2).forward(torch.ones(2, 3).double()),
            r"Only supports batch mode, got input \[2 x 3\]",
        ),
        (
            lambda: rnn.SeqGRU(3, 2).forward(torch.ones(2, 3, 4).double()),
            r"input \[2 x 3 x 4\], expected \[2 x 3 x 3\]",
        ),
        (lambda: rnn.SeqLSTM(3, 2).remember("always"), "unrecognized value for remember : always"),
        (lambda: rnn.MuFuRu(3, 2, Table(["keep", "swap"])), "no operation 'swap'"),
        (lambda: rnn.Recurrent(2, nn.Linear(3, 2), nn.Linear(2, 2)).maskZero(1), "Use nn.Recurrence instead"),
        (lambda: rnn.MaskZero(nn.Linear(3, 2), 1).forward(torch.ones(2, 2, 3)), "nInputDim error: 3, 1"),
        (lambda: rnn.TrimZero(rnn.GRU(3, 2, 9, 0.5), 1, True), "needs `mono` option"),
    ],
)
def test_errors_name_what_is_wrong(fault, message):
    with pytest.raises(TorchError, match=message):
        fault()
