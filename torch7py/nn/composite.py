"""Criterions made of criterions and modules."""

from __future__ import annotations

import torch

from ..classes import register
from ..console import current
from ..errors import TorchError
from ..table import Table
from ..tensor.storage import Storage
from . import utils
from .criterion import Criterion
from .module import Module, both


def _loss(criterion: Criterion, input, target) -> float:
    """The loss; some criterions return more than that."""
    result = criterion.updateOutput(input, target)
    return result[0] if isinstance(result, tuple) else result


@register("nn.MultiCriterion")
class MultiCriterion(Criterion):
    """The weighted sum of several criterions of one input and target."""

    def __init__(self):
        Criterion.__init__(self)
        self.criterions = Table()
        self.weights = Storage(torch.float64)

    def __len__(self) -> int:
        return len(self.criterions)

    def add(self, criterion: Criterion, weight: float | None = None) -> MultiCriterion:
        """Append a criterion with its weight (1 unless given). Returns itself."""
        if criterion is None:
            raise TorchError("no criterion provided")
        self.criterions.append(criterion)
        self.weights.resize(len(self.criterions))
        self.weights[len(self.criterions)] = 1 if weight is None else weight
        return self

    def updateOutput(self, input, target):
        pairs = zip(self.criterions, self.weights, strict=True)
        self.output = sum(weight * _loss(criterion, input, target) for criterion, weight in pairs)
        return self.output

    def updateGradInput(self, input, target):
        self.gradInput = utils.recursiveFill(utils.recursiveResizeAs(self.gradInput, input)[0], 0)
        for criterion, weight in zip(self.criterions, self.weights, strict=True):
            utils.recursiveAdd(self.gradInput, weight, criterion.updateGradInput(input, target))
        return self.gradInput


@register("nn.ParallelCriterion")
class ParallelCriterion(Criterion):
    """The weighted sum of criterions, the i-th of the i-th input and target; with ``repeatTarget`` of one target."""

    repeatTarget = None

    def __init__(self, repeatTarget: bool | None = None):
        Criterion.__init__(self)
        self.criterions, self.weights, self.gradInput = Table(), Table(), Table()
        if repeatTarget is not None:
            self.repeatTarget = repeatTarget

    def __len__(self) -> int:
        return len(self.criterions)

    def add(self, criterion: Criterion, weight: float | None = None) -> ParallelCriterion:
        """Append a criterion with its weight (1 unless given). Returns itself."""
        if criterion is None:
            raise TorchError("no criterion provided")
        self.criterions.append(criterion)
        self.weights.append(1 if weight is None else weight)
        return self

    def updateOutput(self, input, target):
        self.output = 0
        for position, criterion in enumerate(self.criterions, 1):
            its = target if self.repeatTarget else target[position]
            self.output += self.weights[position] * _loss(criterion, input[position], its)
        return self.output

    def updateGradInput(self, input, target):
        self.gradInput = utils.recursiveFill(utils.recursiveResizeAs(self.gradInput, input)[0], 0)
        for position, criterion in enumerate(self.criterions, 1):
            its = target if self.repeatTarget else target[position]
            gradient = criterion.updateGradInput(input[position], its)
            utils.recursiveAdd(self.gradInput[position], self.weights[position], gradient)
        return self.gradInput

    def type(self, type=None, tensorCache=None):
        self.gradInput = Table()
        return Criterion.type(self, type, tensorCache)


@register("nn.ModuleCriterion")
class ModuleCriterion(Criterion):
    """A criterion of what modules make of the input and of the target; either module may be missing.

    With ``castTarget`` false, :meth:`type` leaves the target's module alone.
    """

    inputModule = targetModule = input = target = None

    castTarget = True  # for files of older versions

    def __init__(self, criterion, inputModule=None, targetModule=None, castTarget=None):
        self.castTarget = True if castTarget is None else castTarget
        self.criterion = criterion
        for name, module in (("inputModule", inputModule), ("targetModule", targetModule)):
            if module is not None:
                setattr(self, name, module)
        if inputModule is not None and both(inputModule.parameters())[0]:
            current.console.print("Warning: nn.ModuleCriterion doesn't support parameter updates")

    def updateOutput(self, input, target):
        if self.inputModule is not None:
            self.input = self.inputModule.forward(input)
        if self.targetModule is not None:
            self.target = self.targetModule.forward(target)
        result = self.criterion.forward(*self._seen(input, target))
        self.output = result[0] if isinstance(result, tuple) else result
        return self.output

    def updateGradInput(self, input, target):
        self.gradInput = self.criterion.backward(*self._seen(input, target))
        if self.inputModule is not None:
            self.gradInput = self.inputModule.backward(input, self.gradInput)
        return self.gradInput

    def _seen(self, input, target) -> tuple:
        """What the criterion gets to see."""
        return input if self.inputModule is None else self.input, target if self.targetModule is None else self.target

    def type(self, type=None, tensorCache=None):
        kept = None if self.castTarget else self.__dict__.pop("targetModule", None)
        try:
            return Criterion.type(self, type, tensorCache)
        finally:
            if kept is not None:
                self.targetModule = kept


@register("nn.CriterionTable")
class CriterionTable(Module):
    """A criterion as a module: it maps the Table ``{input, target}`` to the loss."""

    def __init__(self, criterion: Criterion):
        Module.__init__(self)
        self.criterion = criterion
        self.gradInput = Table([criterion.gradInput])

    def updateOutput(self, input):
        self.output = _loss(self.criterion, input[1], input[2])
        return self.output

    def updateGradInput(self, input, gradOutput=None):
        self.criterion.updateGradInput(input[1], input[2])
        return self.gradInput
