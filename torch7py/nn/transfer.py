"""Transfer functions that have a kernel pair in PyTorch: tanh, sigmoid, thresholds."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from ._check import flag
from ._kernels import fit, into, matched, shaped
from .module import Module

_aten = torch.ops.aten
tanh, sigmoid, threshold = torch.tanh, torch.sigmoid, torch.threshold
tanh_backward = _aten.tanh_backward.grad_input
sigmoid_backward = _aten.sigmoid_backward.grad_input
threshold_backward = _aten.threshold_backward.grad_input


@register("nn.Tanh")
class Tanh(Module):
    """``tanh(x)``, element by element."""

    def updateOutput(self, input):
        return tanh(input, out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        output = self.output
        return tanh_backward(shaped(gradOutput, output), output, grad_input=fit(self.gradInput, output))


@register("nn.Sigmoid")
class Sigmoid(Module):
    """``1 / (1 + exp(-x))``, element by element."""

    def updateOutput(self, input):
        return sigmoid(input, out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        output = self.output
        return sigmoid_backward(matched(gradOutput, output), output, grad_input=fit(self.gradInput, output))


@register("nn.Threshold")
class Threshold(Module):
    """``x`` where it is above ``th``, else ``v``; with ``ip`` it works in place, changing input and gradOutput.

    A nan is not above anything and gives ``v``.
    """

    inplace = False  # files from before there was a choice lack the field

    def __init__(self, th: float | None = None, v: float | None = None, ip: bool | None = None):
        Module.__init__(self)
        if not all(value is None or _is_number(value) for value in (th, v)):
            raise TorchError("nn.Threshold(threshold, value)")
        self.threshold = 1e-6 if th is None else th
        self.val = 0 if v is None else v
        self.inplace = flag(ip)
        self.validateParameters()

    def validateParameters(self) -> None:
        if self.inplace and self.val > self.threshold:
            raise TorchError(f"in-place processing requires value ({self.val}) not exceed threshold ({self.threshold})")

    def updateOutput(self, input):
        if self.inplace:
            self.validateParameters()
        output = threshold(input, self.threshold, self.val, out=into(self.output, input, self.inplace))
        total = output.sum().item()
        if total != total and not self.inplace:  # the kernel lets nan pass
            output.masked_fill_(output.isnan(), self.val)
        return output

    def updateGradInput(self, input, gradOutput):
        gradOutput = matched(gradOutput, input)
        gradInput = into(self.gradInput, gradOutput, self.inplace)
        return threshold_backward(gradOutput, input, self.threshold, grad_input=gradInput)


@register("nn.ReLU")
class ReLU(Threshold):
    """``max(x, 0)``; with ``p`` in place."""

    def __init__(self, p: bool | None = None):
        Threshold.__init__(self, 0, 0, p)


def _is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
