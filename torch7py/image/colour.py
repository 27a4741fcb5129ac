"""Colour spaces and colour maps."""

from __future__ import annotations

from collections.abc import Callable

import numpy
import torch

from torch7py.tensor.arguments import number
from torch7py.tensor.operands import resize
from torch7py.tensor.registry import functions, methods
from torch7py.tensor.types import default

from ._check import Tensor, check_colour, check_image, incorrect, operands, same_type, size_text, wrong
from ._values import narrow, widen


def _converter(name: str, doc: str, bytes: bool = True) -> Callable[[Callable], Callable]:
    """Decorator: ``NAME([dst,] src)`` from a function of three planes (bytes as floats in 0..1) that returns three."""

    def decorate(convert):
        def call(*args) -> Tensor:
            dst, src, rest = operands(name, "[dst,] src", args)
            if rest:
                raise incorrect(name, "[dst,] src", args)
            check_colour(name, src)
            if src.dtype is torch.uint8 and not bytes:
                raise wrong(name, "not supported for torch.ByteTensor")
            dst = src.new_empty(0) if dst is None else dst
            same_type(name, "destination", dst, src)
            red, green, blue = widen(src[:3]) / 255 if src.dtype is torch.uint8 else src[:3]
            values = torch.stack(convert(red, green, blue))
            resize(dst, src.shape)
            dst[:3].copy_(narrow(values * 255 if src.dtype is torch.uint8 else values, src.dtype))
            return dst

        call.__name__ = call.__qualname__ = name
        call.__doc__ = doc
        return call

    return decorate


def _hue(r: Tensor, g: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Hue in 0..1 (0 for grey), the largest and the smallest component, and their difference (1 for grey)."""
    high, low = torch.maximum(torch.maximum(r, g), b), torch.minimum(torch.minimum(r, g), b)
    grey = high == low
    d = torch.where(grey, 1, high - low)
    from_red = (g - b) / d + torch.where(g < b, 6, 0).to(d.dtype)
    hue = torch.where(high == r, from_red, torch.where(high == g, (b - r) / d + 2, (r - g) / d + 4)) / 6
    return torch.where(grey, 0, hue), high, low, d


@_converter("rgb2hsl", "``rgb2hsl([dst,] src)``: hue, saturation and lightness, all in 0..1 (bytes: 0..255).")
def rgb2hsl(r, g, b):
    hue, high, low, d = _hue(r, g, b)
    grey = high == low
    light = (high + low) / 2
    saturation = torch.where(light > 0.5, d / (2 - high - low), d / (high + low))
    return hue, torch.where(grey, 0, saturation), torch.where(grey, high, light)


@_converter("rgb2hsv", "``rgb2hsv([dst,] src)``: hue, saturation and value, all in 0..1 (bytes: 0..255).")
def rgb2hsv(r, g, b):
    hue, high, low, d = _hue(r, g, b)
    return hue, torch.where(high == low, 0, d / high), high


@_converter("hsl2rgb", "``hsl2rgb([dst,] src)``: the inverse of :func:`rgb2hsl`.")
def hsl2rgb(h, s, light):
    q = torch.where(light < 0.5, light * (1 + s), light + s - light * s)
    p = 2 * light - q

    def component(t: Tensor) -> Tensor:
        t = t.to(h.dtype)
        t = torch.where(t < 0, t + 1, t)
        t = torch.where(t > 1, t - 1, t).double()
        rise = (q - p).double() * 6
        value = torch.where(t < 2 / 3, p.double() + (q - p).double() * (2 / 3 - t) * 6, p.double())
        value = torch.where(t < 1 / 2, q.double(), value)
        return torch.where(s == 0, light, torch.where(t < 1 / 6, p.double() + rise * t, value).to(h.dtype))

    return component(h.double() + 1 / 3), component(h), component(h.double() - 1 / 3)


@_converter("hsv2rgb", "``hsv2rgb([dst,] src)``: the inverse of :func:`rgb2hsv`.")
def hsv2rgb(h, s, v):
    sector = (h.double() * 6).floor()
    f = h * 6 - sector.to(h.dtype)
    p, q, t = v * (1 - s), v * (1 - f * s), v * (1 - (1 - f) * s)
    zero = torch.zeros_like(v)
    red, green, blue = zero, zero, zero
    sector = torch.fmod(sector, 6)
    for i, (r, g, b) in enumerate([(v, t, p), (q, v, p), (p, v, t), (p, q, v), (t, p, v), (v, p, q)]):
        here = sector == i
        red, green, blue = torch.where(here, r, red), torch.where(here, g, green), torch.where(here, b, blue)
    return red, green, blue


# CIE L*a*b*, with the white of D65
_EPSILON, _KAPPA = 216 / 24389, 24389 / 27
_WHITE_X, _WHITE_Z = 0.950456, 1.088754


@_converter("rgb2lab", "``rgb2lab([dst,] src)``: CIE L*a*b* of sRGB in 0..1; L is in 0..100. Not for bytes.", False)
def rgb2lab(*rgb):
    def linear(x: Tensor) -> Tensor:
        x = x.double()
        return torch.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055).pow(2.4)).to(rgb[0].dtype).double()

    def f(x: Tensor) -> Tensor:
        return torch.where(x > _EPSILON, x.pow(1 / 3), (_KAPPA * x + 16) / 116)

    r, g, b = map(linear, rgb)
    fx = f((0.412453 * r + 0.357580 * g + 0.180423 * b) / _WHITE_X)
    fy = f(0.212671 * r + 0.715160 * g + 0.072169 * b)
    fz = f((0.019334 * r + 0.119193 * g + 0.950227 * b) / _WHITE_Z)
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@_converter("lab2rgb", "``lab2rgb([dst,] src)``: the inverse of :func:`rgb2lab`. Not for bytes.", False)
def lab2rgb(light, a, b):
    def cube(f: Tensor) -> Tensor:
        x = f.pow(3)
        return torch.where(x <= _EPSILON, (116 * f - 16) / _KAPPA, x)

    def compress(x: Tensor) -> Tensor:
        x = x.to(light.dtype).double()
        return torch.where(x <= 0.0031308, 12.92 * x, 1.055 * x.pow(1 / 2.4) - 0.055)

    fy = ((light + 16) / 116).double()
    fx, fz = (a / 500).double() + fy, fy - (b / 200).double()
    x, z = cube(fx) * _WHITE_X, cube(fz) * _WHITE_Z
    y = torch.where(light.double() > _KAPPA * _EPSILON, fy.pow(3), light.double() / _KAPPA)
    red = 3.2404542 * x - 1.5371385 * y - 0.4985314 * z
    green = -0.9692660 * x + 1.8760108 * y + 0.0415560 * z
    blue = 0.0556434 * x - 0.2040259 * y + 1.0572252 * z
    return compress(red), compress(green), compress(blue)


# Linear ones, by tensor operations of any type -----------------------------------------------------------------------


def _mixed(name: str, args: tuple, rows) -> Tensor:
    """``NAME([dst,] src)`` where each plane of dst is made of src's planes by ``rows``: lists of weights.

    A first weight of None takes the plane as it is.
    """
    dst, src, rest = operands(name, "[dst,] src", args)
    if rest:
        raise incorrect(name, "[dst,] src", args)
    if src.dim() != 3 or src.size(0) < 3:
        raise wrong(name, f"image of 3 planes expected, got {size_text(src)}")
    dst = src.new_empty(0) if dst is None else dst
    same_type(name, "destination", dst, src)
    resize(dst, src.shape)
    add = methods["add"]
    for plane, (first, *weights) in zip(dst, rows):
        if first is None:
            plane.copy_(src[0])
        else:
            add(plane.zero_(), first, src[0])
        for source, weight in zip(src[1:], weights):
            if weight != 0:
                add(plane, weight, source)
    return dst


def rgb2yuv(*args) -> Tensor:
    """``rgb2yuv([dst,] src)``: luminance and two colour differences."""
    return _mixed("rgb2yuv", args, ((0.299, 0.587, 0.114), (-0.14713, -0.28886, 0.436), (0.615, -0.51499, -0.10001)))


def yuv2rgb(*args) -> Tensor:
    """``yuv2rgb([dst,] src)``: the inverse of :func:`rgb2yuv`."""
    return _mixed("yuv2rgb", args, ((None, 0, 1.13983), (None, -0.39465, -0.58060), (None, 2.03211, 0)))


def rgb2y(*args) -> Tensor:
    """``rgb2y([dst,] src)``: the luminance alone, 1xHxW."""
    dst, src, rest = operands("rgb2y", "[dst,] src", args)
    if rest:
        raise incorrect("rgb2y", "[dst,] src", args)
    check_colour("rgb2y", src)
    dst = src.new_empty(0) if dst is None else dst
    same_type("rgb2y", "destination", dst, src)
    red, green, blue = src[:3].double()
    values = (0.299 * red + 0.587 * green + 0.114 * blue).to(widen(src).dtype)
    resize(dst, (1, *src.shape[1:]))
    dst[0].copy_(narrow(values, src.dtype))
    return dst


def rgb2nrgb(*args) -> Tensor:
    """``rgb2nrgb([dst,] src)``: each colour's part of the sum of the three."""
    dst, src, rest = operands("rgb2nrgb", "[dst,] src", args)
    if rest:
        raise incorrect("rgb2nrgb", "[dst,] src", args)
    if src.dim() != 3 or src.size(0) < 3:
        raise wrong("rgb2nrgb", f"image of 3 planes expected, got {size_text(src)}")
    dst = src.new_empty(0) if dst is None else dst
    same_type("rgb2nrgb", "destination", dst, src)
    total = methods["add"](src[0] + src[1] + src[2], 1e-6)
    resize(dst, src.shape).copy_(src)
    for plane in dst[:3]:
        methods["cdiv"](plane, total)
    return dst


# Colour maps ---------------------------------------------------------------------------------------------------------


def _map(count, name: str) -> tuple[float, Tensor]:
    """The number of colours, and 1..count."""
    count = number(count)
    if count is None:
        raise wrong(name, "number of colours expected")
    return count, torch.arange(1, int(count) + 1, dtype=torch.float64)


def _filled(rows: Tensor) -> Tensor:
    """Nx3 in the default type."""
    return (rows if rows.numel() else rows.new_empty(0)).to(default.device, default.dtype)


def jetColormap(count: float) -> Tensor:
    """``count`` colours from blue through green to red, count x 3."""
    count, i = _map(count, "jetColormap")
    four = 4 * i / count
    columns = [torch.minimum(four - rise, fall - four) for rise, fall in ((1.5, 4.5), (0.5, 3.5), (-0.5, 2.5))]
    return _filled(torch.stack(columns, 1).clamp_(0, 1))


def colormap(count: float) -> Tensor:
    """``count`` colours that differ well from their neighbours, count x 3: steps of 39 degrees in hue."""
    _, i = _map(count, "colormap")
    hue = torch.fmod((i - 1) * 39, 360) / 60
    # summed up one by one, as the rounding decides where it wraps around
    steps = numpy.add.accumulate(numpy.full(len(i), 1 / 9))
    full = torch.fmod(torch.tensor([0.0, *steps[:-1]], dtype=torch.float64), 0.7) + 0.3
    x = full * (1 - (torch.fmod(hue, 2) - 1).abs())
    zero = torch.zeros_like(hue)
    sector = hue.long().clamp_(max=5)
    columns = []
    for parts in ((full, x, zero, zero, x, full), (x, full, full, x, zero, zero), (zero, zero, x, full, full, x)):
        part = torch.stack(parts).gather(0, sector.unsqueeze(0))[0]
        columns.append(part + 0.5 - full / 2)
    return _filled(torch.stack(columns, 1))


def y2jet(*args) -> Tensor:
    """``y2jet([dst,] src)``: levels 1..L of a grey image (HxW, 1xHxW or a vector) as colours of a jet, 3xHxW."""
    dst, src, rest = operands("y2jet", "[dst,] src", args)
    if rest:
        raise incorrect("y2jet", "[dst,] src", args)
    check_image("y2jet", src, 1, 2, 3)
    levels = src.unsqueeze(0) if src.dim() == 1 else src
    if levels.dim() == 3:
        if levels.size(0) != 1:
            raise wrong("y2jet", f"grey image expected, got {size_text(src)}")
        levels = levels[0]
    colours = jetColormap(levels.max().item())
    if src.dtype is torch.uint8:
        colours = functions["round"](colours * 255).clamp_(0, 255)
    index = (levels - 1).long()
    if index.min() < 0 or index.max() >= len(colours):
        raise wrong("y2jet", "levels must be in 1..L, where L is the largest and at least 1 (out of range)")
    dst = src.new_empty(0) if dst is None else dst
    same_type("y2jet", "destination", dst, src)
    values = colours.to(src)[index].permute(2, 0, 1)
    return resize(dst, values.shape).copy_(values)
