"""LSTM and FastLSTM: long short-term memory, one step at a time."""

from __future__ import annotations

from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import (
    CAddTable,
    CMul,
    CMulTable,
    ConcatTable,
    Dropout,
    FlattenTable,
    JoinTable,
    Linear,
    Module,
    NarrowTable,
    ParallelTable,
    Reshape,
    SelectTable,
    Sequential,
    Sigmoid,
    SplitTable,
    Tanh,
    utils,
)
from torch7py.table import Table
from torch7py.tensor.arguments import describe, given

from .abstract import AbstractRecurrent
from .simple import LinearNoBias


def chain(*modules: Module) -> Sequential:
    """These modules one behind the other."""
    return Sequential().extend(*modules)


def fork(*modules: Module) -> ConcatTable:
    """These modules side by side on one input."""
    return ConcatTable().extend(*modules)


def parallel(*modules: Module) -> ParallelTable:
    """These modules side by side, each on an input of its own."""
    return ParallelTable().extend(*modules)


class Gated(AbstractRecurrent):
    """What LSTM and GRU share: ``recurrentModule`` is made by ``buildModel()``, dropout may be built in.

    ``p`` is the probability of that dropout: one mask for each sequence (Gal, 2015), and with ``mono`` for all samples.
    """

    p = mono = None

    def _build(self, p: float | None, mono: bool | None) -> None:
        self.p = 0 if p is None else p
        self.mono = bool(mono)
        self.recurrentModule = self.buildModel()
        self.modules[1] = self.recurrentModule
        self.sharedClones[1] = self.recurrentModule
        self.zeroTensor = utils.default_tensor()  # the state before the first step
        self.cells, self.gradCells = Table(), Table()

    def buildModel(self) -> Module:
        """Make ``recurrentModule``."""
        raise NotImplementedError

    def dropout(self) -> Dropout:
        """A new dropout that draws once for a sequence."""
        dropout = Dropout(self.p)
        dropout._set(inplace=False, lazy=True, mono=self.mono, flag=True)
        return dropout

    def dropped(self, *linear: Module) -> Sequential:
        """Linear modules of one input, each behind a dropout of its own, joined."""
        return chain(fork(*[self.dropout() for _ in linear]), parallel(*linear), JoinTable(2))

    def _zeros(self, input):
        """``zeroTensor``, made to be the state before the step of this input, if one is given."""
        if input is not None:
            self.zeroTensor.resize_(*input.shape[:-1], self.outputSize).zero_()
        return self.zeroTensor

    def trimZero(self, nInputDim):
        if self.p != 0 and not self.mono:
            raise TorchError(f"{type(self).__typename__}: TrimZero with dropout needs the `mono` option")
        return AbstractRecurrent.trimZero(self, nInputDim)


@register("nn.LSTM")
class LSTM(Gated):
    """Long short-term memory with peepholes (Graves et al., 2013, http://arxiv.org/abs/1303.5778v1)::

        i = sigmoid(W x + W h + w * c + b)        (the same for the forget gate f)
        c' = f * c + i * tanh(W x + W h + b)
        h' = sigmoid(W x + W h + w * c' + b) * tanh(c')

    Input: a vector of ``inputSize`` elements or a batch of such rows; output: h', of ``outputSize`` elements.

    Arguments:
        inputSize, outputSize: sizes; outputSize is inputSize unless given.
        rho: how many steps gradients flow back at most (9999).
        cell2gate: false for an LSTM without peepholes (w).
        p, mono: dropout, see :class:`Gated`.
    """

    cell2gate = None

    def __init__(
        self,
        inputSize: int,
        outputSize: int | None = None,
        rho: int | None = None,
        cell2gate: bool | None = None,
        p: float | None = None,
        mono: bool | None = None,
    ):
        AbstractRecurrent.__init__(self, 9999 if rho is None else rho)
        self.inputSize = inputSize
        self.outputSize = inputSize if outputSize is None else outputSize
        self.cell2gate = cell2gate is not False
        self._build(p, mono)

    # --- the module of a step: {input, output(t-1), cell(t-1)} -> {output, cell}

    def _sides(self) -> list[Module]:
        """The linear modules of input and output."""
        return [
            chain(self.dropout(), Linear(self.inputSize, self.outputSize)),
            chain(self.dropout(), LinearNoBias(self.outputSize, self.outputSize)),
        ]

    def buildGate(self) -> Module:
        """Make a gate of {input, output(t-1), cell}."""
        gate = chain() if self.cell2gate else chain(NarrowTable(1, 2))
        sides = self._sides()
        if self.cell2gate:
            sides.append(CMul(self.outputSize))
        return gate.extend(parallel(*sides), CAddTable(), Sigmoid())

    def buildInputGate(self) -> Module:
        self.inputGate = self.buildGate()
        return self.inputGate

    def buildForgetGate(self) -> Module:
        self.forgetGate = self.buildGate()
        return self.forgetGate

    def buildOutputGate(self) -> Module:
        self.outputGate = self.buildGate()
        return self.outputGate

    def buildHidden(self) -> Module:
        """Make what proposes a new cell."""
        self.hiddenLayer = chain(NarrowTable(1, 2), parallel(*self._sides()), CAddTable(), Tanh())
        return self.hiddenLayer

    def buildCell(self) -> Module:
        """Make what gives the new cell."""
        self.inputGate = self.buildInputGate()
        self.forgetGate = self.buildForgetGate()
        self.hiddenLayer = self.buildHidden()
        kept = chain(fork(self.forgetGate, SelectTable(3)), CMulTable())
        added = chain(fork(self.inputGate, self.hiddenLayer), CMulTable())
        self.cellLayer = chain(fork(kept, added), CAddTable())
        return self.cellLayer

    def buildModel(self) -> Module:
        self.cellLayer = self.buildCell()
        self.outputGate = self.buildOutputGate()
        output = chain(fork(self.outputGate, chain(SelectTable(3), Tanh())), CMulTable())
        return chain(fork(NarrowTable(1, 2), self.cellLayer), FlattenTable(), fork(output, SelectTable(3)))

    # --- hidden states: {output, cell}

    def getHiddenState(self, step=None, input=None):
        step = self._state_step(step, self.step)
        output, cell = self.outputs[step], self.cells[step]
        if step == 0:
            zeros = self._zeros(input)
            output = given(self.userPrevOutput, output, zeros)
            cell = given(self.userPrevCell, cell, zeros)
        return Table({1: output, 2: cell})

    def setHiddenState(self, step, hiddenState) -> None:
        step = self._state_step(step, self.step)
        self.outputs[step], self.cells[step] = _pair(hiddenState)

    def getGradHiddenState(self, step=None, input=None):
        step = self._state_step(step, given(self.updateGradInputStep, self.step))
        output, cell = self.gradOutputs[step], self.gradCells[step]
        if step == self.step - 1:
            output = given(self.userNextGradOutput, output, self.zeroTensor)
            cell = given(self.userNextGradCell, cell, self.zeroTensor)
        return Table({1: output, 2: cell})

    def setGradHiddenState(self, step, gradHiddenState) -> None:
        step = self._state_step(step, given(self.updateGradInputStep, self.step))
        self.gradOutputs[step], self.gradCells[step] = _pair(gradHiddenState)

    # --- forward and backward

    def updateOutput(self, input):
        output, self.cell = self._forward(Table([input, *self.getHiddenState(self.step - 1, input)]))
        self.cells[self.step] = self.cell
        return self._advance(output)

    def _updateGradInput(self, input, gradOutput):
        step = self._back_at(self.updateGradInputStep)
        from_next, by_cell = self.getGradHiddenState(step)
        gradients = Table([self._whole_gradient(step, from_next, gradOutput), by_cell])
        inputs = Table([input, *self.getHiddenState(step - 1)])
        by_input, by_output, by_cell = self.getStepModule(step).updateGradInput(inputs, gradients)
        self.setGradHiddenState(step - 1, Table([by_output, by_cell]))
        return by_input

    def _accGradParameters(self, input, gradOutput, scale) -> None:
        step = self._back_at(self.accGradParametersStep)
        inputs = Table([input, *self.getHiddenState(step - 1)])
        gradients = self.getGradHiddenState(step)
        gradients[1] = given(self._gradOutputs[step], gradients[1])
        self.getStepModule(step).accGradParameters(inputs, gradients, scale)

    def clearState(self) -> LSTM:
        utils.clear(self, "zeroTensor", "userPrevOutput", "userPrevCell", "userGradPrevOutput", "userGradPrevCell")
        return Gated.clearState(self)

    def type(self, type=None, tensorCache=None):
        if type is not None:
            self.forget()
            self.clearState()
        return Gated.type(self, type, tensorCache)


def _pair(state: Table) -> tuple:
    if not isinstance(state, Table) or len(state) != 2:
        raise TorchError(f"nn.LSTM: the hidden state is a table {{output, cell}}, got {describe(state)}")
    return state[1], state[2]


@register("nn.FastLSTM")
class FastLSTM(LSTM):
    """An LSTM without peepholes that computes all gates in one product. Arguments as of LSTM.

    ``FastLSTM.usenngraph = True`` lets new ones be built by nngraph; ``FastLSTM.bn = True`` too, with batch
    normalization of input, output and cell (http://arxiv.org/abs/1603.09025), to which ``eps``, ``momentum`` and
    ``affine`` go.
    """

    usenngraph = bn = False
    eps = momentum = affine = None

    def __init__(self, inputSize, outputSize=None, rho=None, eps=None, momentum=None, affine=None, p=None, mono=None):
        self._set(eps=eps, momentum=momentum)
        self.affine = affine is not False
        LSTM.__init__(self, inputSize, outputSize, rho, None, p, mono)

    def buildModel(self) -> Module:
        inputs, outputs = self.inputSize, self.outputSize
        if self.p != 0:
            self.i2g = self.dropped(*[Linear(inputs, outputs) for _ in range(4)])
            self.o2g = self.dropped(*[LinearNoBias(outputs, outputs) for _ in range(4)])
        else:
            self.i2g = Linear(inputs, 4 * outputs)
            self.o2g = LinearNoBias(outputs, 4 * outputs)
        if self.usenngraph or self.bn:
            return self.nngraphModel()
        gates = chain(NarrowTable(1, 2), parallel(self.i2g, self.o2g), CAddTable())
        gates.extend(Reshape(4, outputs), SplitTable(1, 2), parallel(Sigmoid(), Tanh(), Sigmoid(), Sigmoid()))
        # input gate, proposal, forget gate, output gate, cell(t-1)
        step = chain(fork(gates, SelectTable(3)), FlattenTable())
        added = chain(NarrowTable(1, 2), CMulTable())
        kept = chain(fork(SelectTable(3), SelectTable(5)), CMulTable())
        cell = chain(fork(added, kept), CAddTable())
        # cell, output gate
        step.extend(fork(cell, SelectTable(4)), FlattenTable())
        output = chain(fork(chain(SelectTable(1), Tanh()), SelectTable(2)), CMulTable())
        return step.extend(fork(output, SelectTable(1)))

    def nngraphModel(self) -> Module:
        """Make ``recurrentModule`` as a graph."""
        from .graphs import fast_lstm

        return fast_lstm(self)

    def _not_built(self, *_):
        raise TorchError("FastLSTM computes all gates at once: Not Implemented")

    buildGate = buildInputGate = buildForgetGate = buildOutputGate = buildHidden = buildCell = _not_built
