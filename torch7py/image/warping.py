"""Images resampled along a field of displacements: image.warp, image.affinetransform."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F

from torch7py.tensor import construct
from torch7py.tensor.arguments import element
from torch7py.tensor.operands import resize
from torch7py.tensor.registry import functions
from torch7py.tensor.types import default

from ._check import Tensor, check_image, incorrect, number, operands, same_type, size_text, wrong
from ._values import in_strips, narrow, pick, planes, widen
from .scaling import cubic

_WARP = "[dst,] src, field [, mode [, offset [, clamp [, pad]]]]"
_AFFINE = "[dst,] src, matrix [, mode [, translation [, clamp [, pad]]]]"


def warp(*args) -> Tensor:
    """``warp([dst,] src, field [, mode [, offset [, clamp [, pad]]]])``: each pixel from where the field points.

    src: CxHxW or HxW. field: 2xH'xW', rows (y) first, of the type of src.
    mode: 'bilinear' (the default), 'bicubic', 'lanczos' or 'simple' (the nearest pixel).
    offset: True (the default) if the field is relative to each pixel, False if it holds places in src, from 0.
    clamp: 'clamp' (the default: outside the image its border continues) or 'pad'.
    pad: with 'pad', the value outside (0).

    Bicubic neighbours outside the image count as the pad value, with 'clamp' as 0.
    """
    dst, src, field, rest = operands("warp", _WARP, args, 2)
    if len(rest) > 4:
        raise incorrect("warp", _WARP, args)
    mode, offset, clamp, pad = _options("warp", rest, True)
    return _warp("warp", dst, src, field, mode, offset, clamp, pad)


def affinetransform(*args) -> Tensor:
    """``affinetransform([dst,] src, matrix [, mode [, translation [, clamp [, pad]]]])``: around the centre.

    matrix: 2x2, on (y, x). translation: (y, x), done before; a tensor or a table. The rest as for :func:`warp`.

    The field is computed in the default type, which must be that of src.
    """
    dst, src, matrix, rest = operands("affinetransform", _AFFINE, args, 2)
    if len(rest) > 4:
        raise incorrect("affinetransform", _AFFINE, args)
    mode, translation, clamp, pad = _options("affinetransform", rest, None)
    check_image("affinetransform", src, 2, 3)
    if matrix.shape != (2, 2):
        raise wrong("affinetransform", f"2x2 matrix expected, got {size_text(matrix)}")
    down, right = (0, 0) if translation is None else _pair(translation)
    height, width = src.shape[-2:]
    y = functions["linspace"](-1, 1, height).unsqueeze(1).expand(height, width) * ((height - 1) / 2) * -1
    x = functions["linspace"](-1, 1, width).expand(height, width) * ((width - 1) / 2) * -1
    grid = torch.stack((y, x))
    field = grid - torch.mm(matrix.to(grid), grid.view(2, -1)).view_as(grid)
    field[0] -= down
    field[1] -= right
    return _warp("affinetransform", dst, src, field, mode, True, clamp, pad)


def _pair(translation) -> list[float]:
    values = translation if isinstance(translation, Tensor) else construct.new(default.name, translation)
    if values.numel() < 2:
        raise wrong("affinetransform", "translation of two numbers expected")
    return values.flatten()[:2].tolist()


def _options(name: str, rest: list, second) -> tuple:
    """Mode, the second option, clamp and pad."""
    defaults = ("bilinear", second, "clamp", 0)
    given = [*rest, *[None] * (4 - len(rest))]
    mode, second, clamp, pad = (fallback if value is None else value for value, fallback in zip(given, defaults))
    if mode not in _MODES:
        raise wrong(name, f"Incorrect arguments (mode is not lanczos | bicubic | bilinear | simple)! got {mode!r}")
    if clamp not in ("clamp", "pad"):
        raise wrong(name, f"Incorrect arguments (clamp_mode is not clamp | pad)! got {clamp!r}")
    if len(rest) == 4 and clamp != "pad":
        raise wrong(name, 'pad_value can only be specified if clamp_mode = "pad"')
    if number(pad) is None:
        raise wrong(name, f"the pad value must be a number, not {pad!r}")
    return mode, second, clamp, number(pad)


def _warp(name: str, dst: Tensor | None, src: Tensor, field: Tensor, mode: str, offset, clamp: str, pad) -> Tensor:
    check_image(name, src, 2, 3)
    same_type(name, "field", field, src)
    if field.dim() != 3 or field.size(0) != 2:
        raise wrong(name, f"field of size 2xHxW expected, got {size_text(field)}")
    picture = planes(src)
    height, width = picture.shape[-2:]
    dst = src.new_empty(0) if dst is None else dst
    same_type(name, "destination", dst, src)

    y, x = field.float()
    if offset:
        y = y + torch.arange(y.size(0), dtype=torch.float32, device=src.device).unsqueeze(1)
        x = x + torch.arange(x.size(1), dtype=torch.float32, device=src.device)
    pad = element(pad, src.dtype)
    outside = (y < 0) | (y > height - 1) | (x < 0) | (x > width - 1)
    y = torch.where(y > 0, y, 0).clamp_(max=height - 1)
    x = torch.where(x > 0, x, 0).clamp_(max=width - 1)
    values = _MODES[mode](picture, x, y, pad)
    if clamp == "pad":
        values.masked_fill_(outside, pad)
    resize(dst, (picture.size(0), *field.shape[1:])).copy_(values)
    return dst[0] if src.dim() == 2 else dst


def _simple(src: Tensor, x: Tensor, y: Tensor, pad) -> Tensor:
    index = (y.double() + 0.5).long() * src.size(-1) + (x.double() + 0.5).long()
    return pick(src.flatten(1), index)


class _Neighbours:
    """The pixels around places in an image.

    before, after: how many on either side will be asked for. pad: the value outside the image; None for the border's.
    """

    def __init__(self, src: Tensor, before: int, after: int, pad=None):
        mode, value = ("replicate", None) if pad is None else ("constant", pad)
        padded = F.pad(widen(src), (before, after, before, after), mode, value)
        self._width = padded.size(-1)
        # so that all neighbours of a place are as far from it
        self._flat = F.pad(padded.flatten(1), (0, (before + after) * (self._width + 1)))
        self._length = padded[0].numel()
        self._before = before

    def at(self, column: Tensor, row: Tensor) -> Callable[[int, int], Tensor]:
        """For places in the image: a function of two distances, down and across, that returns pixels."""
        index = row * self._width + column

        def take(i: int, j: int) -> Tensor:
            start = (self._before + i) * self._width + self._before + j
            return pick(self._flat[:, start : start + self._length], index)

        return take


def _bilinear(src: Tensor, x: Tensor, y: Tensor, pad) -> Tensor:
    neighbours = _Neighbours(src, 0, 1)

    def sample(x: Tensor, y: Tensor) -> Tensor:
        left, top = x.floor(), y.floor()
        right, bottom = left + 1, top + 1
        take = neighbours.at(left.long(), top.long())
        value = take(0, 0) * ((right - x) * (bottom - y))
        value += take(0, 1) * ((x - left) * (bottom - y))
        value += take(1, 0) * ((right - x) * (y - top))
        value += take(1, 1) * ((x - left) * (y - top))
        return narrow(value, src.dtype)

    return in_strips(sample, x, y)


def _bicubic(src: Tensor, x: Tensor, y: Tensor, pad) -> Tensor:
    neighbours = _Neighbours(src, 1, 2, pad)
    dtype = widen(src).dtype

    def sample(x: Tensor, y: Tensor) -> Tensor:
        column, row = x.floor(), y.floor()
        take = neighbours.at(column.long(), row.long())
        across, down = (x - column).to(dtype), (y - row).to(dtype)
        rows = [cubic(*[take(i, j) for j in range(-1, 3)], across) for i in range(-1, 3)]
        return narrow(cubic(*rows, down), src.dtype)

    return in_strips(sample, x, y)


_RADIUS = 3  # of the Lanczos kernel


def _lanczos(src: Tensor, x: Tensor, y: Tensor, pad) -> Tensor:
    neighbours = _Neighbours(src, _RADIUS - 1, _RADIUS)
    offsets = range(1 - _RADIUS, _RADIUS + 1)

    def sample(x: Tensor, y: Tensor) -> Tensor:
        column, row = x.floor(), y.floor()
        take = neighbours.at(column.long(), row.long())
        across = [_lanczos_weight(x - (column + i)) for i in offsets]
        down = [_lanczos_weight(y - (row + i)) for i in offsets]
        total, value = torch.zeros_like(x), 0
        for i, wx in zip(offsets, across):
            for j, wy in zip(offsets, down):
                weight = wx * wy
                total += weight
                value = take(j, i).mul_(weight).add_(value)
        return narrow(value / total, src.dtype)

    return in_strips(sample, x, y)


def _lanczos_weight(distance: Tensor) -> Tensor:
    """The kernel, in floats: sinc(d) sinc(d / radius)."""
    d = distance.abs()
    pi = torch.tensor(math.pi, dtype=torch.float32)
    above = _RADIUS * (pi * d).double().sin() * (pi * d / _RADIUS).double().sin()
    below = torch.tensor(math.pi**2, dtype=torch.float32) * d * d
    weight = (above / below.double()).float()
    return weight.masked_fill_(d > _RADIUS, 0).masked_fill_(d < 1e-6, 1)


_MODES = {"simple": _simple, "bilinear": _bilinear, "bicubic": _bicubic, "lanczos": _lanczos}
