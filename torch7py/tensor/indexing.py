"""Torch7's indexing: ``x[key]`` and ``x[key] = value`` for every kind of key.

A key is

- a number, or a string that spells one: a slice of the first dimension, or an element of a 1-D tensor; negative ones
  count from the end, fractions are cut off;
- a Table (from Python also a tuple or a list): one entry for each dimension from the first on: a number takes that
  slice and drops the dimension, ``{first, last}`` keeps that range, ``{i}`` keeps a range of one, ``{}`` keeps all;
  anything else ends the list;
- a LongStorage of as many numbers as there are dimensions: that element;
- a ByteTensor of zeros and ones with as many elements: the elements where it is 1.
"""

from __future__ import annotations

import torch

from torch7py.errors import TorchError
from torch7py.table import Table
from torch7py.tensor import construct, types
from torch7py.tensor.arguments import bad_argument, describe, element, number
from torch7py.tensor.copying import copy
from torch7py.tensor.geometry import dim as dimensions
from torch7py.tensor.picking import masked_copy, masked_fill, masked_select
from torch7py.tensor.storage import Storage


def get(x: torch.Tensor, key) -> torch.Tensor | int | float | None:
    """``x[key]``: an element as a number, a view, a copy of the masked elements; None for a key of no known kind."""
    position = number(key)
    if position is not None:
        i = _position(x, 0, position)
        return x[i].item() if x.dim() == 1 else x.select(0, i)
    if isinstance(key, (Table, tuple, list)):
        view, i = _walk(x, key)
        return view if i is None else view[i].item()
    if isinstance(key, Storage) and key.dtype is torch.int64:
        return x[_place(x, key)].item()
    if isinstance(key, torch.Tensor) and key.dtype is torch.uint8:
        return masked_select(x, key)
    return None


def set(x: torch.Tensor, key, value: torch.Tensor | int | float) -> None:
    """``x[key] = value``.

    Arguments:
        x: the tensor to write to.
        key: see above; any other raises.
        value: a number for all elements; or a tensor of any type and sizes with as many elements (for a mask: of the
            same type, with at least as many elements as there are ones).
    """
    position = number(key)
    if position is not None:
        i = _position(x, 0, position)
        if number(value) is not None:
            x.select(0, i).fill_(element(value, x.dtype))
        else:
            copy(x.narrow(0, i, 1), _tensor(value))
    elif isinstance(key, (Table, tuple, list)):
        view, i = _walk(x, key)
        if i is not None:
            view[i] = element(value, x.dtype)
        elif number(value) is not None:
            view.fill_(element(value, x.dtype))
        else:
            copy(view, _tensor(value))
    elif isinstance(key, Storage) and key.dtype is torch.int64:
        x[_place(x, key)] = element(value, x.dtype)
    elif isinstance(key, torch.Tensor) and key.dtype is torch.uint8:
        _set_masked(x, key, value)
    else:
        raise TorchError(f"the class {types.typename(x)} cannot be indexed with {describe(key)}")


def _set_masked(x: torch.Tensor, mask: torch.Tensor, value: torch.Tensor | int | float) -> None:
    if number(value) is not None:
        masked_fill(x, mask, value)
    elif isinstance(value, torch.Tensor) and value.dtype is x.dtype:
        masked_copy(x, mask, value)
    else:
        raise TorchError(f"number or {types.typename(x)} expected, got {describe(value)}")


def _tensor(value) -> torch.Tensor:
    if not isinstance(value, torch.Tensor):
        raise bad_argument(3, "set", f"number or torch.*Tensor expected, got {describe(value)}")
    return value


def _position(x: torch.Tensor, d: int, index: int | float, message: str = "out of range") -> int:
    """An index (from 1, negative ones from the end) as a position from 0 in dimension ``d``."""
    if x.numel() == 0:
        raise bad_argument(1, "index", "empty tensor")
    length = x.size(d)
    position = int(index) - 1
    if position < 0:
        position += length + 1
    if not 0 <= position < length:
        raise bad_argument(2, "index", f"{message}: {index} in a dimension of size {length}")
    return position


def _place(x: torch.Tensor, key: Storage) -> tuple[int, ...]:
    indices = key.tolist()
    if len(indices) != dimensions(x):
        raise bad_argument(2, "index", f"invalid size: {len(indices)} indices for a {dimensions(x)}D tensor")
    return tuple(_position(x, d, index, "index out of bound") for d, index in enumerate(indices))


def _walk(x: torch.Tensor, key: Table | tuple | list) -> tuple[torch.Tensor, int | None]:
    """The view that a table key leads to; and where a number meets the last dimension, the position in it."""
    n = dimensions(x)
    if len(key) > n:
        raise bad_argument(2, "index", f"too many indices provided: {len(key)} for a {n}D tensor")
    view = x
    d = 0  # the dimension of the view that comes next
    for at in range(n):
        entry = _entry(key, at)
        index = number(entry)
        if index is not None:
            position = _position(view, d, index, "index out of bound")
            if view.dim() == 1:
                return view, position
            view = view.select(d, position)
        elif isinstance(entry, (Table, tuple, list)):
            first, last = number(_entry(entry, 0)), number(_entry(entry, 1))
            start = 0 if first is None else _position(view, d, first, "start index out of bound")
            end = view.size(d) - 1 if first is None else start
            if last is not None:
                end = _position(view, d, last, "end index out of bound")
            if end < start:
                raise bad_argument(2, "index", "end index must be greater or equal to start index")
            view = view.narrow(d, start, end - start + 1)
            d += 1
        else:
            break
    return (construct.alias(x) if view is x else view), None


def _entry(key: Table | tuple | list, at: int):
    """An entry of a table key by its position from 0; None where there is none."""
    if isinstance(key, Table):
        return key[at + 1]
    return key[at] if at < len(key) else None
