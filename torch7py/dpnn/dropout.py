"""Dropout of whole inputs and of the edges of images."""

from __future__ import annotations

import torch

from torch7py import random
from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import utils
from torch7py.nn._kernels import fit
from torch7py.nn.module import Module

Tensor = torch.Tensor


@register("nn.TotalDropout")
class TotalDropout(Module):
    """In training, zero all of the input with probability ``p`` (0.5); later do nothing."""

    def __init__(self, p: float | None = None):
        self.p = 0.5 if p is None else p
        self.train = True
        if not 0 <= self.p < 1:
            raise TorchError("<TotalDropout> illegal percentage, must be 0 <= p < 1")
        Module.__init__(self)

    def updateOutput(self, input):
        output = fit(self.output, input)
        if not self.train:
            return output.copy_(input)
        self.noise = random.default().bernoulli(1 - self.p)
        return torch.mul(input, self.noise, out=output)

    def updateGradInput(self, input, gradOutput):
        if not self.train:
            raise TorchError("backprop only defined while training")
        return torch.mul(gradOutput, self.noise, out=fit(self.gradInput, gradOutput))

    def __tostring__(self) -> str:
        return f"{type(self).__typename__}({self.p:f})"


@register("nn.SpatialRegionDropout")
class SpatialRegionDropout(Module):
    """In training, zero the fraction ``p`` (0.2) of the rows or columns at one edge of the images, drawn anew each
    time, and divide the rest by ``1 - p``. ``regionType`` is the edge: 1 top, 2 bottom, 3 left, 4 right.

    Input: planes x height x width or a batch of these.
    """

    def __init__(self, p: float | None = None):
        Module.__init__(self)
        self.p = 0.2 if p is None else p
        self.train = True
        self.noise = utils.default_tensor()
        if not 0 <= self.p < 1:
            raise TorchError("<SpatialRegionDropout> illegal percentage, must be 0 <= p < 1")

    def setp(self, p: float) -> None:
        self.p = p

    def updateOutput(self, input):
        output = fit(self.output, input)
        if not self.train:
            return output.copy_(input)
        noise = fit(self.noise, input).fill_(1)
        self.regionType = random.default().random(4)
        if input.dim() not in (3, 4):
            raise TorchError("Input must be 4D (nbatch, nfeat, h, w) or 3D (nfeat, h, w)")
        self._region(noise).zero_()
        noise.div_(1 - self.p)
        return torch.mul(input, noise, out=output)

    def _region(self, images: Tensor) -> Tensor:
        dimension = -2 if self.regionType <= 2 else -1
        size = images.shape[dimension]
        dropped = int(size * self.p)
        return images.narrow(dimension, 0 if self.regionType % 2 == 1 else size - dropped, dropped)

    def updateGradInput(self, input, gradOutput):
        if not self.train:
            raise TorchError("Backpropagation is only defined for training.")
        return torch.mul(gradOutput, self.noise, out=fit(self.gradInput, gradOutput))

    def __tostring__(self) -> str:
        return f"{type(self).__typename__} p: {self.p:f}"
