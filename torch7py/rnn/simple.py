"""Small modules that recurrent ones are made of."""

from __future__ import annotations

import torch

from torch7py.classes import register
from torch7py.nn import Identity, Linear, Module, utils
from torch7py.nn._kernels import fit


@register("nn.LinearNoBias")
class LinearNoBias(Linear):
    """``y = W x``."""

    def __init__(self, inputSize: int, outputSize: int):
        Linear.__init__(self, inputSize, outputSize, False)


@register("nn.SAdd")
class SAdd(Module):
    """Adds the number ``addend``; with ``negate`` the sum is negated."""

    negate = None

    def __init__(self, addend: float, negate: bool | None = None):
        Module.__init__(self)
        self.addend = addend
        self._set(negate=negate)

    def updateOutput(self, input):
        output = torch.add(input, self.addend, out=fit(self.output, input))
        return output.neg_() if self.negate else output

    def updateGradInput(self, input, gradOutput):
        gradInput = fit(self.gradInput, gradOutput).copy_(gradOutput)
        return gradInput.neg_() if self.negate else gradInput


@register("nn.CopyGrad")
class CopyGrad(Identity):
    """Passes its input on, and gives back a copy of the gradient."""

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None or self.gradInput.dtype is not gradOutput.dtype:
            self.gradInput = utils.empty_like_type(gradOutput)
        return fit(self.gradInput, gradOutput).copy_(gradOutput)
