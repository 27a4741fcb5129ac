"""Convolutions, with cuDNN's way of setting them up."""

from __future__ import annotations

import torch

from torch7py import nn
from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn._check import need_dims, sizes
from torch7py.nn.convolution import _Convolution

Tensor = torch.Tensor


class Algorithms:
    """What programs say about the choice of an algorithm. PyTorch chooses by itself: it is kept as fields."""

    def fastest(self, mode: bool | None = None):
        """Prefer speed to memory. Returns itself."""
        self.fastest_mode = True if mode is None else mode
        return self

    def setMode(self, fmode=None, bdmode=None, bwmode=None):
        """Name the algorithms for output, gradInput and gradients. Returns itself."""
        for name, mode in dict(fmode=fmode, bdmode=bdmode, bwmode=bwmode).items():
            if mode is not None:
                setattr(self, name, mode)
        return self

    def resetMode(self):
        """Forget these names. Returns itself."""
        self._set(fmode=None, bdmode=None, bwmode=None)
        return self

    def resetWeightDescriptors(self, desc=None):
        """Nothing: sizes are read from the fields at each call. Returns itself."""
        return self

    def clearDesc(self):
        """Forget the sizes that a file may have kept. Returns itself."""
        self._set(oSize=None, scaleT=None)
        return self


@register("cudnn.SpatialConvolution")
class SpatialConvolution(Algorithms, nn.SpatialConvolution):
    """nn.SpatialConvolution in ``groups`` (1 unless given): as many convolutions side by side, each of a part of the
    input planes to a part of the output planes. ``weight`` is nOutputPlane x (nInputPlane / groups) x kH x kW.

    padH is 0 unless given, whatever padW.
    """

    groups = 1

    def __init__(self, nInputPlane, nOutputPlane, kW, kH, dW=None, dH=None, padW=None, padH=None, groups=None):
        self.groups = 1 if groups is None else groups
        for name, planes in dict(nInputPlane=nInputPlane, nOutputPlane=nOutputPlane).items():
            if planes % self.groups:
                raise TorchError(f"{name} should be divisible by nGroups, got {planes} and {self.groups}")
        self._set_up(nInputPlane, nOutputPlane, (kW, kH), (dW, dH), (padW or 0, padH or 0))
        self.reset()

    def _weight_size(self) -> tuple[int, ...]:
        return self.nOutputPlane, self.nInputPlane // self.groups, self.kH, self.kW

    def _kernels(self) -> Tensor:
        return self.weight if self.weight.dim() == 4 else self.weight.view(self._weight_size())

    def _geometry(self) -> tuple:
        return *nn.SpatialConvolution._geometry(self)[:-1], self.groups

    def _gradients(self, input: Tensor, gradOutput: Tensor, wanted: tuple[bool, bool, bool]):
        of = nn.SpatialConvolution if self.groups == 1 else _Convolution
        return of._gradients(self, input, gradOutput, wanted)


@register("cudnn.SpatialFullConvolution")
class SpatialFullConvolution(Algorithms, nn.SpatialFullConvolution):
    """nn.SpatialFullConvolution."""


@register("cudnn.VolumetricConvolution")
class VolumetricConvolution(Algorithms, nn.VolumetricConvolution):
    """nn.VolumetricConvolution."""


@register("cudnn.VolumetricFullConvolution")
class VolumetricFullConvolution(Algorithms, nn.VolumetricFullConvolution):
    """nn.VolumetricFullConvolution."""


@register("cudnn.TemporalConvolution")
class TemporalConvolution(SpatialConvolution):
    """nn.TemporalConvolution over a sequence with ``padH`` (0) frames of zeros at either end.

    The kernel has kH frames, the step is dH (1). Input: frames x inputFrameSize or a batch of these. ``weight`` is
    outputFrameSize x (kH * inputFrameSize).
    """

    def __init__(self, inputFrameSize, outputFrameSize, kH, dH=None, padH=None):
        self.inputFrameSize, self.outputFrameSize = inputFrameSize, outputFrameSize
        SpatialConvolution.__init__(self, 1, outputFrameSize, inputFrameSize, kH, 1, dH, 0, padH)

    def _weight_size(self) -> tuple[int, ...]:
        return self.nOutputPlane, self.kW * self.kH

    def _kernels(self) -> Tensor:
        return self.weight.view(self.nOutputPlane, 1, self.kH, self.kW)

    def updateOutput(self, input):
        planes = SpatialConvolution.updateOutput(self, self._image(input))
        return planes.set_(planes.squeeze(-1).transpose(-1, -2).contiguous())

    def updateGradInput(self, input, gradOutput):
        gradInput = SpatialConvolution.updateGradInput(self, self._image(input), self._planes(gradOutput))
        return None if gradInput is None else gradInput.set_(gradInput.view(input.shape))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        SpatialConvolution.accGradParameters(self, self._image(input), self._planes(gradOutput), scale)

    def _image(self, input: Tensor) -> Tensor:
        """The frames as the rows of an image of one plane."""
        need_dims(input, self.weight, 2, 3)
        if input.shape[-1] != self.inputFrameSize:
            raise TorchError(f"invalid input frame size. Got: {sizes(input)}, Expected: {self.inputFrameSize}")
        return input.unsqueeze(-3)

    @staticmethod
    def _planes(gradOutput: Tensor) -> Tensor:
        return gradOutput.transpose(-1, -2).unsqueeze(-1)

    def __tostring__(self) -> str:
        return type(self).__typename__
