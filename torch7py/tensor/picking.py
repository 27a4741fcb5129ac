"""Elements and slices picked by indices or by a mask."""

from __future__ import annotations

import torch

from torch7py.errors import ArgumentError, TorchError
from torch7py.tensor import types
from torch7py.tensor.arguments import bad_argument, describe, element, integer, number
from torch7py.tensor.copying import check_same_count
from torch7py.tensor.geometry import check_same_type
from torch7py.tensor.geometry import dim as dimensions
from torch7py.tensor.operands import invalid, put, sizes_text
from torch7py.tensor.registry import function, method
from torch7py.tensor.views import split_result


@method("index", steady=True)
def index(*args) -> torch.Tensor:
    """``x:index(dimension, indices)``: a copy of the slices with these indices of a dimension.

    ``result:index(x, dimension, indices)`` puts them into ``result`` and returns ``indices``, as Torch7 did.

    Arguments:
        x: the tensor.
        dimension: counted from 1.
        indices: a LongTensor, counted from 1.
    """
    result, x, more = split_result(args, "index")
    d, places = _places(x, *more[:2], "index")
    picked = _checked(torch.index_select, x, d, places)
    if result is None:
        return picked
    put(result, picked)
    return more[1]


def _places(x: torch.Tensor, dimension=None, indices=None, name: str = "index") -> tuple[int, torch.Tensor]:
    """Dimension and indices counted from 0."""
    d = integer(dimension, 2, name) - 1
    indices = _whole(indices, x, name)
    if dimensions(indices) != 1:
        raise bad_argument(3, name, f"Index is supposed to be a vector, not {sizes_text(indices)}")
    if not 0 <= d < dimensions(x):
        raise bad_argument(2, name, f"Indexing dim {d + 1} is out of bounds of tensor {sizes_text(x)}")
    return d, indices - 1


def _whole(indices, x: torch.Tensor, name: str) -> torch.Tensor:
    """``indices`` as a LongTensor where ``x`` is; on a GPU they may be a CudaTensor, or of the type of ``x``."""
    if isinstance(indices, torch.Tensor):
        if indices.dtype is torch.int64:
            return indices if x.is_cpu else indices.to(x.device)
        if (indices.is_cuda or types.cuda_is_cpu()) and indices.dtype in (torch.float32, x.dtype):
            return indices.long()
    raise bad_argument(3, name, f"torch.LongTensor expected, got {describe(indices)}")


def _checked(operation, x: torch.Tensor, d: int, places: torch.Tensor, *more) -> torch.Tensor:
    """Run a PyTorch operation that checks its indices, and report a wrong one."""
    try:
        return operation(x, d, places, *more)
    except (IndexError, RuntimeError) as error:
        wrong = places[(places < 0) | (places >= x.size(d))]
        if not len(wrong):
            raise TorchError(str(error)) from error
        at = f"{wrong[0].item() + 1} in dimension {d + 1} of size {x.size(d)}"
        raise TorchError(f"index out of range: {at}") from None


def _slices(x: torch.Tensor, d: int, places: torch.Tensor, source: torch.Tensor, name: str) -> torch.Tensor:
    """``source`` with the sizes that slices of ``x`` need; it may have others of as many elements."""
    check_same_type(x, source, 4, name)
    if not d < dimensions(source):
        raise bad_argument(2, name, f"Indexing dim {d + 1} is out of bounds of tensor {sizes_text(source)}")
    count = len(places)
    if source.size(d) != count:
        raise bad_argument(
            3, name, f"Number of indices should be equal to source:size(dim): {count} and {source.size(d)}"
        )
    wanted = [*x.shape[:d], count, *x.shape[d + 1 :]]
    if list(source.shape) == wanted:
        return source
    check_same_count(x.select(d, 0), source.select(d, 0))
    return source.movedim(d, 0).reshape(count, *x.shape[:d], *x.shape[d + 1 :]).movedim(0, d)


def _three(args: tuple, x: torch.Tensor, last: str) -> tuple:
    if len(args) != 3:
        name = types.typename(x)
        raise ArgumentError(f"{name}, number, torch.LongTensor, {last.format(name)} expected")
    return args


# Torch7 meant these to return x; what they did return, and so do these, is their last argument.


@method("indexCopy", steady=True)
def index_copy(x: torch.Tensor, *args) -> torch.Tensor:
    """``x:indexCopy(dimension, indices, source)``: put the slices of ``source`` in these places, in place.

    Returns ``source``, as Torch7 did.
    """
    dimension, indices, source = _three(args, x, "{}")
    d, places = _places(x, dimension, indices, "indexCopy")
    _checked(torch.Tensor.index_copy_, x, d, places, _slices(x, d, places, source, "indexCopy"))
    return source


@method("indexAdd", steady=True)
def index_add(x: torch.Tensor, *args) -> torch.Tensor:
    """``x:indexAdd(dimension, indices, source)``: add the slices of ``source`` in these places, in place.

    Returns ``source``, as Torch7 did.
    """
    dimension, indices, source = _three(args, x, "{}")
    d, places = _places(x, dimension, indices, "indexAdd")
    _checked(torch.Tensor.index_add_, x, d, places, _slices(x, d, places, source, "indexAdd"))
    return source


@method("indexFill", steady=True)
def index_fill(x: torch.Tensor, *args) -> int | float:
    """``x:indexFill(dimension, indices, value)``: set the slices in these places to a number, in place.

    Returns ``value``, as Torch7 did.
    """
    dimension, indices, value = _three(args, x, "number")
    d, places = _places(x, dimension, indices, "indexFill")
    if len(places) and places.min() < 0:  # which PyTorch would count from the end
        raise bad_argument(3, "indexFill", f"index out of range: {places.min().item() + 1}")
    _checked(torch.Tensor.index_fill_, x, d, places, element(value, x.dtype))
    return value


@method("gather", steady=True)
@function("gather", steady=True)
def gather(*args) -> torch.Tensor:
    """``gather([result,] x, dimension, indices)``: ``result[i][j] = x[indices[i][j]][j]`` for dimension 1, and so on.

    Arguments:
        result: a tensor of the sizes of ``indices``.
        x: the tensor.
        dimension: in which to pick, from 1.
        indices: a LongTensor with as many dimensions as x and its sizes in the others.
    """
    result, x, more = split_result(args, "gather")
    if len(more) != 2:
        raise invalid("[result] tensor dimension LongTensor", *args)
    d, places = _scattered(x, x, *more[:2], name="gather")
    if result is None:
        return _each(torch.gather, x, d, places, "gather")
    if result.shape != places.shape:
        raise bad_argument(1, "gather", f"result {sizes_text(result)} and indices {sizes_text(places)} differ in size")
    return result.copy_(_each(torch.gather, x, d, places, "gather"))


@method("scatter", steady=True)
@function("scatter", steady=True)
def scatter(x: torch.Tensor, dimension: int, indices: torch.Tensor, source: torch.Tensor | int | float) -> torch.Tensor:
    """``x[indices[i][j]][j] = source[i][j]`` for dimension 1, and so on; in place, returns x.

    Arguments:
        x: the tensor to write to.
        dimension: in which ``indices`` counts, from 1.
        indices: a LongTensor with as many dimensions as x and its sizes in the others.
        source: a tensor of the type of x with the sizes of ``indices``, or a number.
    """
    if number(source) is not None:
        d, places = _scattered(x, x, dimension, indices, name="scatter")
        return _each(torch.Tensor.scatter_, x, d, places, "scatter", element(source, x.dtype))
    check_same_type(x, source, 4, "scatter")
    d, places = _scattered(x, source, dimension, indices, name="scatter")
    if source.size(d) < places.size(d):
        raise bad_argument(4, "scatter", f"{places.size(d)} indices, but only {source.size(d)} values")
    return _each(torch.Tensor.scatter_, x, d, places, "scatter", source)


def _scattered(
    x: torch.Tensor, source: torch.Tensor, dimension=None, indices=None, *, name: str
) -> tuple[int, torch.Tensor]:
    """Dimension and indices counted from 0 for gather and scatter."""
    d = integer(dimension, 2, name) - 1
    indices = _whole(indices, x, name)
    if not 0 <= d < dimensions(x):
        raise bad_argument(2, name, f"Index dimension is out of bounds: {d + 1} of a {dimensions(x)}D tensor")
    if dimensions(indices) != x.dim() or dimensions(source) != x.dim():
        raise bad_argument(3, name, "Input tensor must have same dimensions as output tensor")
    for other in (indices, source):
        if any(i != d and a != b for i, (a, b) in enumerate(zip(x.shape, other.shape))):
            raise TorchError(
                f"Expected tensor {sizes_text(x)} and {sizes_text(other)} to have the same sizes apart from "
                f"dimension {d + 1}"
            )
    return d, indices - 1


def _each(operation, x: torch.Tensor, d: int, places: torch.Tensor, name: str, *more) -> torch.Tensor:
    """Run gather or scatter, and report a wrong index."""
    wrong = (places < 0) | (places >= x.size(d))
    if wrong.any():
        at = f"{places[wrong][0].item() + 1} in dimension {d + 1} of size {x.size(d)}"
        raise TorchError(f"Invalid index in {name}: {at}")
    return operation(x, d, places, *more)


@method("maskedSelect", steady=True)
def masked_select(*args) -> torch.Tensor:
    """``x:maskedSelect(mask)``: the elements where the mask is 1, in a new 1-D tensor.

    ``result:maskedSelect(x, mask)`` puts them into ``result`` and returns ``mask``, as Torch7 did.

    Arguments:
        x: the tensor.
        mask: a ByteTensor of zeros and ones with as many elements.
    """
    if not 2 <= len(args) <= 3:
        raise ArgumentError("tensor, torch.ByteTensor | tensor, tensor, torch.ByteTensor expected")
    *result, x, mask = args
    picked = x.masked_select(_mask(x, mask, "maskedSelect", ("src", "mask")))
    if not result:
        return picked
    put(result[0], picked)
    return mask


def _mask(x: torch.Tensor, mask: torch.Tensor, name: str, names: tuple[str, str] = ("tensor", "mask")) -> torch.Tensor:
    """A mask as booleans in the shape of ``x``."""
    if not isinstance(mask, torch.Tensor) or mask.dtype is not torch.uint8:
        raise bad_argument(2, name, f"torch.ByteTensor expected, got {describe(mask)}")
    check_same_count(x, mask, names)
    if mask.numel() and mask.max().item() > 1:
        raise TorchError("Mask tensor can take 0 and 1 values only")
    return mask.bool().reshape(x.shape)


@method("maskedFill", steady=True)
def masked_fill(x: torch.Tensor, mask: torch.Tensor, value: int | float) -> int | float:
    """Set the elements where the mask (a ByteTensor of zeros and ones) is 1 to ``value``, in place.

    Returns ``value``, as Torch7 did.
    """
    x.masked_fill_(_mask(x, mask, "maskedFill"), element(value, x.dtype))
    return value


@method("maskedCopy", steady=True)
def masked_copy(x: torch.Tensor, mask: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    """Put the first elements of ``source`` where the mask is 1, in order and in place; returns x.

    Arguments:
        x: the tensor to write to.
        mask: a ByteTensor of zeros and ones with as many elements.
        source: a tensor of the type of x with at least as many elements as there are ones.
    """
    check_same_type(x, source, 3, "maskedCopy")
    chosen = _mask(x, mask, "maskedCopy")
    ones = int(chosen.sum())
    if source.numel() < ones:
        raise TorchError(f"Number of elements of src < number of ones in mask: {source.numel()} and {ones}")
    return x.masked_scatter_(chosen, source)


@method("nonzero", steady=True)
@function("nonzero", steady=True)
def nonzero(*args) -> torch.Tensor:
    """``nonzero([result,] x)``: where the elements other than 0 stand.

    A LongTensor with a row of indices (from 1) for each of them; empty if there are none.
    """
    x = args[-1] if args else None
    if len(args) > 2 or not all(isinstance(value, torch.Tensor) for value in (x, *args)):
        raise invalid("[LongTensor] tensor", *args)
    found = x.nonzero().add_(1).clone(memory_format=torch.contiguous_format)
    if not found.numel():
        found = found.new_empty(0)
    return put(args[0] if len(args) > 1 else None, found)
