"""SoftMax and its kin."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from ._kernels import fit, shaped
from .module import Module


def class_dimension(input: torch.Tensor) -> int:
    """The dimension (from 0) over which a soft-max runs: the features, also of an image or a batch of images."""
    dimensions = input.dim()
    if dimensions > 4:
        raise TorchError(f"1D, 2D, 3D or 4D tensor expected, got {dimensions}D")
    return 1 - dimensions % 2


class _SoftMax(Module):
    def updateOutput(self, input):
        return torch._softmax(input, class_dimension(input), False, out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        output = self.output
        return torch._softmax_backward_data(
            shaped(gradOutput, output), output, class_dimension(input), output.dtype,
            grad_input=fit(self.gradInput, input),
        )  # fmt: skip


@register("nn.SoftMax")
class SoftMax(_SoftMax):
    """``exp(x_i) / sum_j exp(x_j)`` over the elements of a vector, a batch's rows, or an image's planes."""


@register("nn.SpatialSoftMax")
class SpatialSoftMax(_SoftMax):
    """SoftMax over the planes of an image, or of a batch of images."""


class _LogSoftMax(Module):
    def updateOutput(self, input):
        return torch._log_softmax(input, class_dimension(input), False, out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        output = self.output
        return torch._log_softmax_backward_data(
            shaped(gradOutput, output), output, class_dimension(input), output.dtype,
            out=fit(self.gradInput, input),
        )  # fmt: skip


@register("nn.LogSoftMax")
class LogSoftMax(_LogSoftMax):
    """The logarithm of SoftMax, computed without leaving the logarithms."""


@register("nn.SpatialLogSoftMax")
class SpatialLogSoftMax(_LogSoftMax):
    """LogSoftMax over the planes of an image, or of a batch of images."""


@register("nn.SoftMin")
class SoftMin(_SoftMax):
    """SoftMax of the negated input: the smallest element gets the most."""

    def updateOutput(self, input):
        return _SoftMax.updateOutput(self, input.neg())

    def updateGradInput(self, input, gradOutput):
        return _SoftMax.updateGradInput(self, input, gradOutput).neg_()
