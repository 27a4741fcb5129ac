"""Poolings; with cuDNN windows of every kind lie side by side unless a step is given."""

from __future__ import annotations

from torch7py import nn
from torch7py.classes import register
from torch7py.nn import Module
from torch7py.nn._check import need_dims
from torch7py.nn._kernels import fit, take
from torch7py.nn.volumes import avg_pool3d, avg_pool3d_backward


@register("cudnn.SpatialMaxPooling")
class SpatialMaxPooling(nn.SpatialMaxPooling):
    """nn.SpatialMaxPooling."""


@register("cudnn.SpatialAveragePooling")
class SpatialAveragePooling(nn.SpatialAveragePooling):
    """nn.SpatialAveragePooling, where padding counts."""

    divide = True

    def __init__(self, kW, kH, dW=None, dH=None, padW=None, padH=None):
        Module.__init__(self)
        self._set_windows(kW, kH, kW if dW is None else dW, kH if dH is None else dH, padW, padH)


@register("cudnn.VolumetricMaxPooling")
class VolumetricMaxPooling(nn.VolumetricMaxPooling):
    """nn.VolumetricMaxPooling."""

    _version = 1  # which has all fields, other than nn's

    def read(self, file, version=None) -> None:
        Module.read(self, file, version)


@register("cudnn.VolumetricAveragePooling")
class VolumetricAveragePooling(nn.VolumetricAveragePooling):
    """nn.VolumetricAveragePooling with padding, which counts, and :meth:`ceil`."""

    ceil_mode = False

    def __init__(self, kT, kW, kH, dT=None, dW=None, dH=None, padT=None, padW=None, padH=None):
        self._set_windows(kT, kW, kH, dT, dW, dH)
        self.padT, self.padW, self.padH = padT or 0, padW or 0, padH or 0
        self.ceil_mode = False

    def ceil(self) -> VolumetricAveragePooling:
        """Let windows reach over the edge where the steps leave a rest. Returns itself."""
        self.ceil_mode = True
        return self

    def floor(self) -> VolumetricAveragePooling:
        """Leave out the rest. Returns itself."""
        self.ceil_mode = False
        return self

    def updateOutput(self, input):
        need_dims(input, self.output, 4, 5)
        return take(self.output, avg_pool3d(input, *self._windows(), self.ceil_mode, True))

    def updateGradInput(self, input, gradOutput):
        gradInput = fit(self.gradInput, input)
        return avg_pool3d_backward(
            gradOutput, input, *self._windows(), self.ceil_mode, True, None, grad_input=gradInput
        )  # fmt: skip
