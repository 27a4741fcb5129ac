"""Making tensors: every form of Torch7's constructor, and how sizes and strides lay a tensor out on a storage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy
import torch

from torch7py.errors import TorchError
from torch7py.table import Table
from torch7py.tensor import registry, types
from torch7py.tensor.arguments import bad_argument, element, integer, number
from torch7py.tensor.storage import Storage

MAX_DIMENSIONS = 8  # as many as the forms with numbers take


def new(name: str, *args) -> torch.Tensor:
    """``torch.DoubleTensor(...)`` and its kin.

    Arguments:
        name: the full type name, ``'torch.DoubleTensor'``.
        args: one of
            nothing: an empty tensor;
            sizes, as numbers or a LongStorage, which strides in a LongStorage may follow: uninitialised elements;
            a tensor of the same type: another tensor on the same elements;
            a storage of the same type: all of it; with an offset (from 1) and then sizes and strides (two LongStorages,
            or size, stride, size, stride, ... as numbers): that part of it;
            a Table or list of numbers, or of Tables and so on: these values.
    """
    device, dtype = types.lookup(name)
    if device != "cpu":
        types.need_gpu(name)
    if not args:
        return torch.empty(0, dtype=dtype, device=device)
    first = args[0]
    if type(first) is int and len(args) <= MAX_DIMENSIONS and all([type(size) is int and size > 0 for size in args]):
        return torch.empty(args, dtype=dtype, device=device)
    if isinstance(first, (Table, list, tuple)):
        return from_table(first, dtype, device)
    if isinstance(first, torch.Tensor) or isinstance(first, Storage):
        if isinstance(first, Storage) and first.dtype is torch.int64 and dtype is not torch.int64:
            return with_sizes(dtype, device, *read_sizes(args, "new"))
        return place(torch.empty(0, dtype=dtype, device=device), *source(name, args, 1, "new"))
    if type(first) is str or number(first) is None:
        raise wrong_source(name, 1, "new")
    return with_sizes(dtype, device, *read_sizes(args, "new"))


def like(tensor: torch.Tensor, *args) -> torch.Tensor:
    """``tensor.new(...)``: a tensor of the same type, made from ``args`` as :func:`new` does."""
    return new(types.typename(tensor), *args)


def alias(tensor: torch.Tensor) -> torch.Tensor:
    """Another tensor on the same elements."""
    return tensor[...]


def with_sizes(dtype: torch.dtype, device: str, sizes: Sequence[int], strides: Sequence[int]) -> torch.Tensor:
    """An uninitialised tensor of these sizes and strides, read as :func:`layout` reads them."""
    sizes, strides = layout(sizes, strides)
    return torch.empty_strided(sizes or (0,), strides or (1,), dtype=dtype, device=device)


def from_table(values: Table | Sequence, dtype: torch.dtype, device: str = "cpu") -> torch.Tensor:
    """A tensor of the numbers in nested tables; ``{{1, 2, 3}, {4, 5, 6}}`` is 2x3."""
    sizes = []
    level = values
    while isinstance(level, (Table, list, tuple)) and len(level) > 0:
        sizes.append(len(level))
        level = level[1] if isinstance(level, Table) else level[0]
    if not sizes:
        return torch.empty(0, dtype=dtype, device=device)
    rows = [values]
    for size in sizes:
        for row in rows:
            if not isinstance(row, (Table, list, tuple)):
                raise TorchError("invalid tensor definition")
            if len(row) != size:
                raise TorchError(f"invalid tensor sizes: {len(row)} values where {size} are expected")
        rows = [value for row in rows for value in row]
    return from_numbers(rows, dtype, device).reshape(sizes)


def from_numbers(values: list, dtype: torch.dtype, device: str = "cpu") -> torch.Tensor:
    """A 1-D tensor of these numbers (or strings that spell one)."""
    kinds = set(map(type, values))
    if not kinds <= {int, float}:
        for value in values:
            if number(value) is None:
                raise TorchError("invalid element (not a number)")
        values = [element(value, dtype) for value in values]
        kinds = set(map(type, values))
    if kinds == {int} and dtype is torch.int64:
        values = [element(value, dtype) for value in values]  # exactly, where a double would round
        return torch.tensor(values, dtype=dtype, device=device)
    return torch.from_numpy(numpy.array(values, dtype=numpy.float64)).to(device, dtype, copy=True)


def read_sizes(
    args: Sequence, name: str, position: int = 1, with_strides: bool = False
) -> tuple[Sequence[int], Sequence[int]]:
    """Sizes and strides from the end of an argument list; strides are empty where none were given.

    Arguments:
        args: a LongStorage of sizes and perhaps one of strides; or numbers: sizes, or with ``with_strides``
            size, stride, size, stride, ...
        name: the operation, for messages.
        position: where ``args`` begins in the argument list, for messages.
    """
    while args and args[-1] is None:
        args = args[:-1]
    if args and isinstance(args[0], Storage):
        sizes = storage_sizes(args[0], position, name)
        if len(args) == 1:
            return sizes, ()
        strides = storage_sizes(args[1], position + 1, name)
        if len(strides) != len(sizes):
            raise bad_argument(position + 1, name, "provided stride and size are inconsistent")
        return sizes, strides
    numbers = [integer(value, position + i, name) for i, value in enumerate(args)]
    if with_strides:
        numbers = numbers[: 2 * MAX_DIMENSIONS]
        return numbers[::2], numbers[1::2]
    return numbers[:MAX_DIMENSIONS], ()


def storage_sizes(storage: Storage, position: int, name: str) -> list[int]:
    """The content of a LongStorage argument."""
    if not isinstance(storage, Storage) or storage.dtype is not torch.int64:
        raise bad_argument(position, name, "torch.LongStorage expected")
    return storage.tolist()


def layout(sizes: Sequence[int], strides: Sequence[int] = ()) -> tuple[list[int], list[int]]:
    """Complete sizes and strides: the first size below 1 ends the list, missing and negative strides are worked out."""
    for count, size in enumerate(sizes):
        if size <= 0:
            sizes = sizes[:count]
            break
    full = [0] * len(sizes)
    step = 1
    for d in range(len(sizes) - 1, -1, -1):
        full[d] = strides[d] if d < len(strides) and strides[d] >= 0 else step
        step = full[d] * sizes[d]
    return list(sizes), full


def source(
    name: str, args: Sequence, position: int, operation: str
) -> tuple[torch.UntypedStorage | None, int, Sequence[int], Sequence[int]]:
    """What a constructor or ``set`` was given: storage (None for a fresh one), offset from 0, sizes, strides."""
    _, dtype = types.lookup(name)
    first = args[0] if args else None
    if first is None:
        return None, 0, (), ()
    if isinstance(first, torch.Tensor) and types.typename(first) == name:
        sizes = first.shape if first.numel() else ()
        return first.untyped_storage(), first.storage_offset(), sizes, first.stride()
    if isinstance(first, Storage) and first.dtype is dtype:
        first.untyped.is_given = True  # so that the tensor has a storage even while that is empty
        if len(args) == 1 or args[1] is None:
            return first.untyped, 0, (len(first),), (1,)
        offset = integer(args[1], position + 1, operation) - 1
        if offset < 0:
            raise TorchError("Tensor: invalid storage offset")
        return first.untyped, offset, *read_sizes(args[2:], operation, position + 2, with_strides=True)
    if isinstance(first, Storage) and first.dtype is torch.int64 or number(first) is not None:
        return None, 0, *read_sizes(args, operation, position)
    raise wrong_source(name, position, operation)


def wrong_source(name: str, position: int, operation: str) -> TorchError:
    return bad_argument(position, operation, f"expecting number or {name} or {name.replace('Tensor', 'Storage')}")


def place(
    tensor: torch.Tensor,
    storage: torch.UntypedStorage | None,
    offset: int,
    sizes: Sequence[int],
    strides: Sequence[int] = (),
) -> torch.Tensor:
    """Seat ``tensor`` on a storage (on a fresh one for None), which grows if it is too small. Returns the tensor."""
    if storage is None:
        tensor.set_()
        storage = tensor.untyped_storage()
    sizes, strides = layout(sizes, strides)
    before = storage.nbytes()
    tensor.set_(storage, offset, sizes or (0,), strides or (1,))
    if storage.nbytes() != before:
        registry.resized()
    return tensor
