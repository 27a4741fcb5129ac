"""Recurrent networks of several layers, in one direction or both, over whole sequences."""

from __future__ import annotations

import math
from weakref import WeakKeyDictionary

import torch

from torch7py import random
from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import Module, utils
from torch7py.nn._check import need_sizes, sizes
from torch7py.nn._kernels import take
from torch7py.table import Table
from torch7py.tensor import types

Tensor = torch.Tensor
_KERNELS = {
    "CUDNN_LSTM": torch._VF.lstm,
    "CUDNN_GRU": torch._VF.gru,
    "CUDNN_RNN_RELU": torch._VF.rnn_relu,
    "CUDNN_RNN_TANH": torch._VF.rnn_tanh,
}
_GATES = {"CUDNN_LSTM": 4, "CUDNN_GRU": 3, "CUDNN_RNN_RELU": 1, "CUDNN_RNN_TANH": 1}


class _Call:
    """One forward: what went in, in training so that autograd can differentiate by it, and what came out."""

    def __init__(self, training: bool, *inputs: Tensor):
        self.weight, self.x, self.hidden, self.cell = (
            tensor.detach().requires_grad_() if training else tensor for tensor in inputs
        )


_calls: WeakKeyDictionary[RNN, _Call] = WeakKeyDictionary()  # each network's last


@register("cudnn.RNN")
class RNN(Module):
    """What cuDNN's recurrent networks share.

    Input: steps x batch x inputSize (batch x steps x inputSize with ``batchFirst``), or a Table of sequences packed by
    :meth:`packPaddedSequence`. Output: steps x batch x hiddenSize (twice that in both directions).

    Fields ``hiddenInput`` and ``cellInput``, where set, are the states to begin with, ``hiddenOutput`` and
    ``cellOutput`` those at the end, all (layers * directions) x batch x hiddenSize; ``gradHiddenOutput`` and so on are
    their gradients. With ``rememberStates`` a forward begins with the states at the end of the last. ``dropout`` is the
    probability between layers.

    ``weight`` is one vector: the matrices of all layers (for the input's gates, then for the state's), then the biases
    in the same order. See :meth:`weights` and :meth:`biases`.
    """

    _mode, _directions = "CUDNN_RNN_RELU", 1
    hiddenInput = cellInput = gradHiddenOutput = gradCellOutput = None
    inputPacked = rememberStates = batchFirst = False
    dropout = 0

    def __init__(self, inputSize, hiddenSize, numLayers, batchFirst=None, dropout=None, rememberStates=None):
        Module.__init__(self)
        self.datatype = "CUDNN_DATA_FLOAT"
        self.inputSize, self.hiddenSize, self.numLayers = inputSize, hiddenSize, numLayers
        self.seqLength = self.miniBatch = 1
        self.bidirectional = "CUDNN_BIDIRECTIONAL" if self._directions == 2 else "CUDNN_UNIDIRECTIONAL"
        self.numDirections = self._directions
        self.inputMode = "CUDNN_LINEAR_INPUT"
        self.mode = self._mode
        self.dropout = 0 if dropout is None else dropout
        self.seed = 0x01234567
        self.batchFirst, self.rememberStates = bool(batchFirst), bool(rememberStates)
        self.sync = True
        self.inputPacked = False
        self._type = types.here("torch.CudaTensor")
        device, dtype = types.lookup(self._type)
        for name in """gradInput output weight gradWeight reserve hiddenOutput cellOutput gradHiddenInput
                gradCellInput""".split():
            setattr(self, name, torch.empty(0, dtype=dtype, device=device))
        self.training()
        self.reset()

    def setSync(self, sync: bool) -> None:
        """Nothing: PyTorch waits for the GPU where it must."""
        self.sync = sync

    def reset(self, stdv: float | None = None) -> None:
        """Draw all parameters uniformly, by default from +-1/sqrt(hiddenSize)."""
        stdv = 1 / math.sqrt(self.hiddenSize) if stdv is None else stdv
        self.weight.resize_(sum(math.prod(shape) for shape in self._shapes()))
        random.default().fill_uniform(self.weight, -stdv, stdv)
        self.gradWeight.resize_(self.weight.shape).zero_()

    # --- parameters

    def _gates(self) -> int:
        return _GATES[self.mode]

    def _count(self) -> int:
        """How many layers there are, those of each direction counted."""
        return int(self.numLayers * self.numDirections)

    def _shapes(self) -> list[tuple[int, ...]]:
        """The parts of ``weight``: each layer's two matrices, then each layer's two biases."""
        rows, shapes = self._gates() * self.hiddenSize, []
        for layer in range(self._count()):
            inputs = self.inputSize if layer < self.numDirections else self.hiddenSize * self.numDirections
            shapes += [(rows, inputs), (rows, self.hiddenSize)]
        return shapes + [(rows,)] * (2 * self._count())

    def _parts(self, flat: Tensor) -> list[Tensor]:
        """These parts of a vector such as ``weight``."""
        shapes = self._shapes()
        parts = flat.split([math.prod(shape) for shape in shapes])
        return [part.view(shape) for part, shape in zip(parts, shapes)]

    def weights(self) -> Table:
        """For each layer a Table of its matrices as vectors, on the memory of ``weight``: the input's gates, then the
        state's. Gates of an LSTM: input, forget, new cell, output; of a GRU: reset, update, new."""
        return self._linear(slice(0, 2 * self._count()))

    def biases(self) -> Table:
        """The biases in the same order."""
        return self._linear(slice(2 * self._count(), None))

    def _linear(self, which: slice) -> Table:
        parts = self._parts(self.weight)[which]
        gates = self._gates()
        return Table(
            Table([gate.reshape(-1) for part in pair for gate in part.chunk(gates)])
            for pair in zip(parts[::2], parts[1::2])
        )

    # --- forward and backward

    def updateOutput(self, input):
        x, batch_sizes = self._sequence(input)
        self.inputPacked = batch_sizes is not None
        self.seqLength, self.miniBatch = x.shape[:2] if batch_sizes is None else (len(batch_sizes), int(batch_sizes[0]))
        if self.rememberStates:
            self._remember()
        hidden, cell = self._state("hiddenInput", x), self._state("cellInput", x)
        call = _Call(bool(self.train), self.weight, x, hidden, cell)
        call.output, call.last_hidden, call.last_cell = self._run(call, batch_sizes)
        if self.train:
            _calls[self] = call
        take(self.hiddenOutput, call.last_hidden.detach())
        take(self.cellOutput, call.last_cell.detach())
        return take(self.output, self._outward(call.output.detach()))

    def _run(self, call: _Call, batch_sizes: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Output, and states at the end."""
        parts, count = self._parts(call.weight), 2 * self._count()
        # PyTorch wants each layer's matrices and biases together
        layers = [parts[place + offset] for place in range(0, count, 2) for offset in (0, 1, count, count + 1)]
        is_lstm = self.mode == "CUDNN_LSTM"
        states = (call.hidden, call.cell) if is_lstm else call.hidden
        if self.train and self.dropout > 0:
            torch.manual_seed(random.default().random())  # the masks too come from Torch7's seed
        options = True, int(self.numLayers), float(self.dropout), bool(self.train), self.numDirections == 2
        if batch_sizes is None:
            found = _KERNELS[self.mode](call.x, states, layers, *options, False)
        else:
            found = _KERNELS[self.mode](call.x, batch_sizes, states, layers, *options)
        return found if is_lstm else (*found, call.cell * 0)

    def updateGradInput(self, input, gradOutput):
        call = self._last("updateGradInput")
        gradients = self._differentiate(call, gradOutput, (call.x, call.hidden, call.cell))
        return self._give(*gradients)

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        call = self._last("accGradParameters")
        self._add(*self._differentiate(call, gradOutput, (call.weight,)), scale)

    def _backward(self, input, gradOutput, scale):
        call = self._last("backward")
        weight, *others = self._differentiate(call, gradOutput, (call.weight, call.x, call.hidden, call.cell))
        self._add(weight, scale)
        return self._give(*others)

    def _last(self, what: str) -> _Call:
        if not self.train:
            raise TorchError(f"{what} can only be called when training!")
        if self not in _calls:
            raise TorchError(f"{what}: there was no forward in training before")
        return _calls[self]

    def _differentiate(self, call: _Call, gradOutput: Tensor, wanted: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        need_sizes(gradOutput, self.output.shape)
        outputs, gradients = [call.output], [self._outward(gradOutput)]
        for state, gradient in ((call.last_hidden, self.gradHiddenOutput), (call.last_cell, self.gradCellOutput)):
            if gradient is not None:
                outputs.append(state)
                gradients.append(gradient.view(state.shape))
        return torch.autograd.grad(
            outputs, wanted, gradients, retain_graph=True, allow_unused=True, materialize_grads=True
        )  # fmt: skip

    def _give(self, x: Tensor, hidden: Tensor, cell: Tensor) -> Tensor:
        take(self.gradHiddenInput, hidden)
        take(self.gradCellInput, cell)
        return take(self.gradInput, self._outward(x))

    def _add(self, weight: Tensor, scale) -> None:
        self.gradWeight.add_(weight, alpha=1 if scale is None else scale)

    def _sequence(self, input) -> tuple[Tensor, Tensor | None]:
        """The input, steps first; of a packed one the rows, and how many sequences each step has."""
        if isinstance(input, Table):
            x, batch_sizes = input[1], torch.tensor([int(size) for size in input[2]])
            if x.dim() != 2:
                raise TorchError(f"packed input must have two dimensions: sum(sequence lengths), inputSize; {sizes(x)}")
        else:
            x, batch_sizes = input, None
            if x.dim() != 3:
                raise TorchError(f"input must have 3 dimensions: seqLength, miniBatch, inputSize; got {sizes(x)}")
        if x.shape[-1] != self.inputSize:
            raise TorchError(f"Incorrect input size! Expected {self.inputSize}, got {sizes(x)}")
        return (x.transpose(0, 1) if self.batchFirst and batch_sizes is None else x), batch_sizes

    def _outward(self, sequence: Tensor) -> Tensor:
        """From steps first to how the program has it; and back."""
        return sequence.transpose(0, 1) if self.batchFirst and not self.inputPacked else sequence

    def _state(self, name: str, x: Tensor) -> Tensor:
        """The state to begin with: the field of that name, or zeros."""
        shape = self._count(), self.miniBatch, self.hiddenSize
        state = getattr(self, name)
        if state is None:
            return x.new_zeros(shape)
        if state.shape != shape:
            raise TorchError(f"{name} must be layers x batch x hiddenSize, here {shape}, got {sizes(state)}")
        return state

    def _remember(self) -> None:
        fits = self.hiddenOutput.shape == (self._count(), self.miniBatch, self.hiddenSize)
        self._set(
            hiddenInput=self.hiddenOutput.clone() if fits else None, cellInput=self.cellOutput.clone() if fits else None
        )

    def resetStates(self) -> None:
        """Forget all states and their gradients."""
        self._set(hiddenInput=None, cellInput=None, gradHiddenOutput=None, gradCellOutput=None)
        self.hiddenOutput.zero_()
        self.cellOutput.zero_()

    def clearState(self) -> RNN:
        _calls.pop(self, None)
        utils.clear(self, "reserve", "dropoutStates")
        return Module.clearState(self)

    # --- sequences of different lengths

    def packPaddedSequence(self, input: Tensor, lengths: Table, batchFirst: bool | None = None) -> Table:
        """Sequences without what pads them: a Table of the rows of all steps, and how many sequences each step has.

        Arguments:
            input: steps x batch x ..., or batch x steps x ... with ``batchFirst``.
            lengths: the sequences' lengths, the longest first.
        """
        input = input.transpose(0, 1) if batchFirst else input
        lengths = [int(length) for length in lengths]
        if len(lengths) != input.shape[1]:
            raise TorchError(f"lengths array has incorrect size (expected: {input.shape[1]} but found: {len(lengths)})")
        if lengths != sorted(lengths, reverse=True):
            raise TorchError("lengths array has to be sorted in decreasing order")
        counts = [sum(length > step for length in lengths) for step in range(lengths[0])]
        return Table([torch.cat([input[step, :count] for step, count in enumerate(counts)]), Table(counts)])

    def padPackedSequence(self, seq: Table, batchFirst: bool | None = None) -> tuple[Tensor, Table]:
        """The reverse: sequences padded with zeros, and their lengths."""
        data, counts = seq[1], [int(count) for count in seq[2]]
        output = data.new_zeros(len(counts), counts[0], *data.shape[1:])
        for step, rows in enumerate(data.split(counts)):
            output[step, : len(rows)] = rows
        lengths = [sum(count > place for count in counts) for place in range(counts[0])]
        return (output.transpose(0, 1) if batchFirst else output), Table(lengths)


@register("cudnn.RNNReLU")
class RNNReLU(RNN):
    """A plain recurrent network with ReLU; arguments as for :class:`RNN`."""

    _mode = "CUDNN_RNN_RELU"


@register("cudnn.RNNTanh")
class RNNTanh(RNN):
    """A plain recurrent network with Tanh; arguments as for :class:`RNN`."""

    _mode = "CUDNN_RNN_TANH"


@register("cudnn.LSTM")
class LSTM(RNN):
    """Long short-term memory; arguments as for :class:`RNN`."""

    _mode = "CUDNN_LSTM"


@register("cudnn.GRU")
class GRU(RNN):
    """Gated recurrent units; arguments as for :class:`RNN`."""

    _mode = "CUDNN_GRU"


@register("cudnn.BLSTM")
class BLSTM(RNN):
    """LSTM in both directions; arguments as for :class:`RNN`."""

    _mode = "CUDNN_LSTM"
    _directions = 2


@register("cudnn.BGRU")
class BGRU(RNN):
    """GRU in both directions; arguments as for :class:`RNN`."""

    _mode = "CUDNN_GRU"
    _directions = 2
