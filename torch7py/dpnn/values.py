"""Modules that clip, order and pick values: Clip, ReverseTable, ArgMax."""

from __future__ import annotations

import torch

from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import Module, utils
from torch7py.nn._kernels import fit
from torch7py.table import Table
from torch7py.tensor.arguments import describe


@register("nn.Clip")
class Clip(Module):
    """Values below ``minval`` become ``minval``, those above ``maxval`` become ``maxval``; gradients pass unchanged."""

    def __init__(self, minval: float, maxval: float):
        for name, value in (("minval", minval), ("maxval", maxval)):
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TorchError(f"Clip: {name} must be a number, got {describe(value)}")
        self.minval, self.maxval = minval, maxval
        Module.__init__(self)

    def updateOutput(self, input):
        return torch.clamp(input, max=self.maxval, out=fit(self.output, input)).clamp_(min=self.minval)

    def updateGradInput(self, input, gradOutput):
        return self.gradInput.set_(gradOutput)


@register("nn.ReverseTable")
class ReverseTable(Module):
    """The elements of a Table, last one first."""

    def __init__(self):
        Module.__init__(self)
        self.output, self.gradInput = Table(), Table()

    def updateOutput(self, inputTable):
        if not isinstance(inputTable, Table):
            raise TorchError(f"ReverseTable: Expecting table at arg 1, got {describe(inputTable)}")
        return _reverse(inputTable, self.output)

    def updateGradInput(self, inputTable, gradOutputTable):
        return _reverse(gradOutputTable, self.gradInput)


def _reverse(source: Table, target: Table) -> Table:
    """Let ``target`` hold the elements of ``source`` in reverse."""
    items = list(source)
    for position, item in enumerate(reversed(items), 1):
        target[position] = item
    for position in range(len(target), len(items), -1):
        target[position] = None
    return target


@register("nn.ArgMax")
class ArgMax(Module):
    """The index (from 1) of the largest element along dimension ``dim`` (1), which disappears.

    For an input of more than ``nInputDim`` dimensions, ``dim`` counts without the batch. The output is a LongTensor
    unless ``asLong`` is false. Nothing flows back: the gradient is zero.
    """

    def __init__(self, dim: int | None = None, nInputDim: int | None = None, asLong: bool | None = None):
        Module.__init__(self)
        self.dim = 1 if dim is None else dim
        self.nInputDim = 9999 if nInputDim is None else nInputDim
        self.asLong = asLong is not False
        self._keep_long()

    def updateOutput(self, input):
        dimension = self.dim if input.dim() > self.nInputDim else self.dim - 1
        indices = torch.max(input, dimension, keepdim=input.dim() == 1).indices.add_(1)
        return self.output.resize_(indices.shape).copy_(indices)

    def updateGradInput(self, input, gradOutput):
        return fit(self.gradInput, input).zero_()

    def type(self, type=None, tensorCache=None):
        result = Module.type(self, type, tensorCache)
        if type is not None:
            self._keep_long()
        return result

    def _keep_long(self) -> None:
        if self.asLong:
            self.output = torch.empty(0, dtype=torch.int64, device=utils.empty_like_type(self.gradInput).device)
