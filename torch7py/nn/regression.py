"""Criterions that compare numbers with numbers."""

from __future__ import annotations

import torch

from ..classes import register
from ._check import need_tensor
from ._kernels import fit, matched, one
from .criterion import Criterion

Tensor = torch.Tensor
_MEAN, _SUM = 1, 2  # PyTorch's codes for what to do with the elements' losses
mse_loss_backward = torch.ops.aten.mse_loss_backward.grad_input


def comparable(input: Tensor, target: Tensor) -> Tensor:
    """``target`` in the shape of ``input``, of which it must have the type and the number of elements."""
    if type(target) is not Tensor or target.dtype is not input.dtype:
        need_tensor(target, input, "target")
    return matched(target, input, ("input", "target"))


@register("nn.MSECriterion")
class MSECriterion(Criterion):
    """The mean squared difference of input and target, or the sum of squares where ``sizeAverage`` is false."""

    def __init__(self, sizeAverage: bool | None = None):
        Criterion.__init__(self)
        self.sizeAverage = True if sizeAverage is None else sizeAverage

    def updateOutput(self, input, target):
        difference = torch.sub(input, comparable(input, target))
        if difference.dim() != 1:
            difference = difference.reshape(-1)
        total = torch.dot(difference, difference).item()
        self.output = total / difference.numel() if self.sizeAverage else total
        return self.output

    def updateGradInput(self, input, target):
        target, gradInput = comparable(input, target), fit(self.gradInput, input)
        return mse_loss_backward(one(input), input, target, _MEAN if self.sizeAverage else _SUM, grad_input=gradInput)
