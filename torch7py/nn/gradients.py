"""Modules that pass their input on and change or watch what comes back; and constants, which have no gradient."""

from __future__ import annotations

import torch

from ..classes import register
from ..console import current
from ..errors import TorchError
from ..table import Table
from ..tensor.storage import longs
from . import utils
from ._kernels import fit, matched
from .module import Module

Tensor = torch.Tensor


@register("nn.L1Penalty")
class L1Penalty(Module):
    """Passes the input on, and adds the gradient of ``l1weight`` times its L1 norm to what comes back.

    ``sizeAverage`` divides the penalty by the number of elements; with ``provideOutput`` false nothing but the
    penalty's gradient comes back. ``loss`` holds the last penalty.
    """

    provideOutput = True  # for files of older versions

    def __init__(self, l1weight: float, sizeAverage: bool | None = None, provideOutput: bool | None = None):
        Module.__init__(self)
        self.l1weight = l1weight
        self.sizeAverage = bool(sizeAverage)
        self.provideOutput = provideOutput is not False

    def updateOutput(self, input):
        self.loss = self._factor(input) * input.abs().sum().item()
        self.output = input
        return input

    def updateGradInput(self, input, gradOutput):
        gradInput = torch.sign(input, out=fit(self.gradInput, input)).mul_(self._factor(input))
        return gradInput.add_(matched(gradOutput, input)) if self.provideOutput else gradInput

    def _factor(self, input: Tensor) -> float:
        return self.l1weight / max(1, input.numel()) if self.sizeAverage else self.l1weight


@register("nn.GradientReversal")
class GradientReversal(Module):
    """Passes the input on; what comes back is multiplied by ``-lambda`` (1 unless given)."""

    _version = 2

    def __init__(self, lambda_: float | None = None):
        Module.__init__(self)
        self.setLambda(1 if lambda_ is None else lambda_)

    def setLambda(self, lambda_: float) -> None:
        self._set(**{"lambda": lambda_})

    def updateOutput(self, input):
        return self.output.set_(input)

    def updateGradInput(self, input, gradOutput):
        return torch.mul(gradOutput, -self.__dict__["lambda"], out=fit(self.gradInput, gradOutput))

    def read(self, file, version=None) -> None:
        Module.read(self, file, version)
        if version is not None and version < 2:
            self.setLambda(1)


@register("nn.ZeroGrad")
class ZeroGrad(Module):
    """Passes the input on; nothing but zeros comes back."""

    def updateOutput(self, input):
        return self.output.set_(input)

    def updateGradInput(self, input, gradOutput):
        self.gradInput = utils.recursiveFill(utils.recursiveResizeAs(self.gradInput, input)[0], 0)
        return self.gradInput


@register("nn.Constant")
class Constant(Module):
    """Gives a constant tensor or number, whatever the input.

    ``nInputDim`` says how many dimensions a sample has; for a batch the constant is repeated.
    """

    nInputDim = None

    def __init__(self, value, nInputDim: int | None = None):
        Module.__init__(self)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = utils.default_tensor(1).fill_(value)
        if not isinstance(value, Tensor):
            raise TorchError("Expecting number or tensor at arg 1")
        self.value = value
        self._set(nInputDim=nInputDim)

    def updateOutput(self, input):
        sizes = list(self.value.shape)
        if self.nInputDim is not None and input.dim() > self.nInputDim:
            sizes.insert(0, input.shape[0])
        return self.output.resize_(sizes).copy_(self.value)

    def updateGradInput(self, input, gradOutput):
        return self.gradInput.resize_(input.shape).zero_()


@register("nn.OneHot")
class OneHot(Module):
    """Turns each number from 1 to ``outputSize`` into a vector of zeros with a one at that place."""

    def __init__(self, outputSize: int):
        Module.__init__(self)
        self.outputSize = outputSize

    def updateOutput(self, input):
        places = input.long() - 1 if isinstance(input, Tensor) else torch.tensor(int(input) - 1)
        if places.numel() and not 0 <= int(places.min()) <= int(places.max()) < self.outputSize:
            raise TorchError(f"index out of range: numbers must be from 1 to {self.outputSize}")
        output = self.output.resize_([*places.shape, self.outputSize]).zero_()
        return output.scatter_(-1, places.unsqueeze(-1).to(output.device), 1)

    def updateGradInput(self, input, gradOutput):
        if not isinstance(input, Tensor):
            return 0
        return self.gradInput.resize_(input.shape).zero_()


@register("nn.PrintSize")
class PrintSize(Module):
    """Passes everything on and prints the sizes, after ``prefix``."""

    def __init__(self, prefix: str | None = None):
        Module.__init__(self)
        self.prefix = "PrintSize" if prefix is None else prefix

    def updateOutput(self, input):
        self.output = input
        current.console.print(f"{self.prefix}:input\n", _size(input))
        return input

    def updateGradInput(self, input, gradOutput):
        self.gradInput = gradOutput
        current.console.print(f"{self.prefix}:gradOutput\n", _size(gradOutput))
        return gradOutput


def _size(value):
    """What to print about an input: its sizes if it is a tensor."""
    if isinstance(value, Table):
        return value
    return "missing size" if value is None else longs(value.shape)
