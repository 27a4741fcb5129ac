"""SeqReverseSequence and SeqBRNN: whole sequences in both directions."""

from __future__ import annotations

from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import CAddTable, ConcatTable, Container, Decorator, Module, Sequential, Transpose, utils
from torch7py.nn._kernels import take
from torch7py.table import Table

from .sequences import SeqLSTM


@register("nn.SeqReverseSequence")
class SeqReverseSequence(Module):
    """Reverses a tensor of up to three dimensions along dimension ``dim``."""

    def __init__(self, dim: int):
        Module.__init__(self)
        if dim is None:
            raise TorchError("SeqReverseSequence: Must specify dimension to reverse sequence over")
        if not 1 <= dim <= 3:
            raise TorchError(
                f"SeqReverseSequence: Dimension has to be no greater than 3 (Only supports up to a 3D Tensor): {dim}"
            )
        self.dim = dim

    def updateOutput(self, input):
        return take(self.output, input.flip(self.dim - 1))

    def updateGradInput(self, input, gradOutput):
        return take(self.gradInput, gradOutput.flip(self.dim - 1))

    def clearState(self) -> SeqReverseSequence:
        return Module.clearState(self)


@register("nn.SeqBRNN")
class SeqBRNN(Decorator):
    """Two SeqLSTM from ``inputDim`` to ``hiddenDim``, one of them on the sequence in reverse; their outputs are merged
    by the module ``merge``, which adds them unless given.

    Input: steps x batch x inputDim, or with ``batchFirst`` batch x steps x inputDim.
    """

    def __init__(self, inputDim: int, hiddenDim: int, batchFirst: bool | None = None, merge: Module | None = None):
        self.forwardModule, self.backwardModule = SeqLSTM(inputDim, hiddenDim), SeqLSTM(inputDim, hiddenDim)
        self.merge = CAddTable() if merge is None else merge
        self.dim = 1
        backward = Sequential().extend(SeqReverseSequence(1), self.backwardModule, SeqReverseSequence(1))
        brnn = Sequential().extend(ConcatTable().extend(self.forwardModule, backward), self.merge)
        if batchFirst:
            brnn.insert(Transpose(Table([1, 2])), 1)
            brnn.insert(Transpose(Table([1, 2])))
        Container.__init__(self)
        self.output, self.gradInput = utils.default_tensor(), utils.default_tensor()
        self.module = brnn
        self.modules[1] = brnn
