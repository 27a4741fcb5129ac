"""Copies of elements: filling, copying, converting, joining."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from torch7py.errors import ArgumentError, TorchError
from torch7py.table import Table
from torch7py.tensor import construct, types
from torch7py.tensor.arguments import bad_argument, describe, integer
from torch7py.tensor.geometry import dim as dimensions
from torch7py.tensor.operands import put, resize, sizes_text
from torch7py.tensor.registry import function, method
from torch7py.tensor.storage import Storage
from torch7py.tensor.views import split_result


@method("copy", "copyAsync", steady=True)
def copy(x: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    """Take over the elements of a tensor of any type and any sizes, if only it has as many; in place, returns x."""
    if not isinstance(source, torch.Tensor):
        raise bad_argument(2, "copy", f"torch.*Tensor expected, got {describe(source)}")
    if x.shape != source.shape:
        check_same_count(x, source)
        source = source.reshape(x.shape)
    try:
        return x.copy_(source)
    except RuntimeError:
        # x repeats elements (it was expanded), or both overlap: PyTorch declines, Torch7 copied
        repeated = [d for d, step in enumerate(x.stride()) if step == 0]
        source = source.clone()
        target = x
        for d in repeated:
            target, source = target.narrow(d, x.size(d) - 1, 1), source.narrow(d, x.size(d) - 1, 1)
        target.copy_(source)
        return x


def check_same_count(x: torch.Tensor, source: torch.Tensor, names: tuple[str, str] = ("tensor", "src")) -> None:
    """An error unless both have as many elements."""
    if x.numel() != source.numel():
        raise TorchError(
            f"inconsistent tensor size, expected {names[0]} {sizes_text(x)} and {names[1]} {sizes_text(source)} to "
            f"have the same number of elements, but got {x.numel()} and {source.numel()} elements respectively"
        )


@method("clone", steady=True)
def clone(x: torch.Tensor) -> torch.Tensor:
    """A contiguous copy on a storage of its own."""
    return x.clone(memory_format=torch.contiguous_format)


@method("contiguous", steady=True)
def contiguous(x: torch.Tensor) -> torch.Tensor:
    """A contiguous tensor of the same elements: a new view of a contiguous one, a copy of another."""
    return construct.alias(x) if x.is_contiguous() else x.contiguous()


@method("type", steady=True)
def type_(x: torch.Tensor, name: str | None = None) -> str | torch.Tensor:
    """Without a name the tensor's type name; with one (``'torch.FloatTensor'``) a copy of that type, or x itself."""
    if name is None or name is False:
        return types.typename(x)
    known = types.lookup(name) if isinstance(name, str) else None
    if known is None:
        raise bad_argument(2, "type", f"{name!r} is not the name of a tensor type such as 'torch.DoubleTensor'")
    return convert(x, *known)


def convert(x: torch.Tensor, device: str, dtype: torch.dtype) -> torch.Tensor:
    """``x`` itself if it has this type, else a contiguous copy that has."""
    if x.dtype is dtype and x.device.type == device:
        return x
    if device == "cuda":
        types.need_gpu("cuda")
    return x.to(device, dtype, memory_format=torch.contiguous_format)


@method("typeAs", steady=True)
def type_as(x: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """A copy of the type of ``other``, or x itself if it has that type."""
    if not isinstance(other, torch.Tensor):
        raise bad_argument(2, "typeAs", f"tensor expected, got {describe(other)}")
    return convert(x, other.device.type, other.dtype)


@method("real", steady=True)
def real(x: torch.Tensor) -> torch.Tensor:
    """A copy of the default type, or x itself if it has that type."""
    return convert(x, types.default.device, types.default.dtype)


def _register_conversion(name: str, typename: str) -> None:
    def conversion(x: torch.Tensor) -> torch.Tensor:
        return convert(x, *types.lookup(typename))

    conversion.__name__ = name
    conversion.__doc__ = f"A copy as ``{typename}``, or x itself if it is one."
    method(name, steady=True)(conversion)


for _kind in types.DTYPES:
    _register_conversion(_kind.lower(), f"torch.{_kind}Tensor")
    _cuda_kind = "" if _kind == "Float" else _kind
    _register_conversion(f"cuda{_cuda_kind}", f"torch.Cuda{_cuda_kind}Tensor")


@method("getDevice", steady=True)
def get_device(x: torch.Tensor) -> int:
    """The number of the GPU that the tensor is on, from 1; 0 on the CPU, but 1 where that stands in for a GPU."""
    return int(types.cuda_is_cpu()) if x.is_cpu else x.get_device() + 1


@method("totable", steady=True)
@function("totable", steady=True)
def totable(x: torch.Tensor | Storage) -> Table:
    """The elements in a Table, of a matrix in a Table of Tables, and so on."""
    if not isinstance(x, (torch.Tensor, Storage)):
        raise ArgumentError(f"obj must be a Storage or a Tensor, got {describe(x)}")
    return _nested(x.tolist())


def _nested(values: list) -> Table:
    if values and isinstance(values[0], list):
        return Table(map(_nested, values))
    return Table(values)


@method("reshape", steady=True)
@function("reshape", steady=True)
def reshape(*args) -> torch.Tensor:
    """``reshape([result,] x, sizes)``: a copy with other sizes (numbers or a LongStorage) of as many elements."""
    result, x, sizes = split_result(args, "reshape")
    shape, _ = construct.layout(construct.read_sizes(sizes, "reshape", 2)[0])
    target = x.new_empty(shape or (0,)) if result is None else resize(result, tuple(shape or (0,)))
    return copy(target, x)


@method("repeatTensor", steady=True)
@function("repeatTensor", steady=True)
def repeat_tensor(*args) -> torch.Tensor:
    """``repeatTensor([result,] x, times)``: x repeated side by side.

    Arguments:
        result: a tensor to resize and fill.
        x: the tensor.
        times: how often, for each dimension, as numbers or a LongStorage; more than x has dimensions add leading ones.
    """
    result, x, times = split_result(args, "repeatTensor")
    times, _ = construct.read_sizes(times, "repeatTensor", 2)
    if len(times) < dimensions(x):
        raise TorchError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor: "
            f"{len(times)} and {dimensions(x)}"
        )
    if not x.numel() or min(times) <= 0:
        raise bad_argument(1 if times else 2, "repeatTensor", f"{sizes_text(x)} can't be repeated {times} times")
    repeated = x.repeat(times)
    return repeated if result is None else resize(result, repeated.shape).copy_(repeated)


@method("cat", steady=True)
@function("cat", steady=True)
def cat(*args) -> torch.Tensor:
    """``cat([result,] x, y [, dimension])`` or ``cat([result,] {x, y, ...} [, dimension])``: tensors joined.

    Arguments:
        result: a tensor to resize and fill.
        x, y: tensors of one type; those with fewer dimensions get trailing ones of size 1, empty ones are left out.
        dimension: along which to join; by default the last that any of them has. One more than they have stacks them.
    """
    result, tensors, dimension = _cat_arguments(args)
    first = tensors[0]
    for other in tensors[1:]:
        if other.dtype is not first.dtype or other.device != first.device:
            raise bad_argument(2, "cat", f"{types.typename(first)} expected, got {types.typename(other)}")
    rank = max([dimensions(part) for part in tensors])
    if dimension is None or dimension == -1:
        d = max(rank - 1, 0)
    else:
        d = dimension - 1
        if d < 0:
            raise bad_argument(len(args), "cat", f"invalid dimension {dimension}")
        rank = max(rank, d + 1)
    parts = [part.reshape(*part.shape, *[1] * (rank - part.dim())) for part in tensors if part.numel()]
    if not parts:
        return construct.alias(first[:0]) if result is None else result
    shape = parts[0].shape
    for part in parts[1:]:
        if any(i != d and a != b for i, (a, b) in enumerate(zip(shape, part.shape))):
            quoted = ", ".join(map(sizes_text, tensors))
            raise TorchError(f"inconsistent tensor sizes: {quoted} along dimension {d + 1}")
    joined = torch.cat(parts, d)
    return put(result, joined)


def _cat_arguments(args: Sequence) -> tuple[torch.Tensor | None, list[torch.Tensor], int | None]:
    args = list(args)
    while args and args[-1] is None:
        args.pop()
    dimension = None
    if args and not isinstance(args[-1], (torch.Tensor, Table, list, tuple)):
        dimension = integer(args.pop(), len(args) + 1, "cat")
    result = None
    least = 1
    if args and isinstance(args[-1], (Table, list, tuple)):
        tensors = list(args.pop())
        if args:
            result = args.pop()
    else:
        tensors, least = args[-2:], 2
        result = args[0] if len(args) == 3 else None
        args = args[3:]
    if args or len(tensors) < least or not all(isinstance(part, torch.Tensor) for part in tensors):
        raise ArgumentError("cat expects [result,] tensor, tensor [, dimension] or [result,] {tensors} [, dimension]")
    return result, tensors, dimension
