"""Functions of each element, in place where that is wanted."""

from __future__ import annotations

from torch7py import nn
from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import Module


class _InPlace:
    """With the field ``inplace``, output and gradInput share the memory of input and gradOutput."""

    inplace = False

    def __init__(self, inplace: bool | None = None):
        Module.__init__(self)
        self.inplace = bool(inplace)

    def updateOutput(self, input):
        if self.inplace:
            self.output.set_(input)
        return super().updateOutput(input)

    def updateGradInput(self, input, gradOutput):
        if self.inplace:
            self.gradInput.set_(gradOutput)
        return super().updateGradInput(input, gradOutput)


@register("cudnn.Tanh")
class Tanh(_InPlace, nn.Tanh):
    """nn.Tanh; with ``inplace`` in place."""


@register("cudnn.Sigmoid")
class Sigmoid(_InPlace, nn.Sigmoid):
    """nn.Sigmoid; with ``inplace`` in place."""


@register("cudnn.ReLU")
class ReLU(nn.ReLU):
    """nn.ReLU; with ``inplace`` in place."""

    threshold = val = 0  # no fields of cuDNN's

    def __init__(self, inplace: bool | None = None):
        Module.__init__(self)
        self.inplace = bool(inplace)


@register("cudnn.ClippedReLU")
class ClippedReLU(nn.HardTanh):
    """``min(max(x, 0), ceiling)``; with ``inplace`` in place."""

    min_val = 0

    def __init__(self, ceiling: float, inplace: bool | None = None):
        Module.__init__(self)
        if ceiling is None:
            raise TorchError("No ceiling was given to ClippedReLU")
        self.ceiling = ceiling
        self.inplace = bool(inplace)

    @property
    def max_val(self) -> float:
        return self.ceiling
