"""SoftMax and its kin."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from ._kernels import fit, matched
from .module import Module


def class_dimension(input: torch.Tensor) -> int:
    """The dimension (from 0) over which a soft-max runs: the features, also of an image or a batch of images."""
    dimensions = input.dim()
    if dimensions > 4:
        raise TorchError(f"1D, 2D, 3D or 4D tensor expected, got {dimensions}D")
    return 1 - dimensions % 2


@register("nn.SoftMax")
class SoftMax(Module):
    """``exp(x_i) / sum_j exp(x_j)`` over the elements of a vector, a batch's rows, or an image's planes."""

    def updateOutput(self, input):
        return torch._softmax(input, class_dimension(input), False, out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        output = self.output
        return torch._softmax_backward_data(
            matched(gradOutput, output), output, class_dimension(input), output.dtype,
            grad_input=fit(self.gradInput, input),
        )  # fmt: skip


@register("nn.SpatialSoftMax")
class SpatialSoftMax(SoftMax):
    """SoftMax over the planes of an image, or of a batch of images."""


@register("nn.LogSoftMax")
class LogSoftMax(Module):
    """The logarithm of SoftMax, computed without leaving the logarithms."""

    def updateOutput(self, input):
        return torch._log_softmax(input, class_dimension(input), False, out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        output = self.output
        return torch._log_softmax_backward_data(
            matched(gradOutput, output), output, class_dimension(input), output.dtype,
            out=fit(self.gradInput, input),
        )  # fmt: skip


@register("nn.SpatialLogSoftMax")
class SpatialLogSoftMax(LogSoftMax):
    """LogSoftMax over the planes of an image, or of a batch of images."""


@register("nn.SoftMin")
class SoftMin(SoftMax):
    """SoftMax of the negated input: the smallest element gets the most."""

    def updateOutput(self, input):
        return SoftMax.updateOutput(self, input.neg())

    def updateGradInput(self, input, gradOutput):
        return SoftMax.updateGradInput(self, input, gradOutput).neg_()
