"""Seeds. CUDA tensors draw from torch's own generator, on a GPU as on the CPU: there is one stream for all devices."""

from __future__ import annotations

import torch

from torch7py import random
from torch7py.random import getRNGState, initialSeed, setRNGState

__all__ = [
    "getRNGState",
    "initialSeed",
    "manualSeed",
    "manualSeedAll",
    "seed",
    "seedAll",
    "setRNGState",
]


def manualSeed(seed: int, device: int | None = None) -> None:
    """Start torch's generator from ``seed``, as ``torch.manualSeed`` does, and those of PyTorch's own kernels."""
    random.manualSeed(seed)
    torch.manual_seed(int(seed))


def seed(device: int | None = None) -> int:
    """Start from a seed of the system's choice, and return that."""
    chosen = random.seed()
    torch.manual_seed(chosen)
    return chosen


manualSeedAll = manualSeed
seedAll = seed
