"""Sub-sampling: sums over windows, with a weight and a bias for each plane."""

from __future__ import annotations

import math

import torch

from ..classes import register
from ..errors import TorchError
from . import _parameters
from ._check import need_dims, need_sizes, sizes
from ._kernels import take
from .module import Module

Tensor = torch.Tensor
avg_pool2d = torch._C._nn.avg_pool2d
avg_pool2d_backward = torch.ops.aten.avg_pool2d_backward.default


class _SubSampling(Module):
    """What both kinds share. They run over a batch of images, into which :meth:`_images` makes the input."""

    def _set_up(self, planes: int) -> None:
        _parameters.make(self, (planes,), (planes,))
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        """Draw weight and bias uniformly, by default from +-1/sqrt(elements of a window)."""
        _parameters.draw(self, 1 / math.sqrt(math.prod(self._window())), stdv)

    def updateOutput(self, input):
        output = self._sums(input).mul_(self.weight.view(-1, 1, 1)).add_(self.bias.view(-1, 1, 1))
        return take(self.output, self._like_input(output, input))

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        gradient = self._output_gradient(input, gradOutput) * self.weight.view(-1, 1, 1)
        gradient = avg_pool2d_backward(gradient, self._checked(input), *self._geometry())
        return take(self.gradInput, self._like_input(gradient, input))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        scale = 1 if scale is None else scale
        gradient = self._output_gradient(input, gradOutput)
        self.gradWeight.add_((gradient * self._sums(input)).sum((0, 2, 3)), alpha=scale)
        self.gradBias.add_(gradient.sum((0, 2, 3)), alpha=scale)

    def _sums(self, input: Tensor) -> Tensor:
        return avg_pool2d(self._checked(input), *self._geometry())

    def _geometry(self) -> tuple:
        """What the kernels take to sum up windows: a mean divided by 1."""
        return self._window(), self._step(), (0, 0), False, True, 1

    def _checked(self, input: Tensor) -> Tensor:
        images, planes = self._images(input), self.weight.numel()
        if images.shape[1] != planes:
            raise TorchError(f"invalid number of input planes: {planes} expected, got input {sizes(input)}")
        if any(size < window for size, window in zip(images.shape[2:], self._window(), strict=True)):
            raise TorchError(f"input {sizes(input)} smaller than the window")
        return images

    def _output_gradient(self, input: Tensor, gradOutput: Tensor) -> Tensor:
        images, gradient = self._checked(input), self._images(gradOutput)
        expected = list(images.shape[:2])
        for size, window, step in zip(images.shape[2:], self._window(), self._step(), strict=True):
            expected.append((size - window) // step + 1)
        need_sizes(gradient, expected)
        return gradient


@register("nn.SpatialSubSampling")
class SpatialSubSampling(_SubSampling):
    """Sums over windows of kW x kH, times the plane's weight, plus its bias. Steps are 1 unless given.

    Input: nInputPlane x height x width or a batch of these.
    """

    def __init__(self, nInputPlane, kW, kH, dW=None, dH=None):
        Module.__init__(self)
        self.nInputPlane = nInputPlane
        self.kW, self.kH = kW, kH
        self.dW = 1 if dW is None else dW
        self.dH = 1 if dH is None else dH
        self._set_up(nInputPlane)

    def _window(self) -> tuple[int, int]:
        return self.kH, self.kW

    def _step(self) -> tuple[int, int]:
        return self.dH, self.dW

    def _images(self, input: Tensor) -> Tensor:
        need_dims(input, self.weight, 3, 4)
        return input.reshape(-1, *input.shape[-3:])

    @staticmethod
    def _like_input(images: Tensor, input: Tensor) -> Tensor:
        return images if input.dim() == 4 else images.squeeze(0)


@register("nn.TemporalSubSampling")
class TemporalSubSampling(_SubSampling):
    """Sums over ``kW`` neighbouring frames, times a weight for each of their elements, plus a bias. The step is ``dW``
    (1).

    Input: frames x inputFrameSize.
    """

    def __init__(self, inputFrameSize, kW, dW=None):
        Module.__init__(self)
        self.inputFrameSize = inputFrameSize
        self.kW = kW
        self.dW = 1 if dW is None else dW
        self._set_up(inputFrameSize)

    def _window(self) -> tuple[int, int]:
        return self.kW, 1

    def _step(self) -> tuple[int, int]:
        return self.dW, 1

    def _images(self, input: Tensor) -> Tensor:
        need_dims(input, self.weight, 2)
        return input.t()[None, :, :, None]

    @staticmethod
    def _like_input(images: Tensor, input: Tensor) -> Tensor:
        return images[0, :, :, 0].t()
