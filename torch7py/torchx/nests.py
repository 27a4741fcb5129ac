"""Operations on nests: a nest is a tensor or a Table of nests. Some of them Torch7 has in the table ``rnn``, too."""

from __future__ import annotations

from collections.abc import Callable

import torch

from torch7py import random
from torch7py.errors import TorchError
from torch7py.identity import isTensor
from torch7py.nn import utils
from torch7py.table import Table
from torch7py.tensor.arguments import describe
from torch7py.tensor.registry import methods

Tensor = torch.Tensor


def recursiveResizeAs(t1, t2):
    """Make ``t1`` a nest of the structure and sizes of ``t2``, reusing what is there. Returns both."""
    return _each_pair(t1, t2, lambda one, other: one.resize_(other.shape))


def recursiveSet(t1, t2):
    """Let the tensors of ``t1`` be the memory of those of ``t2``. Returns both."""
    return _each_pair(t1, t2, lambda one, other: one.set_(other))


def recursiveCopy(t1, t2):
    """Copy ``t2`` into ``t1``, which is made or resized where it must be. Returns both."""
    return utils.recursiveCopy(t1, t2)


def recursiveAdd(t1, t2):
    """``t1 += t2``. Returns both."""
    return utils.recursiveAdd(t1, t2)


def recursiveTensorEq(t1, t2) -> bool:
    """Whether the elements of two nests are equal to within 0.00001."""
    if isinstance(t2, Table):
        return isinstance(t1, Table) and all(recursiveTensorEq(t1[key], item) for key, item in t2.items())
    if not (isinstance(t1, Tensor) and isinstance(t2, Tensor)):
        raise _unexpected_pair(t1, t2)
    return (t1 - t2.reshape(t1.shape)).abs().max().item() < 0.00001


def recursiveNormal(t2):
    """Draw all elements of the nest from the normal distribution. Returns it."""
    return _each(t2, lambda tensor: random.default().fill_normal(tensor))


def recursiveFill(t2, val):
    """Fill the nest with a number. Returns it."""
    return utils.recursiveFill(t2, val)


def recursiveType(param, type_str: str):
    """The nest converted to a tensor type; its Tables are changed in place."""
    if isinstance(param, Table):
        for position, item in enumerate(list(param), 1):
            param[position] = recursiveType(item, type_str)
        return param
    return utils.recursiveType(param, type_str) if isinstance(param, Tensor) else param


def recursiveSum(t2) -> float:
    """The sum of all elements of the nest."""
    if isinstance(t2, Table):
        return sum(recursiveSum(item) for item in t2.values())
    if not isinstance(t2, Tensor):
        raise _unexpected(t2)
    return t2.sum().item()


def recursiveNew(t2):
    """A nest of that structure with empty tensors."""
    return _mapped(t2, utils.empty_like_type)


def recursiveIndex(res, src, dim: int, indices: Tensor):
    """Make ``res``, which is made where it must be, the nest of the parts of ``src`` that ``indices`` tells along
    dimension ``dim``: see ``tensor:index``. Returns it.
    """
    return _each_pair(res, src, lambda one, other: methods["index"](one, other, dim, indices))[0]


def recursiveBatchSize(input) -> int:
    """The size of the first tensor's first dimension."""
    return first_tensor(input).shape[0]


def recursiveSize(input, excludedim: int | None = None) -> Table:
    """The sizes of each tensor as a Table, without the one of dimension ``excludedim``; a nest of such Tables."""

    def shape(tensor: Tensor) -> Table:
        return Table(size for dim, size in enumerate(tensor.shape, 1) if dim != excludedim)

    return _mapped(input, shape)


def recursiveSub(src, start: int, stop: int | None = None):
    """A nest of views: of each tensor's first dimension from ``start`` to ``stop`` (the last); see ``tensor:sub``."""
    return _mapped(src, lambda tensor: methods["sub"](tensor, start, stop))


def remap(t1, t2, f: Callable, p1: Tensor | None = None, p2: Tensor | None = None) -> tuple:
    """Call ``f(x, y)`` for the tensors x and y at each place of two nests, in the list part of their tables (the first
    one's, if it is a table). Returns both nests.

    Where one of them has nothing there, it gets an empty tensor: of the type of ``p1`` in the first nest, of ``p2`` (or
    ``p1``) in the second, by default of the type of the other.
    """
    if not callable(f):
        raise TorchError("Expecting function at argument 3")
    if isinstance(t1, Table) or isinstance(t2, Table):
        count = len(t1 if isinstance(t1, Table) else t2)
        t1, t2 = Table() if t1 is None else t1, Table() if t2 is None else t2
        if not (isinstance(t1, Table) and isinstance(t2, Table)):
            raise _unexpected_pair(t1, t2)
        for place in range(1, count + 1):
            t1[place], t2[place] = remap(t1[place], t2[place], f, p1, p2)
        return t1, t2
    if not (isTensor(t1) or isTensor(t2)):
        raise _unexpected_pair(t1, t2)
    if t1 is None:
        t1 = (t2 if p1 is None else p1).new()
    elif t2 is None:
        t2 = next(prototype for prototype in (p2, p1, t1) if prototype is not None).new()
    f(t1, t2)
    return t1, t2


def first_tensor(nest) -> Tensor:
    """The first tensor of a nest."""
    while isinstance(nest, Table):
        nest = nest[1]
    if not isinstance(nest, Tensor):
        raise _unexpected(nest)
    return nest


def _mapped(nest, make: Callable):
    if isinstance(nest, Table):
        return Table({key: _mapped(item, make) for key, item in nest.items()})
    if not isinstance(nest, Tensor):
        raise _unexpected(nest)
    return make(nest)


def _each_pair(t1, t2, act):
    if isinstance(t2, Table):
        if not isinstance(t1, Table):
            t1 = Table() if t1 is None else Table([t1])
        for key, item in list(t2.items()):
            t1[key] = _each_pair(t1[key], item, act)[0]
    elif isinstance(t2, Tensor):
        t1 = t1 if isinstance(t1, Tensor) else utils.empty_like_type(t2)
        act(t1, t2)
    else:
        raise _unexpected_pair(t1, t2)
    return t1, t2


def _each(nest, act):
    if isinstance(nest, Table):
        for item in list(nest.values()):
            _each(item, act)
    elif isinstance(nest, Tensor):
        act(nest)
    else:
        raise _unexpected(nest)
    return nest


def _unexpected(nest) -> TorchError:
    return TorchError(f"expecting tensor or table thereof. Got {describe(nest)} instead")


def _unexpected_pair(t1, t2) -> TorchError:
    return TorchError(f"expecting nested tensors or tables. Got {describe(t1)} and {describe(t2)} instead")
