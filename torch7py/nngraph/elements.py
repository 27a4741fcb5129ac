"""Modules that nngraph brings along."""

from __future__ import annotations

from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import Criterion, Module
from torch7py.nn.utils import default_tensor, empty_like_type
from torch7py.table import Table


@register("nngraph.JustElement")
class JustElement(Module):
    """The one element of a Table."""

    def __init__(self):
        self.gradInput = Table()

    def updateOutput(self, input):
        if len(input) != 1:
            raise TorchError("expecting one element")
        self.output = input[1]
        return self.output

    def updateGradInput(self, input, gradOutput):
        self.gradInput[1] = gradOutput
        return self.gradInput


@register("nngraph.JustTable")
class JustTable(Module):
    """A Table that holds just the input."""

    def __init__(self):
        self.output = Table()

    def updateOutput(self, input):
        self.output[1] = input
        return self.output

    def updateGradInput(self, input, gradOutput):
        self.gradInput = gradOutput[1]
        return self.gradInput


@register("nn.ModuleFromCriterion")
class ModuleFromCriterion(Module):
    """A criterion as a module: ``{prediction, target}`` gives the loss, a tensor of one element.

    The gradient by the target is taken to be 0.
    """

    def __init__(self, criterion: Criterion):
        self.criterion = criterion
        self.output = default_tensor(1)
        self.gradInput = Table([default_tensor(), default_tensor()])

    def updateOutput(self, input):
        loss = self.criterion.updateOutput(input[1], input[2])
        self.output.fill_(loss[0] if isinstance(loss, tuple) else loss)
        return self.output

    def updateGradInput(self, input, gradOutput):
        prediction, target = input[1], input[2]
        gradient = self.criterion.updateGradInput(prediction, target)
        factor = gradOutput[0].item()
        if isinstance(gradient, Table):
            if not isinstance(self.gradInput[1], Table):
                self.gradInput[1] = Table([empty_like_type(part) for part in gradient])
            for result, part in zip(self.gradInput[1], gradient):
                result.resize_(part.shape).copy_(part).mul_(factor)
        else:
            self.gradInput[1].resize_(gradient.shape).copy_(gradient).mul_(factor)
        self.gradInput[2].resize_(target.shape).zero_()
        return self.gradInput
