"""Convolution, local contrast normalisation, morphology, pyramids."""

from __future__ import annotations

import torch

from torch7py.table import Table
from torch7py.tensor.operands import resize
from torch7py.tensor.registry import functions, methods

from ._check import Tensor, check_image, incorrect, operands, size_text, wrong
from .cropping import hflip, vflip
from .kernels import gaussian
from .scaling import scale


def convolve(*args) -> Tensor:
    """``convolve([dst,] src, kernel [, mode])``: an image with a kernel, which is turned by half a turn.

    src: HxW or CxHxW. kernel: hxw, or Cxhxw with a kernel for each plane.
    mode: 'valid' (the default: where the kernel lies within the image), 'full' (wherever they overlap) or 'same' (the
        middle part of that, of src's size; it is a view of dst).
    """
    forms = "[dst,] src, kernel [, mode]"
    dst, src, kernel, rest = operands("convolve", forms, args, 2)
    if len(rest) > 1:
        raise incorrect("convolve", forms, args)
    mode = rest[0] if rest else "valid"
    if mode not in ("valid", "full", "same"):
        raise wrong("convolve", f"mode has to be one of: full | valid | same, not {mode!r}")
    if kernel.dim() == 2 and src.dim() == 3:
        kernel = kernel.to(src.dtype).expand(src.size(0), *kernel.shape)
    dst = functions["conv2"](*(() if dst is None else (dst,)), src, kernel, "V" if mode == "valid" else "F")
    if mode == "same":
        rows, columns = ((size + 1) // 2 - 1 for size in kernel.shape[-2:])
        dst = dst.narrow(-2, rows, src.size(-2)).narrow(-1, columns, src.size(-1))
    return dst


def lcn(im: Tensor, kernel: Tensor | None = None) -> Tensor:
    """Local contrast normalisation of a grey image: (x - local mean) / max(local standard deviation, 1).

    im: HxW or 1xHxW. kernel: the weights of a neighbourhood; a 9x9 Gaussian by default.

    Returns a DoubleTensor of the part of the image where the kernel lies within it.
    """
    check_image("lcn", im, 2, 3)
    if im.dim() == 3:
        if im.size(0) != 1:
            raise wrong("lcn", f"grayscale image expected, got {size_text(im)}")
        im = im[0]
    if kernel is None:
        kernel = gaussian(size=9, sigma=1.591 / 9, normalize=True)
    conv2 = functions["conv2"]
    im = im.double()
    im = (im - im.mean()) / im.std()
    mean = conv2(im, kernel)
    variance = conv2(im * im, kernel) - mean * mean
    deviation = variance.clamp_(min=0).sqrt_().clamp_(min=1)
    row, column = (size // 2 for size in kernel.shape)
    height, width = mean.shape
    return (im[row : row + height, column : column + width] - mean) / deviation


def erode(im: Tensor, kernel: Tensor | None = None, pad: float = 1) -> Tensor:
    """Morphological erosion of a binary image HxW: 1 where the kernel, centred there, meets only 1s.

    kernel: of 0s and 1s, odd sizes; 3x3 ones by default. pad: the value beyond the border.
    """
    return _morph("erode", im, kernel, 1 if pad is None else pad, lambda met, kernel: met == methods["sum"](kernel))


def dilate(im: Tensor, kernel: Tensor | None = None, pad: float = 0) -> Tensor:
    """Morphological dilation of a binary image HxW: 1 where the kernel, centred there, meets any 1.

    kernel, pad: as for :func:`erode`.
    """
    if kernel is not None:
        kernel = hflip(vflip(kernel))
    return _morph("dilate", im, kernel, 0 if pad is None else pad, lambda met, kernel: met > 0)


def _morph(name: str, im: Tensor, kernel: Tensor | None, pad: float, decide) -> Tensor:
    check_image(name, im, 2)
    if kernel is None:
        kernel = im.new_ones(3, 3)
    if kernel.dim() != 2 or any(size % 2 == 0 for size in kernel.shape):
        raise wrong(name, f"kernel of odd sizes expected, got {size_text(kernel)}")
    rows, columns = (size // 2 for size in kernel.shape)
    padded = torch.nn.functional.pad(im, (columns, columns, rows, rows), value=pad)
    return decide(functions["conv2"](padded, kernel), kernel).to(im.dtype)


def gaussianpyramid(*args) -> Table:
    """``gaussianpyramid([dst,] src, scales)``: a table of an image's smoothed copies at these scales.

    src: HxW or CxHxW. scales: a list of numbers. dst: a table, whose tensors are used.
    """
    args = [arg for arg in args if arg is not None]
    if len(args) == 2:
        args.insert(0, Table())
    if len(args) != 3 or not isinstance(args[1], Tensor):
        raise incorrect("gaussianpyramid", "[dst,] src, scales", args)
    dst, src, scales = args
    check_image("gaussianpyramid", src, 2, 3)
    kernel = gaussian(width=3, normalize=True).to(src.dtype)
    smooth = src
    for i, factor in enumerate(scales, 1):
        if dst[i] is None:
            dst[i] = src.new_empty(0)
        size = [int(size * factor) for size in src.shape[-2:]]
        if min(size) < 1:
            raise wrong("gaussianpyramid", f"nothing is left of a {size_text(src)} image at scale {factor}")
        level = resize(dst[i], (*src.shape[:-2], *size))
        if factor == 1:
            level.copy_(smooth)
        else:
            scale(level, smooth, "simple")
        smooth = convolve(level, kernel, "same")
    return dst
