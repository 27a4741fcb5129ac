"""Netpbm's images: P2 and P5 (grey), P3 and P6 (colour)."""

from __future__ import annotations

import numpy
import torch

from torch7py.errors import TorchError


class _Header:
    """Magic number, width, height and largest value, and the place where the pixels begin."""

    def __init__(self, data: bytes, path: str):
        self.kind = data[1:2].decode("latin-1")
        if data[:1] != b"P":
            raise TorchError(f"{path}: corrupted file: this is no PPM or PGM image")
        if self.kind not in "2356":
            raise TorchError(f"{path}: unsupported magic number: P{self.kind}")
        self._data, self.place = data, 2
        self.width, self.height, self.largest = self._number(path), self._number(path), self._number(path)
        if not 0 < self.largest < 65536 or self.width < 1 or self.height < 1:
            raise TorchError(f"{path}: corrupted file: {self.width}x{self.height} pixels up to {self.largest}")
        self.planes = 3 if self.kind in "36" else 1

    def _number(self, path: str) -> int:
        """The next number; a comment reaches from a # to the end of its line. Skips the one character behind it."""
        data, place = self._data, self.place
        while place < len(data) and (data[place] in b" ,\t\r\n" or data[place] == ord("#")):
            if data[place] == ord("#"):
                end = data.find(b"\n", place)
                place = end if end >= 0 else len(data) - 1
            place += 1
        start = place
        while data[place : place + 1].isdigit():
            place += 1
        self.place = place + 1
        if not 0 < place - start < 10:
            raise TorchError(f"{path}: corrupted file: number expected at byte {start}")
        return int(data[start:place])


def size(data: bytes, path: str) -> tuple[int, int, int]:
    """Planes, height and width."""
    header = _Header(data, path)
    return header.planes, header.height, header.width


def read(data: bytes, path: str) -> torch.Tensor:
    """The pixels, CxHxW.

    Plain ones are scaled to 0..255, others are as they are in the file; of two bytes the first counts as the low one,
    as in Torch7 (the format's documents say the high one).
    """
    header = _Header(data, path)
    count = header.planes * header.height * header.width
    content = data[header.place :]
    try:
        if header.kind in "23":
            text = b" ".join(line.partition(b"#")[0] for line in content.splitlines())
            words = text.split(None, count)[:count]
            values = 255 * numpy.array([int(word) for word in words], dtype=numpy.int64) // header.largest
            values = (values & 255).astype(numpy.uint8)
        else:
            values = numpy.frombuffer(content, "<u2" if header.largest > 255 else numpy.uint8, count)
    except ValueError as error:
        raise TorchError(f"{path}: corrupted file or read error: {error}") from error
    if len(values) < count:
        raise TorchError(f"{path}: corrupted file or read error: {len(values)} of {count} values")
    if values.dtype != numpy.uint8:
        values = values.astype(numpy.int32)
    return torch.tensor(values).view(header.height, header.width, header.planes).permute(2, 0, 1)


def write(pixels: torch.Tensor) -> bytes:
    """The file for bytes CxHxW, C being 3 or 1."""
    planes, height, width = pixels.shape
    header = f"P{6 if planes == 3 else 5}\n{width} {height}\n255\n"
    return header.encode() + pixels.permute(1, 2, 0).contiguous().numpy().tobytes()
