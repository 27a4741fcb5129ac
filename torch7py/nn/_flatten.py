"""Gathering parameters in one storage: the work behind ``getParameters``."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from ..errors import TorchError
from ..tensor.arguments import describe
from .utils import default_tensor

Tensor = torch.Tensor


def flatten(parameters: Iterable[Tensor]) -> Tensor:
    """Move ``parameters`` into one new storage and return the 1-D tensor over all of it.

    Each tensor object stays, with its sizes and strides, as a view of the result. Tensors that shared memory share
    it afterwards; elements of their storages that no parameter covers are left out.
    """
    parameters = list(parameters)
    if not parameters:
        return default_tensor()
    for parameter in parameters:
        if not isinstance(parameter, Tensor):
            raise TorchError(f"Cannot gather a {describe(parameter)} and other parameters in one vector")
    if len({(parameter.dtype, parameter.device) for parameter in parameters}) > 1:
        raise TorchError("Cannot gather parameters of different types")
    storages: dict[int, _Storage] = {}
    for parameter in parameters:
        key = parameter.untyped_storage()._cdata
        storages.setdefault(key, _Storage(parameter)).users.append(parameter)
    kept, count = [], 0
    for storage in storages.values():
        for first, end in storage.used():
            kept.append(storage.whole[first:end])
            storage.moved.append((first, count - first))
            count += end - first
    flat = torch.cat(kept)
    # a tensor may be there twice: find all new places before the first is moved
    moves = [
        (user, storage.new_offset(user.storage_offset())) for storage in storages.values() for user in storage.users
    ]
    for parameter, offset in moves:
        parameter.set_(flat, offset, parameter.shape, parameter.stride())
    return flat


class _Storage:
    """A storage that parameters lie on."""

    def __init__(self, tensor: Tensor):
        storage = tensor.untyped_storage()
        self.whole = tensor.new_empty(0).set_(storage, 0, (storage.nbytes() // tensor.element_size(),))
        self.users: list[Tensor] = []
        self.moved: list[tuple[int, int]] = []  # the beginning of each piece that is kept, and how far it moves

    def used(self) -> list[tuple[int, int]]:
        """First element and end of each piece that users cover."""
        if not all(map(_is_compact, self.users)):
            covered = torch.zeros(len(self.whole), dtype=torch.bool)
            for user in self.users:
                covered.as_strided(user.shape, user.stride(), user.storage_offset()).fill_(True)
            if not covered.all():
                raise TorchError("Cannot gather tensors that are not compact")
            return [(0, len(self.whole))]
        pieces: list[tuple[int, int]] = []
        for first, count in sorted((user.storage_offset(), _extent(user)) for user in self.users):
            if pieces and first <= pieces[-1][1]:
                pieces[-1] = pieces[-1][0], max(pieces[-1][1], first + count)
            else:
                pieces.append((first, first + count))
        return pieces

    def new_offset(self, offset: int) -> int:
        return next(offset + distance for first, distance in reversed(self.moved) if first <= offset)


def _is_compact(tensor: Tensor) -> bool:
    """Whether the elements fill one piece of memory, in whatever order of dimensions (expanded ones aside)."""
    expected = 1
    for stride, size in sorted((stride, size) for size, stride in zip(tensor.shape, tensor.stride()) if stride > 0):
        if size > 1 and stride != expected:
            return False
        expected *= size
    return True


def _extent(tensor: Tensor) -> int:
    """How many elements of memory a compact tensor covers."""
    return tensor.numel() and 1 + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride()))
