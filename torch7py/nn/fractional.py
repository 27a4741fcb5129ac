"""Fractional max pooling: Graham, arXiv:1412.6071."""

from __future__ import annotations

import math

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from . import utils
from ._check import need_dims
from ._kernels import largest, sent_back, take
from .module import Module
from .pooling import as_indices

Tensor = torch.Tensor


class _Fractional(Module):
    """What both kinds share: windows overlap and lie at random, as random samples of each plane say.

    The last arguments are the sizes of the output, or, if one is below 1, the ratios of these to the input's. The
    samples are drawn on every ``forward`` until ``fixPoolingRegions``. ``indices`` holds where in its plane each
    element was found, counted from 1.
    """

    _axes: tuple[str, ...]  # in the order of the arguments; the input's dimensions have the reverse order
    indices = randomSamples = None

    def _set_up(self, windows: tuple, results: tuple) -> None:
        Module.__init__(self)
        self.newRandomPool = False
        exact = all(number >= 1 for number in results)
        for axis, window, number in zip(self._axes, windows, results, strict=True):
            if not window >= 2:
                raise TorchError(f"poolSize{axis} must be at least 2, got {window}")
            if not exact and not 0 < number < 1:
                raise TorchError(f"ratio{axis} must be between 0 and 1, got {number}")
            setattr(self, "poolSize" + axis, window)
            setattr(self, ("out" if exact else "ratio") + axis, number)

    def fixPoolingRegions(self, val: bool | None = None) -> _Fractional:
        """Keep the samples from now on (or, if ``val`` is false, draw them on every call). Returns itself."""
        self.newRandomPool = True if val is None else val
        return self

    def updateOutput(self, input):
        need_dims(input, self.output, len(self._axes) + 1, len(self._axes) + 2)
        self._draw(input)
        shape = self._output_shape(input)
        windows = [getattr(self, "poolSize" + axis) for axis in reversed(self._axes)]
        for axis, size, window, result in zip(
            reversed(self._axes), input.shape[-len(shape) :], windows, shape, strict=True
        ):
            if result + window - 1 >= size:
                raise TorchError(f"poolSize{axis} ({window}) too large relative to input size ({size})")
        output, places = largest(lambda planes: self._pool(planes, windows, shape, self.randomSamples), input)
        self.indices = as_indices(self.indices, input).set_(places.add_(1))
        return take(self.output, output)

    def updateGradInput(self, input, gradOutput):
        if self.randomSamples is None:
            raise TorchError("must call updateOutput/forward first")
        return sent_back(self.gradInput, input, self.indices, gradOutput, len(self._axes))

    def _draw(self, input: Tensor) -> None:
        """Samples between 0 and 1: batch x planes x axes, in the order of the arguments."""
        dims = len(self._axes)
        shape = (math.prod(input.shape[: -dims - 1]), input.shape[-dims - 1], dims)
        if self.randomSamples is None:
            self.randomSamples = utils.empty_like_type(input)
        if self.randomSamples.shape != shape or not self.newRandomPool:
            random.default().fill_uniform(self.randomSamples.resize_(shape))

    def _output_shape(self, input: Tensor) -> list[int]:
        """The sizes of the output's planes."""
        if "out" + self._axes[0] in self.__dict__:
            return [getattr(self, "out" + axis) for axis in reversed(self._axes)]
        shape = []
        for axis, size in zip(reversed(self._axes), input.shape[-len(self._axes) :], strict=True):
            shape.append(math.floor(size * getattr(self, "ratio" + axis)))
            if shape[-1] < 1:
                raise TorchError(f"reduction ratio{axis} or input size ({size}) too small")
        return shape

    def empty(self) -> None:
        """An older name of :meth:`clearState`."""
        self.clearState()

    def clearState(self) -> _Fractional:
        self._set(indices=None, randomSamples=None)
        return Module.clearState(self)

    def __tostring__(self) -> str:
        fields = self.__dict__
        results = (fields.get("out" + axis, fields.get("ratio" + axis)) for axis in self._axes)
        windows = (fields["poolSize" + axis] for axis in self._axes)
        # ratios, too, as whole numbers
        shown = "x".join(str(int(number)) for number in results)
        return f"{type(self).__typename__}({shown}, {','.join(str(int(window)) for window in windows)})"


@register("nn.SpatialFractionalMaxPooling")
class SpatialFractionalMaxPooling(_Fractional):
    """Max pooling of images by a fraction. Input: planes x height x width or a batch of these."""

    _axes = ("W", "H")

    def __init__(self, poolSizeW, poolSizeH, arg1, arg2):
        self._set_up((poolSizeW, poolSizeH), (arg1, arg2))

    @staticmethod
    def _pool(planes: Tensor, windows: list[int], shape: list[int], samples: Tensor) -> tuple[Tensor, Tensor]:
        return torch._C._nn.fractional_max_pool2d(planes, windows, shape, samples)


@register("nn.VolumetricFractionalMaxPooling")
class VolumetricFractionalMaxPooling(_Fractional):
    """Max pooling of volumes by a fraction. Input: planes x height x width x time or a batch of these."""

    _axes = ("T", "W", "H")

    def __init__(self, poolSizeT, poolSizeW, poolSizeH, arg1, arg2, arg3):
        self._set_up((poolSizeT, poolSizeW, poolSizeH), (arg1, arg2, arg3))

    @staticmethod
    def _pool(planes: Tensor, windows: list[int], shape: list[int], samples: Tensor) -> tuple[Tensor, Tensor]:
        # PyTorch has the samples in the order of the dimensions
        return torch._C._nn.fractional_max_pool3d(planes, windows, shape, samples.flip(-1))
