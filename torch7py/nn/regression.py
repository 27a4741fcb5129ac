"""Criterions that compare numbers with numbers."""

from __future__ import annotations

import math

import torch

from ..classes import register
from ..errors import TorchError
from . import utils
from ._check import need_tensor
from ._kernels import fit, matched, one, signs
from .criterion import Criterion
from .transfer import Sigmoid

Tensor = torch.Tensor
_NONE, _MEAN, _SUM = 0, 1, 2  # PyTorch's codes for what to do with the elements' losses
smooth_l1_loss = torch._C._nn.smooth_l1_loss
mse_loss_backward = torch.ops.aten.mse_loss_backward.grad_input


def comparable(input: Tensor, target: Tensor) -> Tensor:
    """``target`` in the shape of ``input``, of which it must have the type and the number of elements."""
    if type(target) is not Tensor or target.dtype is not input.dtype:
        need_tensor(target, input, "target")
    return matched(target, input, ("input", "target"))


def mean(total: float, count: int) -> float:
    """``total / count``; the mean of nothing is nan."""
    return total / count if count else math.nan


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
        self.output = mean(total, difference.numel()) if self.sizeAverage else total
        return self.output

    def updateGradInput(self, input, target):
        target, gradInput = comparable(input, target), fit(self.gradInput, input)
        return mse_loss_backward(one(input), input, target, _MEAN if self.sizeAverage else _SUM, grad_input=gradInput)


class Elementwise(Criterion):
    """A criterion that adds up a loss for each element, or takes the mean where ``sizeAverage`` is true.

    A kind of it defines ``_losses(input, target)`` and ``_slopes(input, target)``, a tensor each.
    """

    sizeAverage = True

    def __init__(self, sizeAverage: bool | None = None):
        Criterion.__init__(self)
        self.sizeAverage = True if sizeAverage is None else sizeAverage

    def updateOutput(self, input, target):
        total = self._losses(input, comparable(input, target)).sum().item()
        self.output = mean(total, input.numel()) if self.sizeAverage else total
        return self.output

    def updateGradInput(self, input, target):
        slopes = self._slopes(input, comparable(input, target))
        return torch.div(slopes, (input.numel() or 1) if self.sizeAverage else 1, out=fit(self.gradInput, input))


@register("nn.AbsCriterion")
class AbsCriterion(Elementwise):
    """The mean absolute difference of input and target."""

    def _losses(self, input, target):
        return (input - target).abs_()

    def _slopes(self, input, target):
        return signs(input - target)


@register("nn.SmoothL1Criterion")
class SmoothL1Criterion(Elementwise):
    """Half the squared difference where that is below 1, else the absolute difference minus 1/2."""

    def _losses(self, input, target):
        return smooth_l1_loss(input, target, _NONE)

    def _slopes(self, input, target):
        return (input - target).clamp_(-1, 1)


@register("nn.DistKLDivCriterion")
class DistKLDivCriterion(Elementwise):
    """The Kullback-Leibler divergence of a distribution ``target`` from the one whose logarithms are the input."""

    def __init__(self):
        Elementwise.__init__(self)

    def updateOutput(self, input, target):
        if input.shape != target.shape:
            raise TorchError("input and target should have the same size")
        return Elementwise.updateOutput(self, input, target)

    def _losses(self, input, target):
        return torch.where(target > 0, target * (target.log() - input), 0)

    def _slopes(self, input, target):
        return target.clamp(min=0).neg_()


@register("nn.BCECriterion")
class BCECriterion(Elementwise):
    """Binary cross-entropy of probabilities ``input`` and targets from 0 to 1. ``weights`` are for one row."""

    def __init__(self, weights: Tensor | None = None, sizeAverage: bool | None = None):
        Elementwise.__init__(self, sizeAverage)
        self._set_weights(weights)

    def _losses(self, input, target):
        lowest, highest = input.aminmax()
        if not (lowest.item() >= 0 and highest.item() <= 1):
            raise TorchError("input value should be between 0 and 1")
        losses = (input + _EPSILON).log_() * target + (1 - input + _EPSILON).log_() * (1 - target)
        return self._weighted(losses.neg_())

    def _slopes(self, input, target):
        return self._weighted((input - target) / ((1 - input + _EPSILON) * (input + _EPSILON)))


_EPSILON = 1e-12


@register("nn.MultiLabelSoftMarginCriterion")
class MultiLabelSoftMarginCriterion(Elementwise):
    """Binary cross-entropy of the input's sigmoid and targets 0 or 1. ``weights`` are for one row."""

    def __init__(self, weights: Tensor | None = None, sizeAverage: bool | None = None):
        Elementwise.__init__(self, sizeAverage)
        self._set_weights(weights)
        self.sigmoid = Sigmoid()

    def _losses(self, input, target):
        if not (input.is_contiguous() and target.is_contiguous()):
            raise TorchError("expecting a contiguous tensor")
        return self._weighted(input.clamp(min=0) - input * target + input.abs().neg_().exp_().log1p_())

    def _slopes(self, input, target):
        return self._weighted(input.sigmoid() - target)


@register("nn.WeightedMSECriterion")
class WeightedMSECriterion(MSECriterion):
    """The mean squared difference of the input and the target times the weights ``w`` (of a sample or the batch)."""

    def __init__(self, w: Tensor):
        MSECriterion.__init__(self)
        self.weight = w.clone()

    def updateOutput(self, input, target):
        return MSECriterion.updateOutput(self, input, self._weighted_target(input, target))

    def updateGradInput(self, input, target):
        return MSECriterion.updateGradInput(self, input, self._weighted_target(input, target))

    def _weighted_target(self, input: Tensor, target: Tensor) -> Tensor:
        need_tensor(target, target, "target")
        target = matched(target.to(input), input, ("input", "target"))
        if input.dim() - 1 == self.weight.dim():
            return target * self.weight
        return target * matched(self.weight, target, ("target", "weight"))


@register("nn.SpatialAutoCropMSECriterion")
class SpatialAutoCropMSECriterion(MSECriterion):
    """MSECriterion of images with the middle of targets that may be larger; only forward, as in the original."""

    def updateOutput(self, input, target):
        return MSECriterion.updateOutput(self, input, _middle(target, input))

    def updateGradInput(self, input, target):
        if input.shape != target.shape:
            raise TorchError("target and input must have the same size")
        return MSECriterion.updateGradInput(self, input, target)


def _middle(target: Tensor, input: Tensor) -> Tensor:
    """The middle of ``target``, as high and wide as ``input``."""
    if input.dim() != target.dim() or input.dim() not in (3, 4):
        raise TorchError("input and target must both have 3 or both have 4 dimensions")
    height, width = input.shape[-2:]
    spare_rows, spare_columns = target.shape[-2] - height, target.shape[-1] - width
    if spare_rows < 0 or spare_columns < 0:
        raise TorchError(
            "Spatial resolution of input should be less than or equal to the spatial resolution of the target"
        )
    return target.narrow(-2, spare_rows // 2, height).narrow(-1, spare_columns // 2, width)


@register("nn.L1Cost")
class L1Cost(Criterion):
    """The sum of the input's absolute values; there is no target."""

    def updateOutput(self, input, target=None):
        self.output = input.abs().sum().item()
        return self.output

    def updateGradInput(self, input, target=None):
        return torch.sign(input, out=fit(self.gradInput, input))


@register("nn.ClassSimplexCriterion")
class ClassSimplexCriterion(MSECriterion):
    """MSECriterion against the target class's corner of a regular simplex. Mroueh et al., arXiv:1506.08230.

    Input: a vector of ``nClasses`` elements or a batch of these; targets are classes from 1.
    """

    def __init__(self, nClasses: int):
        MSECriterion.__init__(self)
        if not (isinstance(nClasses, int) and nClasses > 1):
            raise TorchError("Required positive integer argument nClasses > 1")
        self.nClasses = nClasses
        self.simplex = _simplex(nClasses)
        self._target = utils.default_tensor(nClasses)

    def updateOutput(self, input, target):
        classes = torch.tensor([target]) if isinstance(target, (int, float)) else target
        if not isinstance(classes, Tensor) or classes.dim() != 1:
            raise TorchError("1D tensors only!")
        places = classes.long() - 1
        if places.numel() and not 0 <= int(places.min()) <= int(places.max()) < self.nClasses:
            raise TorchError(f"target out of range: classes must be from 1 to {self.nClasses}")
        corners = self.simplex[places]
        self._target = corners if isinstance(target, Tensor) else corners[0]
        return MSECriterion.updateOutput(self, input, self._target)

    def updateGradInput(self, input, target):
        return MSECriterion.updateGradInput(self, input, self._target)

    def getPredictions(self, input) -> Tensor:
        """How far each row of the input goes towards each class's corner."""
        return torch.mm(input.view(1, -1) if input.dim() == 1 else input, self.simplex.t())

    def getTopPrediction(self, input) -> Tensor:
        """The class of each row: a LongTensor."""
        return self.getPredictions(input).argmax(1) + 1


def _simplex(corners: int) -> Tensor:
    """The corners of a regular simplex around the origin as rows of unit length; the last column is 0."""
    rows = utils.default_tensor(corners, corners).zero_()
    for k in range(corners - 1):
        rows[k, k] = math.sqrt(1 - rows[k, :k].square().sum().item())
        rows[k + 1 :, k] = (rows[k, k].item() ** 2 - 1 - 1 / (corners - 1)) / rows[k, k].item()
    return rows
