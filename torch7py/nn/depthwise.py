"""Convolutions that filter each plane by itself."""

from __future__ import annotations

import math

import torch

from ..classes import register
from ..errors import TorchError
from . import _parameters, utils
from ._check import need_dims, sizes
from ._kernels import take
from .convolution import _Convolution
from .module import Module

Tensor = torch.Tensor
convolution = torch.convolution
convolution_backward = torch.ops.aten.convolution_backward.default


@register("nn.SpatialDepthWiseConvolution")
class SpatialDepthWiseConvolution(_Convolution):
    """Filters each plane of an image into ``nOutputPlane`` planes, which makes nInputPlane * nOutputPlane; those of the
    first plane come first. Arguments and input as for SpatialConvolution.

    ``weight`` is nOutputPlane x (nInputPlane * kH * kW), once used nOutputPlane x nInputPlane x kH x kW; ``bias`` is
    nOutputPlane x nInputPlane.
    """

    _axes, _named = ("H", "W"), ("W", "H")

    def __init__(self, nInputPlane, nOutputPlane, kW, kH, dW=None, dH=None, padW=None, padH=None):
        padW = 0 if padW is None else padW
        self._set_up(nInputPlane, nOutputPlane, (kW, kH), (dW, dH), (padW, padW if padH is None else padH))
        self.reset()

    def _accumulate(self, weight: Tensor, bias: Tensor | None, scale: float | None) -> None:
        scale = 1 if scale is None else scale
        planes = self.nInputPlane, self.nOutputPlane
        gradWeight = self._unfolded(self.gradWeight)
        gradWeight.add_(weight.view(*planes, self.kH, self.kW).transpose(0, 1), alpha=scale)
        if bias is not None:
            self.gradBias.add_(bias.view(planes).t(), alpha=scale)

    def _weight_size(self) -> tuple[int, ...]:
        return self.nOutputPlane, self.nInputPlane * self.kH * self.kW

    def _bias_size(self) -> tuple[int, ...]:
        return self.nOutputPlane, self.nInputPlane

    def _geometry(self) -> tuple:
        return *_Convolution._geometry(self)[:-1], self.nInputPlane

    def _kernels(self) -> Tensor:
        return self._unfolded(self.weight).transpose(0, 1).reshape(-1, 1, self.kH, self.kW)

    def _shifts(self) -> Tensor | None:
        return None if self.bias is None else self.bias.t().flatten()

    def _unfolded(self, weight: Tensor) -> Tensor:
        """The weight or its gradient, brought into the shape that it has once used."""
        shape = self.nOutputPlane, self.nInputPlane, self.kH, self.kW
        return weight if weight.shape == shape else weight.set_(weight.view(shape))


@register("nn.TemporalRowConvolution")
class TemporalRowConvolution(Module):
    """Filters each element of the frames of a sequence by itself: ``kW`` neighbouring frames give one. The step is
    ``dW`` (1).

    Input: frames x inputFrameSize or a batch of these; with ``featFirst`` inputFrameSize x frames. ``weight`` is
    inputFrameSize x 1 x kW.
    """

    def __init__(self, inputFrameSize, kW, dW=None, featFirst=None):
        Module.__init__(self)
        self.inputFrameSize = inputFrameSize
        self.kW = kW
        self.dW = 1 if dW is None else dW
        _parameters.make(self, (inputFrameSize, 1, kW), (inputFrameSize,))
        self.featFirst = bool(featFirst)
        self.reset()

    def noBias(self) -> TemporalRowConvolution:
        """Do without the bias from now on. Returns itself."""
        self._set(bias=None, gradBias=None)
        return self

    def reset(self, stdv: float | None = None) -> None:
        """Draw weight and bias uniformly, by default from +-1/sqrt(kW * inputFrameSize)."""
        _parameters.draw(self, 1 / math.sqrt(self.kW * self.inputFrameSize), stdv)

    def updateOutput(self, input):
        output = convolution(self._rows(input), self.weight, self.bias, *self._geometry())
        return take(self.output, self._like_input(output, input))

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        gradient, _, _ = self._gradients(input, gradOutput, (True, False, False))
        return take(self.gradInput, self._like_input(gradient, input))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        scale = 1 if scale is None else scale
        _, weight, bias = self._gradients(input, gradOutput, (False, True, self.gradBias is not None))
        self.gradWeight.add_(weight, alpha=scale)
        if bias is not None:
            self.gradBias.add_(bias, alpha=scale)

    def _gradients(self, input: Tensor, gradOutput: Tensor, wanted: tuple[bool, bool, bool]):
        rows, gradient = self._rows(input), self._rows(gradOutput)
        if rows.shape[0] != gradient.shape[0]:
            raise TorchError(f"gradOutput{sizes(gradOutput)} does not fit input{sizes(input)}")
        return convolution_backward(gradient, rows, self.weight, self.weight.shape[:1], *self._geometry(), wanted)

    def _geometry(self) -> tuple:
        return (self.dW,), (0,), (1,), False, (0,), self.inputFrameSize

    def _rows(self, sequence: Tensor) -> Tensor:
        """A batch of inputFrameSize x frames."""
        need_dims(sequence, self.weight, 2, 3)
        rows = sequence if self.featFirst else sequence.transpose(-1, -2)
        if rows.shape[-2] != self.inputFrameSize:
            raise TorchError(f"frames of {self.inputFrameSize} elements expected, but got: {sizes(sequence)}")
        return rows if rows.dim() == 3 else rows.unsqueeze(0)

    def _like_input(self, rows: Tensor, input: Tensor) -> Tensor:
        rows = rows if input.dim() == 3 else rows.squeeze(0)
        return rows if self.featFirst else rows.transpose(-1, -2)

    def type(self, type=None, tensorCache=None):
        if type is not None:
            utils.clear(self, "finput", "fgradInput")
        return Module.type(self, type, tensorCache)

    def clearState(self) -> TemporalRowConvolution:
        utils.clear(self, "finput", "fgradInput", "_input", "_gradOutput")
        return Module.clearState(self)

    def __tostring__(self) -> str:
        text = f"{type(self).__typename__}({self.inputFrameSize}, {self.kW}"
        if self.dW != 1:
            text += f", {self.dW}"
        return text + (")" if self.bias is not None else ") without bias")
