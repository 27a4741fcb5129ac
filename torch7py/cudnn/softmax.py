"""Soft-max and what is built on it."""

from __future__ import annotations

import torch

from torch7py import nn
from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import Criterion, Module
from torch7py.nn._check import sizes
from torch7py.nn._kernels import fit, shaped
from torch7py.nn.softmax import class_dimension

Tensor = torch.Tensor


@register("cudnn.SpatialSoftMax")
class SpatialSoftMax(Module):
    """Soft-max of a vector, a batch's rows, or over the planes of an image or of a batch of images.

    ``fast`` was a less exact way, which is not needed any more.
    """

    _forward = staticmethod(torch._softmax)
    _algorithm = None

    def __init__(self, fast: bool | None = None):
        Module.__init__(self)
        self.algorithm = self._algorithm or f"CUDNN_SOFTMAX_{'FAST' if fast else 'ACCURATE'}"

    def updateOutput(self, input):
        rows = self._rows(input)
        self._forward(rows, class_dimension(rows), False, out=fit(self.output, input).view(rows.shape))
        return self.output

    def updateGradInput(self, input, gradOutput):
        rows = self._rows(self.output)
        gradient = self._rows(shaped(gradOutput, self.output))
        self._send_back(gradient, rows, fit(self.gradInput, input).view(rows.shape))
        return self.gradInput

    @staticmethod
    def _send_back(gradOutput: Tensor, output: Tensor, gradInput: Tensor) -> None:
        torch._softmax_backward_data(gradOutput, output, class_dimension(output), output.dtype, grad_input=gradInput)

    @staticmethod
    def _rows(tensor: Tensor) -> Tensor:
        """The tensor so that the soft-max runs over its features or planes."""
        return tensor


@register("cudnn.SpatialLogSoftMax")
class SpatialLogSoftMax(SpatialSoftMax):
    """The logarithm of SpatialSoftMax."""

    _forward = staticmethod(torch._log_softmax)
    _algorithm = "CUDNN_SOFTMAX_LOG"

    @staticmethod
    def _send_back(gradOutput: Tensor, output: Tensor, gradInput: Tensor) -> None:
        torch._log_softmax_backward_data(gradOutput, output, class_dimension(output), output.dtype, out=gradInput)


class _Whole:
    """Over all elements of a sample, also of an image."""

    @staticmethod
    def _rows(tensor: Tensor) -> Tensor:
        return tensor if tensor.dim() <= 2 else tensor.reshape(1 if tensor.dim() == 3 else len(tensor), -1)


@register("cudnn.SoftMax")
class SoftMax(_Whole, SpatialSoftMax):
    """Soft-max of all elements of a sample: a vector or an image."""


@register("cudnn.LogSoftMax")
class LogSoftMax(_Whole, SpatialLogSoftMax):
    """The logarithm of SoftMax."""


@register("cudnn.VolumetricSoftMax")
class VolumetricSoftMax(Module):
    """Soft-max over the planes of a volume, or of a batch of volumes."""

    _spatial = SpatialSoftMax

    def __init__(self, fast: bool | None = None):
        Module.__init__(self)
        self.ssm = self._spatial(fast)

    def updateOutput(self, input):
        self.output.set_(self.ssm.updateOutput(_folded(input)).view(input.shape))
        return self.output

    def updateGradInput(self, input, gradOutput):
        gradient = self.ssm.updateGradInput(_folded(input), _folded(gradOutput))
        return self.gradInput.set_(gradient.view(input.shape))

    def clearState(self) -> VolumetricSoftMax:
        self.ssm.clearState()
        return Module.clearState(self)


@register("cudnn.VolumetricLogSoftMax")
class VolumetricLogSoftMax(VolumetricSoftMax):
    """The logarithm of VolumetricSoftMax."""

    _spatial = SpatialLogSoftMax


def _folded(volumes: Tensor) -> Tensor:
    """Volumes as images: time and height in one dimension."""
    if volumes.dim() not in (4, 5):
        raise TorchError(f"a volume or a batch of volumes expected, got {sizes(volumes)}")
    return volumes.flatten(-3, -2)


@register("cudnn.SpatialCrossEntropyCriterion")
class SpatialCrossEntropyCriterion(Criterion):
    """The cross entropy of each pixel's class: SpatialLogSoftMax and nn.SpatialClassNLLCriterion in one.

    Input: batch x classes x height x width. Target: batch x height x width, classes from 1. ``weights`` gives each
    class a factor; the loss is the pixels' mean unless ``sizeAverage`` is false.
    """

    _dims = 4

    def __init__(self, weights: Tensor | None = None):
        Criterion.__init__(self)
        self.slsm = SpatialLogSoftMax()
        self.nll = nn.SpatialClassNLLCriterion(weights)
        self.sizeAverage = True

    def updateOutput(self, input, target):
        self._check(input, target)
        self.nll.sizeAverage = self.sizeAverage
        self.nll.updateOutput(self.slsm.updateOutput(input), target)
        self.output = self.nll.output
        return self.output

    def updateGradInput(self, input, target):
        self._check(input, target)
        self.gradInput = self.slsm.updateGradInput(input, self.nll.updateGradInput(self.slsm.output, target))
        return self.gradInput

    def _check(self, input: Tensor, target: Tensor) -> None:
        if input.dim() != self._dims or target.shape != (*input.shape[:1], *input.shape[2:]):
            raise TorchError(f"a batch and a class for each place expected, got {sizes(input)} and {sizes(target)}")


@register("cudnn.VolumetricCrossEntropyCriterion")
class VolumetricCrossEntropyCriterion(SpatialCrossEntropyCriterion):
    """The same for volumes. Input: batch x classes x time x height x width; target without the classes.

    The field ``scec`` is the criterion for images that does it.
    """

    _dims = 5

    def __init__(self, weights: Tensor | None = None):
        Criterion.__init__(self)
        self.scec = SpatialCrossEntropyCriterion(weights)

    def updateOutput(self, input, target):
        self._check(input, target)
        self.output = self.scec.updateOutput(_folded(input), target.flatten(1, 2))
        return self.output

    def updateGradInput(self, input, target):
        self._check(input, target)
        self.gradInput = self.scec.updateGradInput(_folded(input), target.flatten(1, 2)).view(input.shape)
        return self.gradInput
