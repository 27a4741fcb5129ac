"""Pooling over volumes and over sequences."""

from __future__ import annotations

import math

import torch

from ..classes import register
from ..errors import TorchError
from ..tensor import sorting
from . import utils
from ._check import need_dims, need_sizes
from ._kernels import fit, largest, take
from .module import Module
from .pooling import as_indices

Tensor = torch.Tensor
_aten = torch.ops.aten
max_pool3d = torch._C._nn.max_pool3d_with_indices
max_pool3d_backward = _aten.max_pool3d_with_indices_backward.grad_input
avg_pool3d = torch._C._nn.avg_pool3d
avg_pool3d_backward = _aten.avg_pool3d_backward.grad_input


class _Volumetric(Module):
    """What poolings of planes x time x height x width, or a batch of these, share: windows kT x kW x kH and steps."""

    padT = padW = padH = 0

    def _set_windows(self, kT, kW, kH, dT, dW, dH) -> None:
        Module.__init__(self)
        self.kT, self.kW, self.kH = kT, kW, kH
        self.dT = kT if dT is None else dT
        self.dW = kW if dW is None else dW
        self.dH = kH if dH is None else dH

    def _windows(self) -> tuple:
        return (self.kT, self.kH, self.kW), (self.dT, self.dH, self.dW), (self.padT, self.padH, self.padW)

    def __tostring__(self) -> str:
        text = f"{type(self).__typename__}({self.kT}x{self.kW}x{self.kH}, {self.dT},{self.dW},{self.dH}"
        if self.padT or self.padW or self.padH:
            text += f", {self.padT},{self.padW},{self.padH}"
        return text + self._further_text() + ")"

    def _further_text(self) -> str:
        return ""


@register("nn.VolumetricMaxPooling")
class VolumetricMaxPooling(_Volumetric):
    """The largest element of each window; by default the windows lie side by side."""

    _version = 2
    ceil_mode = False
    indices = None

    def __init__(self, kT, kW, kH, dT=None, dW=None, dH=None, padT=None, padW=None, padH=None):
        self._set_windows(kT, kW, kH, dT, dW, dH)
        self.padT, self.padW, self.padH = padT or 0, padW or 0, padH or 0
        self.ceil_mode = False
        self.indices = torch.zeros(0, dtype=torch.int64)

    def ceil(self) -> VolumetricMaxPooling:
        """Let windows reach over the edge where the steps leave a rest. Returns itself."""
        self.ceil_mode = True
        return self

    def floor(self) -> VolumetricMaxPooling:
        """Leave out the rest. Returns itself."""
        self.ceil_mode = False
        return self

    def updateOutput(self, input):
        need_dims(input, self.output, 4, 5)
        self.itime, self.iheight, self.iwidth = input.shape[-3:]
        geometry = *self._windows(), self._dilation(), self.ceil_mode
        output, indices = largest(lambda volumes: max_pool3d(volumes, *geometry), input)
        self.indices = as_indices(self.indices, input).set_(indices.contiguous().add_(1))
        return take(self.output, output)

    def updateGradInput(self, input, gradOutput):
        return max_pool3d_backward(
            gradOutput, input, *self._windows(), self._dilation(), self.ceil_mode, self.indices - 1,
            grad_input=fit(self.gradInput, input),
        )  # fmt: skip

    def _dilation(self) -> tuple[int, ...]:
        return 1, 1, 1

    def read(self, file, version=None) -> None:
        Module.read(self, file, version)
        if version is not None and version < 2:
            self.ceil_mode = False

    def empty(self) -> None:
        """An older name of :meth:`clearState`."""
        self.clearState()

    def clearState(self) -> VolumetricMaxPooling:
        utils.clear(self, "indices")
        return Module.clearState(self)


@register("nn.VolumetricDilatedMaxPooling")
class VolumetricDilatedMaxPooling(VolumetricMaxPooling):
    """VolumetricMaxPooling whose windows see only every dilationT-th slice, and so on (1 unless given)."""

    def __init__(
        self, kT, kW, kH, dT=None, dW=None, dH=None, padT=None, padW=None, padH=None,
        dilationT=None, dilationW=None, dilationH=None,
    ):  # fmt: skip
        VolumetricMaxPooling.__init__(self, kT, kW, kH, dT, dW, dH, padT, padW, padH)
        self.dilationT = 1 if dilationT is None else dilationT
        self.dilationW = 1 if dilationW is None else dilationW
        self.dilationH = 1 if dilationH is None else dilationH

    def _dilation(self) -> tuple[int, ...]:
        return self.dilationT, self.dilationH, self.dilationW

    def _further_text(self) -> str:
        return f", {self.dilationT},{self.dilationW},{self.dilationH}"


@register("nn.VolumetricAveragePooling")
class VolumetricAveragePooling(_Volumetric):
    """The mean of each window; by default the windows lie side by side."""

    def __init__(self, kT, kW, kH, dT=None, dW=None, dH=None, *_):
        self._set_windows(kT, kW, kH, dT, dW, dH)

    def updateOutput(self, input):
        need_dims(input, self.output, 4, 5)
        return take(self.output, avg_pool3d(input, *self._windows(), False, True))

    def updateGradInput(self, input, gradOutput):
        gradInput = fit(self.gradInput, input)
        return avg_pool3d_backward(gradOutput, input, *self._windows(), False, True, None, grad_input=gradInput)


@register("nn.TemporalMaxPooling")
class TemporalMaxPooling(Module):
    """The largest number at each place of ``kW`` neighbouring frames; the step is ``dW`` (kW).

    Input: frames x size or a batch of these. ``indices`` holds where in its window each was found, from 0.
    """

    indices = None

    def __init__(self, kW: int, dW: int | None = None):
        Module.__init__(self)
        self.kW = kW
        self.dW = kW if dW is None else dW

    def updateOutput(self, input):
        need_dims(input, self.output, 2, 3)
        if input.shape[-2] < self.kW:
            raise TorchError(f"input sequence smaller than kernel size. Got: {input.shape[-2]}, Expected: {self.kW}")
        values, places = largest(lambda frames: frames.unfold(-2, self.kW, self.dW).max(-1), input)
        self.indices = as_indices(self.indices, input).set_(places)
        return take(self.output, values)

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        need_sizes(gradOutput, self.indices.shape)
        starts = torch.arange(gradOutput.shape[-2], device=input.device).mul_(self.dW).unsqueeze(1)
        gradInput = fit(self.gradInput, input).zero_()
        return gradInput.scatter_add_(-2, self.indices + starts, gradOutput)

    def empty(self) -> None:
        """An older name of :meth:`clearState`."""
        self.clearState()

    def clearState(self) -> TemporalMaxPooling:
        utils.clear(self, "indices")
        return Module.clearState(self)


@register("nn.TemporalDynamicKMaxPooling")
class TemporalDynamicKMaxPooling(Module):
    """The k largest numbers at each place of the frames, in their order in time. Kalchbrenner et al., arXiv:1404.2188.

    k is ``factor`` (0) times the number of frames, rounded up, but at least ``minK``. Input: frames x size or a batch
    of these. ``indices`` holds which frames were chosen, from 1.
    """

    def __init__(self, minK: int, factor: float | None = None):
        Module.__init__(self)
        self.minK = minK
        self.factor = 0 if factor is None else factor

    def updateOutput(self, input):
        need_dims(input, self.output, 2, 3)
        frames = input.shape[-2]
        k = max(self.minK, math.ceil(self.factor * frames))
        if frames < k:
            raise TorchError(f"Input sequence length ({frames}) too small for desired k value ({k})")
        _, order = sorting.sort(input, input.dim() - 1, True)
        self.indices = order.narrow(-2, 0, k).sort(-2).values
        return take(self.output, input.gather(-2, self.indices - 1))

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        need_sizes(gradOutput, self.indices.shape)
        return fit(self.gradInput, input).zero_().scatter_(-2, self.indices - 1, gradOutput)

    def clearState(self) -> TemporalDynamicKMaxPooling:
        utils.clear(self, "indices")
        return Module.clearState(self)
