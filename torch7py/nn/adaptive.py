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
from .pooling import as_indices, pixels_together

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
        height, width = input.shape[-2:]
        output, places = largest(self._pool, input)
        indices = as_indices(self.indices, input).resize_(2, *places.shape)
        rows, columns = indices
        torch.div(places, width, rounding_mode="floor", out=rows)
        torch.sub(places, rows, alpha=width, out=columns)
        for found, before in zip(indices, _before(height, width, self.H, self.W), strict=True):
            found.sub_(before.to(input.device))
        self.indices = indices
        return take(self.output, output)

    def updateGradInput(self, input, gradOutput):
        height, width = input.shape[-2:]
        starts = zip(self.indices, _before(height, width, self.H, self.W), strict=True)
        rows, columns = (found + before.to(input.device) for found, before in starts)
        return sent_back(self.gradInput, input, columns.add_(rows, alpha=width).add_(1), gradOutput, 2)

    def _pool(self, input: Tensor) -> tuple[Tensor, Tensor]:
        """The maxima and, from 0, where in their planes they are."""
        height, width = input.shape[-2:]
        rows, columns = _windows(height, self.H), _windows(width, self.W)
        if rows == _exact_windows(height, self.H) and columns == _exact_windows(width, self.W):
            return torch._C._nn.adaptive_max_pool2d(pixels_together(input), (self.H, self.W))
        numbers = torch.arange(height * width, device=input.device).view(height, width)
        maxima, places = [], []
        for row in rows:
            for column in columns:
                values, found = input[..., slice(*row), slice(*column)].flatten(-2).max(-1)
                maxima.append(values)
                places.append(numbers[slice(*row), slice(*column)].flatten()[found])
        shape = (*input.shape[:-2], self.H, self.W)
        return torch.stack(maxima, -1).view(shape), torch.stack(places, -1).view(shape)

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
def _before(height: int, width: int, H: int, W: int) -> tuple[Tensor, Tensor]:
    """The rows (H x 1) and the columns (W) ahead of each window, less the 1 from which its own are counted."""
    rows, columns = (
        torch.tensor([start - 1 for start, _ in _windows(size, count)]) for size, count in ((height, H), (width, W))
    )
    return rows[:, None], columns


@cache
def _exact_windows(size: int, count: int) -> list[tuple[int, int]]:
    """The same in whole numbers: PyTorch's windows."""
    return [(place * size // count, -(-(place + 1) * size // count)) for place in range(count)]
