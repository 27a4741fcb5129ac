"""Where the tensors' memory comes from: the C library's allocator."""

from __future__ import annotations

import ctypes

# glibc's malloc.h
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST_BLOCK = 32 * 2**20  # the most that glibc takes for the second one
_KEPT = 2**30


def keep_freed_memory() -> None:
    """Keep up to 1 GiB of freed memory for the next tensors of up to 32 MiB, instead of giving it back to the system.

    Else each training step asks the system for its temporary memory anew and touches all its pages for the first time,
    which can take a quarter of the step's time. For the whole process; without effect where the C library isn't glibc.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGEST_BLOCK)
        mallopt(_TRIM_THRESHOLD, _KEPT)
