"""Functions of each element by itself: Abs, Exp, Power, SoftPlus, HardTanh, ..."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from . import utils
from ._check import flag
from ._kernels import fit, into, matched, shaped, signs
from .module import Module
from .transfer import Tanh, tanh_backward

_aten = torch.ops.aten
softplus = torch._C._nn.softplus
softplus_backward = _aten.softplus_backward.grad_input
log_sigmoid = _aten.log_sigmoid_forward.output
log_sigmoid_backward = _aten.log_sigmoid_backward.grad_input
hardtanh_backward = _aten.hardtanh_backward.grad_input
shrink_backward = _aten.softshrink_backward.grad_input


@register("nn.Abs")
class Abs(Module):
    """``|x|``; the slope at 0 counts as 1."""

    def updateOutput(self, input):
        return torch.abs(input, out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        gradOutput = matched(gradOutput, input)
        return torch.mul(gradOutput, signs(input), out=fit(self.gradInput, input))


@register("nn.Exp")
class Exp(Module):
    """``e^x``."""

    def updateOutput(self, input):
        return torch.exp(input, out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        return torch.mul(self.output, matched(gradOutput, self.output), out=fit(self.gradInput, self.output))


@register("nn.Log")
class Log(Module):
    """The natural logarithm."""

    def updateOutput(self, input):
        return torch.log(input, out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        return torch.div(matched(gradOutput, input), input, out=fit(self.gradInput, input))


@register("nn.Sqrt")
class Sqrt(Module):
    """The square root; its slope at 0 counts as 0. ``b`` is kept as ``eps`` and has no effect."""

    eps = 0

    def __init__(self, b: float | None = None):
        Module.__init__(self)
        self.eps = 0 if b is None else b

    def updateOutput(self, input):
        return torch.sqrt(input, out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        output = self.output
        gradInput = torch.div(shaped(gradOutput, output), output, out=fit(self.gradInput, output)).mul_(0.5)
        return gradInput.masked_fill_(output == 0, 0)


@register("nn.Square")
class Square(Module):
    """``x^2``."""

    def __init__(self, *_):
        Module.__init__(self)

    def updateOutput(self, input):
        return torch.mul(input, input, out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        return torch.mul(shaped(gradOutput, input), input, out=fit(self.gradInput, input)).mul_(2)


@register("nn.Power")
class Power(Module):
    """``x^p``."""

    def __init__(self, p: float | None = None):
        Module.__init__(self)
        if p is None:
            raise TorchError("nn.Power(power)")
        self.pow = p

    def updateOutput(self, input):
        return torch.pow(input, self.pow, out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        gradInput = torch.pow(input, self.pow - 1, out=fit(self.gradInput, input))
        return gradInput.mul_(matched(gradOutput, input)).mul_(self.pow)


@register("nn.SoftSign")
class SoftSign(Module):
    """``x / (1 + |x|)``."""

    def updateOutput(self, input):
        return torch.div(input, input.abs().add_(1), out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        slope = input.abs().add_(1).square_()
        return torch.div(matched(gradOutput, input), slope, out=fit(self.gradInput, input))

    def clearState(self) -> SoftSign:
        utils.clear(self, "temp", "tempgrad")
        return Module.clearState(self)


@register("nn.SoftPlus")
class SoftPlus(Module):
    """``log(1 + exp(beta x)) / beta``, a smooth ReLU; where ``beta x`` is above 20 just ``x``."""

    def __init__(self, beta: float | None = None):
        Module.__init__(self)
        self.beta = 1 if beta is None else beta
        self.threshold = 20

    def updateOutput(self, input):
        return softplus(input, self.beta, self.threshold, out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        gradOutput, gradInput = matched(gradOutput, input), fit(self.gradInput, input)
        softplus_backward(gradOutput, input, self.beta, self.threshold, grad_input=gradInput)
        # unlike PyTorch, Torch7 holds the output against the threshold, not the input
        return torch.where(self.output * self.beta > self.threshold, gradOutput, gradInput, out=gradInput)


@register("nn.LogSigmoid")
class LogSigmoid(Module):
    """``log(1 / (1 + exp(-x)))``."""

    buffer = None

    def updateOutput(self, input):
        if self.buffer is None:
            self.buffer = utils.empty_like_type(input)
        log_sigmoid(input, output=fit(self.output, input), buffer=fit(self.buffer, input))
        return self.output

    def updateGradInput(self, input, gradOutput):
        gradOutput = matched(gradOutput, input)
        return log_sigmoid_backward(gradOutput, input, self.buffer, grad_input=fit(self.gradInput, input))

    def clearState(self) -> LogSigmoid:
        utils.clear(self, "buffer")
        return Module.clearState(self)


@register("nn.TanhShrink")
class TanhShrink(Module):
    """``x - tanh(x)``."""

    def __init__(self):
        Module.__init__(self)
        self.tanh = Tanh()

    def updateOutput(self, input):
        return torch.sub(input, self.tanh.updateOutput(input), out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        gradOutput = shaped(gradOutput, input)
        gradInput = tanh_backward(gradOutput, self.tanh.output, grad_input=fit(self.gradInput, input))
        return torch.sub(gradOutput, gradInput, out=gradInput)


class _Shrink(Module):
    """What the shrinkings share: values from -lambda to lambda become 0."""

    def __init__(self, lam: float | None = None):
        Module.__init__(self)
        self._set(**{"lambda": 0.5 if lam is None else lam})

    def updateGradInput(self, input, gradOutput):
        gradOutput, limit = matched(gradOutput, input), self.__dict__["lambda"]
        return shrink_backward(gradOutput, input, limit, grad_input=fit(self.gradInput, input))


@register("nn.HardShrink")
class HardShrink(_Shrink):
    """``x`` where ``|x|`` is above ``lam`` (0.5 unless given), else 0."""

    def updateOutput(self, input):
        return torch.hardshrink(input, self.__dict__["lambda"], out=fit(self.output, input))


@register("nn.SoftShrink")
class SoftShrink(_Shrink):
    """``x`` moved towards 0 by ``lam`` (0.5 unless given), but not past it."""

    def updateOutput(self, input):
        return torch._C._nn.softshrink(input, self.__dict__["lambda"], out=fit(self.output, input))


@register("nn.HardTanh")
class HardTanh(Module):
    """``x``, but not below ``min_value`` (-1) nor above ``max_value`` (1)."""

    inplace = False
    min_val, max_val = -1, 1

    def __init__(self, min_value=None, max_value=None, inplace=None):
        Module.__init__(self)
        self.min_val = -1 if min_value is None else min_value
        self.max_val = 1 if max_value is None else max_value
        self.inplace = flag(inplace)
        if not self.max_val > self.min_val:
            raise TorchError("max_value must be larger than min_value")

    def updateOutput(self, input):
        return torch.clamp(input, self.min_val, self.max_val, out=into(self.output, input, self.inplace))

    def updateGradInput(self, input, gradOutput):
        gradOutput = matched(gradOutput, input)
        gradInput = into(self.gradInput, gradOutput, self.inplace)
        return hardtanh_backward(gradOutput, input, self.min_val, self.max_val, grad_input=gradInput)


@register("nn.Clamp")
class Clamp(HardTanh):
    """HardTanh under another name."""

    def __init__(self, min_value=None, max_value=None):
        HardTanh.__init__(self, min_value, max_value)


@register("nn.ReLU6")
class ReLU6(HardTanh):
    """``x``, but not below 0 nor above 6."""

    min_val, max_val = 0, 6

    def __init__(self, inplace: bool | None = None):
        Module.__init__(self)
        self.inplace = flag(inplace)
