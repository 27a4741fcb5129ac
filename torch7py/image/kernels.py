"""image.gaussian, image.gaussian1D, image.laplacian."""

from __future__ import annotations

import numpy
import torch

from torch7py.tensor import construct
from torch7py.tensor.registry import methods
from torch7py.tensor.types import default

from ._check import TYPES, Tensor, named, wrong
from ._values import narrow, widen


def _place(name: str, tensor: Tensor | None, *sizes: float) -> Tensor:
    """The tensor to fill: the one given, or a new one."""
    if tensor is None:
        tensor = construct.new(default.name, *sizes)
    if tensor.dim() != len(sizes) or tensor.numel() == 0:
        raise wrong(name, f"expecting a non-empty {len(sizes)}D tensor")
    if tensor.dtype not in TYPES:
        raise wrong(name, "ByteTensor, FloatTensor or DoubleTensor expected")
    return tensor


@named
def gaussian(
    size=3,
    sigma=0.25,
    amplitude=1,
    normalize=False,
    width=None,
    height=None,
    sigma_horz=None,
    sigma_vert=None,
    mean_horz=0.5,
    mean_vert=0.5,
    tensor=None,
) -> Tensor:
    """A two-dimensional Gaussian, height x width.

    size: width and height, where they are not given.
    sigma, sigma_horz, sigma_vert: standard deviations, as parts of the width and height.
    amplitude: the value in the centre. normalize: divide by the sum.
    mean_horz, mean_vert: the centre, as parts of the width and height.
    tensor: filled and returned, in its own size.
    """
    rows, columns = (size if height is None else height), (size if width is None else width)
    tensor = _place("gaussian", tensor, rows, columns)
    height, width = tensor.shape
    dtype = widen(tensor).dtype
    real = numpy.float64 if dtype is torch.float64 else numpy.float32

    def deviations(count: int, sigma: float, mean: float) -> Tensor:
        centre = float(real(float(real(mean) * real(count)) + 0.5))
        scale = float(real(1.0 / float(real(sigma) * real(count))))
        return (torch.arange(1, count + 1, dtype=dtype) - centre) * scale

    across = deviations(width, sigma if sigma_horz is None else sigma_horz, mean_horz)
    down = deviations(height, sigma if sigma_vert is None else sigma_vert, mean_vert).unsqueeze(1)
    exponent = -0.5 * (across * across + down * down).double()
    tensor.copy_(narrow((float(real(amplitude)) * exponent.exp()).to(dtype), tensor.dtype))
    if normalize:
        # summed up one by one in the type itself, as C does
        total = numpy.add.accumulate(widen(tensor).flatten().cpu().numpy())[-1]
        tensor.copy_(widen(tensor) * float(real(1.0 / float(total))))
    return tensor


@named
def gaussian1D(size=3, sigma=0.25, amplitude=1, normalize=False, mean=0.5, tensor=None) -> Tensor:
    """A Gaussian as a vector; arguments as for :func:`gaussian`."""
    size = size if tensor is None else len(tensor)
    tensor = _place("gaussian1D", tensor, size)
    i = torch.arange(1, tensor.size(0) + 1, dtype=torch.float64)
    tensor.copy_(amplitude * torch.exp(-(((i - (mean * size + 0.5)) / (sigma * size)) ** 2) / 2))
    return _divided(tensor) if normalize else tensor


@named
def laplacian(
    size=3,
    sigma=0.1,
    amplitude=1,
    normalize=False,
    width=None,
    height=None,
    sigma_horz=None,
    sigma_vert=None,
    mean_horz=0.5,
    mean_vert=0.5,
) -> Tensor:
    """A Laplacian of a Gaussian, height x width; arguments as for :func:`gaussian`.

    As in Torch7, width, sigma_horz and mean_horz belong to the rows, and the others to the columns.
    """
    width, height = (size if width is None else width), (size if height is None else height)
    kernel = _place("laplacian", None, height, width)

    def halves(count: int, extent: float, sigma: float, mean: float) -> Tensor:
        i = torch.arange(1, count + 1, dtype=torch.float64)
        return ((i - (mean * extent + 0.5)) / (sigma * extent)) ** 2 / 2

    down = halves(kernel.size(0), width, sigma if sigma_horz is None else sigma_horz, mean_horz).unsqueeze(1)
    across = halves(kernel.size(1), height, sigma if sigma_vert is None else sigma_vert, mean_vert)
    x = down + across
    kernel.copy_((1 - x) * amplitude * torch.exp(-x))
    return _divided(kernel) if normalize else kernel


def _divided(kernel: Tensor) -> Tensor:
    """By its sum."""
    return methods["div"](kernel, methods["sum"](kernel))
