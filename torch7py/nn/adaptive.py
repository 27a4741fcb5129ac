"""Pooling to an output of given size."""

from __future__ import annotations

import math
from functools import cache

import numpy
import torch

from ..classes import register
from . import utils
from ._check import need_dims, need_sizes
from ._kernels import largest, sent_back, take
from .module import Module
from .pooling import as_indices

Tensor = torch.Tensor
_aten = torch.ops.aten


class _Adaptive(Module):
    """What both share: the output's planes are W x H. Input: planes x height x width or a batch of these."""

    def __init__(self, W: int, H: int):
        Module.__init__(self)
        self.W, self.H = W, H

    def empty(self) -> None:
        """An older name of :meth:`clearState`."""
        self.clearState()


@register("nn.SpatialAdaptiveAveragePooling")
class SpatialAdaptiveAveragePooling(_Adaptive):
    """The mean of each window."""

    def updateOutput(self, input):
        need_dims(input, self.output, 3, 4)
        return take(self.output, _aten._adaptive_avg_pool2d(input, (self.H, self.W)))

    def updateGradInput(self, input, gradOutput):
        need_sizes(gradOutput, self.output.shape)
        return take(self.gradInput, _aten._adaptive_avg_pool2d_backward(gradOutput, input))


@register("nn.SpatialAdaptiveMaxPooling")
class SpatialAdaptiveMaxPooling(_Adaptive):
    """The largest element of each window. ``indices[1]`` and ``indices[2]`` hold the row and the column in its window
    where each was found, counted from 1.
    """

    indices = None

    def updateOutput(self, input):
        need_dims(input, self.output, 3, 4)
        width = input.shape[-1]
        output, places = largest(self._pool, input)
        found = torch.stack([places.div(width, rounding_mode="floor"), places.remainder(width)])
        self.indices = as_indices(self.indices, input).set_(found.sub_(self._starts(input)).add_(1))
        return take(self.output, output)

    def updateGradInput(self, input, gradOutput):
        rows, columns = self.indices + self._starts(input)
        places = (rows - 1) * input.shape[-1] + columns
        return sent_back(self.gradInput, input, places, gradOutput, 2)

    def _pool(self, input: Tensor) -> tuple[Tensor, Tensor]:
        """The maxima and, from 0, where in their planes they are."""
        height, width = input.shape[-2:]
        rows, columns = _windows(height, self.H), _windows(width, self.W)
        if rows == _exact_windows(height, self.H) and columns == _exact_windows(width, self.W):
            return torch._C._nn.adaptive_max_pool2d(input, (self.H, self.W))
        numbers = torch.arange(height * width, device=input.device).view(height, width)
        maxima, places = [], []
        for row in rows:
            for column in columns:
                values, found = input[..., slice(*row), slice(*column)].flatten(-2).max(-1)
                maxima.append(values)
                places.append(numbers[slice(*row), slice(*column)].flatten()[found])
        shape = (*input.shape[:-2], self.H, self.W)
        return torch.stack(maxima, -1).view(shape), torch.stack(places, -1).view(shape)

    def _starts(self, input: Tensor) -> Tensor:
        """Row and column, from 0, where each window begins, in a shape that goes with ``indices``."""
        rows = torch.tensor([start for start, _ in _windows(input.shape[-2], self.H)], device=input.device)
        columns = torch.tensor([start for start, _ in _windows(input.shape[-1], self.W)], device=input.device)
        starts = torch.stack(torch.meshgrid(rows, columns, indexing="ij"))
        return starts.view(2, *(1,) * (input.dim() - 2), self.H, self.W)

    def clearState(self) -> SpatialAdaptiveMaxPooling:
        utils.clear(self, "indices")
        return Module.clearState(self)


@cache
def _windows(size: int, count: int) -> list[tuple[int, int]]:
    """Begin and end of each of ``count`` windows over ``size`` elements, in Torch7's float arithmetic: where a division
    leaves a rest that is not there, a window has an element more.
    """
    places = numpy.arange(count + 1, dtype=numpy.float32) / numpy.float32(count) * numpy.float32(size)
    return list(zip(map(math.floor, places[:-1]), map(math.ceil, places[1:]), strict=True))


@cache
def _exact_windows(size: int, count: int) -> list[tuple[int, int]]:
    """The same in whole numbers: PyTorch's windows."""
    return [(place * size // count, -(-(place + 1) * size // count)) for place in range(count)]
