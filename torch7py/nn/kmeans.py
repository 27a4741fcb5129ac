"""Kmeans: centres of clusters, learnt as a layer."""

from __future__ import annotations

import math

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from ..tensor.registry import functions
from . import utils
from ._check import need_tensor
from ._kernels import fit
from .module import Module

Tensor = torch.Tensor


@register("nn.Kmeans")
class Kmeans(Module):
    """Online (hard) k-means: gives for each row of the input the number, from 1, of the nearest of ``k`` centres.

    The centres are the rows of ``weight`` (k x dim). Their gradient is such that a step of size 1 takes each to the
    mean of its rows, or ``scale`` of the way. ``loss`` is the sum of the squared distances of the last forward.
    """

    scale = p = None

    def __init__(self, k: int, dim: int, scale: float | None = None):
        Module.__init__(self)
        if k <= 0:
            raise TorchError("Clusters cannot be 0 or negative.")
        if dim <= 0:
            raise TorchError("Dimensionality cannot be 0 or negative.")
        self.k, self.dim = k, dim
        self._set(scale=scale)
        self.weight = utils.default_tensor(k, dim)
        self.gradWeight = utils.default_tensor(k, dim)
        self.loss = 0
        self.clusterSampleCount = utils.default_tensor(k)
        self.reset()

    def reset(self, stdev: float | None = None) -> None:
        """Draw the centres uniformly from +-stdev (1)."""
        bound = 1 if stdev is None else stdev
        random.default().fill_uniform(self.weight, -bound, bound)

    def initRandom(self, input: Tensor) -> None:
        """Begin with random rows of ``input`` as centres."""
        self._check(input)
        if input.shape[0] < self.k:
            raise TorchError("Need atleast k samples for initialization.")
        rows = [random.default().random(1, input.shape[0]) - 1 for _ in range(self.k)]
        self.weight.copy_(input[rows])

    def initKmeansPlus(self, input: Tensor, p: float | None = None) -> None:
        """Begin with one random row of ``input``, then one after the other a random one of those most distant.

        These are the ``1 - p`` part (``p`` is 0.95) of all rows.
        """
        self.p = p if p is not None else 0.95 if self.p is None else self.p
        if not 0 <= self.p <= 1:
            raise TorchError("P value should be between 0-1.")
        self._check(input)
        draw, rows = random.default().random, input.shape[0]
        candidates = max(1, math.ceil((1 - self.p) * rows))
        self.weight[0].copy_(input[draw(1, rows) - 1])
        distances = self.weight.new_full((rows,), math.inf)
        for place in range(1, self.k):
            distances = torch.minimum(distances, (input - self.weight[place - 1]).norm(2, 1).square_())
            _, order = functions["sort"](distances, 1, True)
            self.weight[place].copy_(input[order[draw(1, candidates) - 1] - 1])

    def updateOutput(self, input):
        self._check(input)
        if not input.is_contiguous():
            raise TorchError("Input is not contiguous.")
        distances = (input.unsqueeze(0) - self.weight.unsqueeze(1)).norm(2, 2).square_()
        nearest, self._minIndx = functions["min"](distances, 1)
        self._minIndx = self._minIndx.view(-1)
        self.loss = nearest.sum().item()
        return self.output.resize_(input.shape[0]).copy_(self._minIndx)

    def updateGradInput(self, input, gradOutput):
        return fit(self.gradInput, input).zero_()

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        scale = self.scale or (1 if scale is None else scale)
        if scale <= 0:
            raise TorchError(" Scale has to be positive.")
        centres = self._minIndx - 1
        counts = self.clusterSampleCount.zero_().index_add_(0, centres, input.new_ones(input.shape[0]))
        gradient = torch.zeros_like(self.weight).index_add_(0, centres, self.weight[centres] - input, alpha=scale)
        self.gradWeight.add_(gradient.div_((counts + 1e-7).unsqueeze(1)))

    def _check(self, input: Tensor) -> None:
        need_tensor(input, self.weight)
        if input.dim() != 2:
            raise TorchError("Incorrect input dimensionality. Expecting 2D.")
        if input.shape[1] != self.dim:
            raise TorchError("Dimensionality of input and weight don't match.")

    def type(self, type: str | None = None, tensorCache=None):
        if type is not None:
            self._set(_minIndx=None)
        return Module.type(self, type, tensorCache)

    def clearState(self) -> Kmeans:
        self._set(_minIndx=None)
        return Module.clearState(self)
