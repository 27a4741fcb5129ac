"""GRU and MuFuRu: gated recurrent units, one step at a time."""

from __future__ import annotations

import torch

from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import (
    Abs,
    CAddTable,
    CMulTable,
    CSubTable,
    FlattenTable,
    Identity,
    JoinTable,
    Linear,
    MapTable,
    Max,
    Min,
    Module,
    MulConstant,
    NarrowTable,
    Reshape,
    SelectTable,
    Sigmoid,
    SoftMax,
    SplitTable,
    Sqrt,
    Sum,
    Tanh,
    Transpose,
    Unsqueeze,
    View,
)
from torch7py.table import Table
from torch7py.tensor.arguments import describe, given

from .abstract import AbstractRecurrent
from .lstm import Gated, chain, fork, parallel
from .simple import LinearNoBias, SAdd


@register("nn.GRU")
class GRU(Gated):
    """Gated recurrent units (Cho et al., 2014)::

        r = sigmoid(W x + W h + b)                (the same for the update gate z)
        h' = (1 - z) * tanh(W x + W (r * h) + b) + z * h

    Input: a vector of ``inputSize`` elements or a batch of such rows; output: h', of ``outputSize`` elements. ``rho``
    is how many steps gradients flow back at most (9999); for ``p`` and ``mono`` see :class:`Gated`.
    """

    def __init__(
        self,
        inputSize: int,
        outputSize: int,
        rho: int | None = None,
        p: float | None = None,
        mono: bool | None = None,
    ):
        AbstractRecurrent.__init__(self, 9999 if rho is None else rho)
        self.inputSize, self.outputSize = inputSize, outputSize
        self._build(p, mono)

    def buildModel(self) -> Module:
        """Make the module of a step: {input, output(t-1)} -> output."""
        inputs, outputs = self.inputSize, self.outputSize
        if self.p != 0:
            self.i2g = self.dropped(Linear(inputs, outputs), Linear(inputs, outputs))
            self.o2g = self.dropped(LinearNoBias(outputs, outputs), LinearNoBias(outputs, outputs))
        else:
            self.i2g = Linear(inputs, 2 * outputs)
            self.o2g = LinearNoBias(outputs, 2 * outputs)
        gates = chain(parallel(self.i2g, self.o2g), CAddTable(), Reshape(2, outputs), SplitTable(1, 2))
        gates.add(parallel(Sigmoid(), Sigmoid()))
        # input, output(t-1), r, z; then once more output(t-1)
        step = chain(fork(Identity(), gates), FlattenTable())
        step.extend(fork(NarrowTable(1, 4), SelectTable(2)), FlattenTable())
        of_input, of_output = chain(SelectTable(1)), chain(NarrowTable(2, 2), CMulTable())
        if self.p != 0:
            of_input.add(self.dropout())
            of_output.add(self.dropout())
        of_input.add(Linear(inputs, outputs))
        of_output.add(LinearNoBias(outputs, outputs))
        hidden = chain(fork(of_input, of_output), CAddTable(), Tanh())
        new = chain(fork(hidden, chain(SelectTable(4), SAdd(-1, True))), CMulTable())
        old = chain(NarrowTable(4, 2), CMulTable())
        return step.add(chain(fork(new, old), CAddTable()))

    # --- the hidden state is the output

    def getHiddenState(self, step=None, input=None):
        step = self._state_step(step, self.step)
        state = self.outputs[step]
        return state if step != 0 else given(self.userPrevOutput, state, self._zeros(input))

    def setHiddenState(self, step, hiddenState) -> None:
        self.outputs[self._state_step(step, self.step)] = _tensor(hiddenState)

    def getGradHiddenState(self, step=None, input=None):
        step = self._state_step(step, given(self.updateGradInputStep, self.step))
        gradient = self.gradOutputs[step]
        return gradient if step != self.step - 1 else given(self.userNextGradOutput, gradient, self.zeroTensor)

    def setGradHiddenState(self, step, gradHiddenState) -> None:
        step = self._state_step(step, given(self.updateGradInputStep, self.step))
        self.gradOutputs[step] = _tensor(gradHiddenState)

    # --- forward and backward

    def updateOutput(self, input):
        return self._advance(self._forward(Table([input, self.getHiddenState(self.step - 1, input)])))

    def _updateGradInput(self, input, gradOutput):
        step = self._back_at(self.updateGradInputStep)
        gradOutput = self._whole_gradient(step, self.getGradHiddenState(step), gradOutput)
        inputs = Table([input, self.getHiddenState(step - 1)])
        by_input, by_output = self.getStepModule(step).updateGradInput(inputs, gradOutput)
        self.setGradHiddenState(step - 1, by_output)
        return by_input

    def _accGradParameters(self, input, gradOutput, scale) -> None:
        step = self._back_at(self.accGradParametersStep)
        gradOutput = given(self._gradOutputs[step], self.getGradHiddenState(step))
        inputs = Table([input, self.getHiddenState(step - 1)])
        self.getStepModule(step).accGradParameters(inputs, gradOutput, scale)

    def migrate(self, params: Table) -> None:
        """Take over the parameters of a GRU without dropout; this one must have it."""
        mine, size = self.parameters()[0].list(), self.outputSize
        if self.p == 0:
            raise TorchError("migrate: only a GRU with dropout takes over parameters")
        if len(params) != 6:
            raise TorchError(f"migrate: # of source params should be 6, got {len(params)}")
        weight, bias, recurrent, *others = params.list()
        halves = [part for whole in (weight, bias) for part in whole.split(size)]
        theirs = [halves[0], halves[2], halves[1], halves[3], *recurrent.split(size), *others]
        for one, other in zip(mine, theirs, strict=True):
            one.copy_(other)

    def __tostring__(self) -> str:
        return f"{type(self).__typename__}({self.inputSize} -> {self.outputSize}, {self.p:.2f})"


def _tensor(state) -> torch.Tensor:
    if not isinstance(state, torch.Tensor):
        raise TorchError(f"nn.GRU: the hidden state is a tensor, got {describe(state)}")
    return state


def _stacked(reduction: Module) -> Module:
    """A reduction over the tensors of a Table."""
    return chain(MapTable(Unsqueeze(1)), JoinTable(1), reduction)


# What MuFuRu can do with {output(t-1), proposal}.
_OPERATIONS = {
    "max": lambda: _stacked(Max(1)),
    "keep": lambda: SelectTable(1),
    "replace": lambda: SelectTable(2),
    "mul": CMulTable,
    "min": lambda: _stacked(Min(1)),
    "diff": CSubTable,
    "forget": lambda: chain(SelectTable(1), MulConstant(0.0)),
    "sqrt_diff": lambda: chain(CSubTable(), Abs(), Sqrt(), MulConstant(0.25)),
}


@register("nn.MuFuRu")
class MuFuRu(GRU):
    """Multi-function recurrent units (Weissenborn and Rocktäschel, 2016, http://arxiv.org/abs/1606.03002): the new
    output is a mixture, learnt for each element, of several operations on the old one and a proposal.

    ``ops`` names the operations: some of keep, replace, mul, diff, forget, sqrt_diff, max, min (all unless given).
    Input: a batch of rows of ``inputSize`` elements.
    """

    def __init__(self, inputSize: int, outputSize: int, ops: Table | None = None, rho: int | None = None):
        if ops is None:
            ops = Table(["keep", "replace", "mul", "diff", "forget", "sqrt_diff", "max", "min"])
        unknown = [op for op in ops if op not in _OPERATIONS]
        if unknown:
            raise TorchError(f"MuFuRu: no operation {unknown[0]!r}; there are {', '.join(_OPERATIONS)}")
        self.ops = ops
        self.num_ops = len(ops)
        self.operations = Table([_OPERATIONS[op]() for op in ops])
        self.inputSize, self.outputSize = inputSize, outputSize
        GRU.__init__(self, inputSize, outputSize, rho)

    def buildModel(self) -> Module:
        inputs, outputs, count = self.inputSize, self.outputSize, self.num_ops
        reset = chain(parallel(Linear(inputs, outputs), Linear(outputs, outputs)), CAddTable(), Sigmoid())
        # these three take {input, output(t-1), reset}
        proposal = chain(
            fork(SelectTable(1), chain(NarrowTable(2, 2), CMulTable())),
            JoinTable(2),
            Linear(inputs + outputs, outputs),
            Sigmoid(),
        )
        weights = chain(
            NarrowTable(1, 2),
            JoinTable(2),
            Linear(inputs + outputs, count * outputs),
            View(count, outputs).setNumInputDims(1),
            Transpose(Table([1, 2])),
            SoftMax(),
        )
        results = chain(NarrowTable(1, 2), fork(*self.operations), MapTable(Unsqueeze(1)), JoinTable(1, 3))
        mixture = chain(fork(results, SelectTable(3)), CMulTable(), Sum(1, 3))
        return chain(
            fork(SelectTable(1), SelectTable(2), reset),
            fork(SelectTable(2), proposal, weights),
            mixture,
        )

    def __tostring__(self) -> str:
        return f"{type(self).__typename__}({self.inputSize} -> {self.outputSize}) {{ {' '.join([*self.ops, ''])}}}"

    def migrate(self, params) -> None:
        raise TorchError("Migrate not supported for MuFuRu")
