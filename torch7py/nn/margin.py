"""Criterions with a margin: for signs, for pairs of vectors, for distances."""

from __future__ import annotations

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from ..table import Table
from . import utils
from ._check import need_same_count, need_table
from ._kernels import fit, matched
from .criterion import Criterion
from .regression import Elementwise

Tensor = torch.Tensor


@register("nn.MarginCriterion")
class MarginCriterion(Elementwise):
    """``max(0, margin - x y)`` for targets ``y`` of 1 or -1; the margin is 1 unless given."""

    def __init__(self, margin: float | None = None):
        Elementwise.__init__(self)
        self.margin = 1 if margin is None else margin

    def _losses(self, input, target):
        return (self.margin - input * target).clamp_(min=0)

    def _slopes(self, input, target):
        return self._losses(input, target).sign_().mul_(target).neg_()


@register("nn.SoftMarginCriterion")
class SoftMarginCriterion(Elementwise):
    """``log(1 + exp(-x y))`` for targets ``y`` of 1 or -1."""

    def __init__(self):
        Elementwise.__init__(self)

    def _losses(self, input, target):
        return (input * target).neg_().exp_().log1p_()

    def _slopes(self, input, target):
        z = (input * target).neg_().exp_()
        return -target * z / (1 + z)


@register("nn.HingeEmbeddingCriterion")
class HingeEmbeddingCriterion(Criterion):
    """For distances ``x``: ``x`` where the target is 1, ``max(0, margin - x)`` (margin 1) where it is -1."""

    sizeAverage = True  # for files of older versions

    def __init__(self, margin: float | None = None):
        Criterion.__init__(self)
        self.margin = 1 if margin is None else margin
        self.sizeAverage = True

    def updateOutput(self, input, y):
        y = matched(_targets(y, input), input)
        losses = input.masked_fill(y == -1, 0) + (self.margin - input).clamp_(min=0).masked_fill_(y == 1, 0)
        total = losses.sum().item()
        self.output = total if self.sizeAverage is False else total / input.numel()
        return self.output

    def updateGradInput(self, input, y):
        y = matched(_targets(y, input), input)
        gradInput = fit(self.gradInput, input).copy_(y)
        gradInput.masked_fill_((y == -1) & (input > self.margin), 0)
        return gradInput if self.sizeAverage is False else gradInput.div_(input.numel())


def _targets(y, like: Tensor) -> Tensor:
    """Targets as a tensor; a number stands for one target."""
    return y if isinstance(y, Tensor) else like.new_tensor([y])


@register("nn.L1HingeEmbeddingCriterion")
class L1HingeEmbeddingCriterion(Criterion):
    """HingeEmbeddingCriterion of the L1 distance of two vectors ``{a, b}``; the target is the number 1 or -1.

    Where elements are equal the gradient has a random sign.
    """

    def __init__(self, margin: float | None = None):
        Criterion.__init__(self)
        self.margin = 1 if margin is None else margin
        self.gradInput = Table([utils.default_tensor(), utils.default_tensor()])

    def updateOutput(self, input, y):
        distance = (need_table(input)[1] - input[2]).abs_().sum().item()
        self.output = max(0, self.margin - distance) if _is_negative(y) else distance
        return self.output

    def updateGradInput(self, input, y):
        first, second = fit(self.gradInput[1], input[1]), fit(self.gradInput[2], input[2])
        torch.sub(input[1], input[2], out=first)
        distance = first.abs().sum().item()
        random_signs(first.sign_())
        if _is_negative(y):
            first.mul_(0 if distance > self.margin else -1)
        torch.neg(first, out=second)
        return self.gradInput


def _is_negative(y) -> bool:
    return not isinstance(y, Tensor) and y == -1


def random_signs(signs: Tensor) -> Tensor:
    """Replace zeros by 1 or -1, drawn in order."""
    equal = signs == 0
    count = int(equal.sum())
    if count > 0:
        drawn = signs.new_empty(count)
        random.default().fill_random(drawn, 1, 2)
        signs[equal] = drawn.mul_(2).sub_(3)
    return signs


@register("nn.CosineEmbeddingCriterion")
class CosineEmbeddingCriterion(Criterion):
    """For ``{a, b}``: ``1 - cos(a, b)`` where the target is 1, ``max(0, cos(a, b) - margin)`` where it is -1.

    ``a`` and ``b`` are vectors or batches of rows, the targets a number or tensor of 1 and -1; the margin is 0
    unless given.
    """

    sizeAverage = False  # for files of older versions
    _y = None  # a target that was given as a number

    def __init__(self, margin: float | None = None):
        Criterion.__init__(self)
        self.margin = 0 if margin is None else margin
        self.gradInput = Table([utils.default_tensor(), utils.default_tensor()])
        self.sizeAverage = True

    def updateOutput(self, input, y):
        if not isinstance(y, Tensor):
            y = self._y = _targets(y, input[1])
        losses = self._losses(cosine(*_rows(input))[0], y)
        self.output = losses.sum().item() / (y.shape[0] if self.sizeAverage else 1)
        return self.output

    def updateGradInput(self, input, y):
        if not isinstance(y, Tensor):
            if self._y is None:
                raise TorchError("the gradient needs the targets as a tensor, as forward had them")
            y = _targets(y, input[1])
        similarity, first, second = cosine(*_rows(input))
        slope = torch.where(self._losses(similarity, y) > 0, torch.where(y == 1, -1, 1), 0).to(first.dtype)
        if self.sizeAverage:
            slope.div_(y.shape[0])
        for target, gradient, original in zip(self.gradInput, (first, second), input, strict=True):
            fit(target, original).copy_((gradient * slope.unsqueeze(1)).view(original.shape))
        return self.gradInput

    def _losses(self, similarity: Tensor, y: Tensor) -> Tensor:
        need_same_count(similarity, y)
        beyond = torch.where(y == -1, (similarity - self.margin).clamp_(min=0), similarity)
        return torch.where(y == 1, 1 - similarity, beyond)


def _rows(pair: Table) -> list[Tensor]:
    return [tensor.view(1, -1) if tensor.dim() == 1 else tensor for tensor in pair]


def cosine(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The cosine of the angle between corresponding rows, and its gradients by ``a`` and by ``b``."""
    product = (a * b).sum(1, keepdim=True)
    by_a = 1 / ((a * a).sum(1, keepdim=True) + 1e-12)
    by_b = 1 / ((b * b).sum(1, keepdim=True) + 1e-12)
    scale = (by_a * by_b).sqrt()
    return (product * scale)[:, 0], (b - product * by_a * a) * scale, (a - product * by_b * b) * scale


@register("nn.MarginRankingCriterion")
class MarginRankingCriterion(Criterion):
    """``max(0, margin - y (a - b))`` for ``{a, b}``: ``a`` shall be the larger where ``y`` is 1, ``b`` where it is -1.

    ``a`` and ``b`` have one element and ``y`` is a number, or all three are vectors; the margin is 1 unless given.
    Of longer vectors a number ``y`` judges the first elements.
    """

    sizeAverage = False  # for files of older versions

    def __init__(self, margin: float | None = None):
        Criterion.__init__(self)
        self.margin = 1 if margin is None else margin
        self.gradInput = Table([utils.default_tensor(1), utils.default_tensor(1)])
        self.sizeAverage = True

    def updateOutput(self, input, y):
        total = self._excess(input, y).clamp_(min=0).sum().item()
        self.output = total / self._count(y)
        return self.output

    def updateGradInput(self, input, y):
        active = (self._excess(input, y) >= 0).to(input[1].dtype)
        if isinstance(y, Tensor):
            second = torch.mul(active, matched(y, active), out=fit(self.gradInput[2], active)).div_(self._count(y))
            torch.neg(second, out=fit(self.gradInput[1], active))
        else:
            self.gradInput[1][0], self.gradInput[2][0] = -y * active, y * active
        return self.gradInput

    def _excess(self, input: Table, y) -> Tensor:
        first, second = need_table(input)[1], input[2]
        if isinstance(y, Tensor):
            return self.margin - matched(y, first) * (first - second)
        if first.dim() > 1:
            raise TorchError("a batch needs a tensor of targets, got a number")
        return self.margin - y * (first[0] - second[0])

    def _count(self, y) -> int:
        return y.shape[0] if self.sizeAverage and isinstance(y, Tensor) else 1


@register("nn.DistanceRatioCriterion")
class DistanceRatioCriterion(Criterion):
    """``-log(e^-x / (e^-x + e^-y))`` for ``{x, y}``: distances of like samples and of unlike ones. arXiv:1610.00243."""

    def __init__(self, sizeAverage: bool | None = None):
        Criterion.__init__(self)
        self.sizeAverage = True if sizeAverage is None else sizeAverage

    def updateOutput(self, input, target=None):
        x, y = self._pair(input)
        total = (x + torch.logaddexp(-x, -y)).sum().item()
        # the original leaves self.output alone
        return total / x.shape[0] if self.sizeAverage else total

    def updateGradInput(self, input, target=None):
        x, y = self._pair(input)
        share = torch.sigmoid(x - y).div_(x.shape[0] if self.sizeAverage else 1)
        return Table([share, -share])

    @staticmethod
    def _pair(input: Table) -> list[Tensor]:
        if len(input) != 2:
            raise TorchError("Invalid number of inputs")
        if input[1].numel() != input[2].numel():
            raise TorchError("Number of distances don't match.")
        return input.list()
