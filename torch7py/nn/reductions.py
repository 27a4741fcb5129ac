"""Modules that reduce a dimension: Max, Min, Sum, Mean."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from . import utils
from ._kernels import fit
from .module import Module
from .tabular import sample_dimension


class _Extreme(Module):
    """What Max and Min share. ``dimension`` counts without the batch if ``nInputDims`` is given."""

    nInputDims = None

    def __init__(self, dimension: int | None = None, nInputDims: int | None = None):
        Module.__init__(self)
        self.dimension = 1 if dimension is None else dimension
        self._set(nInputDims=nInputDims)

    def updateOutput(self, input):
        dimension = sample_dimension(self.dimension, self.nInputDims, input)
        values, indices = self._reduce(input, dimension, keepdim=input.dim() == 1)
        self._indices = indices.add_(1)
        return self.output.set_(values)

    def updateGradInput(self, input, gradOutput):
        dimension = sample_dimension(self.dimension, self.nInputDims, input)
        indices = self._indices - 1
        if input.dim() > 1:
            indices, gradOutput = indices.unsqueeze(dimension), gradOutput.unsqueeze(dimension)
        return fit(self.gradInput, input).zero_().scatter_(dimension, indices, gradOutput)

    def type(self, type=None, tensorCache=None):
        if type is not None:
            self._set(_indices=None)
        return Module.type(self, type, tensorCache)

    def clearState(self) -> _Extreme:
        utils.clear(self, "_indices", "_output")
        return Module.clearState(self)


@register("nn.Max")
class Max(_Extreme):
    """The largest element along a dimension, which disappears."""

    _reduce = staticmethod(torch.max)


@register("nn.Min")
class Min(_Extreme):
    """The smallest element along a dimension, which disappears."""

    _reduce = staticmethod(torch.min)


@register("nn.Sum")
class Sum(Module):
    """The sum, or with ``sizeAverage`` the mean, along a dimension, which disappears unless ``squeeze`` is false.

    ``dimension`` (1 unless given) counts without the batch if ``nInputDims`` is given.
    """

    nInputDims = None
    squeeze = sizeAverage = None

    def __init__(self, dimension=None, nInputDims=None, sizeAverage=None, squeeze=None):
        Module.__init__(self)
        self.dimension = 1 if dimension is None else dimension
        self._set(nInputDims=nInputDims)
        self.sizeAverage = bool(sizeAverage)
        if squeeze is not None and not isinstance(squeeze, bool):
            raise TorchError("squeeze has to be true/false")
        self.squeeze = squeeze is not False

    def updateOutput(self, input):
        dimension = self._dimension(input)
        keep = self.squeeze is False or input.dim() == 1
        return self.output.set_((torch.mean if self.sizeAverage else torch.sum)(input, dimension, keepdim=keep))

    def updateGradInput(self, input, gradOutput):
        dimension = self._dimension(input)
        sizes = list(input.shape)
        sizes[dimension] = 1
        gradInput = fit(self.gradInput, input).copy_(gradOutput.reshape(sizes).expand_as(input))
        return gradInput.div_(input.shape[dimension]) if self.sizeAverage else gradInput

    def _dimension(self, input) -> int:
        dimension = sample_dimension(self.dimension, self.nInputDims, input)
        if not 0 <= dimension < input.dim():
            raise TorchError("dimension exceeds input dimensions")
        return dimension

    def clearState(self) -> Sum:
        utils.clear(self, "_gradOutput")
        return Module.clearState(self)


@register("nn.Mean")
class Mean(Sum):
    """The mean along a dimension, which disappears."""

    def __init__(self, dimension: int | None = None, nInputDims: int | None = None):
        Sum.__init__(self, dimension, nInputDims, True)
