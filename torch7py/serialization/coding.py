"""How numbers stand in a file: as the bytes of memory (binary), or as text (ascii).

Both codings read and write the same few things: an int, a double, longs, characters, and whole arrays. Arrays go
between file and memory without a loop over elements. What a file announces is checked against what is left of it before
memory is taken.
"""

from __future__ import annotations

import functools
import io
import math
import os
import re
import stat
import struct
import sys
from collections.abc import Callable

import numpy
import torch

from torch7py.errors import TorchError
from torch7py.serialization.large import LARGE, expect_filling, expect_writing
from torch7py.tensor.storage import Storage, as_array

CHUNK = 1 << 20  # elements at a time, where an array cannot go in one piece
_TRUSTED = 1 << 20  # bytes that may be asked for without a look at the file's size


class ReadError(TorchError):
    """The file does not hold what was to be read; whoever knows the file adds its name and the position."""


def short(got: int, wanted: int) -> ReadError:
    """The error for a file that ends, or holds something else, too early."""
    return ReadError(f"read error: read {got} blocks instead of {wanted}")


def elements(content: Storage | torch.Tensor) -> numpy.ndarray:
    """The elements of a storage, or of a tensor, where they are; for one on a GPU a copy."""
    tensor = content.tensor() if isinstance(content, Storage) else content
    return as_array(tensor.cpu())


class Coding:
    """What both codings share. ``handle`` is an open binary file with ``peek``."""

    def __init__(self, handle):
        self.handle = handle

    def room(self) -> int | None:
        """How many bytes are left to read; None where nobody knows (a pipe, a device)."""
        handle = self.handle
        if isinstance(handle, io.BytesIO):
            return len(handle.getbuffer()) - handle.tell()
        if handle.writable():
            handle.flush()
        status = os.fstat(handle.fileno())
        return status.st_size - handle.tell() if stat.S_ISREG(status.st_mode) else None

    def most(self, dtype: torch.dtype) -> int:
        """How many elements there can be at most in what is left of the file."""
        room = self.room()
        return sys.maxsize if room is None else self._most(room, dtype)

    def read_storage(self, dtype: torch.dtype, count: int) -> Storage:
        """A new storage of the next ``count`` elements; of fewer where the file ends."""
        itemsize = dtype.itemsize
        if count * itemsize > _TRUSTED:
            count = min(count, self.most(dtype))
        storage = Storage(dtype, 0)
        done = 0
        while done < count:
            piece = count - done
            if piece * itemsize > _TRUSTED and self.room() is None:
                piece = CHUNK  # from a pipe: take memory only as data arrive
            storage.resize(done + piece)
            array = elements(storage)[done:]
            expect_filling(array)
            done += self.read_into(array)
            if done < len(storage):
                storage.resize(done)
                break
        return storage

    def read_chars(self, count: int) -> bytes:
        """The next ``count`` bytes, all of them."""
        if count < 0:
            raise ReadError(f"negative length {count}")
        if count <= _TRUSTED or count <= self.most(torch.uint8) < sys.maxsize:
            text = self.handle.read(count)
        else:
            text = elements(self.read_storage(torch.uint8, count)).tobytes()
        if len(text) < count:
            raise short(len(text), count)
        return text

    def write_longs(self, values: list[int]) -> None:
        self.write_array(numpy.array(values, numpy.int64))

    def write_string(self, text: bytes) -> None:
        """A string as objects hold them: its length, then its characters."""
        self.write_int(len(text))
        self.write_chars(text)


class Binary(Coding):
    """Numbers as in memory; ``long_size`` 4 makes a long 4 bytes wide (0: not said, taken as 8)."""

    def __init__(self, handle):
        super().__init__(handle)
        self.long_size = 0
        self.swap(False)

    def swap(self, swapped: bool) -> None:
        """Use the machine's byte order, or the other one."""
        self.swapped = swapped
        big = swapped == (sys.byteorder == "little")
        self.order = ">" if big else "<"
        self._int = struct.Struct(self.order + "i")
        self._double = struct.Struct(self.order + "d")

    def _most(self, room: int, dtype: torch.dtype) -> int:
        return room // (4 if dtype is torch.int64 and self.long_size == 4 else dtype.itemsize)

    def read_int(self) -> int:
        try:
            return self._int.unpack(self.handle.read(4))[0]
        except struct.error:
            raise short(0, 1) from None

    def read_double(self) -> float:
        try:
            return self._double.unpack(self.handle.read(8))[0]
        except struct.error:
            raise short(0, 1) from None

    def read_longs(self, count: int) -> tuple[int, ...]:
        size, code = (4, "i") if self.long_size == 4 else (8, "q")
        try:
            return struct.unpack(f"{self.order}{count}{code}", self.handle.read(size * count))
        except struct.error:
            raise short(0, count) from None

    def read_into(self, array: numpy.ndarray) -> int:
        """Fill an array from the file; how many elements there were."""
        if len(array) == 0:
            return 0
        if array.dtype == numpy.int64 and self.long_size == 4:
            return self._read_narrow(array)
        count = self.handle.readinto(array.view(numpy.uint8)) // array.itemsize
        if self.swapped:
            array.byteswap(inplace=True)
        return count

    def _read_narrow(self, array: numpy.ndarray) -> int:
        narrow = numpy.empty(min(CHUNK, len(array)), numpy.int32)
        done = 0
        while done < len(array):
            piece = narrow[: len(array) - done]
            count = self.read_into(piece)
            array[done : done + count] = piece[:count]
            done += count
            if count < len(piece):
                break
        return done

    def write_int(self, value: int) -> None:
        self.handle.write(self._int.pack(value))

    def write_double(self, value: float) -> None:
        self.handle.write(self._double.pack(value))

    def write_chars(self, text: bytes) -> None:
        self.handle.write(text)

    def write_array(self, array: numpy.ndarray) -> None:
        narrow = array.dtype == numpy.int64 and self.long_size == 4
        if not (narrow or self.swapped):
            if array.nbytes >= LARGE and isinstance(self.handle, io.BufferedWriter):
                expect_writing(self.handle, array.nbytes)
            self.handle.write(array.view(numpy.uint8))
            return
        for start in range(0, len(array), CHUNK):
            piece = array[start : start + CHUNK]
            if narrow:
                piece = _narrowed(piece)
            self.handle.write(piece.byteswap() if self.swapped else piece)


def _narrowed(longs: numpy.ndarray) -> numpy.ndarray:
    narrow = longs.astype(numpy.int32)
    if (narrow != longs).any():
        raise TorchError(f"a long of 4 bytes cannot hold {longs[narrow != longs][0]}")
    return narrow


_LINE = 1 << 16  # elements made text at a time
_FORMATS = {"f8": "%.17g", "f4": "%.9g", "f2": "%.9g"}  # all others: '%d'
_INTEGER = re.compile(rb"\s*([-+]?[0-9]{1,99})")
_REAL = re.compile(rb"\s*([-+]?(?:nan|inf|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?))", re.IGNORECASE)
_LONGEST = 99  # characters of a number
_NUMERIC = frozenset(b"+-.0123456789eEnaifNAIF")


def _text(form: str, value: float) -> str:
    # C writes the sign of a nan, Python does not
    return "-nan" if value != value and math.copysign(1, value) < 0 else form % value


def _formatter(array: numpy.ndarray) -> Callable[[int | float], str]:
    """What makes text of an element of this array."""
    form = _FORMATS.get(array.dtype.str[1:], "%d")
    if array.dtype.kind == "f" and numpy.isnan(array).any():
        return functools.partial(_text, form)
    return form.__mod__


class Ascii(Coding):
    """Numbers as text, characters as they are. ``spacing``: a blank between elements, a line end after each call."""

    def __init__(self, handle):
        super().__init__(handle)
        self.spacing = True

    def _most(self, room: int, dtype: torch.dtype) -> int:
        return room if dtype.itemsize == 1 else (room + 1) // 2

    def read_int(self) -> int:
        value = int(self._number(_INTEGER))
        self._end_line()
        return value

    def read_double(self) -> float:
        value = float(self._number(_REAL))
        self._end_line()
        return value

    def read_longs(self, count: int) -> list[int]:
        longs = [int(self._number(_INTEGER)) for _ in range(count)]
        if count:
            self._end_line()
        return longs

    def read_chars(self, count: int) -> bytes:
        text = super().read_chars(count)
        if count:
            self._end_line()
        return text

    def read_into(self, array: numpy.ndarray) -> int:
        """Fill an array from the file; how many elements there were."""
        if len(array) == 0:
            return 0
        count = self.handle.readinto(array.view(numpy.uint8)) if array.itemsize == 1 else self._read_numbers(array)
        self._end_line()
        return count

    def _end_line(self) -> None:
        if self.spacing and self.handle.peek(1)[:1] == b"\n":
            self.handle.read(1)

    def _number(self, pattern: re.Pattern) -> bytes:
        """The text of the next number, as far as ``pattern`` goes."""
        window = self.handle.peek(1)
        match = pattern.match(window)
        if match is None or match.end() > len(window) - 3:  # '1.5e-' may become '1.5e-07'
            return self._number_at_edge(pattern)
        self.handle.read(match.end())
        return match[1]

    def _number_at_edge(self, pattern: re.Pattern) -> bytes:
        """The same byte by byte, for a number that may go on behind the buffered bytes, or that is none."""
        handle = self.handle
        blanks = 0
        while (byte := handle.peek(1)[:1]) and byte.isspace():
            blanks += len(handle.read(1))
        text = b""
        while len(text) < _LONGEST and (byte := handle.peek(1)[:1]) and byte[0] in _NUMERIC:
            text += handle.read(1)
        match = pattern.match(text)
        # C reads the blanks before what is no number from a file, but not from a string
        used = match.end() if match else -blanks if isinstance(handle, io.BytesIO) else 0
        if used < len(text) and handle.seekable():  # what is no part of the number is still to be read
            handle.seek(used - len(text), os.SEEK_CUR)
        elif used < len(text):
            match = None
        if match is None:
            raise short(0, 1)
        return match[1]

    @numpy.errstate(over="ignore")  # what is too large for a float is infinite, as in C
    def _read_numbers(self, array: numpy.ndarray) -> int:
        parse, pattern = (float, _REAL) if array.dtype.kind == "f" else (int, _INTEGER)
        done = 0
        while done < len(array):
            words, length = self._words(len(array) - done)
            try:
                array[done : done + len(words)] = list(map(parse, words))
                self.handle.read(length)
                done += len(words)
            except (ValueError, OverflowError):
                words = ()
            if not words:  # something odd, or the edge of what is buffered
                try:
                    array[done] = parse(self._number(pattern))
                except (ReadError, OverflowError):
                    break
                done += 1
        return done

    def _words(self, count: int) -> tuple[list[bytes], int]:
        """Up to ``count`` words that are surely whole, without reading them, and the bytes up to the last one's end."""
        window = self.handle.peek(1)
        whole = window[: 1 + max(window.rfind(b" "), window.rfind(b"\n"))]
        words = whole.split(None, count)
        if len(words) > count:
            whole = whole[: len(whole) - len(words.pop())]
        return words, len(whole.rstrip())

    def write_int(self, value: int) -> None:
        self.handle.write(b"%d\n" % value if self.spacing else b"%d" % value)

    def write_double(self, value: float) -> None:
        self._write_line(_text("%.17g", value).encode())

    def write_chars(self, text: bytes) -> None:
        if text:
            self._write_line(text)

    def _write_line(self, text: bytes) -> None:
        self.handle.write(text + b"\n" if self.spacing else text)

    def write_array(self, array: numpy.ndarray) -> None:
        if array.itemsize == 1:
            self.handle.write(array.view(numpy.uint8))
        else:
            between = " " if self.spacing else ""
            for start in range(0, len(array), _LINE):
                piece = array[start : start + _LINE]
                text = between.join(map(_formatter(piece), piece.tolist()))
                self.handle.write(((between if start else "") + text).encode())
        if self.spacing and len(array):
            self.handle.write(b"\n")
