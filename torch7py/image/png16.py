"""PNG images in colour with 16 bits in a value, which Pillow reads as 8."""

from __future__ import annotations

import struct
import zlib

import numpy
import torch

from torch7py.errors import TorchError

_VALUES = {2: 3, 4: 2, 6: 4}  # in a pixel, by colour type

# an interlaced file's seven images: the first column and row, and the steps between them
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def read(data: bytes, path: str) -> torch.Tensor:
    """The values 0..65535, CxHxW."""
    try:
        width, height, _, kind, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
        planes = _VALUES[kind]
        content = _inflate(data, 2 * (height + 8) * (width * planes * 2 + 8))
        values = numpy.zeros((height, width, planes), numpy.int32)
        for x, y, right, down in _PASSES if interlaced else ((0, 0, 1, 1),):
            part = values[y::down, x::right]
            rows, columns = part.shape[:2]
            if rows == 0 or columns == 0:
                continue
            length = 1 + columns * planes * 2
            lines = numpy.frombuffer(content, numpy.uint8, rows * length).reshape(rows, length)
            content = content[rows * length :]
            pixels = _unfilter(lines[:, 0], lines[:, 1:].reshape(rows, columns, planes * 2))
            part[:] = pixels.astype(numpy.uint8).view(">u2")
    except (ValueError, KeyError, IndexError, struct.error, zlib.error) as error:
        raise TorchError(f"{path}: Error during read_image: broken PNG image ({error})") from error
    return torch.from_numpy(values).permute(2, 0, 1)


def _inflate(data: bytes, most: int) -> bytes:
    """The content of the file's IDAT chunks, and no more than ``most`` bytes of it."""
    place, parts = 8, []
    while place + 8 <= len(data):
        length, name = struct.unpack(">I4s", data[place : place + 8])
        if name == b"IDAT":
            parts.append(data[place + 8 : place + 8 + length])
        place += 12 + length
    return zlib.decompressobj().decompress(b"".join(parts), most)


def _unfilter(kinds: numpy.ndarray, lines: numpy.ndarray) -> numpy.ndarray:
    """Bytes from their differences to what each row's filter expected; HxWxB.

    A pixel is expected from those to its left, above and above left; so all pixels of one diagonal are worked out
    together.
    """
    height, width = lines.shape[:2]
    known = numpy.zeros((height + 1, width + 1, lines.shape[2]), numpy.int32)
    for diagonal in range(height + width - 1):
        y = numpy.arange(max(0, diagonal - width + 1), min(height - 1, diagonal) + 1)
        x = diagonal - y
        left, above, corner = known[y + 1, x], known[y, x + 1], known[y, x]
        guess = left + above - corner
        to_left, to_above, to_corner = abs(guess - left), abs(guess - above), abs(guess - corner)
        paeth = numpy.where(to_above <= to_corner, above, corner)
        paeth = numpy.where((to_left <= to_above) & (to_left <= to_corner), left, paeth)
        expected = numpy.stack((numpy.zeros_like(left), left, above, (left + above) // 2, paeth))
        known[y + 1, x + 1] = (lines[y, x] + expected[kinds[y], numpy.arange(len(y))]) & 255
    return known[1:, 1:]
