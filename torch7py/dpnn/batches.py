"""Small things that dpnn adds to every module: single samples as batches, sizes, visitors, rewards."""

from __future__ import annotations

from collections import Counter

import torch

from torch7py import random
from torch7py.classes import extends
from torch7py.errors import TorchError
from torch7py.nn import utils
from torch7py.nn.criterion import Criterion
from torch7py.nn.module import Module, both
from torch7py.table import Table
from torch7py.tensor import types
from torch7py.tensor.storage import Storage, longs

Tensor = torch.Tensor


@extends(Criterion)
@extends(Module)
class _Batches:
    dpnn_online = None

    def toBatch(self, tensor: Tensor, nDim: int, batchDim: int | None = None) -> Tensor:
        """``tensor``, or if it has just ``nDim`` dimensions, a batch of it: a view with a dimension of size 1 at
        ``batchDim`` (1).
        """
        self.dpnn_online = tensor.dim() == nDim
        return tensor.unsqueeze((1 if batchDim is None else batchDim) - 1) if self.dpnn_online else tensor

    def fromBatch(self, tensor: Tensor, batchDim: int | None = None) -> Tensor:
        """``tensor`` without the dimension ``batchDim`` (the last one unless given), if :meth:`toBatch` put one in."""
        if not self.dpnn_online:
            return tensor
        dimension = tensor.dim() if batchDim is None else batchDim
        if tensor.shape[dimension - 1] != 1:
            raise TorchError(f"fromBatch: dimension {dimension} of size {tensor.shape[dimension - 1]}, 1 expected")
        return tensor.squeeze(dimension - 1)


@extends(Module)
class _Modules:
    dpnn_cinput = None

    def contiguousInput(self, input: Tensor, backward: bool | None = None) -> Tensor:
        """``input``, or a contiguous copy where it is not contiguous; ``backward`` asks for the one of last time."""
        if backward:
            return input if self.dpnn_cinput is None else self.dpnn_cinput
        if input.is_contiguous():
            return input
        if self.dpnn_cinput is None:
            self.dpnn_cinput = utils.empty_like_type(input)
        return self.dpnn_cinput.resize_(input.shape).copy_(input)

    def outside(self, insize) -> Storage:
        """The sizes of the output for an input of these sizes (a Table or storage), which is drawn at random."""
        input = utils.default_tensor(*insize)
        random.default().fill_normal(input)
        return longs(self.updateOutput(input).shape)

    def accept(self, visitor) -> None:
        """Call ``visitor:visit(self)``."""
        if isinstance(visitor, Table):
            visitor["visit"](visitor, self)
        else:
            visitor.visit(self)

    def dontBackward(self) -> Module:
        """Let ``backward`` and its parts do nothing from now on. Returns itself."""
        for name in ("backward", "updateGradInput", "accGradParameters", "accUpdateGradParameters"):
            setattr(self, name, _nothing)
        return self

    def extrapolateType(self) -> str | None:
        """The type that most of the parameters have; None without parameters."""
        counts = Counter(map(types.typename, both(self.parameters())[0] or ()))
        return counts.most_common(1)[0][0] if counts else None

    def reinforce(self, reward) -> None:
        """Hand a reward to all stochastic modules (:class:`Reinforce`) inside, one number for each sample."""
        for module in self.modules or ():
            module.reinforce(reward)


def _nothing(*_) -> None:
    pass
