"""Pixels of an image at computed places: image.rotate, image.polar, image.logpolar."""

from __future__ import annotations

import math

import torch

from torch7py.tensor.operands import resize

from ._check import Tensor, check_destination, check_image, incorrect, number, operands, same_type, wrong
from ._values import in_strips, narrow, pick, planes, widen


def nearest(src: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The pixels at these places, 0 outside the image; through floats.

    src: CxHxW. x, y: whole numbers (of any type) of one shape HxW of their own.
    """
    height, width = src.shape[-2:]
    outside = ((x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)).logical_not_()
    index = y.masked_fill(outside, 0).long() * width + x.masked_fill(outside, 0).long()
    return pick(src.flatten(1), index).float().masked_fill_(outside, 0)


def weighted(src: Tensor, x0: Tensor, x1: Tensor, y0: Tensor, y1: Tensor, wx: Tensor, wy: Tensor) -> Tensor:
    """Four neighbours' weighted sum, as a float. The places must lie in the image."""
    flat = widen(src).flatten(1)
    top, bottom = y0 * src.size(-1), y1 * src.size(-1)
    rest_x, rest_y = 1 - wx.double(), 1 - wy.double()
    value = (rest_x * rest_y) * pick(flat, top + x0)
    value += (wx * rest_y) * pick(flat, top + x1)
    value += (rest_x * wy) * pick(flat, bottom + x0)
    value += (wx * wy) * pick(flat, bottom + x1)
    return value.float()


# image.rotate -------------------------------------------------------------------------------------------------------

_ROTATE = "[dst,] src, theta [, mode]"


def rotate(*args) -> Tensor:
    """``rotate([dst,] src, theta [, mode])``: turn an image around its centre; corners without source are 0.

    theta: the angle in radians, counter-clockwise.
    mode: 'simple' (the default: the nearest pixel) or 'bilinear'.
    """
    dst, src, rest = operands("rotate", _ROTATE, args)
    theta = number(rest[0]) if rest else None
    if theta is None or len(rest) > 2:
        raise incorrect("rotate", _ROTATE, args)
    check_image("rotate", src, 2, 3)
    dst = src.new_empty(src.shape) if dst is None else dst
    same_type("rotate", "destination", dst, src)
    resize(dst, src.shape)
    if dst.data_ptr() == src.data_ptr():
        raise wrong("rotate", "in-place rotate not supported")
    mode = rest[1] if len(rest) == 2 else "simple"
    if mode not in ("simple", "bilinear"):
        raise wrong("rotate", f"mode must be one of: simple | bilinear, not {mode!r}")
    turn = _rotate_simple if mode == "simple" else _rotate_bilinear
    values = turn(planes(src), torch.tensor(theta, dtype=torch.float32))
    return dst.copy_(narrow(values, src.dtype).view_as(src))


def _from_centre(src: Tensor) -> tuple[float, float, Tensor, Tensor]:
    """The centre's x and y, and the distance of each column and row from it."""
    height, width = src.shape[-2:]
    cx, cy = (width - 1) / 2, (height - 1) / 2
    x = torch.arange(width, dtype=torch.float32, device=src.device) - cx
    y = (torch.arange(height, dtype=torch.float32, device=src.device) - cy).unsqueeze(1)
    return cx, cy, x, y


def _rotate_simple(src: Tensor, theta: Tensor) -> Tensor:
    cx, cy, x, y = _from_centre(src)
    cos, sin = theta.double().cos().float(), theta.double().sin().float()
    return nearest(src, _round(cos * x - sin * y + cx), _round(cos * y + sin * x + cy))


def _round(x: Tensor) -> Tensor:
    """To the nearest whole number, halves away from zero."""
    return (x.double().abs() + 0.5).floor() * x.sign()


def _rotate_bilinear(src: Tensor, theta: Tensor) -> Tensor:
    height, width = src.shape[-2:]
    cx, cy, x, y = _from_centre(src)
    x, y = x.double(), y.double()
    cos, sin = theta.double().cos(), theta.double().sin()
    dtype = widen(src).dtype

    def sample(x: Tensor, y: Tensor) -> Tensor:
        x0, x1, wx, outside_x = _neighbours(x, width)
        y0, y1, wy, outside_y = _neighbours(y, height)
        return weighted(src, x0, x1, y0, y1, wx, wy).masked_fill_(outside_x | outside_y, 0)

    return in_strips(sample, (cos * x - sin * y).to(dtype) + cx, (cos * y + sin * x).to(dtype) + cy)


def _neighbours(place: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Along one dimension: the pixels before and after each place, the weight of the second, and who is outside.

    Up to half a pixel beyond the border, the border counts for both.
    """
    floor = place.floor()
    weight = place - floor
    low_side = (floor == -1) & (weight > 0.5)
    high_side = (floor == size - 1) & (weight < 0.5)
    between = (floor >= 0) & (floor < size - 1)
    outside = ~(low_side | high_side | between)
    first = floor.masked_fill(low_side | outside, 0).long()
    second = torch.where(high_side | low_side | outside, first, first + 1)
    return first, second, weight, outside


# image.polar, image.logpolar ----------------------------------------------------------------------------------------

_POLAR = "[dst,] src [, interpolation [, mode]]"


def polar(*args) -> Tensor:
    """``polar([dst,] src [, interpolation [, mode]])``: rows of the result are angles, columns distances from the
    centre.

    src: CxHxW, or HxW with a dst. dst: of any size; without it the result is square, of the longer side.
    interpolation: 'simple' (the default) or 'bilinear'.
    mode: 'valid' (the default: as far as the shorter side allows) or 'full' (as far as the corners).
    """
    return _polar("polar", lambda column, width, reach: reach * column / width, args)


def logpolar(*args) -> Tensor:
    """As :func:`polar`, with distances that grow exponentially."""

    def distances(column: Tensor, width: int, reach: Tensor) -> Tensor:
        return (column * (reach.double().log() / width).float()).double().exp().float()

    return _polar("logpolar", distances, args)


def _polar(name: str, distances, args: tuple) -> Tensor:
    dst, src, rest = operands(name, _POLAR, args)
    if len(rest) > 2:
        raise incorrect(name, _POLAR, args)
    check_image(name, src, 2, 3)
    interpolation, mode = (*rest, *("simple", "valid")[len(rest) :])
    if interpolation not in ("simple", "bilinear"):
        raise wrong(name, f"interpolation must be one of: simple | bilinear, not {interpolation!r}")
    if mode not in ("valid", "full"):
        raise wrong(name, f"mode must be one of: valid | full, not {mode!r}")
    if dst is None:
        check_image(name, src, 3)
        side = max(src.shape[-2:])
        dst = src.new_empty(src.size(0), side, side)
    check_destination(name, dst, src)

    height, width = src.shape[-2:]
    middle_x, middle_y = width / 2, height / 2
    reach = torch.tensor(min(middle_x, middle_y), dtype=torch.float32)
    if mode == "full":
        reach = (torch.tensor(float(width * width + height * height)).double().sqrt() / 2).float()
    rows, columns = dst.shape[-2:]
    row = torch.arange(rows, dtype=torch.float64, device=src.device)
    column = torch.arange(columns, dtype=torch.float32, device=src.device)
    angle = (2 * math.pi * row / rows).float().double().unsqueeze(1)
    distance = distances(column, columns, reach).double()
    x = -distance * angle.sin() + middle_x
    y = distance * angle.cos() + middle_y
    picture = planes(src)
    if interpolation == "simple":
        values = nearest(picture, x.floor(), y.floor())
    else:
        dtype = torch.float32 if name == "logpolar" else widen(src).dtype
        values = in_strips(lambda x, y: _between_or_nearest(picture, x, y), x.to(dtype), y.to(dtype))
    return dst.copy_(narrow(values, src.dtype).view(dst.shape))


def _between_or_nearest(src: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Bilinear where four neighbours lie in the image, else the nearest to the left and above."""
    height, width = src.shape[-2:]
    x0, y0 = x.floor(), y.floor()
    between = (x0 >= 0) & (x0 < width - 1) & (y0 >= 0) & (y0 < height - 1)
    left, top = (x0 * between).long(), (y0 * between).long()
    right, bottom = (left + 1).clamp_(max=width - 1), (top + 1).clamp_(max=height - 1)
    values = weighted(src, left, right, top, bottom, x - x0, y - y0)
    return torch.where(between, values, nearest(src, x0, y0))
