"""Logistic regression for two classes, of vectors and of images."""

from __future__ import annotations

import torch

from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import Criterion, utils
from torch7py.nn._check import need_same_count, sizes

Tensor = torch.Tensor


class _Logistic(Criterion):
    """The loss ``sum(log(1 + exp(-target * input)))``, for targets of -1 and 1, over some number."""

    def _loss(self, input: Tensor, target: Tensor) -> float:
        return torch.exp(-(input * target.view(input.shape))).log1p_().sum().item() / self._count(input)

    def updateGradInput(self, input, target):
        exponential = torch.exp(-(input * target.view(input.shape)))
        if self.gradInput is None:
            self.gradInput = utils.empty_like_type(input)
        gradient = exponential.div_(exponential + 1).mul_(target.view(input.shape)).div_(-self._count(input))
        return self.gradInput.set_(gradient)

    def _count(self, input: Tensor) -> int:
        raise NotImplementedError


@register("nn.BinaryLogisticRegression")
class BinaryLogisticRegression(_Logistic):
    """The logistic loss of a vector (or batchSize x 1) of scores against targets of -1 and 1, averaged unless
    ``sizeAverage`` is false.
    """

    def __init__(self, sizeAverage: bool | None = None):
        Criterion.__init__(self)
        self.sizeAverage = sizeAverage is not False

    def updateOutput(self, input, target):
        for name, tensor in (("Input", input), ("Target", target)):
            if tensor.dim() not in (1, 2) or (tensor.dim() == 2 and 1 not in tensor.shape):
                raise TorchError(f"{name}: Expecting batchSize or batchSize x 1, got {sizes(tensor)}")
        need_same_count(input, target)
        return self._loss(input, target)

    def _count(self, input):
        return input.numel() if self.sizeAverage else 1


@register("nn.SpatialBinaryLogisticRegression")
class SpatialBinaryLogisticRegression(_Logistic):
    """The logistic loss of every pixel of an image of one plane against targets of -1 and 1, averaged and halved; of a
    batch too, or with the field ``sizeAverage`` false summed over its images.
    """

    def __init__(self):
        Criterion.__init__(self)
        self.sizeAverage = True

    def updateOutput(self, input, target):
        if input.shape != target.shape:
            raise TorchError(f"Input and target dimensions don't match: {sizes(input)} and {sizes(target)}")
        if input.dim() not in (3, 4):
            raise TorchError(f"Expecting image or batch on images, got {sizes(input)}")
        if input.shape[-3] != 1:
            raise TorchError(f"No. of channels should be 1, got {sizes(input)}")
        return self._loss(input, target)

    def _count(self, input):
        height, width = input.shape[-2:]
        return 2 * height * width * (len(input) if input.dim() == 4 and self.sizeAverage else 1)
