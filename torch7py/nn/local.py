"""Convolution with kernels of its own at every place."""

from __future__ import annotations

import math

import torch

from ..classes import register
from ..errors import TorchError
from . import _parameters, utils
from ._check import need_dims, sizes
from ._kernels import take
from .module import Module

Tensor = torch.Tensor
im2col, col2im = torch._C._nn.im2col, torch._C._nn.col2im


@register("nn.SpatialConvolutionLocal")
class SpatialConvolutionLocal(Module):
    """SpatialConvolution of images of iW x iH, with another set of kernels for each of the oW x oH places.

    Input: nInputPlane x iH x iW or a batch of these. ``weight`` is oH x oW x nOutputPlane x nInputPlane x kH x kW,
    ``bias`` nOutputPlane x oH x oW. Steps are 1 and padding 0 unless given.
    """

    def __init__(self, nInputPlane, nOutputPlane, iW, iH, kW, kH, dW=None, dH=None, padW=None, padH=None):
        Module.__init__(self)
        self.nInputPlane, self.nOutputPlane = nInputPlane, nOutputPlane
        self.kW, self.kH = kW, kH
        self.iW, self.iH = iW, iH
        self.dW = 1 if dW is None else dW
        self.dH = 1 if dH is None else dH
        self.padW = 0 if padW is None else padW
        self.padH = self.padW if padH is None else padH
        self.oW = (2 * self.padW + iW - kW) // self.dW + 1
        self.oH = (2 * self.padH + iH - kH) // self.dH + 1
        if self.oW < 1 or self.oH < 1:
            raise TorchError("illegal configuration: output width or height less than 1")
        weight_size = self.oH, self.oW, nOutputPlane, nInputPlane, kH, kW
        _parameters.make(self, weight_size, (nOutputPlane, self.oH, self.oW))
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        """Draw weight and bias uniformly, by default from +-1/sqrt(elements of a kernel * nInputPlane)."""
        _parameters.draw(self, 1 / math.sqrt(self.kW * self.kH * self.nInputPlane), stdv)

    def updateOutput(self, input):
        seen, kernels = self._seen(input), self._kernels(self.weight)
        output = torch.bmm(kernels, seen).permute(2, 1, 0).reshape(-1, *self.bias.shape).add_(self.bias)
        return take(self.output, output.view(*input.shape[:-3], *self.bias.shape))

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        gradient = torch.bmm(self._kernels(self.weight).transpose(1, 2), self._at_places(input, gradOutput))
        image = col2im(gradient.permute(2, 1, 0), (self.iH, self.iW), *self._windows())
        return take(self.gradInput, image.view(input.shape))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        scale = 1 if scale is None else scale
        gradient = self._at_places(input, gradOutput)
        self._kernels(self.gradWeight).baddbmm_(gradient, self._seen(input).transpose(1, 2), alpha=scale)
        self.gradBias.add_(gradient.sum(2).t().view(self.gradBias.shape), alpha=scale)

    def _windows(self) -> tuple:
        return (self.kH, self.kW), (1, 1), (self.padH, self.padW), (self.dH, self.dW)

    def _kernels(self, weight: Tensor) -> Tensor:
        """The kernels as matrices: places x nOutputPlane x elements of a window."""
        return weight.view(self.oH * self.oW, self.nOutputPlane, -1)

    def _seen(self, input: Tensor) -> Tensor:
        """What the windows see: places x elements of a window x images."""
        self._check(input, "input", self.nInputPlane, self.iH, self.iW)
        return im2col(input.reshape(-1, *input.shape[-3:]), *self._windows()).permute(2, 1, 0)

    def _at_places(self, input: Tensor, gradOutput: Tensor) -> Tensor:
        """The output's gradient: places x nOutputPlane x images."""
        self._check(input, "input", self.nInputPlane, self.iH, self.iW)
        self._check(gradOutput, "output", self.nOutputPlane, self.oH, self.oW)
        if gradOutput.shape[:-3] != input.shape[:-3]:
            raise TorchError(f"gradOutput{sizes(gradOutput)} does not fit input{sizes(input)}")
        return gradOutput.reshape(-1, self.nOutputPlane, self.oH * self.oW).permute(2, 1, 0)

    def _check(self, tensor: Tensor, what: str, *expected: int) -> None:
        need_dims(tensor, self.weight, 3, 4)
        if tensor.shape[-3:] != expected:
            given, wanted = "x".join(map(str, tensor.shape)), "x".join(map(str, expected))
            if tensor.dim() == 4:
                wanted = "batchsize x" + wanted
            raise TorchError(f"Given {what} size: ({given}) inconsistent with expected {what} size: ({wanted}).")

    def type(self, type=None, tensorCache=None):
        if type is not None:
            utils.clear(self, "finput", "fgradInput")
        return Module.type(self, type, tensorCache)

    def clearState(self) -> SpatialConvolutionLocal:
        utils.clear(self, "finput", "fgradInput", "_input", "_gradOutput")
        return Module.clearState(self)

    def __tostring__(self) -> str:
        text = f"{type(self).__typename__}({self.nInputPlane} -> {self.nOutputPlane}, {self.iW}x{self.iH}"
        text += f", {self.kW}x{self.kH}"
        padded = self.padW != 0 or self.padH != 0
        if self.dW != 1 or self.dH != 1 or padded:
            text += f", {self.dW},{self.dH}"
        if padded:
            text += f", {self.padW},{self.padH}"
        return text + ")"
