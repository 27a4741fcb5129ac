"""Views: other tensors on the same elements."""

from __future__ import annotations

import math

import torch

from torch7py.errors import TorchError
from torch7py.table import Table
from torch7py.tensor import construct, registry
from torch7py.tensor.arguments import bad_argument, describe, integer, number
from torch7py.tensor.geometry import check_same_type, dimension_index
from torch7py.tensor.geometry import dim as dimensions
from torch7py.tensor.operands import invalid
from torch7py.tensor.registry import function, method
from torch7py.tensor.storage import Storage


@method("narrow", steady=True)
def narrow(x: torch.Tensor, dimension: int, first: int, size: int) -> torch.Tensor:
    """The slices ``first``, ..., ``first + size - 1`` of a dimension; both count from 1."""
    d = integer(dimension, 2, "narrow") - 1
    start = integer(first, 3, "narrow") - 1
    count = integer(size, 4, "narrow")
    if not 0 <= d < dimensions(x):
        raise bad_argument(2, "narrow", f"out of range: dimension {d + 1} of a {dimensions(x)}D tensor")
    length = x.size(d)
    if not 0 <= start < length:
        raise bad_argument(3, "narrow", f"out of range: index {start + 1} in a dimension of size {length}")
    if not 0 < count <= length - start:
        raise bad_argument(4, "narrow", f"out of range: {count} from {start + 1} on in a dimension of size {length}")
    return x.narrow(d, start, count)


@method("select", steady=True)
def select(x: torch.Tensor, dimension: int, index: int) -> torch.Tensor | int | float:
    """One slice of a dimension, which goes away; of a 1-D tensor an element. Both numbers count from 1."""
    d = integer(dimension, 2, "select") - 1
    i = integer(index, 3, "select") - 1
    n = dimensions(x)
    if n == 0:
        raise bad_argument(1, "select", "empty Tensor")
    if n == 1:
        d = 0
    elif not 0 <= d < n:
        raise bad_argument(2, "select", f"out of range: dimension {d + 1} of a {n}D tensor")
    if not 0 <= i < x.size(d):
        raise bad_argument(3, "select", f"out of range: index {i + 1} in a dimension of size {x.size(d)}")
    return x.select(d, i) if n > 1 else x[i].item()


@method("sub", steady=True)
def sub(x: torch.Tensor, *bounds) -> torch.Tensor:
    """The part from ``bounds[0]`` to ``bounds[1]`` in the first dimension, and so on for up to four dimensions.

    Bounds count from 1 and belong to the part; negative ones count from the end.
    """
    for d in range(min(max(len(bounds) + 1, 2) // 2, 4)):
        position = 2 * d + 2
        first, last = (integer(bounds[i] if i < len(bounds) else None, i + 2, "sub") - 1 for i in (2 * d, 2 * d + 1))
        if d >= dimensions(x):
            raise bad_argument(position, "sub", f"invalid dimension: {d + 1} of a {dimensions(x)}D tensor")
        length = x.size(d)
        first += length + 1 if first < 0 else 0
        last += length + 1 if last < 0 else 0
        if not 0 <= first < length:
            raise bad_argument(position, "sub", f"out of range of dimension {d + 1} of size {length}")
        if not 0 <= last < length:
            raise bad_argument(position + 1, "sub", f"out of range of dimension {d + 1} of size {length}")
        if last < first:
            raise bad_argument(position + 1, "sub", "end smaller than beginning")
        x = x.narrow(d, first, last - first + 1)
    return x


@method("transpose", steady=True)
def transpose(x: torch.Tensor, dimension1: int, dimension2: int) -> torch.Tensor:
    """The same elements with two dimensions (from 1) swapped."""
    first = integer(dimension1, 2, "transpose") - 1
    second = integer(dimension2, 3, "transpose") - 1
    n = dimensions(x)
    for position, d in ((2, first), (3, second)):
        if not 0 <= d < n:
            raise bad_argument(position, "transpose", f"out of range: dimension {d + 1} of a {n}D tensor")
    return x.transpose(first, second)


@method("t", steady=True)
def t(x: torch.Tensor) -> torch.Tensor:
    """A matrix with rows and columns swapped."""
    if x.dim() != 2:
        raise bad_argument(1, "t", f"Tensor must have 2 dimensions, not {dimensions(x)}")
    return x.t()


@method("permute", steady=True)
@function("permute", steady=True)
def permute(x: torch.Tensor, *order) -> torch.Tensor:
    """The same elements with the dimensions in this order: the new first one is ``order[0]`` (from 1), and so on."""
    wanted = [integer(value, i, "permute") - 1 for i, value in enumerate(order, 2)]
    if sorted(wanted) != list(range(dimensions(x))):
        raise TorchError(f"Invalid permutation: {', '.join(map(str, order))} for a {dimensions(x)}D tensor")
    return x.permute(wanted)


@method("unfold", steady=True)
def unfold(x: torch.Tensor, dimension: int, size: int, step: int) -> torch.Tensor:
    """All windows of ``size`` slices, ``step`` apart, of a dimension; a window's slices are a new last dimension."""
    d = integer(dimension, 2, "unfold") - 1
    size = integer(size, 3, "unfold")
    step = integer(step, 4, "unfold")
    n = dimensions(x)
    if n == 0:
        raise bad_argument(1, "unfold", "cannot unfold an empty tensor")
    if not 0 <= d < n:
        raise bad_argument(2, "unfold", f"out of range: dimension {d + 1} of a {n}D tensor")
    if not 0 < size <= x.size(d):
        raise bad_argument(3, "unfold", f"out of range: windows of {size} in a dimension of size {x.size(d)}")
    if step <= 0:
        raise bad_argument(4, "unfold", f"invalid step {step}")
    return x.unfold(d, size, step)


@method("squeeze", steady=True)
@function("squeeze", steady=True)
def squeeze(*args) -> torch.Tensor | int | float:
    """``squeeze([result,] x [, dimension])``: without dimensions of size 1, or without this one (from 1).

    One element is left as a number.
    """
    result, x, more = split_result(args, "squeeze")
    if len(more) > 1:
        raise invalid("[result] tensor [dimension]", *args)
    if more and more[0] is not None:
        d = dimension_index(x, more[0], "squeeze")
        scalar = x.dim() == 1 and x.numel() == 1
        view = construct.alias(x) if x.dim() == 1 else x.squeeze(d)
    else:
        view = x.squeeze()
        scalar = view.dim() == 0
        if scalar:
            view = view.view(1)
    if result is not None:
        registry.resized()
        view = result.set_(view)
    return view.item() if scalar else view


def split_result(args: tuple, name: str) -> tuple[torch.Tensor | None, torch.Tensor, tuple]:
    """``([result,] x, ...)`` taken apart into the result (or None), x of the same type, and the rest."""
    if len(args) > 1 and isinstance(args[1], torch.Tensor) and isinstance(args[0], torch.Tensor):
        check_same_type(args[1], args[0], 1, name)
        return args[0], args[1], args[2:]
    if args and isinstance(args[0], torch.Tensor):
        return None, args[0], args[1:]
    got = ", ".join(map(describe, args)) or "nothing"
    raise bad_argument(1, name, f"tensor expected, got {got}")


@method("expand", steady=True)
@function("expand", steady=True)
def expand(*args) -> torch.Tensor:
    """``expand([result,] x, sizes)``: as if x were repeated along its dimensions of size 1, without copying.

    Arguments:
        result: a tensor to become the view.
        x: the tensor.
        sizes: one for each dimension of x, as numbers or a LongStorage.
    """
    result, x, sizes = split_result(args, "expand")
    wanted, _ = construct.read_sizes(sizes, "expand", 2)
    if len(wanted) != dimensions(x) or not wanted:
        raise TorchError(
            f"the number of dimensions provided must equal tensor:dim(): {len(wanted)} given, {dimensions(x)} needed"
        )
    strides = []
    for have, want, step in zip(x.shape, wanted, x.stride()):
        if have != 1 and have != want:
            raise TorchError(f"incorrect size: only supporting singleton expansion (size=1), not {have} to {want}")
        strides.append(0 if have == 1 else step)
    if result is not None:
        registry.resized()
    return construct.place(
        x.new_empty(0) if result is None else result, x.untyped_storage(), x.storage_offset(), wanted, strides
    )


@method("expandAs", steady=True)
@function("expandAs", steady=True)
def expand_as(*args) -> torch.Tensor:
    """``expandAs([result,] x, template)``: :func:`expand` to the sizes of ``template``."""
    return expand(*_template(args, "expandAs"))


def _template(args: tuple, name: str) -> tuple:
    """``([result,] x, template, ...)`` with the template's sizes instead of it."""
    tensors = args[: 3 if len(args) > 2 and isinstance(args[2], torch.Tensor) else 2]
    for place, value in enumerate(tensors, 1):
        if not isinstance(value, torch.Tensor):
            raise bad_argument(place, name, f"tensor expected, got {describe(value)}")
    if len(tensors) < 2 or not tensors[-1].numel():
        raise bad_argument(len(tensors), name, "a tensor with the sizes to have expected")
    return *tensors[:-1], *tensors[-1].shape


@method("view", steady=True)
@function("view", steady=True)
def view(*args) -> torch.Tensor:
    """``view([result,] x, sizes)``: the elements of a contiguous tensor with other sizes.

    Arguments:
        result: a tensor to become the view.
        x: the tensor.
        sizes: numbers or a LongStorage; -1 (once) stands for what is left.
    """
    result, x, sizes = split_result(args, "view")
    if not sizes or not (isinstance(sizes[0], Storage) or number(sizes[0]) is not None):
        raise TorchError(
            "torch.view expects ([result,] tensor, sizes), where sizes are numbers or a torch.LongStorage; "
            f"got {', '.join(map(describe, args))}"
        )
    wanted, _ = construct.read_sizes(sizes, "view", 2)
    if not x.numel():
        raise bad_argument(1, "view", "empty Tensor")
    shape = _complete(wanted, x.numel())
    if not x.is_contiguous():
        raise TorchError("expecting a contiguous tensor")
    if math.prod(shape) != x.numel():
        have = "x".join(map(str, x.shape))
        raise TorchError(f"Wrong size for view. Input size: {have}. Output size: {'x'.join(map(str, wanted))}")
    if result is None:
        return x.view(shape)
    registry.resized()
    return construct.place(result, x.untyped_storage(), x.storage_offset(), shape)


def _complete(sizes: list[int], elements: int) -> list[int]:
    """Sizes with a -1 worked out; ``[0]`` for no elements."""
    if -1 in sizes:
        if sizes.count(-1) > 1:
            raise TorchError("Only one of torch.view dimensions can be -1.")
        covered = -math.prod(sizes)
        if covered == 0 or elements % covered:
            raise TorchError(
                f"The number of covered elements is not a multiple of all elements: {covered} of {elements}"
            )
        at = sizes.index(-1)
        sizes = [*sizes[:at], elements // covered, *sizes[at + 1 :]]
    shape, _ = construct.layout(sizes)
    return shape or [0]


@method("viewAs", steady=True)
@function("viewAs", steady=True)
def view_as(*args) -> torch.Tensor:
    """``viewAs([result,] x, template)``: :func:`view` with the sizes of ``template``."""
    return view(*_template(args, "viewAs"))


@method("split", steady=True)
@function("split", steady=True)
def split(*args) -> Table:
    """``split([result,] x, size [, dimension])``: x in slices of ``size`` (the last may be smaller) in a Table.

    Arguments:
        result: a Table to fill, after emptying it.
        x: the tensor.
        size: how long the slices are.
        dimension: the dimension to split, 1 by default.
    """
    result, x, size, d = _split_arguments(args, "split")
    size = integer(size, 3, "split")
    if size <= 0:
        raise bad_argument(3, "split", f"a size above 0 expected, got {size}")
    return _fill(result, x.split(size, d))


@method("chunk", steady=True)
@function("chunk", steady=True)
def chunk(*args) -> Table:
    """``chunk([result,] x, n [, dimension])``: x in at most ``n`` slices of equal size (the last may be smaller).

    Arguments as for :func:`split`.
    """
    result, x, count, d = _split_arguments(args, "chunk")
    count = integer(count, 3, "chunk")
    if count <= 0:
        raise bad_argument(3, "chunk", f"a number above 0 expected, got {count}")
    return _fill(result, x.split(-(-x.size(d) // count), d))


def _split_arguments(args: tuple, name: str) -> tuple[Table, torch.Tensor, object, int]:
    result = Table()
    if args and isinstance(args[0], Table):
        result, *args = args
    x, count, dimension, *_ = (*args, None, None, None)
    if not isinstance(x, torch.Tensor):
        raise bad_argument(1, name, f"tensor expected, got {describe(x)}")
    return result, x, count, dimension_index(x, 1 if dimension is None else dimension, name)


def _fill(result: Table, parts: tuple[torch.Tensor, ...]) -> Table:
    for key in list(result.keys()):
        result[key] = None
    for part in parts:
        result.append(part)
    return result
