"""Modules and criterions for tables, images and distributions."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from torch7py import nn
from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import utils
from torch7py.nn._check import sizes
from torch7py.nn._kernels import take
from torch7py.table import Table

Tensor = torch.Tensor
_resample = torch.ops.aten.upsample_bilinear2d.default
_resample_backward = torch.ops.aten.upsample_bilinear2d_backward.default


@register("nn.Minus")
class Minus(nn.Module):
    """The input with the other sign."""

    def updateOutput(self, input):
        return self.output.set_(-input)

    def updateGradInput(self, input, gradOutput):
        return self.gradInput.set_(-gradOutput)


@register("nn.MultiSoftMax")
class MultiSoftMax(nn.Module):
    """SoftMax along the last dimension of a matrix, or of a batch of matrices."""

    def updateOutput(self, input):
        if input.dim() not in (2, 3):
            raise TorchError("Only supports 2D or 3D inputs")
        return self.output.set_(input.softmax(-1))

    def updateGradInput(self, input, gradOutput):
        weighed = gradOutput * self.output
        return self.gradInput.set_(weighed - self.output * weighed.sum(-1, keepdim=True))


@register("nn.SpatialPadding")
class SpatialPadding(nn.Module):
    """Rows and columns of the value ``val`` (0) around an image; a negative number takes some away.

    pad_l, pad_r, pad_t, pad_b: how many left, right, above and below; those not given are as the first.
    y_dim, x_dim: the dimensions of rows and columns, 2 and 3 unless given.
    """

    def __init__(self, pad_l, pad_r=None, pad_t=None, pad_b=None, y_dim=None, x_dim=None, val=None):
        nn.Module.__init__(self)
        self.pad_l, self.pad_r, self.pad_t, self.pad_b = (
            pad_l if p is None else p for p in (pad_l, pad_r, pad_t, pad_b)
        )
        self.y_dim, self.x_dim = y_dim or 2, x_dim or 3
        self.val = val or 0

    def updateOutput(self, input):
        pads = self._pads(input.dim())
        if any(input.shape[axis] + sum(pad) < 1 for axis, pad in pads.items()):
            raise TorchError("input is too small")
        return self.output.set_(torch.constant_pad_nd(input, self._listed(pads, input.dim()), self.val))

    def updateGradInput(self, input, gradOutput):
        inverse = {axis: (-before, -behind) for axis, (before, behind) in self._pads(input.dim()).items()}
        return self.gradInput.set_(torch.constant_pad_nd(gradOutput, self._listed(inverse, input.dim()), 0))

    def _pads(self, dims: int) -> dict[int, tuple]:
        if max(self.y_dim, self.x_dim) > dims:
            raise TorchError(f"expected an input of {max(self.y_dim, self.x_dim)} dimensions or more, got {dims}")
        return {self.y_dim - 1: (self.pad_t, self.pad_b), self.x_dim - 1: (self.pad_l, self.pad_r)}

    @staticmethod
    def _listed(pads: dict[int, tuple], dims: int) -> list[int]:
        """As PyTorch has it: from the last dimension on."""
        return [size for axis in reversed(range(dims)) for size in pads.get(axis, (0, 0))]


@register("nn.SpatialReSampling")
class SpatialReSampling(nn.Module):
    """Bilinear interpolation of images to another size, corners on corners.

    ``SpatialReSampling{owidth=, oheight=}`` gives the size, ``{rwidth=, rheight=}`` how many times the input's; or the
    four numbers in the order rwidth, rheight, owidth, oheight. Input: planes x height x width or a batch of these.
    """

    rwidth = rheight = owidth = oheight = None

    def __init__(self, *given):
        nn.Module.__init__(self)
        names = ("rwidth", "rheight", "owidth", "oheight")
        if given and isinstance(given[0], (Table, dict)):
            given = [given[0].get(name) for name in names]
        self._set(**dict(zip(names, given)))

    def updateOutput(self, input):
        if input.dim() not in (3, 4):
            raise TorchError(f"input to SpatialReSampling must be 3D or 4D, received: {sizes(input)}")
        height, width = input.shape[-2:]
        self.oheight = math.floor(self.rheight * height) if self.oheight is None else self.oheight
        self.owidth = math.floor(self.rwidth * width) if self.owidth is None else self.owidth
        output = _resample(_batch(input), [self.oheight, self.owidth], True)
        return take(self.output, output.view(*input.shape[:-2], *output.shape[-2:]))

    def updateGradInput(self, input, gradOutput):
        gradInput = _resample_backward(_batch(gradOutput), gradOutput.shape[-2:], _batch(input).shape, True)
        return take(self.gradInput, gradInput.view(input.shape))


def _batch(images: Tensor) -> Tensor:
    return (images if images.dim() == 4 else images.unsqueeze(0)).contiguous()


@register("nn.SpatialClassifier")
class SpatialClassifier(nn.Container):
    """A classifier of vectors at each pixel of an image K x H x W; the output is classes x H x W."""

    def __init__(self, classifier: nn.Module | None = None):
        nn.Container.__init__(self)
        self.classifier = nn.Sequential() if classifier is None else classifier
        self.modules = Table([self.classifier])
        self.spatialOutput = True

    def add(self, module: nn.Module) -> None:
        self.classifier.add(module)

    def updateOutput(self, input):
        if input.dim() != 3:
            raise TorchError("<nn.SpatialClassifier> input should be 3D: KxHxW")
        output = self.classifier.updateOutput(self._pixels(input))
        if not self.spatialOutput:
            self.output = output
            return output
        return self.output.set_(output.t().reshape(-1, *input.shape[1:]))

    def updateGradInput(self, input, gradOutput):
        gradient = self.classifier.updateGradInput(self._pixels(input), self._gradients(gradOutput))
        return self.gradInput.set_(gradient.t().reshape(input.shape))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        self.classifier.accGradParameters(self._pixels(input), self._gradients(gradOutput), scale)

    def _gradients(self, gradOutput: Tensor) -> Tensor:
        return self._pixels(gradOutput) if self.spatialOutput else gradOutput

    @staticmethod
    def _pixels(image: Tensor) -> Tensor:
        """A row for each pixel."""
        return image.reshape(image.shape[0], -1).t().contiguous()


@register("nn.FunctionWrapper")
class FunctionWrapper(nn.Module):
    """A module of functions: ``init(self)``, ``updateOutput(self, input)``, ``updateGradInput(self, input, grad)``."""

    def __init__(self, init: Callable, updateOutput: Callable, updateGradInput: Callable):
        nn.Module.__init__(self)
        init(self)
        self.fn_updateOutput, self.fn_updateGradInput = updateOutput, updateGradInput

    def updateOutput(self, input):
        self.output = self.fn_updateOutput(self, input)
        return self.output

    def updateGradInput(self, input, gradOutput):
        self.gradInput = self.fn_updateGradInput(self, input, gradOutput)
        return self.gradInput


class _Partner(nn.Module):
    """A module that knows others by the field ``_others``; they stay as they are when its type changes."""

    _others: str

    def type(self, type=None, tensorCache=None):
        if type is None:
            return nn.Module.type(self)
        others = self.__dict__.pop(self._others)
        try:
            return nn.Module.type(self, type, tensorCache)
        finally:
            self.__dict__[self._others] = others


@register("nn.PushTable")
class PushTable(_Partner):
    """Takes element ``index`` out of a Table; modules made by :meth:`pull` put it in again further on."""

    _others = "_pulls"

    def __init__(self, index: int):
        nn.Module.__init__(self)
        self._index = index
        self._pulls = Table()
        self.output, self.gradInput = Table(), Table()
        self._forward = False

    def pull(self, index: int) -> PullTable:
        """A module that puts the element into a Table at ``index``."""
        pull = PullTable(self, index)
        self._pulls.append(pull)
        return pull

    def updateOutput(self, input):
        values = list(input)
        pushed = values.pop(self._index - 1)
        for pull in self._pulls:
            pull._output = pushed
        self.output = Table(values)
        self._forward = True
        return self.output

    def _gather(self, gradient: Tensor) -> None:
        """Add a gradient that comes back from a pull; the first after a forward begins anew."""
        if self._forward:
            self._gradInput = gradient.clone()
        else:
            self._gradInput.add_(gradient)
        self._forward = False

    def updateGradInput(self, input, gradOutput):
        values = list(gradOutput)
        values.insert(self._index - 1, self._gradInput)
        if len(values) != len(input):
            raise TorchError("tables size mismatch")
        self.gradInput = Table(values)
        return self.gradInput


@register("nn.PullTable")
class PullTable(_Partner):
    """Puts in at ``index`` what a PushTable took out; the input is a Table, or one tensor."""

    _others = "_push"

    def __init__(self, push: PushTable, index: int):
        nn.Module.__init__(self)
        self._push, self._index = push, index

    def updateOutput(self, input):
        values = list(input) if isinstance(input, Table) else [input]
        if self._index > len(values) + 1:
            raise TorchError("table index out of range")
        values.insert(self._index - 1, self._output)
        self.output = Table(values)
        return self.output

    def updateGradInput(self, input, gradOutput):
        values = list(gradOutput)
        self._push._gather(values.pop(self._index - 1))
        self.gradInput = Table(values) if isinstance(input, Table) else values[0]
        return self.gradInput


@register("nn.SuperCriterion")
class SuperCriterion(nn.Criterion):
    """The weighted sum of criterions, each for its own element of the input, and of the target if that is a Table."""

    def __init__(self):
        nn.Criterion.__init__(self)
        self.criterions, self.weights, self.gradInput = Table(), Table(), Table()

    def add(self, criterion: nn.Criterion, weight: float | None = None) -> None:
        self.criterions.append(criterion)
        self.weights.append(1 if weight is None else weight)

    def updateOutput(self, input, target):
        self.output = sum(
            weight * _loss(criterion.updateOutput(x, t)) for criterion, weight, x, t in self._parts(input, target)
        )
        return self.output

    def updateGradInput(self, input, target):
        parts = self._parts(input, target)
        self.gradInput = Table([criterion.updateGradInput(x, t) * weight for criterion, weight, x, t in parts])
        return self.gradInput

    def _parts(self, input: Table, target):
        targets = target if isinstance(target, Table) else [target] * len(self.criterions)
        return zip(self.criterions, self.weights, input, targets)


def _loss(result) -> float:
    return result[0] if isinstance(result, tuple) else result


@register("nn.DistNLLCriterion")
class DistNLLCriterion(nn.Criterion):
    """The negative log-likelihood of a distribution: ``-sum target * log p``.

    opts: a Table of inputIsADistance (the scores are the negative input), inputIsProbability, inputIsLogProbability
        (else p is the softmax of the scores), targetIsProbability (true; else its softmax is taken).
    """

    def __init__(self, opts: Table | None = None):
        nn.Criterion.__init__(self)
        opts = opts or Table()
        for name in ("inputIsADistance", "inputIsProbability", "inputIsLogProbability"):
            setattr(self, name, opts[name] or False)
        self.targetIsProbability = opts["targetIsProbability"] is not False
        self.gradInput = utils.default_tensor()

    def updateOutput(self, input, target):
        self.output = -(self._logarithm(input) * self._probabilities(target)).sum().item()
        return self.output

    def updateGradInput(self, input, target):
        gradient = -self._probabilities(target)
        if self.inputIsProbability and not self.inputIsLogProbability:
            gradient = gradient / self._scores(input)
        elif not self.inputIsLogProbability:
            gradient = gradient - self._scores(input).softmax(0) * gradient.sum()
        return self.gradInput.set_(-gradient if self.inputIsADistance else gradient)

    def _scores(self, input: Tensor) -> Tensor:
        return -input if self.inputIsADistance else input

    def _logarithm(self, input: Tensor) -> Tensor:
        scores = self._scores(input)
        if self.inputIsLogProbability:
            return scores
        return scores.log() if self.inputIsProbability else scores.log_softmax(0)

    def _probabilities(self, target: Tensor) -> Tensor:
        return target if self.targetIsProbability else target.softmax(0)
