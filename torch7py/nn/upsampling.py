"""Making images and volumes larger: nearest, linear, and by rearranging planes."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from ..table import Table
from ..tensor.arguments import describe
from ..tensor.storage import longs
from ._check import need_dims, need_sizes, need_tensor, sizes
from ._kernels import take
from .module import Module

Tensor = torch.Tensor
_C, _aten = torch._C._nn, torch.ops.aten
# linear interpolation of floats and its gradient, by the number of dimensions of a plane
_KERNELS = {
    2: (_C.upsample_bilinear2d, _aten.upsample_bilinear2d_backward.default),
    3: (_C.upsample_trilinear3d, _aten.upsample_trilinear3d_backward.default),
}


class _UpSampling(Module):
    """What all share: the output is ``scale_factor`` times as large, or has the sizes ``odepth``, ``oheight`` and
    ``owidth``. If ``_linear`` it is interpolated, and corners stay corners; else elements are repeated.
    """

    scale_factor = odepth = oheight = owidth = None
    _allowed = (3, 4)  # numbers of dimensions of the input

    def _set_up(self, params) -> None:
        """Take a scale factor or, for linear interpolation, a Table of sizes."""
        Module.__init__(self)
        if isinstance(params, Table):
            if not self._linear:
                raise TorchError("Nearest neighbour upsampling requires a scale_factor")
            self._set(odepth=params["odepth"], oheight=params["oheight"], owidth=params["owidth"])
            if self.owidth is None or self.oheight is None:
                raise TorchError("Output height and width parameters are required")
        elif isinstance(params, bool) or not isinstance(params, (int, float)):
            raise TorchError(f"scale_factor must be a number, got {describe(params)}")
        elif params < 1:
            raise TorchError("scale_factor must be greater than 1")
        elif params % 1:
            raise TorchError("scale_factor must be integer")
        else:
            self.scale_factor = int(params)
        self.inputSize, self.outputSize = longs([0] * max(self._allowed)), longs([0] * max(self._allowed))

    def updateOutput(self, input):
        planes = self._output_planes(input)
        if self._linear:
            output = _stretched(input, planes)
        else:
            output = _repeated(input, len(planes), self.scale_factor)
        self.inputSize, self.outputSize = longs(input.shape), longs(output.shape)
        return take(self.output, output)

    def updateGradInput(self, input, gradOutput):
        planes = self._output_planes(input)
        need_tensor(gradOutput, input, "gradOutput")
        need_sizes(gradOutput, (*input.shape[: -len(planes)], *planes))
        if self._linear:
            gradient = _shrunk(gradOutput, input.shape[-len(planes) :])
        else:
            gradient = _collected(gradOutput, len(planes), self.scale_factor)
        return take(self.gradInput, gradient)

    def _output_planes(self, input: Tensor) -> list[int]:
        """The sizes of the output's planes."""
        need_dims(input, self.output, *self._allowed)
        inner = input.shape[-self._dims(input) :]
        if self.scale_factor is not None:
            return [size * self.scale_factor for size in inner]
        planes = [self.odepth, self.oheight, self.owidth][-len(inner) :]
        if planes[0] is None:
            raise TorchError("No output depth dimension was supplied for volumetric upsampling")
        return planes

    def _dims(self, input: Tensor) -> int:
        """The number of dimensions of a plane."""
        return 2


@register("nn.SpatialUpSamplingNearest")
class SpatialUpSamplingNearest(_UpSampling):
    """Each element of an image ``scale`` times along height and width. Input: planes x height x width or a batch."""

    _linear = False

    def __init__(self, scale: int):
        self._set_up(scale)


@register("nn.SpatialUpSamplingBilinear")
class SpatialUpSamplingBilinear(_UpSampling):
    """An image interpolated linearly. Input: planes x height x width or a batch.

    ``params`` is the scale factor, or a Table with fields ``owidth`` and ``oheight``.
    """

    _linear = True

    def __init__(self, params):
        self._set_up(params)

    def __tostring__(self) -> str:
        shown = f"{self.oheight}, {self.owidth}" if self.scale_factor is None else self.scale_factor
        return f"{type(self).__typename__}({shown})"


@register("nn.UpSampling")
class UpSampling(_UpSampling):
    """A batch of images or of volumes made larger. Input: batch x planes x [depth x] height x width.

    ``params`` is the scale factor or, for mode ``linear`` (also ``bilinear``, ``trilinear``), a Table with fields
    ``owidth``, ``oheight`` and, for volumes, ``odepth``. Any other ``mode``, or none, repeats elements.
    """

    _allowed = (4, 5)

    def __init__(self, params, mode: str | None = None):
        self.mode = "linear" if mode in ("linear", "bilinear", "trilinear") else "nearest"
        self._set_up(params)

    @property
    def _linear(self) -> bool:
        return self.mode == "linear"

    def _dims(self, input: Tensor) -> int:
        return input.dim() - 2

    def __tostring__(self) -> str:
        if self.scale_factor is not None:
            shown = f"{self.scale_factor}x"
        else:
            shown = "x".join(str(size) for size in (self.odepth, self.oheight, self.owidth) if size is not None)
        return f"{type(self).__typename__}({shown}, {self.mode})"


@register("nn.PixelShuffle")
class PixelShuffle(Module):
    """Planes become pixels: of every r * r planes (r is ``upscaleFactor``) it makes one that is r times as wide and as
    high. Shi et al., arXiv:1609.05158.

    Input: planes x height x width or a batch.
    """

    def __init__(self, upscaleFactor: int):
        Module.__init__(self)
        self.upscaleFactor = upscaleFactor
        self.upscaleFactorSquared = upscaleFactor * upscaleFactor

    def updateOutput(self, input):
        need_dims(input, self.output, 3, 4)
        if input.shape[-3] % self.upscaleFactorSquared:
            raise TorchError(f"a multiple of {self.upscaleFactorSquared} planes expected, got {sizes(input)}")
        return take(self.output, torch.pixel_shuffle(input, self.upscaleFactor))

    def updateGradInput(self, input, gradOutput):
        need_sizes(gradOutput, self.output.shape)
        return take(self.gradInput, torch.pixel_unshuffle(gradOutput, self.upscaleFactor))


def _repeated(input: Tensor, dims: int, times: int) -> Tensor:
    """Each element ``times`` times along each of the last ``dims`` dimensions."""
    for axis in range(-dims, 0):
        input = input.repeat_interleave(times, axis)
    return input


def _collected(gradient: Tensor, dims: int, times: int) -> Tensor:
    """The gradient of :func:`_repeated`: the sum of what became of each element."""
    sums = _C.avg_pool2d if dims == 2 else _C.avg_pool3d
    return sums(gradient, (times,), (times,), divisor_override=1)


def _stretched(input: Tensor, planes: list[int]) -> Tensor:
    """The input's last dimensions interpolated to these sizes."""
    outer, inner = input.shape[: -len(planes)], input.shape[-len(planes) :]
    if input.dtype is torch.float32:
        kernel, _ = _KERNELS[len(planes)]
        return kernel(input.reshape(1, -1, *inner), planes, True).view(*outer, *planes)
    for axis, (size, result) in enumerate(zip(inner, planes, strict=True), len(outer)):
        input = _along(axis, _interpolation(size, result, input), input)
    return input


def _shrunk(gradient: Tensor, inner: list[int]) -> Tensor:
    """The gradient of :func:`_stretched` by an input of these last sizes."""
    outer, planes = gradient.shape[: -len(inner)], gradient.shape[-len(inner) :]
    if gradient.dtype is torch.float32:
        _, kernel = _KERNELS[len(planes)]
        batch = gradient.reshape(1, -1, *planes)
        return kernel(batch, planes, (*batch.shape[:2], *inner), True).view(*outer, *inner)
    for axis, (size, result) in enumerate(zip(inner, planes, strict=True), len(outer)):
        gradient = _along(axis, _interpolation(size, result, gradient).t(), gradient)
    return gradient


def _along(axis: int, matrix: Tensor, tensor: Tensor) -> Tensor:
    """``matrix`` times each vector along that axis."""
    return torch.matmul(tensor.transpose(axis, -1), matrix.t()).transpose(axis, -1)


def _interpolation(size: int, result: int, like: Tensor) -> Tensor:
    """The matrix that makes ``result`` elements out of ``size``. Torch7 works out in floats where they lie, for doubles
    too; PyTorch's kernels do not.
    """
    step = torch.tensor(size - 1, dtype=torch.float32) / max(result - 1, 1)
    places = torch.arange(result, dtype=torch.float32) * (step if result > 1 else 0)
    below = places.long()
    share = (places - below).to(like)  # of the element above
    matrix, rows = like.new_zeros(result, size), torch.arange(result)
    matrix[rows, below] = 1 - share
    matrix[rows, (below + 1).clamp_(max=size - 1)] += share
    return matrix
