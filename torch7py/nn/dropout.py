"""Dropout and other noise in training."""

from __future__ import annotations

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from . import utils
from ._kernels import fit, into, matched
from .module import Module


@register("nn.Dropout")
class Dropout(Module):
    """In training, zero each element with probability ``p`` and divide the others by ``1 - p``; later do nothing.

    With ``v1`` the training output is not divided; instead the test output is multiplied by ``1 - p``. ``inplace``
    changes input and gradOutput themselves; ``stochasticInference`` drops in test mode too.

    Recurrent modules set two fields: with ``lazy``, elements are drawn anew only after a backward step, so that a whole
    sequence drops the same ones; with ``mono`` all samples of a batch do.
    """

    inplace = False
    v2 = None
    stochastic_inference = None
    lazy = mono = None
    flag = True  # whether a lazy one is to draw

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
        output = into(self.output, input, self.inplace)
        if self.p > 0 and (self.train or self.stochastic_inference):
            if not self.lazy or self.flag:
                self._draw(self.noise.resize_(1, *input.shape[1:]) if self.mono else fit(self.noise, input))
            return torch.mul(input, self.noise, out=output)
        return self._tested(input, output)

    def _draw(self, noise: torch.Tensor) -> None:
        random.default().fill_bernoulli(noise, 1 - self.p)
        if self.v2:
            noise.div_(1 - self.p)
        if self.lazy is not None:
            self.flag = False

    def updateGradInput(self, input, gradOutput):
        if self.lazy:
            self.flag = True
        gradInput = into(self.gradInput, gradOutput, self.inplace)
        if self.p > 0 and self.train:
            noise = self.noise if self.mono else matched(self.noise, gradOutput)
            return torch.mul(gradOutput, noise, out=gradInput)
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
        if self.lazy is not None:
            self.flag = True
        return Module.clearState(self)

    def __tostring__(self) -> str:
        drops = f"{self.p:f}" if self.lazy is None else f"{self.p:.1f}, {'lazy' if self.lazy else 'busy'}"
        return f"{type(self).__typename__}({drops})"


@register("nn.SpatialDropout")
class SpatialDropout(Module):
    """In training, zero whole planes with probability ``p`` (0.5); in tests, multiply by ``1 - p``.

    Input: planes x height x width or a batch of these. ``stochasticInference`` drops in test mode too.
    """

    stochastic_inference = None
    _dims = 4
    _expected = "Input must be 4D (nbatch, nfeat, h, w) or 3D (nfeat, h, w)"

    def __init__(self, p: float | None = None, stochasticInference: bool | None = None):
        Module.__init__(self)
        self.p = 0.5 if p is None else p
        self.train = True
        self.stochastic_inference = bool(stochasticInference)
        self.noise = utils.default_tensor()

    def updateOutput(self, input):
        output = fit(self.output, input)
        if not (self.train or self.stochastic_inference):
            return torch.mul(input, 1 - self.p, out=output)
        leading = input.dim() - self._dims + 2
        if leading not in (1, 2):
            raise TorchError(self._expected)
        self.noise.resize_([*input.shape[:leading], *[1] * (self._dims - 2)])
        random.default().fill_bernoulli(self.noise, 1 - self.p)
        return torch.mul(input, self.noise, out=output)

    def updateGradInput(self, input, gradOutput):
        if not self.train:
            raise TorchError("backprop only defined while training")
        return torch.mul(matched(gradOutput, input), self.noise, out=fit(self.gradInput, input))

    def setp(self, p: float) -> None:
        self.p = p

    def clearState(self) -> SpatialDropout:
        utils.clear(self, "noise")
        return Module.clearState(self)

    def __tostring__(self) -> str:
        return f"{type(self).__typename__}({self.p:f})"


@register("nn.VolumetricDropout")
class VolumetricDropout(SpatialDropout):
    """SpatialDropout for planes x time x height x width or a batch of these."""

    _dims = 5
    _expected = "Input must be 5D (nbatch, nfeat, t, h, w) or 4D (nfeat, t, h, w)"


@register("nn.WhiteNoise")
class WhiteNoise(Module):
    """In training, add normal noise of this mean (0) and standard deviation (0.1); in tests just the mean."""

    def __init__(self, mean: float | None = None, std: float | None = None):
        Module.__init__(self)
        self.mean = 0 if mean is None else mean
        self.std = 0.1 if std is None else std
        self.noise = utils.default_tensor()

    def updateOutput(self, input):
        if self.train is False:
            return torch.add(input, self.mean, out=fit(self.output, input))
        noise = fit(self.noise, input)
        random.default().fill_normal(noise, self.mean, self.std)
        return torch.add(input, noise, out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        if self.train is False:
            raise TorchError("backprop only defined while training")
        return fit(self.gradInput, gradOutput).copy_(gradOutput)

    def clearState(self) -> WhiteNoise:
        utils.clear(self, "noise")
        return Module.clearState(self)

    def __tostring__(self) -> str:
        return f"{type(self).__typename__} mean: {self.mean:f}, std: {self.std:f}"
