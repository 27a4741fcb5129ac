"""The calls of ``calls.lua`` in Python, on PyTorch itself."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch


def tensors(n: int) -> list[torch.Tensor]:
    """Three vectors of n elements, three small matrices."""
    return [torch.rand(size, dtype=torch.float64) for size in [(n,)] * 3 + [(30, 30)] * 3]


def calls(x, y, r, a, b, m) -> dict[str, Callable[[int], float]]:
    """By name, as in ``calls.lua``: a function that takes a number of rounds and returns the seconds that one took."""
    return {
        "x:add(1)": _timed(lambda: x.add_(1.0)),
        "x:mul(2)": _timed(lambda: x.mul_(1.0001)),
        "x:cmul(y)": _timed(lambda: x.mul_(y)),
        "x:copy(y)": _timed(lambda: x.copy_(y)),
        "x:fill(1)": _timed(lambda: x.fill_(1.0)),
        "x:zero()": _timed(lambda: x.zero_()),
        "x:sum()": _timed(lambda: x.sum().item()),
        "x:max()": _timed(lambda: x.max().item()),
        "torch.add(r, x, y)": _timed(lambda: torch.add(x, y, out=r)),
        "torch.mm(m, a, b)": _timed(lambda: torch.mm(a, b, out=m)),
        "x:narrow(1, 1, 10)": _timed(lambda: x.narrow(0, 0, 10)),
        "a:select(2, 1)": _timed(lambda: a.select(1, 0)),
        "x:view(10, -1)": _timed(lambda: x.view(10, -1)),
        "torch.add(x, y)": _timed(lambda: torch.add(x, y)),
        "x:clone()": _timed(lambda: x.clone()),
        "torch.Tensor(10)": _timed(lambda: torch.empty(10, dtype=torch.float64)),
    }


def _timed(call: Callable[[], object]) -> Callable[[int], float]:
    def benchmark(count: int) -> float:
        result = None
        start = time.process_time()
        for _ in range(count):
            result = call()  # which lives until the next one is there, as in Lua
        taken = time.process_time() - start
        del result
        return taken / count

    return benchmark
