"""Criterions of sequences."""

from __future__ import annotations

import torch

from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.identity import isTypeOf
from torch7py.nn import Criterion, utils
from torch7py.table import Table
from torch7py.tensor.arguments import describe
from torch7py.torchx.nests import first_tensor

from .masks import blank, check_dimensions
from .steps import paired_steps, stacked, time_steps

Tensor = torch.Tensor


def _loss(result) -> float:
    """The loss of what a criterion gives, which may be more than that."""
    return result[0] if isinstance(result, tuple) else result


class _OfSteps(Criterion):
    """What criterions of sequences share: a clone of ``criterion`` for each step."""

    criterion = None

    def _set_criterion(self, criterion: Criterion | None) -> None:
        if criterion is not None:  # a class derived from this one may set it later
            self.criterion = criterion

    def getStepCriterion(self, step: int) -> Criterion:
        """The clone for a step."""
        if step is None:
            raise TorchError("expecting step at arg 1")
        if self.clones[step] is None:
            self.clones[step] = self.criterion.clone()
        return self.clones[step]

    def _sum(self, inputs: list, targets: list) -> float:
        pairs = enumerate(zip(inputs, targets), 1)
        return sum(_loss(self.getStepCriterion(step).forward(*pair)) for step, pair in pairs)

    def _gradients(self, inputs: list, targets: list, sequence):
        """The gradients of all steps, in the form that the input has."""
        pairs = enumerate(zip(inputs, targets), 1)
        gradients = [self.getStepCriterion(step).backward(*pair) for step, pair in pairs]
        return stacked(None, gradients) if isinstance(sequence, Tensor) else Table(gradients)


@register("nn.SequencerCriterion")
class SequencerCriterion(_OfSteps):
    """The sum of a criterion over the steps of a sequence, or with ``sizeAverage`` the mean.

    Input and target are Tables with one element for each step, or both tensors with one slice for each.
    """

    def __init__(self, criterion: Criterion | None = None, sizeAverage: bool | None = None):
        Criterion.__init__(self)
        self._set_criterion(criterion)
        if isTypeOf(criterion, "nn.ModuleCriterion"):
            raise TorchError(
                "SequencerCriterion shouldn't decorate a ModuleCriterion. Instead, try the other way around : "
                "ModuleCriterion decorates a SequencerCriterion. Its modules can also be similarly decorated with a "
                "Sequencer."
            )
        self.sizeAverage = bool(sizeAverage)
        self.clones, self.gradInput = Table(), Table()

    def updateOutput(self, input, target):
        inputs, targets = paired_steps(input, target, ("input", "target"))
        self.output = self._sum(inputs, targets)
        if self.sizeAverage:
            self.output /= len(inputs)
        return self.output

    def updateGradInput(self, input, target):
        inputs, targets = paired_steps(input, target, ("input", "target"))
        self.gradInput = self._gradients(inputs, targets, input)
        if self.sizeAverage:
            _divide(self.gradInput, len(inputs))
        return self.gradInput


def _divide(nest, divisor: int) -> None:
    if isinstance(nest, Table):
        for item in nest:
            _divide(item, divisor)
    else:
        nest.div_(divisor)


@register("nn.RepeaterCriterion")
class RepeaterCriterion(_OfSteps):
    """The sum of a criterion over the steps of a sequence (a Table or tensor), all against the same target."""

    def __init__(self, criterion: Criterion | None = None):
        Criterion.__init__(self)
        self._set_criterion(criterion)
        self.gradInput, self.clones = Table(), Table()

    def updateOutput(self, input, target):
        inputs = time_steps(input)
        self.output = self._sum(inputs, [target] * len(inputs))
        return self.output

    def updateGradInput(self, input, target):
        inputs = time_steps(input)
        self.gradInput = self._gradients(inputs, [target] * len(inputs), input)
        return self.gradInput


@register("nn.MaskZeroCriterion")
class MaskZeroCriterion(Criterion):
    """Decorates a criterion: samples of the batch whose input is all zeros count for nothing.

    ``nInputDim`` is the number of dimensions of a sample; what counts of a Table is its first tensor.
    """

    def __init__(self, criterion: Criterion, nInputDim: int):
        Criterion.__init__(self)
        self.criterion = criterion
        if not isinstance(criterion, Criterion):
            raise TorchError(f"MaskZeroCriterion: expecting nn.Criterion at arg 1, got {describe(criterion)}")
        check_dimensions(nInputDim, "MaskZeroCriterion")
        self.nInputDim = nInputDim

    def updateOutput(self, input, target):
        first = first_tensor(input)
        if first.dim() == self.nInputDim:
            raise TorchError("does not support online (i.e. non-batch) mode")
        if first.dim() - 1 != self.nInputDim:
            raise TorchError(f"nInputDim error: {first.dim()}, {self.nInputDim}")
        rows = torch.nonzero(~blank(first)).view(-1)
        self.zeroMask = rows + 1
        self.output = 0
        if len(rows):
            self.input, self.target = _picked(input, rows), _picked(target, rows)
            self.output = _loss(self.criterion.updateOutput(self.input, self.target))
        return self.output

    def updateGradInput(self, input, target):
        rows = self.zeroMask - 1
        gradient = self.criterion.updateGradInput(self.input, self.target) if len(rows) else None
        self.gradInput = _put_back(self.gradInput, gradient, rows, input)
        return self.gradInput

    def type(self, type=None, tensorCache=None):
        for name in ("zeroMask", "input", "target"):
            self.__dict__.pop(name, None)
        return Criterion.type(self, type, tensorCache)


def _picked(nest, rows: Tensor):
    """These rows of all tensors."""
    if isinstance(nest, Table):
        return Table([_picked(item, rows) for item in nest])
    return nest[rows]


def _put_back(result, nest, rows: Tensor, like):
    """The rows of ``nest`` at their places among zeros, sized as ``like``; in ``result`` if that fits."""
    if isinstance(like, Table):
        result = result if isinstance(result, Table) else Table()
        for key, item in like.items():
            result[key] = _put_back(result[key], nest and nest[key], rows, item)
        for place in range(len(result), len(like), -1):
            result[place] = None
        return result
    result = result if isinstance(result, Tensor) else utils.empty_like_type(like)
    result.resize_(like.shape).zero_()
    return result if nest is None else result.index_copy_(0, rows, nest)
