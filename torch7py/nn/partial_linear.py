"""PartialLinear: a Linear of which only some outputs are computed."""

from __future__ import annotations

from ..classes import register
from ..table import Table
from . import utils
from .containers import ParallelTable
from .identity import Identity
from .lookup import LookupTable
from .module import Module
from .products import MM
from .sequential import Sequential


@register("nn.PartialLinear")
class PartialLinear(Module):
    """Linear that can be told which of its outputs to compute; all parameters stay.

    The rows of the weight (outputsize x inputsize) lie in a LookupTable; input is a batch of rows. The bias is a row
    of ``outputsize`` elements.
    """

    def __init__(self, inputsize: int, outputsize: int, bias: bool | None = None):
        Module.__init__(self)
        branches = ParallelTable().add(Identity()).add(LookupTable(outputsize, inputsize))
        self.network = Sequential().add(branches).add(MM(False, True))
        if bias is not False:
            self.bias = utils.default_tensor(1, outputsize).zero_()
            self.gradBias = utils.default_tensor(1, outputsize).zero_()
        self.inputsize, self.outputsize = inputsize, outputsize
        self.allcolumns = utils.default_tensor(outputsize).fill_(1).cumsum(0)
        self.resetPartition()

    def setPartition(self, indices) -> None:
        """Compute just the outputs of these numbers (from 1), in this order."""
        self.partition = indices.to(self.allcolumns)

    def resetPartition(self) -> None:
        """Compute all outputs."""
        self.partition = self.allcolumns

    def parameters(self) -> tuple[Table, Table]:
        table = self._table()
        if self.bias is None:
            return Table([table.weight]), Table([table.gradWeight])
        return Table([table.weight, self.bias]), Table([table.gradWeight, self.gradBias])

    def updateOutput(self, input):
        self.output.set_(self.network.forward(Table([input, self.partition])))
        return self.output if self.bias is None else self.output.add_(self.bias[:, self._columns()])

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        self.network.updateGradInput(Table([input, self.partition]), gradOutput)
        return self.gradInput.set_(self.network.gradInput[1])

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        scale = 1 if scale is None else scale
        self.network.accGradParameters(Table([input, self.partition]), gradOutput, scale)
        if self.bias is not None:
            self.gradBias.index_add_(1, self._columns(), gradOutput.sum(0, keepdim=True), alpha=scale)

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        table, gradBias = self._table(), self.gradBias
        gradWeight = table.gradWeight
        table._set(gradWeight=table.weight)
        self._set(gradBias=self.bias)
        try:
            self.accGradParameters(input, gradOutput, -lr)
        finally:
            table._set(gradWeight=gradWeight)
            self._set(gradBias=gradBias)

    def sharedAccUpdateGradParameters(self, input, gradOutput, lr) -> None:
        # shared parameters add up their steps by themselves
        self.accUpdateGradParameters(input, gradOutput, lr)

    def _table(self) -> LookupTable:
        return self.network.get(1).get(2)

    def _columns(self):
        return self.partition.long() - 1

    def __tostring__(self) -> str:
        bias = "" if self.bias is not None else " without bias"
        return f"{type(self).__typename__}({self.inputsize} -> {self.outputsize}){bias}"
