"""Pooling over images."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from . import utils
from ._check import need_dims, sizes
from ._kernels import fit, take
from .module import Module

Tensor = torch.Tensor
_aten = torch.ops.aten
max_pool2d = torch._C._nn.max_pool2d_with_indices
max_pool2d_backward = _aten.max_pool2d_with_indices_backward.grad_input
_MANY = 8  # planes that make it worth while to lay them out otherwise
avg_pool2d = torch._C._nn.avg_pool2d
avg_pool2d_backward = _aten.avg_pool2d_backward.grad_input


class _Pooling(Module):
    """What the poolings share: windows kW x kH, steps dW and dH, padding, and how a rest is treated.

    Input: planes x height x width or a batch of these.
    """

    padW = padH = 0
    ceil_mode = False

    def _set_windows(self, kW, kH, dW, dH, padW, padH) -> None:
        self.kW, self.kH = kW, kH
        self.dW, self.dH = dW, dH
        self.padW = 0 if padW is None else padW
        self.padH = 0 if padH is None else padH
        self.ceil_mode = False

    def _windows(self) -> tuple:
        return (self.kH, self.kW), (self.dH, self.dW), (self.padH, self.padW)

    def ceil(self) -> Module:
        """Let windows reach over the edge where the steps leave a rest. Returns itself."""
        self.ceil_mode = True
        return self

    def floor(self) -> Module:
        """Leave out the rest (as it is from the start). Returns itself."""
        self.ceil_mode = False
        return self

    def __tostring__(self) -> str:
        text = f"{type(self).__typename__}({self.kW}x{self.kH}, {self.dW},{self.dH}"
        if self.padW != 0 or self.padH != 0:
            text += f", {self.padW},{self.padH}"
        return text + ")"


@register("nn.SpatialMaxPooling")
class SpatialMaxPooling(_Pooling):
    """The largest element of each window; by default the windows lie side by side.

    A nan is passed over, of equal elements the first counts. ``indices`` holds where in its plane each was found,
    counted from 1 row by row.
    """

    indices = None

    def __init__(self, kW, kH, dW=None, dH=None, padW=None, padH=None):
        Module.__init__(self)
        self._set_windows(kW, kH, kW if dW is None else dW, kH if dH is None else dH, padW, padH)
        self.indices = torch.zeros(0, dtype=torch.int64)

    def updateOutput(self, input):
        shape = self._output_shape(input)
        self.iheight, self.iwidth = input.shape[-2:]
        output, indices = self.output, as_indices(self.indices, input)
        if output.shape != shape or indices.shape != shape:
            output.resize_(shape)
            indices.resize_(shape)
        self._pool(input, output, indices)
        total = output.sum().item()
        if total != total and output.isnan().any():  # the kernel lets nan win
            self._pool(input.masked_fill(input.isnan(), -torch.inf), output, indices)
        self.indices = indices
        return output

    def _pool(self, input: Tensor, output: Tensor, indices: Tensor) -> None:
        """The maxima and, from 1, where they are."""
        by_pixel = pixels_together(input)
        if by_pixel is input:
            max_pool2d(input, *self._geometry(), out=(output, indices))
            indices.add_(1)
        else:
            largest, places = max_pool2d(by_pixel, *self._geometry())
            output.copy_(largest)
            torch.add(places, 1, out=indices)

    def updateGradInput(self, input, gradOutput):
        gradInput, places = fit(self.gradInput, input), self.indices - 1
        return max_pool2d_backward(gradOutput, input, *self._geometry(), places, grad_input=gradInput)

    def _output_shape(self, input: Tensor) -> tuple[int, ...]:
        need_dims(input, self.output, 3, 4)
        result = list(input.shape[:-2])
        for size, *window in zip(input.shape[-2:], *self._windows(), self._dilation(), strict=True):
            result.append(self._count(size, *window))
        if min(result[-2:]) < 1:
            raise TorchError(f"Given input size: {sizes(input)}. Calculated output size: {result}, which is too small")
        return tuple(result)

    def _count(self, size: int, kernel: int, step: int, pad: int, dilation: int) -> int:
        """How many windows there are along an axis."""
        room = size + 2 * pad - dilation * (kernel - 1) - 1
        if not self.ceil_mode:
            return room // step + 1
        count = -(-room // step) + 1
        return count - 1 if (count - 1) * step >= size + pad else count  # no window may begin behind the edge

    def _geometry(self) -> tuple:
        return *self._windows(), self._dilation(), self.ceil_mode

    def _dilation(self) -> tuple[int, int]:
        return 1, 1

    def empty(self) -> None:
        """An older name of :meth:`clearState`."""
        self.clearState()

    def clearState(self) -> SpatialMaxPooling:
        utils.clear(self, "indices")
        return Module.clearState(self)


def pixels_together(input: Tensor) -> Tensor:
    """A batch of many planes laid out so that the planes of a pixel lie side by side, with which PyTorch's kernels for
    maxima are several times as fast; else ``input`` itself.
    """
    if input.is_cpu and input.dim() == 4 and input.shape[1] >= _MANY:
        return input.contiguous(memory_format=torch.channels_last)
    return input


def as_indices(known: Tensor | None, input: Tensor) -> Tensor:
    """The tensor object that holds the indices; a new one if a conversion has changed its type."""
    if known is None or known.dtype is not torch.int64 or known.device != input.device:
        return torch.empty(0, dtype=torch.int64, device=input.device)
    return known


@register("nn.SpatialDilatedMaxPooling")
class SpatialDilatedMaxPooling(SpatialMaxPooling):
    """SpatialMaxPooling whose windows see only every dilationW-th column and dilationH-th row (1 unless given)."""

    def __init__(self, kW, kH, dW=None, dH=None, padW=None, padH=None, dilationW=None, dilationH=None):
        SpatialMaxPooling.__init__(self, kW, kH, dW, dH, padW, padH)
        self.dilationW = 1 if dilationW is None else dilationW
        self.dilationH = 1 if dilationH is None else dilationH

    def _dilation(self) -> tuple[int, int]:
        return self.dilationH, self.dilationW

    def __tostring__(self) -> str:
        return f"{SpatialMaxPooling.__tostring__(self)[:-1]}, {self.dilationW},{self.dilationH})"


@register("nn.SpatialAveragePooling")
class SpatialAveragePooling(_Pooling):
    """The mean of each window; by default the windows move by 1.

    ``setCountExcludePad`` leaves the padding out of the mean, ``setCountIncludePad`` takes it in again.
    """

    count_include_pad = True
    divide = None

    def __init__(self, kW, kH, dW=None, dH=None, padW=None, padH=None):
        Module.__init__(self)
        self._set_windows(kW, kH, 1 if dW is None else dW, 1 if dH is None else dH, padW, padH)
        self.count_include_pad = True
        self.divide = True

    def setCountIncludePad(self) -> SpatialAveragePooling:
        self.count_include_pad = True
        return self

    def setCountExcludePad(self) -> SpatialAveragePooling:
        self.count_include_pad = False
        return self

    def updateOutput(self, input):
        need_dims(input, self.output, 3, 4)
        return self._divided(take(self.output, avg_pool2d(input, *self._geometry())))

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        gradInput = fit(self.gradInput, input)
        return self._divided(avg_pool2d_backward(gradOutput, input, *self._geometry(), None, grad_input=gradInput))

    def _geometry(self) -> tuple:
        return *self._windows(), self.ceil_mode, self.count_include_pad

    def _divided(self, result: Tensor) -> Tensor:
        # old files without the field ``divide`` want the sum
        return result if self.divide else result.mul_(self.kW * self.kH)
