"""image.minmax, image.toDisplayTensor, image.display."""

from __future__ import annotations

import builtins
import itertools
import math

import torch

from torch7py.classes import TorchObject, register
from torch7py.errors import TorchError
from torch7py.showing import show
from torch7py.table import Table
from torch7py.tensor.registry import methods
from torch7py.tensor.types import default

from ._check import Tensor, named, size_text, wrong
from .files import compressPNG
from .scaling import scale


def _copy_of(tensor: Tensor) -> Tensor:
    """In the default type."""
    return torch.empty(tensor.shape, dtype=default.dtype, device=default.device).copy_(tensor)


@named
def minmax(tensor, min=None, max=None, symm=False, inplace=False, saturate=False, tensorOut=None) -> Tensor:
    """Values stretched from min..max to 0..1.

    min, max: by default the smallest and largest value. symm: -m..m, m being the largest absolute value.
    inplace: change the tensor itself. saturate: cut off what lies beyond a given min or max.
    tensorOut: where to put the result, else a new tensor of the default type.
    """
    if tensorOut is not None:
        out = methods["copy"](methods["resizeAs"](tensorOut, tensor), tensor)
    else:
        out = tensor if inplace else _copy_of(tensor)
    saturate = saturate and not (min is None and max is None)
    reach = 0
    if min is None:
        lowest = methods["min"](out)
        if symm:
            reach = builtins.max(abs(lowest), abs(methods["max"](out)))
        min = -reach if symm else lowest
    if min != 0:
        methods["add"](out, -min)
    if max is None:
        extent = reach * 2 if symm else methods["max"](out)
    else:
        extent = max - min
    if extent != 0:
        methods["div"](out, extent)
    if saturate and out.is_floating_point():
        out.clamp_(0, 1)
    return out


@named
def toDisplayTensor(
    input, padding=0, nrow=6, scaleeach=False, min=None, max=None, symmetric=False, saturate=True
) -> Tensor:
    """One image, stretched to 0..1, or all in a grid.

    input: HxW, 1xHxW or 3xHxW (one image), NxHxW, Nx1xHxW or Nx3xHxW, or a list of images of one size.
    padding: pixels between images. nrow: images in a row.
    scaleeach: stretch each image by itself. min, max, symmetric, saturate: as for :func:`minmax`.
    """

    def stretch(image: Tensor) -> Tensor:
        return minmax(image, min, max, symmetric, True, saturate)

    packed = _pack(input)
    dim = packed.dim()
    if dim == 2 or dim == 3 and packed.size(0) in (1, 3):
        return stretch(packed)
    if dim not in (3, 4) or dim == 4 and packed.size(1) not in (1, 3):
        raise wrong(
            "toDisplayTensor",
            f"packed must be a HxW or KxHxW or Kx3xHxW tensor, or a list of tensors; got {size_text(packed)}",
        )
    if scaleeach:
        for image in packed:
            stretch(image)
    count, (height, width) = len(packed), packed.shape[-2:]
    columns = builtins.min(int(nrow), count)
    rows = math.ceil(count / columns)
    height, width = height + padding, width + padding
    grid = packed.new_empty(*packed.shape[1:-2], height * rows, width * columns).fill_(packed.max())
    for image, (row, column) in zip(packed, itertools.product(range(rows), range(columns))):
        y, x = math.floor(row * height + padding / 2), math.floor(column * width + padding / 2)
        grid.narrow(-2, y, image.size(-2)).narrow(-1, x, image.size(-1)).copy_(image)
    return grid if scaleeach else stretch(grid)


def _pack(input) -> Tensor:
    """Images in one tensor of the default type, a copy."""
    if isinstance(input, Tensor):
        return _copy_of(input)
    if not isinstance(input, (Table, list, tuple)) or len(input) == 0:
        raise wrong("toDisplayTensor", "tensor or list of tensors expected")
    images = [image.unsqueeze(0) if image.dim() == 2 else image for image in input]
    first = images[0].shape
    if any(image.shape != first for image in images):
        sizes = ", ".join(sorted({size_text(image) for image in images}))
        raise wrong("toDisplayTensor", f"the images of a list must have one size, not {sizes}")
    return torch.stack([image.to(default.dtype) for image in images])


_numbers = itertools.count(1)


@register("image.Window")
class Window(TorchObject):
    """What :func:`display` returns, and takes as ``win`` to show the next image in the same place."""

    def __init__(self, legend: str):
        self.legend = legend
        self.path = f"display-{next(_numbers)}.png"


@named
def display(
    image,
    zoom=1,
    min=None,
    max=None,
    legend="image.display",
    win=None,
    x=0,
    y=0,
    scaleeach=False,
    gui=True,
    offscreen=False,
    padding=0,
    symmetric=False,
    nrow=6,
    saturate=True,
) -> Window:
    """Show an image, or many in a grid: in a notebook under the cell, else in a file ``display-N.png``.

    image, min, max, scaleeach, padding, symmetric, nrow, saturate: as for :func:`toDisplayTensor`.
    zoom: how many times larger. legend: a title.
    win: what an earlier call returned; the image takes that one's place.
    x, y, gui, offscreen: had a meaning for windows on a screen only.
    """
    grid = toDisplayTensor(image, padding, nrow, scaleeach, min, max, symmetric, saturate)
    if zoom != 1:
        grid = scale(grid, grid.size(-1) * zoom, grid.size(-2) * zoom, "simple")
    window = win if isinstance(win, Window) else Window(legend)
    show(bytes(compressPNG(grid).tolist()), window.path, window.legend)
    return window


def window(*hooks) -> None:
    """Opened a Qt window, which there is not: raises."""
    raise TorchError("image.window needs Qt, which there is not; image.display shows images in files and notebooks")
