"""Adding and multiplying by constants and by learnt numbers."""

from __future__ import annotations

import math

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from ..tensor.storage import longs
from . import utils
from ._check import flag
from ._kernels import fit, into, matched
from .module import Module
from .view import size_arguments

Tensor = torch.Tensor


def _draw(parameter: Tensor, stdv: float | None, count: int) -> None:
    """Uniform numbers with this standard deviation, or from +-1/sqrt(count)."""
    bound = 1 / math.sqrt(count) if stdv is None else stdv * math.sqrt(3)
    random.default().fill_uniform(parameter, -bound, bound)


@register("nn.Add")
class Add(Module):
    """Adds a learnt ``bias`` of ``inputSize`` elements, or with ``scalar`` one number, to each sample."""

    scalar = None

    def __init__(self, inputSize: int, scalar: bool | None = None):
        Module.__init__(self)
        self._set(scalar=scalar)
        size = 1 if scalar else inputSize
        self.bias = utils.default_tensor(size)
        self.gradBias = utils.default_tensor(size)
        self._ones = utils.default_tensor(1).fill_(1)
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        _draw(self.bias, stdv, self.bias.shape[0])

    def updateOutput(self, input):
        return torch.add(input, aligned(self.bias, input), out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        return None if self.gradInput is None else fit(self.gradInput, gradOutput).copy_(gradOutput)

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        gradOutput = matched(gradOutput, input)
        gradient = gradOutput.sum_to_size(aligned(self.bias, gradOutput).shape).view(self.gradBias.shape)
        self.gradBias.add_(gradient, alpha=1 if scale is None else scale)


def aligned(parameter: Tensor, input: Tensor) -> Tensor:
    """``parameter`` in a shape that broadcasts over the samples of ``input``."""
    if parameter.numel() == input.numel():
        return parameter.view(input.shape)
    if parameter.numel() == 1:
        return parameter.view([1] * input.dim())
    if parameter.dim() == input.dim():
        wrong = any(size not in (1, wanted) for size, wanted in zip(parameter.shape, input.shape, strict=True))
    else:
        wrong = parameter.numel() * input.shape[0] != input.numel()
        parameter = parameter if wrong else parameter.view(1, *input.shape[1:])
    if wrong:
        own, given = ("x".join(map(str, tensor.shape)) for tensor in (parameter, input))
        raise TorchError(f"incorrect size: a parameter of {own} does not go with an input of {given}")
    return parameter


class _Componentwise(Module):
    """What CAdd and CMul share: a parameter of given sizes, repeated over the batch and along sizes of 1."""

    _parameter = ""

    def __init__(self, *sizes):
        Module.__init__(self)
        wanted = size_arguments(sizes)
        if not wanted:
            raise TorchError(f"{type(self).__typename__} needs the sizes of its {self._parameter}")
        self.size = longs(wanted)
        for name in (self._parameter, "grad" + self._parameter.capitalize()):
            setattr(self, name, utils.default_tensor(*self.size))
        self.output.resize_(self.size.tolist())
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        own = getattr(self, self._parameter)
        _draw(own, stdv, own.numel())


@register("nn.CAdd")
class CAdd(_Componentwise):
    """Adds a learnt ``bias`` of the given sizes (numbers or a LongStorage), component by component."""

    _parameter = "bias"

    def updateOutput(self, input):
        return torch.add(input, aligned(self.bias, input), out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            self.gradInput = utils.empty_like_type(input)
        return fit(self.gradInput, gradOutput).copy_(gradOutput)

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        gradOutput = matched(gradOutput, input)
        gradient = gradOutput.sum_to_size(aligned(self.bias, gradOutput).shape)
        self.gradBias.add_(gradient.view(self.gradBias.shape), alpha=1 if scale is None else scale)


@register("nn.CMul")
class CMul(_Componentwise):
    """Multiplies by a learnt ``weight`` of the given sizes (numbers or a LongStorage), component by component."""

    _parameter = "weight"

    def updateOutput(self, input):
        return torch.mul(input, aligned(self.weight, input), out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        return torch.mul(matched(gradOutput, input), aligned(self.weight, input), out=fit(self.gradInput, input))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        gradient = (input * matched(gradOutput, input)).sum_to_size(aligned(self.weight, input).shape)
        self.gradWeight.add_(gradient.view(self.gradWeight.shape), alpha=1 if scale is None else scale)


@register("nn.Mul")
class Mul(Module):
    """Multiplies by one learnt number."""

    def __init__(self):
        Module.__init__(self)
        self.weight = utils.default_tensor(1)
        self.gradWeight = utils.default_tensor(1)
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        _draw(self.weight, stdv, 1)

    def updateOutput(self, input):
        return torch.mul(input, self.weight.view([1] * input.dim()), out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        gradOutput = matched(gradOutput, input)
        return torch.mul(gradOutput, self.weight.view([1] * input.dim()), out=fit(self.gradInput, input))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        product = torch.dot(input.reshape(-1), gradOutput.reshape(-1))
        self.gradWeight.add_(product, alpha=1 if scale is None else scale)


@register("nn.AddConstant")
class AddConstant(Module):
    """Adds a constant: a number, or a vector that is added to each row. With ``ip`` in place."""

    inplace = False  # for files of older versions

    def __init__(self, constant_scalar, ip: bool | None = None):
        Module.__init__(self)
        self.constant_scalar = constant_scalar
        self.inplace = flag(ip)

    def updateOutput(self, input):
        constant = self.constant_scalar
        if isinstance(constant, Tensor):
            if input.dim() > 2 or input.shape[-1] != constant.shape[0]:
                raise TorchError("input is not scalar or doesn't match with the dimension of constant!")
        elif isinstance(constant, bool) or not isinstance(constant, (int, float)):
            raise TorchError("input is not scalar or doesn't match with the dimension of constant!")
        return torch.add(input, constant, out=into(self.output, input, self.inplace))

    def updateGradInput(self, input, gradOutput):
        if self.inplace:
            input.sub_(self.constant_scalar)  # give the input its values back
            return self.gradInput.set_(gradOutput)
        return fit(self.gradInput, gradOutput).copy_(gradOutput)


@register("nn.MulConstant")
class MulConstant(Module):
    """Multiplies by a constant number. With ``ip`` in place."""

    inplace = False  # for files of older versions

    def __init__(self, constant_scalar: float, ip: bool | None = None):
        Module.__init__(self)
        if isinstance(constant_scalar, bool) or not isinstance(constant_scalar, (int, float)):
            raise TorchError("input is not scalar!")
        self.constant_scalar = constant_scalar
        self.inplace = flag(ip)

    def updateOutput(self, input):
        return torch.mul(input, self.constant_scalar, out=into(self.output, input, self.inplace))

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        if self.inplace:
            input.div_(self.constant_scalar)  # give the input its values back
        return torch.mul(gradOutput, self.constant_scalar, out=into(self.gradInput, gradOutput, self.inplace))
