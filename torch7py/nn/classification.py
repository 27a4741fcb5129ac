"""Criterions for classes: negative log-likelihood and what is built on it."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from . import utils
from ._check import sizes
from ._kernels import fit, one
from .criterion import Criterion
from .softmax import LogSoftMax

Tensor = torch.Tensor
_MEAN, _SUM = 1, 2
_aten = torch.ops.aten
_multi_margin = _aten.multi_margin_loss.default
_multi_margin_backward = _aten.multi_margin_loss_backward.default
_multi_label_margin = _aten.multilabel_margin_loss_forward.default
_multi_label_margin_backward = _aten.multilabel_margin_loss_backward.default


@register("nn.ClassNLLCriterion")
class ClassNLLCriterion(Criterion):
    """Minus the input at the target class: the loss of log-probabilities.

    Input: a vector of n log-probabilities and a class from 1 to n (a number or 1-element tensor), or a batch of
    such rows and a vector of classes. ``weights`` gives each class a factor; the sum over the batch is divided by
    the sum of its weights unless ``sizeAverage`` is false. Targets of ``ignoreIndex`` count nothing.
    """

    _forward_kernel = staticmethod(_aten.nll_loss_forward.default)
    _backward_kernel = staticmethod(_aten.nll_loss_backward.grad_input)

    sizeAverage, ignoreIndex = True, -100  # for files of older versions

    def __init__(self, weights: Tensor | None = None, sizeAverage: bool | None = None, ignoreIndex: int | None = None):
        Criterion.__init__(self)
        self.sizeAverage = True if sizeAverage is None else sizeAverage
        self.ignoreIndex = -100 if ignoreIndex is None else ignoreIndex
        self._set_weights(weights)
        self.output_tensor = utils.default_tensor(1).zero_()
        self.total_weight_tensor = utils.default_tensor(1).fill_(1)
        self.target = torch.zeros(1, dtype=torch.int64)

    def read(self, file, version=None) -> None:
        file.world.set_fields(self, file.readObject())
        if "total_weight_tensor" not in self.__dict__:
            self.total_weight_tensor = self.gradInput.new_ones(1)

    def updateOutput(self, input, target):
        """The loss, and the weight of all targets together."""
        sample = self._sample(input, target)
        if sample is not None:
            position, weight = sample
            total_loss = -input.select(-1, position).item() * weight if weight != 0 else 0.0
            self.total_weight_tensor.fill_(weight)
        else:
            rows, classes = self._rows(input, target)
            try:
                loss, weights = self._forward_kernel(rows, classes, self.weights, _SUM, self._ignored())
            except (RuntimeError, IndexError) as error:
                raise self._misfit(error, input) from error
            self.total_weight_tensor.copy_(weights)
            total_loss, weight = loss.item(), weights.item()
        self.output = total_loss / weight if self.sizeAverage and weight != 0 else total_loss
        return self.output, weight

    def updateGradInput(self, input, target):
        gradInput = fit(self.gradInput, input)
        sample = self._sample(input, target)
        if sample is not None:
            position, weight = sample
            gradInput.zero_()
            if weight != 0:
                gradInput.select(-1, position).fill_(-1 if self.sizeAverage else -weight)
            return gradInput
        if not self.total_weight_tensor.item() > 0:
            return gradInput.zero_()
        rows, classes = self._rows(input, target)
        reduction = _MEAN if self.sizeAverage else _SUM
        try:
            self._backward_kernel(
                one(input), rows, classes, self.weights, reduction, self._ignored(), self.total_weight_tensor,
                grad_input=gradInput.view(rows.shape),
            )  # fmt: skip
        except (RuntimeError, IndexError) as error:
            raise self._misfit(error, input) from error
        return gradInput

    def _sample(self, input: Tensor, target) -> tuple[int, float] | None:
        """For one sample, which needs no kernel: the class from 0 and its weight, 0 if it is to be ignored."""
        if type(target) is Tensor:
            if target.dtype is not torch.int64 or target.numel() != 1 or len(input) != 1 or input.dim() != 2:
                return None
            self.target = target
            target = target.item()
        elif type(target) is not int or input.dim() != 1:
            return None
        if target == self.ignoreIndex:
            return 0, 0.0
        classes = input.shape[-1]
        if not 1 <= target <= classes:
            raise TorchError(f"target {target} is not a class from 1 to {classes}")
        if self.weights is None:
            return target - 1, 1.0
        if self.weights.numel() != classes:
            return None
        return target - 1, self.weights[target - 1].item()

    def _rows(self, input: Tensor, target) -> tuple[Tensor, Tensor]:
        """The input as a batch, and the classes from 0 as a LongTensor."""
        if not isinstance(target, Tensor):
            target = self.target.resize_(1).fill_(int(target))
        if target.dtype is not torch.int64:
            target = target.long()
        self.target = target
        if input.dim() == 1:
            # of several targets the first counts
            return input.unsqueeze(0), target.view(-1)[:1] - 1 if target.dim() == 1 else target - 1
        return input, target - 1

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
        if input.dim() == 1:
            target = target.view(-1)[:1]
        elif target.numel() != len(input):
            return TorchError(f"input {sizes(input)} needs {len(input)} targets, got {target.numel()}")
        wrong = target[((target < 1) | (target > classes)) & (target != self.ignoreIndex)]
        if wrong.numel() > 0:
            return TorchError(f"target {wrong[0].item()} is not a class from 1 to {classes}")
        return error


@register("nn.CrossEntropyCriterion")
class CrossEntropyCriterion(Criterion):
    """LogSoftMax and ClassNLLCriterion in one: the loss of unnormalised scores. Arguments as there."""

    sizeAverage = oldSizeAverage = None  # for files of older versions: nll has its own

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


@register("nn.SpatialClassNLLCriterion")
class SpatialClassNLLCriterion(ClassNLLCriterion):
    """ClassNLLCriterion for each place of an image.

    Input: batch x classes x height x width log-probabilities; target: batch x height x width classes from 1.
    """

    _forward_kernel = staticmethod(_aten.nll_loss2d_forward.default)
    _backward_kernel = staticmethod(_aten.nll_loss2d_backward.grad_input)

    def __init__(self, weights: Tensor | None = None, sizeAverage: bool | None = None):
        ClassNLLCriterion.__init__(self, weights, sizeAverage)

    def _rows(self, input: Tensor, target) -> tuple[Tensor, Tensor]:
        self.target = target.long()
        return input, self.target - 1

    def _misfit(self, error: Exception, input: Tensor) -> Exception:
        return TorchError(f"input {sizes(input)} and target {sizes(self.target)} do not fit: {error}")


class _Margins(Criterion):
    """What the criterions with a margin for each class share."""

    def __init__(self):
        Criterion.__init__(self)
        self.sizeAverage = True

    def _reduction(self) -> int:
        return _MEAN if self.sizeAverage else _SUM


@register("nn.MultiMarginCriterion")
class MultiMarginCriterion(_Margins):
    """How far the other classes come within ``margin`` (1) of the target class, to the power ``p`` (1 or 2).

    Input: a vector of scores and a class from 1, or a batch of rows and a vector of classes. ``weights`` gives each
    class a factor.
    """

    p = margin = 1  # for files of older versions

    def __init__(self, p: int | None = None, weights: Tensor | None = None, margin: float | None = None):
        if p not in (None, 1, 2):
            raise TorchError("only p=1 and p=2 supported")
        _Margins.__init__(self)
        self.p = 1 if p is None else p
        self.margin = 1.0 if margin is None else margin
        self._set_weights(weights)

    def updateOutput(self, input, target):
        classes = self._classes(input, target)
        loss = _multi_margin(input, classes, self.p, self.margin, self._class_weights(input), self._reduction())
        self.output = loss.item()
        return self.output

    def updateGradInput(self, input, target):
        classes = self._classes(input, target)
        gradient = _multi_margin_backward(
            one(input), input, classes, self.p, self.margin, self._class_weights(input), self._reduction()
        )
        return self.gradInput.set_(gradient)

    def _class_weights(self, input: Tensor) -> Tensor | None:
        return None if self.weights is None else self.weights[: input.shape[-1]]

    @staticmethod
    def _classes(input: Tensor, target) -> Tensor:
        number = not isinstance(target, Tensor)
        classes = torch.tensor([int(target) - 1], device=input.device) if number else target.long() - 1
        if classes.shape != ((1,) if input.dim() == 1 else input.shape[:1]):
            raise TorchError(f"inconsistent target size: {sizes(classes)} for an input of {sizes(input)}")
        if classes.min() < 0 or classes.max() >= input.shape[-1]:
            raise TorchError(f"target out of range: classes must be from 1 to {input.shape[-1]}")
        return classes


@register("nn.MultiLabelMarginCriterion")
class MultiLabelMarginCriterion(_Margins):
    """How far the other classes come within 1 of each of the target classes.

    Input: a vector of scores or a batch of rows; target: as large, in each row the classes from 1, then a 0.
    """

    def __init__(self):
        _Margins.__init__(self)
        self.isTarget = utils.default_tensor()

    def updateOutput(self, input, target):
        loss, chosen = _multi_label_margin(input, self._classes(input, target), self._reduction())
        self.isTarget = chosen
        self.output = loss.item()
        return self.output

    def updateGradInput(self, input, target):
        classes = self._classes(input, target)
        gradient = _multi_label_margin_backward(one(input), input, classes, self._reduction(), self.isTarget)
        return self.gradInput.set_(gradient)

    @staticmethod
    def _classes(input: Tensor, target: Tensor) -> Tensor:
        if target.shape != input.shape:
            raise TorchError(f"inconsistent target size: {sizes(target)} for an input of {sizes(input)}")
        return target.long() - 1
