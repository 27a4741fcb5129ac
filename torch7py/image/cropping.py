"""Parts and mirror images: image.crop, image.translate, image.hflip, image.vflip, image.flip."""

from __future__ import annotations

import torch

from torch7py.tensor.arguments import integer
from torch7py.tensor.operands import resize

from ._check import Tensor, check_destination, check_image, incorrect, numbers, operands, same_type, size_text, wrong
from .scaling import scale

_CROP = "[dst,] src, x1, y1, x2, y2 | dst, src, x, y | [dst,] src, format, width, height"


def crop(*args) -> Tensor | None:
    """``crop([dst,] src, x1, y1, x2, y2)``, ``crop(dst, src, x, y)`` or ``crop([dst,] src, format, width, height)``.

    x1, y1: the first column and row, from 0; x2, y2: the first ones beyond.
    x, y: the place of the part of dst's size; nothing is returned.
    format: where the part lies: 'c' in the centre, 'tl', 'tr', 'bl' or 'br' in a corner.

    A dst of another size than the part gets it scaled. The result does not share memory with src.
    """
    dst, src, rest = operands("crop", _CROP, args)
    check_image("crop", src, 2, 3)
    height, width = src.shape[-2:]
    if len(rest) == 3 and isinstance(rest[0], str):
        corner, (w, h) = rest[0], numbers("crop", _CROP, rest[1:], args)
        starts = {
            "c": ((width - w) // 2, (height - h) // 2),
            "tl": (0, 0),
            "tr": (width - w, 0),
            "bl": (0, height - h),
            "br": (width - w, height - h),
        }
        if corner not in starts:
            raise wrong("crop", f'format must be "c"|"tl"|"tr"|"bl"|"br", not {corner!r}')
        x, y = starts[corner]
        rest = [x, y, x + w, y + h]
    box = numbers("crop", _CROP, rest, args)
    if len(box) == 2 and dst is not None:
        check_destination("crop", dst, src)
        dst.copy_(_part(src, int(box[0]), int(box[1]), dst.size(-1), dst.size(-2)))
        return None
    if len(box) != 4:
        raise incorrect("crop", _CROP, args)
    x1, y1, x2, y2 = box
    part = _part(src, int(x1), int(y1), int(x2 - x1), int(y2 - y1))
    return part if dst is None else scale(dst, part)


def _part(src: Tensor, x: int, y: int, width: int, height: int) -> Tensor:
    """A copy of that part of an image; through floats."""
    if x < 0 or y < 0 or width <= 0 or height <= 0 or x + width > src.size(-1) or y + height > src.size(-2):
        raise wrong("crop", f"crop goes outside bounds of src: {width}x{height} at ({x}, {y}) of {size_text(src)}")
    part = src[..., y : y + height, x : x + width].clone(memory_format=torch.contiguous_format)
    return part.copy_(part.float()) if src.dtype is torch.float64 else part


def translate(*args) -> Tensor:
    """``translate([dst,] src, x, y)``: shift an image to the right and down by whole pixels; what is bared is 0."""
    forms = "[dst,] src, x, y"
    dst, src, rest = operands("translate", forms, args)
    if len(rest) != 2:
        raise incorrect("translate", forms, args)
    x, y = integer(rest[0], 3, "translate"), integer(rest[1], 4, "translate")
    check_image("translate", src, 2, 3)
    height, width = src.shape[-2:]
    dst = src.new_empty(0) if dst is None else dst
    same_type("translate", "destination", dst, src)
    seen = src[..., max(-y, 0) : max(height - y, 0), max(-x, 0) : max(width - x, 0)]
    if dst is src:
        seen = seen.clone()
    resize(dst, src.shape).zero_()
    dst[..., max(y, 0) : max(height + y, 0), max(x, 0) : max(width + x, 0)].copy_(seen)
    return dst


def hflip(*args) -> Tensor:
    """``hflip([dst,] src)``: left and right exchanged. dst may be src."""
    return _mirror("hflip", -1, args)


def vflip(*args) -> Tensor:
    """``vflip([dst,] src)``: upside down. dst may be src."""
    return _mirror("vflip", -2, args)


def _mirror(name: str, dim: int, args: tuple) -> Tensor:
    dst, src, rest = operands(name, "[dst,] src", args)
    if rest:
        raise incorrect(name, "[dst,] src", args)
    check_image(name, src, 2, 3)
    if src.dim() == 2 and not src.is_contiguous():
        raise wrong(name, "2D input tensor is not contiguous")
    return _flipped(name, dst, src, dim)


def flip(*args) -> Tensor:
    """``flip([dst,] src, dim)``: the order along dimension ``dim`` (from 1) reversed. src has up to 5 dimensions."""
    dst, src, rest = operands("flip", "[dst,] src, dim", args)
    if len(rest) != 1:
        raise incorrect("flip", "[dst,] src, dim", args)
    dim = integer(rest[0], 3, "flip")
    check_image("flip", src, 1, 2, 3, 4, 5)
    if not 1 <= dim <= src.dim():
        raise wrong("flip", f"Bad flip dimension {dim} for {size_text(src)}")
    if not src.is_contiguous():
        raise wrong("flip", "input tensor is not contiguous")
    if dst is not None and dst.data_ptr() == src.data_ptr():
        raise wrong("flip", "in-place flip not supported")
    return _flipped("flip", dst, src, dim - 1)


def _flipped(name: str, dst: Tensor | None, src: Tensor, dim: int) -> Tensor:
    values = src.flip(dim)
    if dst is None:
        return values.contiguous()
    same_type(name, "destination", dst, src)
    resize(dst, src.shape)
    if not dst.is_contiguous():
        raise wrong(name, "destination tensor is not contiguous")
    return dst.copy_(values)
