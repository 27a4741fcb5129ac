"""Dropout and other noise in training."""

from __future__ import annotations

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from . import utils
from ._kernels import fit, matched
from .module import Module


@register("nn.Dropout")
class Dropout(Module):
    """In training, zero each element with probability ``p`` and divide the others by ``1 - p``; later do nothing.

    With ``v1`` the training output is not divided; instead the test output is multiplied by ``1 - p``. ``inplace``
    changes input and gradOutput themselves; ``stochasticInference`` drops in test mode too.
    """

    inplace = False
    v2 = None
    stochastic_inference = None

    def __init__(self, p=None, v1=None, inplace=None, stochasticInference=None):
        Module.__init__(self)
        self.p = 0.5 if p is None else p
        self.train = True
        self._set(inplace=inplace)
        self.stochastic_inference = bool(stochasticInference)
        self.v2 = not v1
        if not 0 <= self.p < 1:
            raise TorchError("<Dropout> illegal percentage, must be 0 <= p < 1")
        self.noise = utils.default_tensor()

    def updateOutput(self, input):
        output = self.output.set_(input) if self.inplace else fit(self.output, input)
        if self.p > 0 and (self.train or self.stochastic_inference):
            noise = fit(self.noise, input)
            random.default().fill_bernoulli(noise, 1 - self.p)
            if self.v2:
                noise.div_(1 - self.p)
            return torch.mul(input, noise, out=output)
        return self._tested(input, output)

    def updateGradInput(self, input, gradOutput):
        gradInput = self.gradInput.set_(gradOutput) if self.inplace else fit(self.gradInput, gradOutput)
        if self.p > 0 and self.train:
            return torch.mul(gradOutput, matched(self.noise, gradOutput), out=gradInput)
        return self._tested(gradOutput, gradInput)

    def _tested(self, source: torch.Tensor, result: torch.Tensor) -> torch.Tensor:
        """What test mode makes of ``source``."""
        if self.v2 or self.p == 0:
            return result if self.inplace else result.copy_(source)
        return torch.mul(source, 1 - self.p, out=result)

    def setp(self, p: float) -> None:
        self.p = p

    def clearState(self) -> Dropout:
        utils.clear(self, "noise")
        return Module.clearState(self)

    def __tostring__(self) -> str:
        return f"{type(self).__typename__}({self.p:f})"
