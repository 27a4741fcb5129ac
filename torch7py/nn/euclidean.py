"""Distances from learnt points: Euclidean, WeightedEuclidean."""

from __future__ import annotations

import math

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from ..table import Table
from . import utils
from ._check import need_tensor, sizes
from ._kernels import fit
from .module import Module

Tensor = torch.Tensor
TINY = 1e-7  # keeps a distance of 0 from being divided by


@register("nn.Euclidean")
class Euclidean(Module):
    """``y_j = || x - w_j ||``, the distances of a vector (or of each row of a batch) from ``outputSize`` points.

    The points are the columns of ``weight`` (inputSize x outputSize). ``accGradParameters`` builds on what
    ``updateGradInput`` computed just before. ``fastBackward`` false computes the distances anew in
    ``updateGradInput``, for who shares buffers between modules.
    """

    fastBackward = _repeat2 = None

    def __init__(self, inputSize: int, outputSize: int):
        Module.__init__(self)
        self.weight = utils.default_tensor(inputSize, outputSize)
        self.gradWeight = utils.default_tensor(inputSize, outputSize)
        self.gradInput.resize_(inputSize)
        self.output.resize_(outputSize)
        self.fastBackward = True
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        """Draw the points uniformly, by default from +-1/sqrt(inputSize)."""
        bound = 1 / math.sqrt(self.weight.shape[0]) if stdv is None else stdv * math.sqrt(3)
        random.default().fill_uniform(self.weight, -bound, bound)

    def updateOutput(self, input):
        # _repeat: x - w_j for every sample and point, [batch x] inputSize x outputSize
        self._repeat = self._differences(input)
        self.output.resize_(*self._repeat.shape[:-2], self._repeat.shape[-1])
        return torch.linalg.vector_norm(self._repeat, 2, -2, out=self.output)

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        if not self.fastBackward:
            self.updateOutput(input)
        # _repeat2: dL/dx, point by point
        self._repeat2 = self._repeat * self._per_distance(gradOutput)
        return torch.sum(self._repeat2, -1, out=fit(self.gradInput, input))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        if self._repeat2 is None:
            raise TorchError(f"{type(self).__typename__}: accGradParameters needs the result of updateGradInput")
        self.gradWeight.sub_(self._summed(self._repeat2), alpha=1 if scale is None else scale)

    def _differences(self, input: Tensor) -> Tensor:
        need_tensor(input, self.weight)
        if input.dim() not in (1, 2):
            raise TorchError("1D or 2D input expected")
        if input.shape[-1] != self.weight.shape[0]:
            raise TorchError(f"expected input of size {self.weight.shape[0]}, got {sizes(input)}")
        return input.unsqueeze(-1) - self.weight

    def _per_distance(self, gradOutput: Tensor) -> Tensor:
        """The gradient by each distance, divided by it, for every sample and point."""
        return (gradOutput.view_as(self.output) / (self.output + TINY)).unsqueeze(-2)

    @staticmethod
    def _summed(gradients: Tensor) -> Tensor:
        return gradients if gradients.dim() == 2 else gradients.sum(0)

    def type(self, type: str | None = None, tensorCache=None):
        if type is not None:
            self.clearState()
        return Module.type(self, type, tensorCache)

    def clearState(self) -> Euclidean:
        self._set(_repeat=None, _repeat2=None)
        return Module.clearState(self)


@register("nn.WeightedEuclidean")
class WeightedEuclidean(Euclidean):
    """``y_j = || c_j (x - w_j) ||``: Euclidean with learnt factors ``diagCov`` (inputSize x outputSize) too.

    As in the original, ``accGradParameters`` uses up its buffers, so that it is right once after each ``backward``,
    and gives the factors of a single sample their gradient without ``scale``. ``fastBackward`` has to be asked for.
    """

    def __init__(self, inputSize: int, outputSize: int):
        self.diagCov = utils.default_tensor(inputSize, outputSize)
        self.gradDiagCov = utils.default_tensor(inputSize, outputSize)
        Euclidean.__init__(self, inputSize, outputSize)
        self._set(fastBackward=None)

    def reset(self, stdv: float | None = None) -> None:
        Euclidean.reset(self, stdv)
        self.diagCov.fill_(1)

    def parameters(self) -> tuple[Table, Table]:
        return Table([self.weight, self.diagCov]), Table([self.gradWeight, self.gradDiagCov])

    def _differences(self, input: Tensor) -> Tensor:
        return Euclidean._differences(self, input).mul_(self.diagCov)

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        if not self.fastBackward:
            self.updateOutput(input)
        self._expand4 = self._per_distance(gradOutput)
        self._repeat2 = (self._repeat * self._expand4).mul_(self.diagCov)
        return torch.sum(self._repeat2, -1, out=fit(self.gradInput, input))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        Euclidean.accGradParameters(self, input, gradOutput, scale)
        # dy_j / dc_j = c_j (x - w_j)^2 / y_j
        self._repeat.div_(self.diagCov).square_().mul_(self.diagCov)
        if input.dim() == 1:
            self._repeat2 = self._repeat * self._expand4
            self.gradDiagCov.add_(self._repeat2)
        else:
            self.gradDiagCov.add_(self._repeat.mul_(self._expand4).sum(0), alpha=1 if scale is None else scale)

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        gradWeight, gradDiagCov = self.gradWeight, self.gradDiagCov
        self._set(gradWeight=self.weight, gradDiagCov=self.diagCov)
        try:
            self.accGradParameters(input, gradOutput, -lr)
        finally:
            self._set(gradWeight=gradWeight, gradDiagCov=gradDiagCov)

    def clearState(self) -> WeightedEuclidean:
        self._set(_expand4=None)
        return Euclidean.clearState(self)
