"""Products of vectors and matrices (BLAS), triangles, diagonals, cross products."""

from __future__ import annotations

from collections.abc import Callable

import torch

from torch7py.errors import TorchError
from torch7py.tensor.arguments import integer
from torch7py.tensor.operands import Tensor, dimension, invalid, operand, put, result, scalar, sizes_text
from torch7py.tensor.reductions import total
from torch7py.tensor.registry import both, function, method


@method("dot", steady=True)
@function("dot", steady=True)
def dot(x: Tensor, y: Tensor) -> int | float:
    """The sum of the products of elements, whatever the shapes."""
    if not isinstance(x, Tensor) or not isinstance(y, Tensor) or x.dtype is not y.dtype:
        raise invalid("tensor tensor", x, y)
    if x.dim() != 1 or x.shape != y.shape:
        y = operand(x, y).reshape(-1)
        x = x.reshape(-1)
    return torch.dot(x, y).item()


def _product(name: str, kernel: Callable, into: Callable) -> Callable:
    """``torch.NAME([result,] a, b)`` and ``x:NAME(a, b)``, which writes x; a result must have the right size."""

    def call(x, a, b):
        if a.dtype is not x.dtype or b.dtype is not x.dtype:
            raise invalid("[result] tensor tensor", x, a, b)
        return into(x, a, b, beta=0)

    def make(a, b, c=None):
        if not isinstance(a, Tensor) or not isinstance(b, Tensor) or a.dtype is not b.dtype:
            raise invalid("[result] tensor tensor", a, b, c)
        return kernel(a, b) if c is None else call(a, b, c)

    return both(name, _product, call, make)


mv = _product("mv", torch.mv, Tensor.addmv_)
mm = _product("mm", torch.mm, Tensor.addmm_)
_product("bmm", torch.bmm, Tensor.baddbmm_)
_product("ger", torch.outer, Tensor.addr_)


def _with_addend(name: str, rank: int, in_place: Callable) -> None:
    """``beta * M + alpha * (product of a and b)``; ``beta`` and ``alpha`` are 1 where they are not given.

    ``torch.NAME([result,] [beta,] M, [alpha,] a, b)``; ``x:NAME([alpha,] a, b)``, ``x:NAME(beta, alpha, a, b)`` with x
    for M, and ``x:NAME([beta,] M, [alpha,] a, b)``. ``rank`` is that of M.
    """
    forms = "[result] [number] tensor [number] tensor tensor"

    def call(x, *args):
        if x.dim() != rank or x.numel() == 0 or len(args) < 2:
            raise invalid(forms, x, *args)
        if len(args) == 2:
            return in_place(x, *args)
        if any(isinstance(value, Tensor) for value in args[:-2]):
            return make(x, *args)
        *numbers, a, b = args
        beta, alpha = (1, *numbers) if len(numbers) == 1 else numbers
        return in_place(x, a, b, beta=scalar(beta, x.dtype), alpha=scalar(alpha, x.dtype))

    def make(*args):
        places = [place for place, value in enumerate(args[:-2]) if isinstance(value, Tensor)]
        if not 1 <= len(places) <= 2 or not isinstance(args[-1], Tensor) or not isinstance(args[-2], Tensor):
            raise invalid(forms, *args)
        *before, m = args[: places[-1] + 1]
        *after, a, b = args[places[-1] + 1 :]
        r = before.pop(0) if len(places) == 2 else None
        if m.dim() != rank or len(before) > 1 or len(after) > 1:
            raise invalid(forms, *args)
        beta, alpha = (scalar(numbers[0] if numbers else 1, m.dtype) for numbers in (before, after))
        if r is None:
            r = torch.empty(m.shape, dtype=m.dtype, device=m.device)
        elif r is not m:
            result(r, m)
        # in place, where a product of another size than M's is an error and not broadcast
        if r is not m and beta != 0:
            r.copy_(m)
        return in_place(r, a, b, beta=beta, alpha=alpha)

    both(name, _with_addend, call, make)


def _addbmm_(x: Tensor, a: Tensor, b: Tensor, **factors) -> Tensor:
    """PyTorch's would resize x, where the others complain."""
    if x.shape != (a.shape[1], b.shape[2]):
        raise TorchError(f"size mismatch, t: {sizes_text(x)}, batch1: {sizes_text(a)}, batch2: {sizes_text(b)}")
    return x.addbmm_(a, b, **factors)


_with_addend("addmv", 1, Tensor.addmv_)
_with_addend("addmm", 2, Tensor.addmm_)
_with_addend("addr", 2, Tensor.addr_)
_with_addend("addbmm", 2, _addbmm_)
_with_addend("baddbmm", 3, Tensor.baddbmm_)


@method("trace", steady=True)
@function("trace", steady=True)
def trace(x: Tensor) -> int | float:
    """The sum of a matrix's diagonal."""
    _check_matrix(x)
    return total(x.diagonal())


def _check_matrix(x: Tensor) -> None:
    if not isinstance(x, Tensor) or x.dim() != 2:
        raise TorchError("expected a matrix")


def _of_matrix(name: str, kernel: Callable[[Tensor, int], Tensor], check: Callable = _check_matrix) -> None:
    """``NAME([result,] x, [k])`` with ``k`` 0 if it is not given."""

    def operate(x, a=None, b=None):
        r = None
        if isinstance(a, Tensor):
            r, x, a, b = x, a, b, None
        check(x)
        if b is not None:
            raise invalid("[result] matrix [number]", x, a, b)
        return put(r, kernel(x, integer(a or 0, 2, name)))

    both(name, _of_matrix, operate)


def _check_diag(x: Tensor) -> None:
    if not isinstance(x, Tensor) or x.dim() not in (1, 2) or x.numel() == 0:
        raise TorchError("matrix or a vector expected")


def _diagonal(x: Tensor, k: int) -> Tensor:
    values = torch.diag(x, k).contiguous()
    if values.numel() == 0:
        raise TorchError(f"no diagonal {k} in a matrix of size {sizes_text(x)}")
    return values


_of_matrix("tril", lambda x, k: torch.tril(x.contiguous(), k))
_of_matrix("triu", lambda x, k: torch.triu(x.contiguous(), k))
_of_matrix("diag", _diagonal, _check_diag)


@method("cross", steady=True)
@function("cross", steady=True)
def cross(*args) -> Tensor:
    """``cross([result,] a, b, [dim])``: vector products along a dimension of size 3, the first such by default."""
    while args and args[-1] is None:
        args = args[:-1]
    tensors = [value for value in args if isinstance(value, Tensor)]
    if len(tensors) not in (2, 3) or len(args) - len(tensors) > 1:
        raise invalid("[result] tensor tensor [dimension]", *args)
    *r, a, b = tensors
    if a.shape != b.shape or a.dtype is not b.dtype:
        raise TorchError(f"inconsistent tensors {sizes_text(a)} and {sizes_text(b)}")
    if len(args) > len(tensors) and args[-1] > 0:
        dim = dimension(a, args[-1])
        if a.shape[dim] != 3:
            raise TorchError(f"dimension {dim + 1} does not have size 3")
    elif 3 in a.shape:
        dim = a.shape.index(3)
    else:
        raise TorchError(f"no dimension of size 3 in a: {sizes_text(a)}")
    return put(r[0] if r else None, torch.linalg.cross(a.contiguous(), b.contiguous(), dim=dim))


@function("match", steady=True)
def match(*args) -> Tensor:
    """``match([result,] a, b, [gain])``: gain times the squared distances between the rows of a and those of b."""
    return _match(*args) if len(args) > 2 and isinstance(args[2], Tensor) else _match(None, *args)


@method("match", steady=True)
def _match(r: Tensor | None, a: Tensor, b: Tensor, gain: float = 1) -> Tensor:
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        raise invalid("[result] tensor tensor [number]", r, a, b, gain)
    a, b = a.reshape(a.shape[0], 1, -1), b.reshape(1, b.shape[0], -1)
    if a.shape[2] != b.shape[2]:
        raise TorchError("m1 and m2 must have the same inner vector dim")
    return put(r, torch.sub(a, b).square_().sum(2, dtype=a.dtype).mul_(scalar(gain, a.dtype)))
