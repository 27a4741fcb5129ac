"""A linear layer that adapts to the scale of what it sees."""

from __future__ import annotations

import math

import torch

from torch7py import random
from torch7py.classes import register
from torch7py.nn import Linear, utils

Tensor = torch.Tensor


@register("nnx.QDRiemaNNLinear")
class QDRiemaNNLinear(Linear):
    """A linear layer whose gradients are divided by a running mean of a metric: for each output a matrix, of which the
    diagonal and the row of the bias are kept. Marceau-Caron and Ollivier, arXiv:1602.08007.

    Arguments:
        inputSize, outputSize: as for Linear; the input must be a batch.
        gamma: how fast the metric follows (0.01).
        qdFlag: false keeps the diagonal only.

    Each ``accGradParameters`` turns all that is in the gradients by then, so that these must have been zero.
    """

    def __init__(self, inputSize: int, outputSize: int, gamma: float | None = None, qdFlag: bool | None = None):
        Linear.__init__(self, inputSize, outputSize)
        self.qdFlag = qdFlag is None or qdFlag
        self.gamma = 0.01 if gamma is None else gamma
        self.matReg = 1e-12
        self.initMetric = True
        self.Mii = utils.default_tensor(outputSize, inputSize)
        if self.qdFlag:
            self.M0i = utils.default_tensor(outputSize, inputSize)
        self.M00 = utils.default_tensor(outputSize)

    def reset(self, stdv=None) -> QDRiemaNNLinear:
        self.initMetric = True
        random.default().fill_normal(self.weight, 0, 1 / math.sqrt(self.weight.shape[1]))
        self.bias.zero_()
        return self

    def accGradParameters(self, input: Tensor, gradOutput: Tensor, scale=1) -> None:
        Linear.accGradParameters(self, input, gradOutput)
        squares = gradOutput.square().t()
        self._follow(self.Mii, squares.mm(input.square()))
        self._follow(self.M00, squares.sum(1))
        if self.qdFlag:
            self._follow(self.M0i, squares.mm(input))
        self.initMetric = False
        gradWeight, gradBias = self.gradWeight, self.gradBias
        if not self.qdFlag:
            gradWeight.div_(self.Mii.add_(self.matReg))
            gradBias.div_(self.M00.add_(self.matReg))
            return
        weight_of_bias = self.M00.unsqueeze(1)
        denominator = (self.Mii * weight_of_bias - self.M0i.square()).clamp_(self.matReg, 1e25)
        gradWeight.mul_(weight_of_bias).sub_(self.M0i * gradBias.unsqueeze(1)).div_(denominator)
        gradBias.sub_((self.M0i * gradWeight).sum(1)).div_(self.M00 + self.matReg)

    def _follow(self, mean: Tensor, new: Tensor) -> None:
        if self.initMetric:
            mean.copy_(new)
        else:
            mean.mul_(1 - self.gamma).add_(new, alpha=self.gamma)
