"""How many threads a tensor operation may use."""

from __future__ import annotations

import os

import torch

from torch7py.tensor.arguments import integer
from torch7py.tensor.registry import function


@function("getnumthreads", steady=True)
def getnumthreads() -> int:
    """The number of threads in use."""
    return torch.get_num_threads()


@function("setnumthreads", steady=True)
def setnumthreads(count: int) -> None:
    """Use ``count`` threads from now on; less than 1 counts as 1."""
    torch.set_num_threads(max(1, integer(count, 1, "setnumthreads")))


@function("getnumcores", steady=True)
def getnumcores() -> int:
    """The number of processors of this machine."""
    return os.cpu_count() or 1
