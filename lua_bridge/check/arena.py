"""Snapshots of tensors, kept in memory that two processes can share.

A run of many steps is watched with a fixed amount of memory: what was recorded since the last comparison, and what
was recorded between the two before.
"""

from __future__ import annotations

import math
import mmap
from pathlib import Path
from typing import NamedTuple

import torch

SIZE = 32 << 20  # bytes of one half
PLENTY = 24 << 20  # beyond this only samples are kept
WHOLE, SAMPLE = 1 << 20, 1 << 10  # elements kept of one tensor, before and after that


class Snapshot(NamedTuple):
    """Where the elements of a tensor lie: every ``stride``-th of them, from the first."""

    dtype: torch.dtype
    shape: tuple[int, ...]
    half: int
    offset: int
    count: int
    stride: int


class Arena:
    """Memory for snapshots. ``turn()`` forgets all but those since the last turn.

    Arguments:
        path: a file to hold the memory, for another process to open too; without it the memory is private.
    """

    def __init__(self, path: Path | None = None):
        if path is None:
            self._memory = mmap.mmap(-1, 2 * SIZE)
        else:
            with open(path, "r+b") as file:
                file.truncate(2 * SIZE)
                self._memory = mmap.mmap(file.fileno(), 2 * SIZE)
        self._bytes = torch.frombuffer(self._memory, dtype=torch.uint8)
        self._half = self._used = 0

    def keep(self, tensor: torch.Tensor) -> Snapshot | None:
        """Copy a tensor's elements; None if there is no more room."""
        numel = tensor.numel()
        stride = math.ceil(numel / (WHOLE if self._used < PLENTY else SAMPLE)) or 1
        count = math.ceil(numel / stride)
        size = count * tensor.element_size()
        if self._used + size > SIZE:
            return None
        snapshot = Snapshot(tensor.dtype, tuple(tensor.shape), self._half, self._used, count, stride)
        if count:
            flat = tensor.detach().reshape(-1)
            self._flat(snapshot).copy_(flat if stride == 1 else flat[::stride])
        self._used += -(-size // 64) * 64
        return snapshot

    def view(self, snapshot: Snapshot) -> torch.Tensor:
        """The kept elements: in the tensor's shape where all are there, else as a vector."""
        kept = self._flat(snapshot)
        return kept.view(snapshot.shape) if snapshot.stride == 1 else kept

    def _flat(self, snapshot: Snapshot) -> torch.Tensor:
        start = snapshot.half * SIZE + snapshot.offset
        size = snapshot.count * snapshot.dtype.itemsize
        return self._bytes[start : start + size].view(snapshot.dtype)

    def turn(self) -> None:
        """From now on keep in the other half, whose snapshots are gone."""
        self._half, self._used = 1 - self._half, 0
