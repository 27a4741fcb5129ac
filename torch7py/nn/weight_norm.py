"""Weights as length times direction (arXiv 1602.07868): WeightNorm, LinearWeightNorm.

As in the original, gradients of ``v`` and ``g`` do not add up from one ``backward`` to the next: the gradient by the
weight does, and is turned into theirs as a whole.
"""

from __future__ import annotations

import math

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from ..table import Table
from ..tensor.storage import longs
from . import utils
from .decorators import Decorator
from .linear import Linear
from .module import Module

Tensor = torch.Tensor


def _split(gradient: Tensor, v: Tensor, norm: Tensor, scale: Tensor, gradG: Tensor) -> None:
    """Turn the gradient by the weight into those by ``v`` (in its place) and by ``g``; rows are outputs."""
    gradG.copy_((gradient * v).div_(norm).sum(1, keepdim=True))
    gradient.mul_(scale)
    gradient.sub_((v * scale).div_(norm).mul_(gradG))


@register("nn.WeightNorm")
class WeightNorm(Decorator):
    """Lets a module learn ``v`` and ``g`` in place of its weight, which is ``g * v / ||v||`` for each output.

    ``outputDim`` (1) is the dimension of the weight that stands for the outputs; ``v`` is outputs x (all else),
    ``g`` outputs x 1.
    """

    def __init__(self, module: Module, outputDim: int | None = None):
        Decorator.__init__(self, module)
        if module.weight is None:
            raise TorchError("WeightNorm: the module has no weight")
        self._set(weight=module.weight, gradWeight=module.gradWeight, bias=module.bias, gradBias=module.gradBias)
        self.outputDim = 1 if outputDim is None else outputDim
        shape = self.weight.movedim(self.outputDim - 1, 0).shape
        self.otherDims = math.prod(shape[1:])
        self.viewIn, self.viewOut = longs((shape[0], self.otherDims)), longs(shape)
        self.weightSize = longs(self.weight.shape)
        self.v = utils.default_tensor(shape[0], self.otherDims)
        self.g = utils.default_tensor(shape[0], 1)
        self.gradV = utils.default_tensor(shape[0], self.otherDims)
        self.gradG = utils.default_tensor(shape[0]).zero_()
        self._norm = utils.default_tensor(shape[0])
        self._scale = utils.default_tensor(shape[0])
        self.resetInit()

    def resetInit(self, inputSize=None, outputSize=None) -> None:
        """Draw the directions from a normal distribution; the lengths are theirs, the bias is 0."""
        random.default().fill_normal(self.v, 0, math.sqrt(2 / self.v.shape[1]))
        self.g.copy_(self.v.norm(2, 1, keepdim=True))
        if self.bias is not None:
            self.bias.zero_()

    def evaluate(self) -> None:
        if self.train is not False:
            self.updateWeight()
            Decorator.evaluate(self)

    def updateWeight(self) -> None:
        """Compute the module's weight from ``v`` and ``g``."""
        norm = self.v.norm(2, 1, keepdim=True).square_().add_(1e-4).sqrt_()
        self._norm.resize_(norm.shape).copy_(norm)
        torch.div(self.g.view_as(norm), norm, out=self._scale.resize_(norm.shape))
        self._fill(self.modules[1].weight, self.v * self._scale)
        self.gradV = self.gradV.view(tuple(self.viewOut))

    def updateOutput(self, input):
        if self.train is not False:
            self.updateWeight()
        return self.output.set_(self.modules[1].updateOutput(input))

    def updateGradInput(self, input, gradOutput):
        gradInput = self.modules[1].updateGradInput(input, gradOutput)
        return None if gradInput is None else self.gradInput.set_(gradInput)

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        self.modules[1].accGradParameters(input, gradOutput, 1 if scale is None else scale)
        gradV = self.gradV.view_as(self.v)
        gradV.copy_(self.gradWeight.movedim(self.outputDim - 1, 0).reshape(gradV.shape))
        _split(gradV, self.v, self._norm, self._scale, self.gradG.resize_(len(self.v), 1))
        self._fill(self.gradWeight, gradV)

    def _fill(self, weight: Tensor, rows: Tensor) -> None:
        """Set a tensor of the weight's sizes to what is given with a row for each output."""
        weight.copy_(rows.view(tuple(self.viewOut)).movedim(0, self.outputDim - 1))

    def zeroGradParameters(self) -> None:
        self.modules[1].zeroGradParameters()
        self.gradV.zero_()
        self.gradG.zero_()

    def updateParameters(self, learningRate) -> None:
        self.modules[1].updateParameters(learningRate)
        self.g.sub_(self.gradG.view_as(self.g), alpha=learningRate)
        self.v.sub_(self.gradV.view_as(self.v), alpha=learningRate)

    def parameters(self) -> tuple[Table, Table]:
        if self.bias is None:
            return Table([self.v, self.g]), Table([self.gradV, self.gradG])
        return Table([self.v, self.g, self.bias]), Table([self.gradV, self.gradG, self.gradBias])

    def write(self, file) -> None:
        """Write all fields but the weight and its gradient, which follow from the others."""
        kept = [(holder, holder.weight, holder.gradWeight) for holder in (self, self.modules[1])]
        for holder, *_ in kept:
            holder._set(weight=None, gradWeight=None)
        try:
            Decorator.write(self, file)
        finally:
            for holder, weight, gradWeight in kept:
                holder._set(weight=weight, gradWeight=gradWeight)

    def read(self, file, version=None) -> None:
        Decorator.read(self, file, version)
        if self.weight is None:
            shape = tuple(self.weightSize)
            weight, gradWeight = self.v.new_empty(shape), self.v.new_empty(shape)
            for holder in (self, self.modules[1]):
                holder._set(weight=weight, gradWeight=gradWeight)
            self.updateWeight()
            gradWeight.copy_(weight)


@register("nn.LinearWeightNorm")
class LinearWeightNorm(Linear):
    """Linear whose weight is ``g * v / ||v||`` for each output; ``v`` is outputSize x inputSize, ``g`` outputSize x 1.

    ``eps`` (1e-16) is the least length.
    """

    def __init__(self, inputSize: int, outputSize: int, bias: bool | None = None, eps: float | None = None):
        Module.__init__(self)
        self.eps = 1e-16 if eps is None else eps
        self.inputSize, self.outputSize = inputSize, outputSize
        for name in ("v", "gradV", "weight"):
            self.__dict__[name] = utils.default_tensor(outputSize, inputSize)
        for name in ("g", "gradG", "norm", "scale"):
            self.__dict__[name] = utils.default_tensor(outputSize, 1)
        if bias is not False:
            self.bias = utils.default_tensor(outputSize)
            self.gradBias = utils.default_tensor(outputSize)
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        """Draw weight and bias uniformly, by default from +-1/sqrt(inputSize), and take ``v`` and ``g`` from there."""
        Linear.reset(self, stdv)
        self.initFromWeight()

    def initFromWeight(self, weight: Tensor | None = None) -> LinearWeightNorm:
        """Let ``v`` and ``g`` be those of ``weight``, by default of the present weight. Returns itself."""
        weight = self.weight if weight is None else weight
        self.g.copy_(weight.norm(2, 1, keepdim=True).clamp_(min=self.eps))
        self.v.copy_(weight)
        return self

    @staticmethod
    def fromLinear(linear: Linear) -> LinearWeightNorm:
        """A LinearWeightNorm that computes what ``linear`` does."""
        outputs, inputs = linear.weight.shape
        module = LinearWeightNorm(inputs, outputs, linear.bias is not None)
        module.weight.copy_(linear.weight)
        module.initFromWeight()
        if linear.bias is not None:
            module.bias.copy_(linear.bias)
        return module

    def toLinear(self) -> Linear:
        """A Linear that computes what this does."""
        self.updateWeightMatrix()
        module = Linear(self.inputSize, self.outputSize, self.bias is not None)
        module.weight.copy_(self.weight)
        if self.bias is not None:
            module.bias.copy_(self.bias)
        return module

    def parameters(self) -> tuple[Table, Table]:
        if self.bias is None:
            return Table([self.v, self.g]), Table([self.gradV, self.gradG])
        return Table([self.v, self.g, self.bias]), Table([self.gradV, self.gradG, self.gradBias])

    def evaluate(self) -> None:
        if self.train is not False:
            self.updateWeightMatrix()
        Linear.evaluate(self)

    def updateWeightMatrix(self) -> None:
        """Compute the weight from ``v`` and ``g``."""
        norm = self.norm.resize_(self.g.shape).copy_(self.v.norm(2, 1, keepdim=True).clamp_(min=self.eps))
        scale = torch.div(self.g, norm, out=self.scale.resize_(self.g.shape))
        torch.mul(self.v, scale, out=self.weight.resize_(self.v.shape))

    def updateOutput(self, input):
        if self.train is not False or self.weight.numel() == 0:
            self.updateWeightMatrix()
        return Linear.updateOutput(self, input)

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        self._set(gradWeight=self.gradV)
        try:
            Linear.accGradParameters(self, input, gradOutput, scale)
        finally:
            self._set(gradWeight=None)
        _split(self.gradV, self.v, self.norm, self.scale, self.gradG)

    def defaultAccUpdateGradParameters(self, input, gradOutput, lr) -> None:
        kept = {name: getattr(self, name) for name in ("gradV", "gradG", "gradBias")}
        self._set(gradV=self.v, gradG=self.g, gradBias=self.bias)
        try:
            self.accGradParameters(input, gradOutput, -lr)
        finally:
            self._set(**kept)

    def clearState(self) -> LinearWeightNorm:
        utils.clear(self, "weight", "norm", "scale")
        return Linear.clearState(self)

    def __tostring__(self) -> str:
        bias = "" if self.bias is not None else " without bias"
        return f"{type(self).__typename__}({self.inputSize} -> {self.outputSize}){bias}"
