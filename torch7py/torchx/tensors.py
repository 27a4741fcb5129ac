"""Functions of tensors: finding and grouping elements, joining tensors, the best way down a tree."""

from __future__ import annotations

import itertools
import operator

import torch

from torch7py.errors import TorchError
from torch7py.nn._check import sizes
from torch7py.nn.utils import empty_like_type
from torch7py.table import Table
from torch7py.tensor import sorting
from torch7py.tensor.arguments import describe, integer

Tensor = torch.Tensor


def find(tensor: Tensor, val, dim: int | None = None) -> Table:
    """Where ``tensor`` holds ``val``: the places from 1, of all elements in a row; or with ``dim`` 2 of a matrix, a
    Table of those of each row (with 1, of each column).
    """
    if dim is None:
        return _places(tensor.reshape(-1), val)
    if tensor.dim() != 2 or dim not in (1, 2):
        raise TorchError(f"find: with a dimension, 1 or 2, a matrix expected, got {sizes(tensor)}")
    return Table([_places(part, val) for part in tensor.unbind(2 - dim)])


def _places(vector: Tensor, val) -> Table:
    return Table((torch.nonzero(vector == val).view(-1) + 1).tolist())


def group(*args) -> tuple[Table, Tensor, Tensor]:
    """``group([val, idx,] tensor, [samegrp, desc])``: sort a vector, and collect the elements that are alike.

    Arguments:
        val, idx: what the sorted elements, and their places (from 1), are written to.
        samegrp: a function of the first element of a group and another one: does that belong to it? By default it does
            if they are equal.
        desc: sort in descending order.

    Returns:
        By the first element of each group a Table ``{val = ..., idx = ...}`` of its elements and their places; all
        sorted elements; all places.
    """
    if len(args) > 2 and isinstance(args[2], Tensor):
        val, idx, *args = args
    else:
        val, idx = None, None
    tensor, samegrp, desc = (*args, None, None, None)[:3]
    if not isinstance(tensor, Tensor) or tensor.dim() != 1:
        raise TorchError(f"group: a vector expected, got {describe(tensor)}")
    if samegrp is not None and not callable(samegrp):
        raise TorchError(f"group: a function that tells what belongs together expected, got {describe(samegrp)}")
    val = empty_like_type(tensor) if val is None else val
    idx = torch.empty(0, dtype=torch.int64) if idx is None else idx
    sorting.sort(val, idx, tensor, bool(desc))
    alike, values, starts = samegrp or operator.eq, val.tolist(), [0]
    for place, value in enumerate(values[1:], 1):
        if not alike(values[starts[-1]], value):
            starts.append(place)
    groups = Table()
    for start, end in itertools.pairwise([*starts, len(values)]):
        groups[values[start]] = Table(val=val[start:end], idx=idx[start:end])
    return groups, val, idx


def concat(*args) -> Tensor:
    """``concat([res,] tensors, [dim, index])``: tensors joined along dimension ``dim`` (1), written to ``res``, or to a
    new tensor of the type of number ``index`` (1) of them.
    """
    res, *args = args if args and isinstance(args[0], Tensor) else (None, *args)
    tensors, dim, index = (*args, None, None, None)[:3]
    if not isinstance(tensors, (Table, list, tuple)) or not len(tensors):
        raise TorchError("concat: expecting table of tensors")
    tensors = list(tensors)
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            raise TorchError(f"Expecting table of torch.Tensors at arg 2 : {describe(tensor)}")
    dim = integer(1 if dim is None else dim, 3, "concat") - 1
    if res is None:
        res = empty_like_type(tensors[0 if index is None else index - 1])
    shape = list(tensors[0].shape)
    for place, tensor in enumerate(tensors, 1):
        others = [*tensor.shape[:dim], *tensor.shape[dim + 1 :]]
        if not 0 <= dim < tensor.dim() or others != shape[:dim] + shape[dim + 1 :]:
            raise TorchError(
                f"Cannot concat along dim {dim + 1}: {sizes(tensor)}, the tensor at index {place}, and "
                f"{sizes(tensors[0])}, the first one, have different sizes"
            )
    # one by one, since they may be of different types
    parts = res.resize_(*shape[:dim], sum(tensor.shape[dim] for tensor in tensors), *shape[dim + 1 :])
    for part, tensor in zip(parts.split([tensor.shape[dim] for tensor in tensors], dim), tensors):
        part.copy_(tensor)
    return res


def treemax(tensor: Tensor, treeSize: Table) -> tuple[int | float, int]:
    """Go down a tree to a leaf, on each level by the branch whose leaves have the greatest mean; the leaf's value and
    its place.

    Arguments:
        tensor: the leaves in order, a vector.
        treeSize: how many branches a node has, for each level from the root.
    """
    if not isinstance(tensor, Tensor) or tensor.dim() != 1 or not isinstance(treeSize, (Table, list, tuple)):
        raise TorchError("treemax: a vector, and a table of numbers of branches expected")
    value, place = 0, 1
    for level, branches in enumerate(treeSize, 1):
        if tensor.numel() % branches:
            raise TorchError(f"treemax: {tensor.numel()} leaves cannot be parted evenly into {branches} branches")
        parts = tensor.reshape(branches, -1)
        value, best = (parts.mean(1) if level < len(treeSize) else parts[:, 0]).max(0)
        value, tensor, place = value.item(), parts[best], place + best.item() * parts.shape[1]
    return value, place
