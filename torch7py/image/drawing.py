"""image.drawText, image.drawRect."""

from __future__ import annotations

import torch

from torch7py.errors import TorchError
from torch7py.table import Table
from torch7py.tensor.arguments import integer

from ._check import TYPES, Tensor, wrong
from .font import GLYPHS, HEIGHT, WIDTH

RED = (255, 0, 0)


def _canvas(name: str, src: Tensor, options) -> tuple[Tensor, dict]:
    """Where to draw: a copy of src, or itself with the option inplace; and the options."""
    if not isinstance(src, Tensor) or src.dim() != 3 or src.size(0) != 3 or src.dtype not in TYPES:
        raise wrong(name, "input image has to be a 3D tensor of shape 3 x H x W")
    options = dict(options.items()) if isinstance(options, (Table, dict)) else {}
    return (src if options.get("inplace") else src.clone()), options


def _paint(out: Tensor, colour) -> Tensor:
    """A colour 0..255 in the image's own values, 3x1x1."""
    red, green, blue = (int(value) for value in list(colour)[:3])
    values = torch.tensor([red, green, blue], dtype=torch.float32, device=out.device)
    if out.dtype is not torch.uint8:
        values = values / 255
    return values.to(out.dtype).view(3, 1, 1)


def drawText(src: Tensor, text: str, x: int = 1, y: int = 1, options: Table | None = None) -> Tensor:
    """Write on an image, 3xHxW.

    x, y: the place, from 0, of the first character's corner.
    options: color and bg (each {red, green, blue} of 0..255; red on nothing by default), size (1: characters of 6x8
        pixels with their distances), wrap (True: to the next line at the right border), inplace (False).

    Raises:
        TorchError: the text leaves the image.
    """
    out, options = _canvas("drawText", src, options)
    if text is None or not str(text).rstrip():
        return out
    x, y = integer(1 if x is None else x, 3, "drawText"), integer(1 if y is None else y, 4, "drawText")
    size = int(options.get("size") or 1)
    colour = _paint(out, options.get("color") or RED)
    background = list(options.get("bg") or (-1, -1, -1))
    background = None if -1 in background[:3] else _paint(out, background)
    wrap = options.get("wrap") is not False
    start, (height, width) = x, out.shape[1:]
    for character in str(text):
        if character == "\n":
            x, y = start, y + HEIGHT * size
            continue
        if character == "\r":
            continue
        if wrap and x + WIDTH * size >= width:
            x, y = 0, y + HEIGHT * size
        if x < width and y < height and x + WIDTH * size > 0 and y + HEIGHT * size > 0:
            _draw(out, GLYPHS.get(character, GLYPHS[None]), x, y, size, colour, background)
        x += WIDTH * size
    return out


def _draw(out: Tensor, glyph: Tensor, x: int, y: int, size: int, colour: Tensor, background: Tensor | None) -> None:
    """One character. glyph: HEIGHT x WIDTH of booleans."""
    mask = glyph.repeat_interleave(size, 0).repeat_interleave(size, 1)
    touched = mask if background is None else torch.ones_like(mask)
    rows, columns = touched.nonzero(as_tuple=True)
    height, width = out.shape[1:]
    if len(rows) and (
        y + rows.min() < 0 or x + columns.min() < 0 or y + rows.max() >= height or x + columns.max() >= width
    ):
        raise TorchError(f"<image.drawText> a character at ({x}, {y}) leaves the {width}x{height} image (out of range)")
    top, left = max(-y, 0), max(-x, 0)
    place = out[:, y + top : y + HEIGHT * size, x + left : x + WIDTH * size]
    mask = mask[top : top + place.size(1), left : left + place.size(2)]
    place.copy_(torch.where(mask.to(out.device), colour, place if background is None else background))


def drawRect(src: Tensor, x1: int, y1: int, x2: int, y2: int, options: Table | None = None) -> Tensor:
    """A rectangle's border on an image, 3xHxW, from column x1 and row y1 to x2 and y2, counted from 1.

    options: color ({red, green, blue} of 0..255, red by default), lineWidth (1), inplace (False).
    """
    out, options = _canvas("drawRect", src, options)
    if None in (x1, y1, x2, y2):
        return out
    corners = [integer(value, i, "drawRect") for i, value in enumerate((x1, y1, x2, y2), 2)]
    line = int(options.get("lineWidth") or 1)
    colour = _paint(out, options.get("color") or RED)
    before = line // 2 + 1
    after = line - before
    height, width = out.shape[1:]
    limits = (width, height, width, height)
    low = [max(0, corner - before) for corner in corners]
    high = [min(limit, corner + after) for corner, limit in zip(corners, limits)]

    def fill(left: int, right: int, top: int, bottom: int) -> None:
        if left < right and top < bottom:
            out[:, top:bottom, left:right] = colour

    fill(low[0], high[0], low[1], high[3])
    fill(low[2], high[2], low[1], high[3])
    fill(low[0], high[2], low[1], high[1])
    fill(low[0], high[2], low[3], high[3])
    return out
