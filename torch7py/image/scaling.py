"""image.scale."""

from __future__ import annotations

import functools
import re

import numpy
import torch

from torch7py.console import tonumber
from torch7py.tensor import construct

from ._check import Tensor, check_destination, check_image, incorrect, number, numbers, operands, wrong
from ._values import narrow, widen

_FORMS = "src, width, height [, mode] | src, size [, mode] | dst, src [, mode]"


def scale(*args) -> Tensor:
    """``scale(src, width, height [, mode])``, ``scale(src, size [, mode])`` or ``scale(dst, src [, mode])``.

    src: HxW or CxHxW, bytes, floats or doubles.
    size: how large: a number or '64' (of the longer side), '^64' (of the shorter), '320x240' (width and height), '*2'
        or '*1/2' (times that).
    mode: 'bilinear' (the default; when it shrinks an image, the mean over each new pixel's area), 'bicubic' or
        'simple' (the nearest pixel above and to the left).

    Fractions of a size are cut off. Rows are scaled first, then columns; bytes are rounded in between.
    """
    dst, src, rest = operands("scale", _FORMS, args)
    check_image("scale", src, 2, 3)
    if dst is None:
        named = len(rest) == 3 or len(rest) == 2 and number(rest[1]) is None
        *size, mode = rest if named else (*rest, None)
        if len(size) == 1:
            width, height = _size(size[0], src.size(-1), src.size(-2))
        elif len(size) == 2:
            width, height = numbers("scale", _FORMS, size, args)
        else:
            raise incorrect("scale", _FORMS, args)
        dst = construct.like(src, *src.shape[:-2], max(int(height), 1), max(int(width), 1))
    elif len(rest) > 1:
        raise incorrect("scale", _FORMS, args)
    else:
        check_destination("scale", dst, src)
        mode = rest[0] if rest else None
    resample = _MODES.get(mode or "bilinear")
    if resample is None:
        raise wrong("scale", f"mode must be one of: simple | bicubic | bilinear, not {mode!r}")
    height, width = dst.shape[-2:]
    values = resample(resample(src, width, -1), height, -2)
    if resample is _simple:
        values = values.float()  # as Torch7 did, even with doubles
    return dst.copy_(values)


def _size(size, width: int, height: int) -> tuple[float, float]:
    """Width and height from what the user wrote."""
    text = str(size)
    most = tonumber(size) if isinstance(size, str) else size
    if most is not None:
        factor, divisor = most, max(width, height)
    elif match := re.search(r"(\d+)x(\d+)", text):
        return float(match[1]), float(match[2])
    elif match := re.search(r"\^(\d+)", text):
        factor, divisor = float(match[1]), min(width, height)
    elif match := re.search(r"\*(\d+)/(\d+)", text):
        factor, divisor = float(match[1]), float(match[2])
    else:
        match = re.search(r"\*(.+)", text)
        factor, divisor = match and tonumber(match[1]), 1
    if factor is None or divisor == 0:
        raise wrong("scale", f"could not find valid dest size in {text!r}")
    return width * factor / divisor, height * factor / divisor


# One dimension of an image ------------------------------------------------------------------------------------------


def _take(x: Tensor, index: Tensor, dim: int) -> Tensor:
    """Rows (``dim`` -2) or columns (-1)."""
    if dim == -2:
        return x.index_select(dim, index)
    return x.gather(dim, index.expand(*x.shape[:-1], -1))


def _along(values: Tensor, dim: int) -> Tensor:
    """Weights along a dimension, in a shape that meets an image's."""
    return values if dim == -1 else values.unsqueeze(1)


@functools.lru_cache(64)
def _steps(old: int, new: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Where ``new`` points from the first of ``old`` pixels to the last lie: the pixel before each, and how far beyond.

    Of the last point only that it lies in the image.
    """
    step = float(numpy.float32(old - 1) / numpy.float32(max(new - 1, 1)))
    position = torch.arange(new, dtype=torch.float32, device=device) * step
    first = position.long().clamp_(max=old - 2)
    return first, position - first


def _bilinear(x: Tensor, length: int, dim: int) -> Tensor:
    old = x.size(dim)
    if length == old:
        return x
    if length < old:
        return _mean(x, length, dim)
    if old == 1:
        return _simple(x, length, dim)
    first, weight = _steps(old, length, x.device)
    values = widen(x)
    before, after = _take(values, first, dim), _take(values, first + 1, dim)
    before *= _along(1 - weight, dim)
    after *= _along(weight, dim)
    return _with_last(narrow(before.add_(after), x.dtype), x, dim)


def _with_last(values: Tensor, x: Tensor, dim: int) -> Tensor:
    """The last point is the last pixel."""
    values.select(dim, -1).copy_(x.select(dim, -1))
    return values


@functools.lru_cache(64)
def _stretches(old: int, new: int, device: torch.device) -> tuple[Tensor, ...]:
    """For ``new`` equal stretches of ``old`` pixels: the first pixel, the part of it that counts, the last pixel and
    its part, the number of whole pixels between them, whether the last one is in the image; the sum of all parts.
    """
    step = float(numpy.float32(old) / numpy.float32(new))
    end = torch.arange(1, new + 1, dtype=torch.float32, device=device) * step
    last = end.long()
    last_part = end - last
    first = torch.cat((last.new_zeros(1), last[:-1]))
    first_part = 1 - torch.cat((last_part.new_zeros(1), last_part[:-1]))
    between = last - first - 1
    inside = last < old
    count = first_part + between.clamp(min=0)
    count = torch.where(inside, count + last_part, count)
    return first, first_part, last.clamp_(max=old - 1), last_part, between, inside, count


def _mean(x: Tensor, length: int, dim: int) -> Tensor:
    """Means over equal stretches, summed up in floats, pixel by pixel."""
    first, first_part, last, last_part, between, inside, count = _stretches(x.size(dim), length, x.device)
    values = widen(x)

    def plus(more: Tensor, counts: Tensor) -> Tensor:
        added = more.add_(total.to(more.dtype)).float()
        return added if bool(counts.all()) else torch.where(_along(counts, dim), added, total)

    total = (_take(values, first, dim).mul_(_along(first_part, dim).to(values.dtype))).float()
    for i in range(1, int(between.max()) + 1):
        total = plus(_take(values, (first + i).clamp_(max=x.size(dim) - 1), dim), i <= between)
    total = plus(_take(values, last, dim).mul_(_along(last_part, dim).to(values.dtype)), inside)
    return narrow(total.div_(_along(count, dim)), x.dtype)


def cubic(p0: Tensor, p1: Tensor, p2: Tensor, p3: Tensor, t: Tensor) -> Tensor:
    """The Catmull-Rom spline through four neighbours, at ``t`` of the way from ``p1`` to ``p2``."""
    a2 = 2 * p0
    a2 -= 5 * p1
    a2 += 4 * p2
    a2 -= p3
    a3 = (p1 - p2).mul_(3).add_(p3).sub_(p0)
    slope = a3.mul_(t).add_(a2).mul_(t).add_(p2 - p0)
    return slope.double().mul_(0.5 * t.double()).add_(p1).to(p1.dtype)


def _bicubic(x: Tensor, length: int, dim: int) -> Tensor:
    old = x.size(dim)
    if length == old:
        return x
    if old == 1:
        return _simple(x, length, dim)
    first, t = _steps(old, length, x.device)
    values = widen(x)
    p1, p2 = _take(values, first, dim), _take(values, first + 1, dim)
    p0 = torch.where(_along(first > 0, dim), _take(values, (first - 1).clamp_(min=0), dim), 2 * p1 - p2)
    p3 = torch.where(_along(first + 2 < old, dim), _take(values, (first + 2).clamp_(max=old - 1), dim), 2 * p2 - p1)
    return _with_last(narrow(cubic(p0, p1, p2, p3, _along(t.to(values.dtype), dim)), x.dtype), x, dim)


def _simple(x: Tensor, length: int, dim: int) -> Tensor:
    old = x.size(dim)
    step = float(numpy.float32(old) / numpy.float32(length))
    index = (torch.arange(length, dtype=torch.float32, device=x.device) * step).long().clamp_(max=old - 1)
    return _take(x, index, dim)


_MODES = {"bilinear": _bilinear, "bicubic": _bicubic, "simple": _simple}
