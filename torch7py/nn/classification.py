"""Criterions for classes: negative log-likelihood and what is built on it."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from . import utils
from ._check import need_tensor, sizes
from ._kernels import fit, one
from .criterion import Criterion
from .softmax import LogSoftMax

Tensor = torch.Tensor
_MEAN, _SUM = 1, 2
_aten = torch.ops.aten
nll_loss_forward = _aten.nll_loss_forward.default
nll_loss_backward = _aten.nll_loss_backward.grad_input


@register("nn.ClassNLLCriterion")
class ClassNLLCriterion(Criterion):
    """Minus the input at the target class: the loss of log-probabilities.

    Input: a vector of n log-probabilities and a class from 1 to n (a number or 1-element tensor), or a batch of
    such rows and a vector of classes. ``weights`` gives each class a factor; the sum over the batch is divided by
    the sum of its weights unless ``sizeAverage`` is false. Targets of ``ignoreIndex`` count nothing.
    """

    def __init__(self, weights: Tensor | None = None, sizeAverage: bool | None = None, ignoreIndex: int | None = None):
        Criterion.__init__(self)
        self.sizeAverage = True if sizeAverage is None else sizeAverage
        self.ignoreIndex = -100 if ignoreIndex is None else ignoreIndex
        if weights is not None:
            if weights.dim() != 1:
                raise TorchError("weights input should be 1-D Tensor")
            self.weights = weights
        self.output_tensor = utils.default_tensor(1).zero_()
        self.total_weight_tensor = utils.default_tensor(1).fill_(1)
        self.target = torch.zeros(1, dtype=torch.int64)

    def __len__(self) -> int:
        return 0 if self.weights is None else len(self.weights)

    def __bool__(self) -> bool:
        return True

    def updateOutput(self, input, target):
        """The loss, and the weight of all targets together."""
        if type(target) is int and input.dim() == 1:
            total_loss, weight = self._single(input, target)
            self.total_weight_tensor.fill_(weight)
        else:
            rows, classes = self._rows(input, target)
            try:
                loss, weights = nll_loss_forward(rows, classes, self.weights, _SUM, self._ignored())
            except (RuntimeError, IndexError) as error:
                raise self._misfit(error, input) from error
            self.total_weight_tensor.copy_(weights)
            total_loss, weight = loss.item(), weights.item()
        self.output = total_loss / weight if self.sizeAverage and weight != 0 else total_loss
        return self.output, weight

    def updateGradInput(self, input, target):
        gradInput = fit(self.gradInput, input)
        if not self.total_weight_tensor.item() > 0:
            return gradInput.zero_()
        rows, classes = self._rows(input, target)
        reduction = _MEAN if self.sizeAverage else _SUM
        try:
            nll_loss_backward(
                one(input), rows, classes, self.weights, reduction, self._ignored(), self.total_weight_tensor,
                grad_input=gradInput.view(rows.shape),
            )  # fmt: skip
        except (RuntimeError, IndexError) as error:
            raise self._misfit(error, input) from error
        return gradInput

    def _single(self, input: Tensor, target: int) -> tuple[float, float]:
        if target == self.ignoreIndex:
            return 0.0, 0.0
        if not 1 <= target <= input.shape[0]:
            raise TorchError(f"target {target} is not a class from 1 to {input.shape[0]}")
        weight = 1.0 if self.weights is None else self.weights[target - 1].item()
        return -input[target - 1].item() * weight, weight

    def _rows(self, input: Tensor, target) -> tuple[Tensor, Tensor]:
        """The input as a batch, and the classes from 0 as a LongTensor."""
        if not isinstance(target, Tensor):
            target = self.target.resize_(1).fill_(int(target))
        if target.dtype is not torch.int64:
            target = target.long()
        self.target = target
        return input if input.dim() != 1 else input.unsqueeze(0), target - 1

    def _ignored(self) -> int:
        return int(self.ignoreIndex) - 1

    def _misfit(self, error: Exception, input: Tensor) -> Exception:
        """The reason why the kernel refused, in terms of what the caller gave."""
        target, weights, classes = self.target, self.weights, input.shape[-1]
        if input.dim() > 2:
            return TorchError(f"input tensor should be 1D or 2D, got {sizes(input)}")
        if target.dim() > 1:
            return TorchError(f"multi-target not supported: target is {sizes(target)}")
        if weights is not None and weights.numel() != classes:
            return TorchError(
                f"weight tensor should be defined either for all {classes} classes or no classes"
                f" but got weight tensor of shape: {sizes(weights)}"
            )
        batch = input.shape[0] if input.dim() == 2 else 1
        if target.numel() != batch:
            return TorchError(f"input {sizes(input)} needs {batch} targets, got {target.numel()}")
        wrong = target[((target < 1) | (target > classes)) & (target != self.ignoreIndex)]
        if wrong.numel() > 0:
            return TorchError(f"target {wrong[0].item()} is not a class from 1 to {classes}")
        return error


@register("nn.CrossEntropyCriterion")
class CrossEntropyCriterion(Criterion):
    """LogSoftMax and ClassNLLCriterion in one: the loss of unnormalised scores. Arguments as there."""

    def __init__(self, weights: Tensor | None = None, sizeAverage: bool | None = None):
        Criterion.__init__(self)
        self.lsm = LogSoftMax()
        self.nll = ClassNLLCriterion(weights, sizeAverage)
        self.sizeAverage = self.oldSizeAverage = self.nll.sizeAverage

    def updateOutput(self, input, target):
        self._pass_on()
        self.nll.updateOutput(self.lsm.updateOutput(_squeezed(input)), _squeezed(target))
        self.output = self.nll.output
        return self.output

    def updateGradInput(self, input, target):
        self._pass_on()
        gradient = self.nll.updateGradInput(self.lsm.output, _squeezed(target))
        gradient = self.lsm.updateGradInput(_squeezed(input), gradient)
        return self.gradInput.set_(gradient.view(input.shape))

    def _pass_on(self) -> None:
        # nll.sizeAverage may also be set directly: hand ours on only when it has changed
        if self.sizeAverage != self.oldSizeAverage:
            self.nll.sizeAverage = self.oldSizeAverage = self.sizeAverage


def _squeezed(value):
    """Without dimensions of size 1; a tensor of one element keeps one dimension."""
    if not isinstance(value, Tensor):
        return value
    return value.squeeze() if value.numel() != 1 else value.view(1)
