"""``nn.tables``: which planes a SpatialConvolutionMap connects, as a tensor with a row ``input, output`` a kernel."""

from __future__ import annotations

import torch

from ..errors import TorchError
from ..tensor import sampling
from . import utils

__all__ = ["full", "oneToOne", "random"]

Tensor = torch.Tensor


def full(nin: int, nout: int) -> Tensor:
    """Each of ``nin`` input planes with each of ``nout`` output planes, output by output."""
    return _table([(source, target) for target in range(1, nout + 1) for source in range(1, nin + 1)])


def oneToOne(nfeat: int) -> Tensor:
    """Input plane i with output plane i."""
    return _table([(plane, plane) for plane in range(1, nfeat + 1)])


def random(nin: int, nout: int, nto: int) -> Tensor:
    """Each output plane with ``nto`` input planes: one piece after the other of a random order of all of them, which
    is drawn anew when no whole piece is left.
    """
    if not 0 < nto <= nin:
        raise TorchError(f"nto, the planes that each output takes, must be from 1 to nin ({nin}), got {nto}")
    order, rows = _shuffled(nin), []
    pieces = nin // nto
    for target in range(nout):
        first = target % pieces * nto
        rows += [(source, target + 1) for source in order[first : first + nto]]
        if (target + 1) % pieces == 0:
            order = _shuffled(nin)
    return _table(rows)


def _shuffled(count: int) -> list[int]:
    order = torch.empty(0, dtype=torch.int64)
    sampling.randperm(order, count)
    return order.tolist()


def _table(rows: list[tuple[int, int]]) -> Tensor:
    return utils.default_tensor(len(rows), 2).copy_(torch.tensor(rows))
