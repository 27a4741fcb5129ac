"""Convolutions over images."""

from __future__ import annotations

import math

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from . import utils
from ._check import need_tensor, sizes
from ._kernels import take
from .module import Module

Tensor = torch.Tensor
convolution = torch.convolution
convolution_backward = torch.ops.aten.convolution_backward.default
product_convolution_backward = torch.ops.aten._slow_conv2d_backward.output_mask
_ONE, _NONE = (1, 1), (0, 0)
_FEW = 3  # up to so many input planes a matrix product finds gradInput in a fraction of oneDNN's time


@register("nn.SpatialConvolution")
class SpatialConvolution(Module):
    """Filters an image of ``nInputPlane`` planes into ``nOutputPlane`` planes.

    The kernels are kW wide and kH high, the steps dW and dH (1 unless given); padW and padH zeros (0) surround the
    image. Input: nInputPlane x height x width or a batch of these. Output: height (height + 2 padH - kH) / dH + 1,
    rounded down, width likewise. ``weight`` is nOutputPlane x nInputPlane x kH x kW.
    """

    padW = padH = 0  # files from before there was padding lack the fields
    padding = None

    def __init__(self, nInputPlane, nOutputPlane, kW, kH, dW=None, dH=None, padW=None, padH=None):
        Module.__init__(self)
        self.nInputPlane, self.nOutputPlane = nInputPlane, nOutputPlane
        self.kW, self.kH = kW, kH
        self.dW = 1 if dW is None else dW
        self.dH = 1 if dH is None else dH
        self.padW = 0 if padW is None else padW
        self.padH = self.padW if padH is None else padH
        for name, size in (("weight", self._weight_size()), ("bias", (nOutputPlane,))):
            setattr(self, name, utils.default_tensor(*size))
            setattr(self, "grad" + name.capitalize(), utils.default_tensor(*size))
        self.reset()

    def _weight_size(self) -> tuple[int, ...]:
        return self.nOutputPlane, self.nInputPlane, self.kH, self.kW

    def noBias(self) -> SpatialConvolution:
        """Do without the bias from now on. Returns itself."""
        self._set(bias=None, gradBias=None)
        return self

    def reset(self, stdv: float | None = None) -> None:
        """Draw weight and bias uniformly, by default from +-1/sqrt(kW * kH * nInputPlane)."""
        bound = 1 / math.sqrt(self.kW * self.kH * self.nInputPlane) if stdv is None else stdv * math.sqrt(3)
        random.default().fill_uniform(self.weight, -bound, bound)
        if self.bias is not None:
            random.default().fill_uniform(self.bias, -bound, bound)

    def updateOutput(self, input):
        batch = self._checked(input)
        output = convolution(batch, self._kernels(), self.bias, *self._steps(), self._dilation(), False, _NONE, 1)
        return take(self.output, output if batch is input else output.squeeze(0))

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        batch, weight = self._checked(input), self._kernels()
        if self.nInputPlane <= _FEW and batch.is_cpu and self._dilation() is _ONE:
            gradient, _, _ = product_convolution_backward(
                _batch(gradOutput), batch, weight, (self.kH, self.kW), *self._steps(), (True, False, False)
            )
        else:
            gradient, _, _ = self._gradients(gradOutput, batch, weight, (True, False, False))
        return take(self.gradInput, gradient.view(input.shape))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        scale = 1 if scale is None else scale
        wanted = (False, True, self.gradBias is not None)
        _, weight, bias = self._gradients(gradOutput, self._checked(input), self._kernels(), wanted)
        self.gradWeight.add_(weight.view(self.gradWeight.shape), alpha=scale)
        if bias is not None:
            self.gradBias.add_(bias, alpha=scale)

    def _gradients(self, gradOutput, batch, weight, wanted: tuple[bool, bool, bool]):
        """The gradients by input, weight and bias; None for those that are not wanted."""
        return convolution_backward(
            _batch(gradOutput),
            batch,
            weight,
            weight.shape[:1],
            *self._steps(),
            self._dilation(),
            False,
            _NONE,
            1,
            wanted,
        )

    def _steps(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Stride and padding, as the kernels take them."""
        if self.padding is not None:  # very old files have one number for both directions
            self._set(padW=self.padding, padH=self.padding, padding=None)
        return (self.dH, self.dW), (self.padH, self.padW)

    def _dilation(self) -> tuple[int, int]:
        return _ONE

    def _kernels(self) -> Tensor:
        """The weight with four dimensions; some classes and old files keep it with two."""
        weight = self.weight
        return weight if weight.dim() == 4 else weight.view(self.nOutputPlane, self.nInputPlane, self.kH, self.kW)

    def _checked(self, input: Tensor) -> Tensor:
        """The input as a batch of images."""
        if type(input) is not Tensor or input.dtype is not self.weight.dtype:
            need_tensor(input, self.weight)
        if input.dim() == 4:
            return input
        if input.dim() != 3:
            raise TorchError(f"3D or 4D input tensor expected but got: {sizes(input)}")
        return input.unsqueeze(0)

    def type(self, type=None, tensorCache=None):
        if type is not None:
            utils.clear(self, "finput", "fgradInput")
        return Module.type(self, type, tensorCache)

    def clearState(self) -> SpatialConvolution:
        utils.clear(self, "finput", "fgradInput", "_input", "_gradOutput")
        return Module.clearState(self)

    def __tostring__(self) -> str:
        text = f"{type(self).__typename__}({self.nInputPlane} -> {self.nOutputPlane}, {self.kW}x{self.kH}"
        padded = self.padW != 0 or self.padH != 0
        if self.dW != 1 or self.dH != 1 or padded:
            text += f", {self.dW},{self.dH}"
        if padded:
            text += f", {self.padW},{self.padH}"
        return text + (")" if self.bias is not None else ") without bias")


def _batch(images: Tensor) -> Tensor:
    return images if images.dim() == 4 else images.unsqueeze(0)


@register("nn.SpatialConvolutionMM")
class SpatialConvolutionMM(SpatialConvolution):
    """SpatialConvolution under its older name; its weight is nOutputPlane x (nInputPlane * kH * kW)."""

    def _weight_size(self) -> tuple[int, ...]:
        return self.nOutputPlane, self.nInputPlane * self.kH * self.kW
