"""Hints to Linux that make large transfers as fast as numpy's; without effect, and without harm, elsewhere."""

from __future__ import annotations

import ctypes
import sys

import numpy

LARGE = 4 << 20  # bytes from which the hints pay
_HUGE_PAGE = 2 << 20
_MADV_HUGEPAGE = 14
_FALLOC_FL_KEEP_SIZE = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def expect_filling(array: numpy.ndarray) -> None:
    """Have the untouched memory of ``array`` come in huge pages: a five-hundredth of the page faults."""
    if _libc is None or array.nbytes < LARGE:
        return
    end = array.ctypes.data + array.nbytes
    start = -(-array.ctypes.data // _HUGE_PAGE) * _HUGE_PAGE
    _libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_HUGEPAGE)


def expect_writing(handle, size: int) -> None:
    """Have the disk set ``size`` bytes aside at the end of an open file in one go."""
    if _libc is None or size < LARGE or not handle.seekable():
        return
    place = handle.tell()
    _libc.fallocate(handle.fileno(), _FALLOC_FL_KEEP_SIZE, ctypes.c_int64(place), ctypes.c_int64(size))
