"""SeqLSTM, SeqLSTMP and SeqGRU: recurrent layers that take a whole sequence in one call."""

from __future__ import annotations

import math

import torch

from torch7py import random
from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import Module, utils
from torch7py.nn._check import need_tensor, sizes
from torch7py.table import Table

from . import _cells, _onednn
from .gru import GRU
from .lstm import FastLSTM
from .masks import blank
from .sequencer import remember_mode, remembers

Tensor = torch.Tensor


class _Sequence(Module):
    """What these layers share.

    Input: steps x batch x inputs (batch x steps x inputs with the field ``batchfirst``), or a Table of initial states
    and this. Output: the outputs of all steps, in the same order of dimensions.

    Parameters: ``weight`` is (inputs + outputs) x (gates * cells), ``bias`` has an element for each column.
    """

    _states: tuple[str, ...]  # the fields of initial states, in the order in which an input has them
    recompute_backward = False
    userPrevOutput = gradPrevOutput = None
    batchfirst = maskzero = False
    _remember = "neither"
    _output = None

    def _sequence_fields(self, names: str) -> None:
        for name in names.split():
            setattr(self, name, utils.default_tensor())
        self._remember = "neither"
        self.batchfirst = self.maskzero = False

    def reset(self, std: float | None = None) -> _Sequence:
        """Draw the weights from the normal distribution; the bias is 0, of the second gate (the forget gate of an LSTM,
        the update gate of a GRU) 1.
        """
        std = 1 / math.sqrt(self._outputs + self._inputs) if std is None else std
        self.bias.zero_()[self._outputs : 2 * self._outputs].fill_(1)
        random.default().fill_normal(self.weight, 0, std)
        return self

    def resetStates(self) -> None:
        """Forget the initial states."""
        for name in self._states:
            setattr(self, name, utils.empty_like_type(getattr(self, name)))

    def forget(self) -> _Sequence:
        for name in self._states:
            getattr(self, name).resize_(0)
        return self

    def remember(self, remember: str | None = None) -> _Sequence:
        """As of :meth:`AbstractSequencer.remember`. Returns itself."""
        self._remember = remember_mode(remember, type(self).__name__)
        return self

    def maskZero(self) -> None:
        """Zero output and state of samples whose input is all zeros, so that a new sequence can begin behind them."""
        self.maskzero = True

    def training(self) -> None:
        if self.train is False:
            self.forget()
        Module.training(self)

    def evaluate(self) -> None:
        if self.train is not False:
            self.forget()
        Module.evaluate(self)

    # --- input and states

    def _split(self, input) -> tuple[Tensor, list[Tensor]]:
        """The sequence, steps first, and the initial states that come with it."""
        states, x = [], input
        if isinstance(input, Table) and 1 < len(input) <= 1 + len(self._states):
            *states, x = input.list()
        need_tensor(x, self.weight)
        if x.dim() != 3:
            raise TorchError(f"{type(self).__typename__}: Only supports batch mode, got input {sizes(x)}")
        if self.batchfirst:
            x = x.transpose(0, 1)
        self._need_sizes("input", x, x.shape[:2] + (self._inputs,))
        return x, states

    def _split_gradient(self, x: Tensor, gradOutput) -> Tensor:
        need_tensor(gradOutput, self.weight, "gradOutput")
        if self.batchfirst:
            gradOutput = gradOutput.transpose(0, 1)
        self._need_sizes("gradOutput", gradOutput, x.shape[:2] + (self._outputs,))
        return gradOutput

    def _need_sizes(self, what: str, tensor: Tensor, shape: tuple) -> None:
        if tensor.shape != shape:
            raise TorchError(
                f"{type(self).__typename__}: {what} {sizes(tensor)}, expected [{' x '.join(map(str, shape))}]"
            )

    def _state(self, name: str, given: Tensor | None, user: Tensor | None, size: int, batch: int, last) -> Tensor:
        """An initial state: given in the input, set by the program, remembered (``last()``), or zeros."""
        if given is not None:
            self._need_sizes(name, given, (batch, size))
            return given
        state = getattr(self, name)
        if user is not None:
            self._need_batch(len(user), batch, "user's state")
            return state.resize_(user.shape).copy_(user)
        if state.numel() == 0 or not remembers(self):
            return state.resize_(batch, size).zero_()
        last = last()
        self._need_batch(len(last), batch, "state to remember")
        return state.resize_(last.shape).copy_(last)

    def _need_batch(self, one: int, other: int, what: str) -> None:
        if one != other:
            raise TorchError(f"{type(self).__typename__}: batch sizes must be the same: {what} {one}, input {other}")

    def _blank(self, x: Tensor) -> Tensor | None:
        """Which samples are zero at which steps; None if that does not matter."""
        return blank(x.reshape(-1, x.shape[2])).view(x.shape[:2]) if self.maskzero else None

    def _outward(self, sequence: Tensor) -> Tensor:
        return sequence.transpose(0, 1) if self.batchfirst else sequence

    # --- backward is one for both parts

    def updateGradInput(self, input, gradOutput):
        if self.recompute_backward:
            self._backward(input, gradOutput, 1)
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        if self.recompute_backward:
            self._backward(input, gradOutput, scale)

    def _backward(self, input, gradOutput, scale):
        self.recompute_backward = False
        if scale not in (1, None):
            raise TorchError(f"{type(self).__typename__}: must have scale=1, got {scale}")
        x, states = self._split(input)
        gradOutput = self._split_gradient(x, gradOutput)
        by_states, by_x = self._gradients(x, states, gradOutput)
        self.grad_x = self._outward(by_x)
        self._set(gradPrevOutput=None)
        gradients = by_states[len(by_states) - len(states) :]
        self.gradInput = Table([*gradients, self.grad_x]) if states else self.grad_x
        return self.gradInput

    def _gradients(self, x: Tensor, states: list[Tensor], gradOutput: Tensor) -> tuple[list[Tensor], Tensor]:
        """The gradients by all initial states, and by ``x``."""
        raise NotImplementedError

    def _start(self, name: str, like: Tensor, given: Tensor | None) -> Tensor:
        """The field of that name as a gradient to begin with: that given, or zeros."""
        gradient = getattr(self, name).resize_(like.shape)
        return gradient.zero_() if given is None else gradient.copy_(given)

    def clearState(self) -> _Sequence:
        for name in ("gates", "buffer1", "buffer2", "buffer3", "grad_a_buffer", "grad_h0", "grad_x", "output"):
            getattr(self, name).set_()
        self._set(_output=None, _grad_x=None, gradInput=None)
        return self

    def _resized(self, name: str, *shape: int) -> Tensor:
        """The buffer of that name, made to have these sizes."""
        buffer = self.__dict__.get(name)
        if buffer is None:
            buffer = self.__dict__[name] = utils.empty_like_type(self.weight)
        return buffer.resize_(shape)


@register("nn.SeqLSTM")
class SeqLSTM(_Sequence):
    """An LSTM without peepholes over whole sequences. (See :class:`_Sequence`.)

    The initial states that may come with the input are the cell, then the output: ``{c0, h0, x}`` or ``{h0, x}``.
    Gates stand in the order input, forget, output, proposal. After ``forward``, ``cell`` holds the cells of all steps.
    """

    __slots__ = ("_pass",)  # oneDNN's pass of the last forward, which is no field

    _states = ("c0", "h0")
    userPrevCell = userNextGradCell = None

    def __new__(cls, *_):
        new = super().__new__(cls)
        new._pass = None
        return new

    def __init__(self, inputsize: int, hiddensize: int, outputsize: int | None = None):
        Module.__init__(self)
        self.inputsize, self.hiddensize = inputsize, hiddensize
        self.outputsize = outputs = hiddensize if outputsize is None else outputsize
        self.weight = utils.default_tensor(inputsize + outputs, 4 * hiddensize)
        self.gradWeight = utils.default_tensor(inputsize + outputs, 4 * hiddensize)
        self.bias = utils.default_tensor(4 * hiddensize)
        self.gradBias = utils.default_tensor(4 * hiddensize).zero_()
        self.reset()
        self._sequence_fields("cell gates buffer1 buffer2 buffer3 grad_a_buffer h0 c0 grad_c0 grad_h0 grad_x")
        self.gradInput = Table([self.grad_c0, self.grad_h0, self.grad_x])

    @property
    def _inputs(self) -> int:
        return self.inputsize

    @property
    def _outputs(self) -> int:
        return self.outputsize

    # --- oneDNN keeps the cells to itself: who asks for them has the sequence done once more, step by step

    @property
    def cell(self) -> Tensor:
        if "cell" not in self.__dict__:
            past = self._pass
            steps, batch, size = past.output.shape
            self.__dict__["cell"] = utils.empty_like_type(self.weight).resize_(steps, batch, size)
            output, gates = torch.empty_like(past.output), self._resized("gates", steps, batch, 4 * size)
            _cells.lstm_forward(past.x, *past.parameters(), past.h, past.c, output, self.__dict__["cell"], gates)
        return self.__dict__["cell"]

    @cell.setter
    def cell(self, value: Tensor) -> None:
        self.__dict__["cell"] = value

    def _t7_fields(self) -> dict:
        self.__dict__["cell"] = self.cell
        return self.__dict__

    def __getstate__(self) -> dict:
        self._t7_fields()
        return Module.__getstate__(self)

    def __copy__(self) -> SeqLSTM:
        self._t7_fields()
        return Module.__copy__(self)

    def _last_cell(self) -> Tensor:
        return self._pass.c_last if self._pass is not None else self.cell[-1]

    # --- forward and backward

    def updateOutput(self, input):
        self.recompute_backward = True
        x, states = self._split(input)
        steps, batch = x.shape[:2]
        given = [None] * (2 - len(states)) + states
        self._return_grad_c0, self._return_grad_h0 = len(states) == 2, len(states) > 0
        c = self._state("c0", given[0], self.userPrevCell, self.hiddensize, batch, self._last_cell)
        h = self._state("h0", given[1], self.userPrevOutput, self.outputsize, batch, lambda: self._output[-1])
        output = self._resized("_output", steps, batch, self.outputsize)
        self._run(x, h, c, output)
        self._set(userPrevOutput=None, userPrevCell=None)
        self.output = self._outward(output)
        return self.output

    def _run(self, x: Tensor, h: Tensor, c: Tensor, output: Tensor) -> None:
        if self.weight.dtype is torch.float32 and self.weight.is_cpu and not self.maskzero and _onednn.available():
            self._pass = None  # its memory serves the next one
            self._pass = _onednn.LSTMPass(x, self.weight, self.bias, h, c)
            self.__dict__.pop("cell", None)
            output.set_(self._pass.output)
        else:
            self._run_steps(x, h, c, output)

    def _run_steps(self, x: Tensor, h: Tensor, c: Tensor, output: Tensor, *projection: Tensor) -> None:
        steps, batch = x.shape[:2]
        self._pass = None
        cell = self._resized("cell", steps, batch, self.hiddensize)
        gates = self._resized("gates", steps, batch, 4 * self.hiddensize)
        _cells.lstm_forward(x, self.weight, self.bias, h, c, output, cell, gates, self._blank(x), *projection)

    def _gradients(self, x, states, gradOutput):
        given = [self.c0, self.h0][: 2 - len(states)] + states
        c, h = given
        by_h = self._start("grad_h0", h, self.gradPrevOutput)
        by_c = self._start("grad_c0", c, self.userNextGradCell)
        by_x = self._resized("_grad_x", *x.shape)
        if self._pass is not None:
            found = self._pass.backward(gradOutput, by_h, by_c, self.gradWeight, self.gradBias)
            for target, source in zip((by_x, by_h, by_c), found):
                target.set_(source)
        else:
            self._go_back(x, h, c, gradOutput, by_h, by_c, by_x)
        self._set(userNextGradCell=None)
        self.userGradPrevCell, self.userGradPrevOutput = by_c, by_h
        return [by_c, by_h], by_x

    def _go_back(self, x, h, c, gradOutput, by_h, by_c, by_x, *projection) -> None:
        gradients = (gradOutput, by_h, by_c, by_x, self.gradWeight, self.gradBias)
        _cells.lstm_backward(
            x, self.weight, h, c, self._output, self.cell, self.gates, *gradients, self._blank(x), *projection
        )

    # --- the rest

    def clearState(self) -> SeqLSTM:
        self._pass = None
        self.cell = utils.empty_like_type(self.weight)
        self.grad_c0.set_()
        return _Sequence.clearState(self)

    def type(self, type=None, tensorCache=None):
        if type is not None:
            self._t7_fields()
            self._pass = None
        return Module.type(self, type, tensorCache)

    def toFastLSTM(self) -> FastLSTM:
        """A FastLSTM with copies of the parameters and their gradients."""
        lstm = FastLSTM(self.inputsize, self.outputsize)
        parameters, gradients = lstm.parameters()
        for (of_input, bias, recurrent), weight, own_bias in (
            (parameters, self.weight, self.bias),
            (gradients, self.gradWeight, self.gradBias),
        ):
            columns, elements = weight.chunk(4, 1), own_bias.chunk(4)
            # FastLSTM's gates are input, proposal, forget, output
            for place, source in enumerate((0, 3, 1, 2)):
                of_input.chunk(4)[place].copy_(columns[source][: self.inputsize].t())
                recurrent.chunk(4)[place].copy_(columns[source][self.inputsize :].t())
                bias.chunk(4)[place].copy_(elements[source])
        return lstm


@register("nn.SeqLSTMP")
class SeqLSTMP(SeqLSTM):
    """A SeqLSTM of ``hiddensize`` cells whose output is projected to ``outputsize`` elements by ``weightO`` (Sak et
    al., 2014).
    """

    dpnn_parameters = ["weight", "bias", "weightO"]
    dpnn_gradParameters = ["gradWeight", "gradBias", "gradWeightO"]

    def __init__(self, inputsize: int, hiddensize: int, outputsize: int):
        if None in (inputsize, hiddensize, outputsize):
            raise TorchError("SeqLSTMP: Expecting input, hidden and output size")
        self.weightO = utils.default_tensor(hiddensize, outputsize)
        self.gradWeightO = utils.default_tensor(hiddensize, outputsize)
        SeqLSTM.__init__(self, inputsize, hiddensize, outputsize)

    def reset(self, std: float | None = None) -> SeqLSTMP:
        SeqLSTM.reset(self, 1 / math.sqrt(self.hiddensize + self.inputsize) if std is None else std)
        bound = 1 / math.sqrt(self.outputsize + self.hiddensize) if std is None else std
        random.default().fill_normal(self.weightO, 0, bound)
        return self

    def _run(self, x, h, c, output) -> None:
        hidden = self._resized("_hidden", *x.shape[:2], self.hiddensize)
        self._run_steps(x, h, c, output, self.weightO, hidden)

    def _go_back(self, x, h, c, gradOutput, by_h, by_c, by_x) -> None:
        projection = (self.weightO, self._hidden, self.gradWeightO)
        SeqLSTM._go_back(self, x, h, c, gradOutput, by_h, by_c, by_x, *projection)

    def parameters(self):
        own = Table([self.weight, self.bias, self.weightO])
        return own, Table([self.gradWeight, self.gradBias, self.gradWeightO])

    def accUpdateGradParameters(self, input, gradOutput, lr):
        raise TorchError("accUpdateGradParameters not implemented for SeqLSTMP")

    def toFastLSTM(self):
        raise TorchError("toFastLSTM not supported for SeqLSTMP")


@register("nn.SeqGRU")
class SeqGRU(_Sequence):
    """A GRU over whole sequences. (See :class:`_Sequence`.)

    The initial output may come with the input: ``{h0, x}``. Gates stand in the order reset, update, proposal.
    """

    _states = ("h0",)

    def __init__(self, inputSize: int, outputSize: int):
        Module.__init__(self)
        self.inputSize, self.outputSize = inputSize, outputSize
        self.seqLength = self.miniBatch = 1
        self.weight = utils.default_tensor(inputSize + outputSize, 3 * outputSize)
        self.gradWeight = utils.default_tensor(inputSize + outputSize, 3 * outputSize).zero_()
        self.bias = utils.default_tensor(3 * outputSize)
        self.gradBias = utils.default_tensor(3 * outputSize).zero_()
        self.reset()
        self._sequence_fields("gates buffer1 buffer2 buffer3 grad_a_buffer h0 grad_h0 grad_x")
        self.gradInput = Table([self.grad_h0, self.grad_x])

    @property
    def _inputs(self) -> int:
        return self.inputSize

    @property
    def _outputs(self) -> int:
        return self.outputSize

    def updateOutput(self, input):
        self.recompute_backward = True
        x, states = self._split(input)
        steps, batch = x.shape[:2]
        self._return_grad_h0 = bool(states)
        given = states[0] if states else None
        h = self._state("h0", given, self.userPrevOutput, self.outputSize, batch, lambda: self._output[-1])
        output = self._resized("_output", steps, batch, self.outputSize)
        gates = self._resized("gates", steps, batch, 3 * self.outputSize)
        _cells.gru_forward(x, self.weight, self.bias, h, output, gates, self._blank(x))
        self._set(userPrevOutput=None)
        self.output = self._outward(output)
        return self.output

    def _gradients(self, x, states, gradOutput):
        h = states[0] if states else self.h0
        by_h = self._start("grad_h0", h, self.gradPrevOutput)
        by_x = self._resized("_grad_x", *x.shape)
        gradients = (gradOutput, by_h, by_x, self.gradWeight, self.gradBias)
        _cells.gru_backward(x, self.weight, h, self._output, self.gates, *gradients, self._blank(x))
        self.userGradPrevOutput = by_h
        return [by_h], by_x

    def clearState(self) -> SeqGRU:
        self._set(userGradPrevOutput=None, gradPrevOutput=None)
        return _Sequence.clearState(self)

    def toGRU(self) -> GRU:
        """A GRU with copies of the parameters and their gradients."""
        gru = GRU(self.inputSize, self.outputSize)
        inputs, both = self.inputSize, 2 * self.outputSize
        parameters, gradients = gru.parameters()
        for theirs, weight, bias in (
            (parameters, self.weight, self.bias),
            (gradients, self.gradWeight, self.gradBias),
        ):
            of_x, of_h = weight[:inputs], weight[inputs:]
            sources = (of_x[:, :both].t(), bias[:both], of_h[:, :both].t(), of_x[:, both:].t(), bias[both:])
            for one, source in zip(theirs, (*sources, of_h[:, both:].t()), strict=True):
                one.copy_(source)
        return gru
