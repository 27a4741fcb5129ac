"""Order: sorting, the k-th and the middle element, the most frequent one, maxima and minima with their places.

Along one dimension each gives values and indices (LongTensors that count from 1); both results may be given.

PyTorch does the work. Only where equal elements make the places ambiguous do we follow Torch7's own algorithms
(``selection.py``), up to a size at which that would take too long.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from torch7py.errors import TorchError
from torch7py.tensor import selection
from torch7py.tensor.arguments import integer
from torch7py.tensor.operands import Tensor, dimension, invalid, put
from torch7py.tensor.registry import both, function, method

_ONE = torch.ones((), dtype=torch.int64)
_FEW = 2**16  # elements whose ties are resolved as in Torch7

Results = tuple[Tensor | None, Tensor | None]


def _read(args: tuple, forms: str, least: int, most: int, flags: int = 0) -> tuple[Results, Tensor, list, list]:
    """Split ``[values,] [indices,] x, numbers..., booleans...``, with ``least`` to ``most`` numbers and up to ``flags``
    booleans."""
    while args and args[-1] is None:
        args = args[:-1]
    count = next((place for place, value in enumerate(args) if not isinstance(value, Tensor)), len(args))
    numbers = [value for value in args[count:] if not isinstance(value, (Tensor, bool))]
    booleans = list(args[count + len(numbers) :])
    if (
        not 1 <= count <= 3
        or not least <= len(numbers) <= most
        or len(booleans) > flags
        or not all(isinstance(value, bool) for value in booleans)
    ):
        raise invalid(forms, *args)
    results = (*args[: count - 1], None, None)[:2]
    return results, args[count - 1], numbers, booleans


def _give(results: Results, values: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
    """Values, and indices counted from 1, as results."""
    return put(results[0], values), put(results[1], indices.add_(_ONE))


def _last(x: Tensor, given: list) -> int:
    """The dimension that the numbers begin with, or the last one."""
    return dimension(x, given[0] if given else x.dim())


def _as_in_torch7(x: Tensor, dim: int, arrange: Callable[[list, list], tuple[list, list]]) -> tuple[Tensor, Tensor]:
    """Values and indices (from 0) that ``arrange(values, places)`` makes of each slice along ``dim``."""
    slices = x.movedim(dim, -1)
    places = list(range(slices.shape[-1]))
    made = [arrange(row, places.copy()) for row in slices.reshape(-1, len(places)).tolist()]
    shape = *slices.shape[:-1], len(made[0][0])
    values = torch.tensor([values for values, _ in made], dtype=x.dtype, device=x.device)
    indices = torch.tensor([places for _, places in made], dtype=torch.int64, device=x.device)
    return tuple(_laid_out(part.view(shape), dim) for part in (values, indices))


def _laid_out(part: Tensor, dim: int) -> Tensor:
    """The last dimension moved to its place, with the strides of a new tensor."""
    return part.movedim(-1, dim).clone(memory_format=torch.contiguous_format)


def _tractable(x: Tensor) -> bool:
    return x.numel() <= _FEW and not (x.is_floating_point() and bool(torch.isnan(x).any()))


# --- maxima and minima


def _extreme(name: str, kernel: Callable) -> None:
    """``NAME(x)`` is a number; ``NAME([values, indices,] x, dim)``."""
    forms = "tensor | [result] [LongTensor] tensor dimension"

    def find(x, *args):
        if not args or args[0] is None:
            if not isinstance(x, Tensor):
                raise invalid(forms, x)
            if x.numel() == 0:
                raise TorchError("bad argument #1 (tensor must have one dimension)")
            return kernel(x).item()
        if len(args) == 1 and type(args[0]) is int:
            values, indices = kernel(x, dimension(x, args[0]), True)
            return values, indices.add_(_ONE)
        results, x, (dim,), _ = _read((x, *args), forms, 1, 1)
        return _give(results, *kernel(x, dimension(x, dim), True))

    both(name, _extreme, find)


_extreme("max", torch.max)
_extreme("min", torch.min)


# --- sorting


@method("sort", steady=True)
@function("sort", steady=True)
def sort(*args) -> tuple[Tensor, Tensor]:
    """``sort([values, indices,] x, [dim], [descending])``; ascending along the last dimension by default."""
    results, x, numbers, flags = _read(args, "[result] [LongTensor] tensor [dimension] [boolean]", 0, 1, 1)
    return _give(results, *_sorted(x, _last(x, numbers), bool(flags and flags[0])))


def _sorted(x: Tensor, dim: int, descending: bool) -> tuple[Tensor, Tensor]:
    x = x.contiguous()
    values, indices = torch.sort(x, dim=dim, descending=descending, stable=True)
    n = x.shape[dim]
    # a few elements Torch7 sorts by insertion, where equal ones stay in their order, as here
    if n > 11 and bool((values.narrow(dim, 1, n - 1) == values.narrow(dim, 0, n - 1)).any()) and _tractable(x):
        return _as_in_torch7(x, dim, _sort_descending if descending else _sort)
    has_nan = x.is_floating_point() and bool(values.select(dim, 0 if descending else n - 1).isnan().any())
    if has_nan and x.numel() <= _FEW:
        try:
            return _as_in_torch7(x, dim, _sort_descending if descending else _sort)
        except IndexError:  # nan can lead Torch7's quicksort out of the tensor
            pass
    return values, indices


def _sort(values: list, places: list) -> tuple[list, list]:
    selection.sort(values, places)
    return values, places


def _sort_descending(values: list, places: list) -> tuple[list, list]:
    values, places = _sort([-value for value in values], places)
    return [-value for value in values], places


# --- the k-th element


@method("kthvalue", steady=True)
@function("kthvalue", steady=True)
def kthvalue(*args) -> tuple[Tensor, Tensor]:
    """``kthvalue([values, indices,] x, k, [dim])``: the k-th smallest element, from 1."""
    results, x, numbers, _ = _read(args, "[result] [LongTensor] tensor number [dimension]", 1, 2)
    dim = _last(x, numbers[1:])
    k = integer(numbers[0], 2, "kthvalue")
    if not 0 < k <= x.shape[dim]:
        raise TorchError("bad argument #2 (selected index out of range)")
    return _give(results, *_kth(x, k, dim))


@method("median", steady=True)
@function("median", steady=True)
def median(*args) -> tuple[Tensor, Tensor]:
    """``median([values, indices,] x, [dim])``: the middle element, of two the lower one."""
    results, x, numbers, _ = _read(args, "[result] [LongTensor] tensor [dimension]", 0, 1)
    dim = _last(x, numbers)
    return _give(results, *_kth(x, (x.shape[dim] + 1) // 2, dim))


def _kth(x: Tensor, k: int, dim: int) -> tuple[Tensor, Tensor]:
    x = x.contiguous()
    values, indices = torch.kthvalue(x, k, dim, True)
    if bool(((x == values).sum(dim) > 1).any()) and _tractable(x):

        def kth(values, places):
            selection.select(values, places, k - 1)
            return values[k - 1 : k], places[k - 1 : k]

        return _as_in_torch7(x, dim, kth)
    return values, indices


@method("topk", steady=True)
@function("topk", steady=True)
def topk(*args) -> tuple[Tensor, Tensor]:
    """``topk([values, indices,] x, [k], [dim], [largest], [sorted])``: the k smallest elements, or the k largest.

    k is 1, the dimension the last one by default. Unless ``sorted``, they come in no particular order: in that of
    Torch7's quickselect for small x, else sorted.
    """
    forms = "[result] [LongTensor] tensor [number] [dimension] [boolean] [boolean]"
    results, x, numbers, flags = _read(args, forms, 0, 2, 2)
    largest, ordered = (*flags, False, False)[:2]
    k = integer(numbers[0], 2, "topk") if numbers else 1
    dim = _last(x, numbers[1:])
    n = x.shape[dim]
    if not 0 < k <= n:
        raise TorchError("bad argument #2 (k not in range for dimension)")

    def choose(values, places):
        first = n - k if largest else 0
        if not largest or first > 0:
            selection.select(values, places, first - 1 if largest else k - 1)
        values, places = values[first : first + k], places[first : first + k]
        if not ordered:
            return values, places
        if largest:
            return _sort_descending(values, places)
        *values, last = values
        *places, last_place = places
        selection.sort(values, places)
        return [*values, last], [*places, last_place]

    x = x.contiguous()
    values, indices = torch.topk(x, k, dim, largest)
    if (not ordered or _has_ties(x, values, dim)) and _tractable(x):
        values, indices = _as_in_torch7(x, dim, choose)
    return _give(results, values, indices)


def _has_ties(x: Tensor, values: Tensor, dim: int) -> bool:
    """Whether there is more than one way to choose or to order the elements of these values, sorted along ``dim``."""
    n = values.shape[dim]
    if bool((values.narrow(dim, 1, n - 1) == values.narrow(dim, 0, n - 1)).any()):
        return True
    return bool(((x == values.narrow(dim, n - 1, 1)).sum(dim) > 1).any())


# --- the most frequent element


@method("mode", steady=True)
@function("mode", steady=True)
def mode(*args) -> tuple[Tensor, Tensor]:
    """``mode([values, indices,] x, [dim])``: the most frequent element, of several the smallest; its last place."""
    results, x, numbers, _ = _read(args, "[result] [LongTensor] tensor [dimension]", 0, 1)
    dim = _last(x, numbers)
    values, places = (part.movedim(dim, -1) for part in _sorted(x, dim, False))
    positions = torch.arange(values.shape[-1], device=x.device).expand(values.shape)
    begins = positions.masked_fill(torch.nn.functional.pad(values[..., 1:] == values[..., :-1], (1, 0)), 0)
    # how many equal elements in a row end here; the first of the greatest numbers ends the run looked for
    length = positions - begins.cummax(-1).values
    end = (length == length.amax(-1, keepdim=True)).byte().argmax(-1, keepdim=True)
    return _give(results, *(_laid_out(part.gather(-1, end), dim) for part in (values, places)))
