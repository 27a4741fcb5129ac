"""Linear systems, factorisations and eigenvalues, under LAPACK's names and with results in its column-major layout.

``torch.NAME([results...,] operands..., [options...])``: either all results are given or none. Options are single
letters, ``'U'`` and ``'L'`` naming the upper and the lower triangle.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy
import torch

from torch7py.errors import TorchError
from torch7py.tensor import registry
from torch7py.tensor.operands import REALS, Tensor, check_type, invalid, put
from torch7py.tensor.registry import function
from torch7py.tensor.storage import as_array


def _lapack(results: int, operands: int, *options: str) -> Callable[[Callable], Callable]:
    """Decorator for a computation on ``operands`` matrices that returns a tuple of ``results`` tensors.

    ``options`` are strings of the letters allowed, the default first.
    """
    forms = " ".join(["[result]"] * results + ["tensor"] * operands + [f"[{'|'.join(option)}]" for option in options])

    def decorate(compute: Callable) -> Callable:
        name = compute.__name__

        def call(*args):
            while args and args[-1] is None:
                args = args[:-1]
            tensors = [value for value in args if isinstance(value, Tensor)]
            letters = list(args[len(tensors) :])
            given = tensors[:-operands] if len(tensors) > operands else [None] * results
            letters += [option[0] for option in options[len(letters) :]]
            fits = all(type(a) is str and len(a) == 1 and a.upper() in o for a, o in zip(letters, options))
            if len(tensors) < operands or len(given) != results or len(letters) != len(options) or not fits:
                raise invalid(forms, *args)
            check_type(name, tensors[-1], REALS)
            if any(value.dtype is not tensors[-1].dtype for value in tensors):
                raise invalid(forms, *args)
            values = compute(*tensors[-operands:], *(letter.upper() for letter in letters))
            placed = [_place(r, value) for r, value in zip(given, values)]
            placed = tuple(tensors[-1].new_empty(0) if part is None else part for part in placed)
            return placed if results > 1 else placed[0]

        call.__name__ = call.__qualname__ = name
        call.__doc__ = compute.__doc__
        return function(name, steady=True)(call)

    return decorate


def _place(r: Tensor | None, value: Tensor | None) -> Tensor | None:
    """A result, matrices with their columns one after another; ``_row_major`` ones stay as they are.

    Where there is no value, what was given stays.
    """
    if value is None:
        return r
    if value.dim() != 2 or getattr(value, "row_major", False):
        return put(r, value)
    if r is None:
        return value.t().contiguous().t()
    r.resize_(value.shape[::-1])
    if r.is_contiguous():  # a result that is used again has its columns one after another already
        r.t_()
    registry.resized()
    return r.copy_(value)


def _row_major(value: Tensor) -> Tensor:
    """Mark a matrix that LAPACK's wrapper transposed: its rows lie one after another."""
    value = value.contiguous()
    value.row_major = True
    return value


def _matrix(a: Tensor) -> Tensor:
    if a.dim() != 2:
        raise TorchError("A should be 2 dimensional")
    return a


def _square(a: Tensor) -> Tensor:
    _matrix(a)
    if a.shape[0] != a.shape[1]:
        raise TorchError("A should be square")
    return a


def _right_hand_side(a: Tensor, b: Tensor) -> Tensor:
    """``b`` as a matrix with as many rows as ``a``."""
    if a.dim() != 2:
        raise TorchError(f"A should have 2 dimensions, but has {a.dim()}")
    if b.dim() not in (1, 2):
        raise TorchError(f"B should have 1 or 2 dimensions, but has {b.dim()}")
    if a.shape[0] != b.shape[0]:
        raise TorchError(f"A,B size incompatible - A has {a.shape[0]} rows, B has {b.shape[0]}")
    return b.reshape(b.shape[0], -1)


# --- systems: A x = b


@_lapack(2, 2)
def gesv(b: Tensor, a: Tensor) -> tuple[Tensor, ...]:
    """``gesv(b, A)``: the solution x of A x = b, and the LU factors of A."""
    b = _right_hand_side(_square(a), b)
    lu, pivots, info = torch.linalg.lu_factor_ex(a)
    if info > 0:
        raise TorchError(f"Lapack Error in gesv : U({info},{info}) is zero, singular U.")
    return torch.linalg.lu_solve(lu, pivots, b), lu


@_lapack(2, 2, "UL", "NT", "NU")
def trtrs(b: Tensor, a: Tensor, triangle: str, transpose: str, diagonal: str) -> tuple[Tensor, ...]:
    """``trtrs(b, A, [triangle], ['N' | 'T'], ['N' | 'U'])``: x of A x = b for triangular A, and A.

    'T' solves with A transposed, the second 'U' takes A's diagonal to be 1.
    """
    b = _right_hand_side(_square(a), b)
    upper, unit = triangle == "U", diagonal == "U"
    zeros = (a.diagonal() == 0).nonzero()
    if not unit and len(zeros):
        at = zeros[0].item() + 1
        raise TorchError(f"Lapack Error in trtrs : A({at},{at}) is zero, singular A")
    if transpose == "T":
        return torch.linalg.solve_triangular(a.t(), b, upper=not upper, unitriangular=unit), a
    return torch.linalg.solve_triangular(a, b, upper=upper, unitriangular=unit), a


@_lapack(2, 2)
def gels(b: Tensor, a: Tensor) -> tuple[Tensor, ...]:
    """``gels(b, A)``: x with the least |A x - b|, or of those with A x = b the least |x|; and A's QR or LQ factors."""
    b = _right_hand_side(a, b)
    factors = torch.geqrf(a)[0] if a.shape[0] >= a.shape[1] else torch.geqrf(a.t())[0].t()
    return torch.linalg.lstsq(a, b, driver="gels").solution, factors


@_lapack(1, 1)
def inverse(a: Tensor) -> tuple[Tensor, ...]:
    """``inverse(A)``."""
    inverted, info = torch.linalg.inv_ex(_square(a))
    if info > 0:
        raise TorchError(f"Lapack Error getrf : U({info},{info}) is 0, U is singular")
    return (inverted,)


# --- positive definite matrices: A = U' U = L L'


@_lapack(1, 1, "UL")
def potrf(a: Tensor, triangle: str) -> tuple[Tensor, ...]:
    """``potrf(A, [triangle])``: the Cholesky factor of A, of which only that triangle is read."""
    factor, info = torch.linalg.cholesky_ex(_square(a).t() if triangle == "U" else _square(a))
    if info > 0:
        raise TorchError(f"Lapack Error in potrf : the leading minor of order {info} is not positive definite")
    return (factor.t() if triangle == "U" else factor,)


@_lapack(1, 2, "UL")
def potrs(b: Tensor, factor: Tensor, triangle: str) -> tuple[Tensor, ...]:
    """``potrs(b, factor, [triangle])``: x of A x = b, from the Cholesky factor of A."""
    return (torch.cholesky_solve(_right_hand_side(_square(factor), b), factor, upper=triangle == "U"),)


@_lapack(1, 1, "UL")
def potri(factor: Tensor, triangle: str) -> tuple[Tensor, ...]:
    """``potri(factor, [triangle])``: the inverse of A, from its Cholesky factor."""
    return (torch.cholesky_inverse(_square(factor), upper=triangle == "U"),)


@function("pstrf", steady=True)
def pstrf(*args) -> tuple[Tensor, Tensor]:
    """``pstrf([result, IntTensor,] A, [triangle], [tolerance])``: Cholesky factor with pivoting, and the pivots.

    The factor is that of A with rows and columns in the order of the pivots. A pivot below the tolerance, by default
    about the rounding error of the greatest one, is an error.
    """
    while args and args[-1] is None:
        args = args[:-1]
    tensors = [value for value in args if isinstance(value, Tensor)]
    triangle, tolerance = (*args[len(tensors) :], "U", -1)[:2] if len(args) - len(tensors) != 1 else (args[-1], -1)
    if len(tensors) not in (1, 3) or triangle not in ("U", "L") or isinstance(tolerance, str):
        raise invalid("[result] [IntTensor] tensor [(U|L)] [number]", *args)
    check_type("pstrf", tensors[-1], REALS)
    factor, pivots = _pivoted_cholesky(_square(tensors[-1]), triangle == "U", tolerance)
    r, p = tensors[:-1] or (None, None)
    return _place(r, factor.t() if triangle == "U" else factor), put(p, pivots)


def _pivoted_cholesky(a: Tensor, upper: bool, tolerance: float) -> tuple[Tensor, Tensor]:
    """The lower factor and the order (from 1) of rows that it belongs to."""
    n = a.shape[0]
    rest = torch.triu(a) + torch.triu(a, 1).t() if upper else torch.tril(a) + torch.tril(a, -1).t()
    if tolerance < 0:
        tolerance = n * torch.finfo(a.dtype).eps * rest.diagonal().max().item()
    factor = torch.zeros_like(rest)
    order = list(range(n))
    for k in range(n):
        at = k + rest.diagonal()[k:].argmax().item()
        order[k], order[at] = order[at], order[k]
        swapped = list(range(n))
        swapped[k], swapped[at] = at, k
        rest, factor = rest[swapped][:, swapped], factor[swapped]
        if not rest[k, k] > max(tolerance, 0):
            raise TorchError("Lapack Error pstrf : matrix is rank deficient or not positive semidefinite")
        column = rest[k:, k] / rest[k, k].sqrt()
        factor[k:, k] = column
        rest[k:, k:] -= torch.outer(column, column)
    return factor, torch.tensor(order, dtype=torch.int32) + 1


# --- eigenvalues and singular values


def _by_numpy(compute: Callable, a: Tensor, *options) -> list[Tensor]:
    """What one of numpy's functions makes of a matrix: eigenvectors have the signs there that they had in Torch7."""
    try:
        return [torch.tensor(part, device=a.device) for part in compute(as_array(a.cpu()), *options)]
    except numpy.linalg.LinAlgError as error:
        raise TorchError(f"Lapack Error in {compute.__name__} : {error}") from None


@_lapack(2, 1, "NV", "UL")
def symeig(a: Tensor, job: str, triangle: str) -> tuple[Tensor, ...]:
    """``symeig(A, ['N' | 'V'], [triangle])``: eigenvalues of a symmetric A, ascending, and with 'V' its eigenvectors.

    Only that triangle of A is read. Without 'V' the second result has no meaning.
    """
    if job == "V":
        return _by_numpy(numpy.linalg.eigh, _square(a), triangle)
    return torch.linalg.eigvalsh(_square(a), UPLO=triangle), a


@_lapack(2, 1, "NV")
def eig(a: Tensor, job: str) -> tuple[Tensor, ...]:
    """``eig(A, ['N' | 'V'])``: eigenvalues as rows of real and imaginary part, and with 'V' eigenvectors as columns.

    The vectors of a conjugate pair are in two columns: the real parts, and the imaginary parts of the first one's.
    """
    if job == "N":
        return _row_major(torch.view_as_real(torch.linalg.eigvals(_square(a)))), None
    # numpy would reckon with doubles where a has floats, and that turns signs again
    solve = _eig_by_numpy if a.dtype is torch.float64 else torch.linalg.eig
    values, vectors = solve(_square(a))
    # of a pair, the one with the positive imaginary part comes first
    second = values.imag < 0
    first = second.roll(-1)
    columns = torch.where(second, vectors.roll(1, 1).imag, vectors.real)
    columns = torch.where(first, vectors.real, columns)
    return _row_major(torch.view_as_real(values)), columns


def _eig_by_numpy(a: Tensor) -> list[Tensor]:
    return [part.to(torch.complex128) for part in _by_numpy(numpy.linalg.eig, a)]


@_lapack(3, 1, "SA")
def svd(a: Tensor, job: str) -> tuple[Tensor, ...]:
    """``svd(A, ['S' | 'A'])``: U, singular values S and V, A = U diag(S) V'; all columns of U and V with 'A'."""
    u, s, vt = _by_numpy(numpy.linalg.svd, _matrix(a), job == "A")
    return u, s, _row_major(vt.t())


# --- orthogonal factors: A = Q R


@_lapack(2, 1)
def qr(a: Tensor) -> tuple[Tensor, ...]:
    """``qr(A)``: Q with orthonormal columns and the upper triangular R."""
    q, r = torch.linalg.qr(_matrix(a))
    return q, _row_major(r)


@_lapack(2, 1)
def geqrf(a: Tensor) -> tuple[Tensor, ...]:
    """``geqrf(A)``: R with the vectors of Q's reflections below it, and the scales of these."""
    return torch.geqrf(_matrix(a))


@_lapack(1, 2)
def orgqr(a: Tensor, tau: Tensor) -> tuple[Tensor, ...]:
    """``orgqr(a, tau)``: Q from the results of ``geqrf``; its columns beyond the reflections are those of ``a``."""
    q = _matrix(a).clone()
    q[:, : tau.numel()] = torch.orgqr(a[:, : tau.numel()], tau.reshape(-1))
    return (q,)


@_lapack(1, 3, "LR", "NT")
def ormqr(a: Tensor, tau: Tensor, c: Tensor, side: str, transpose: str) -> tuple[Tensor, ...]:
    """``ormqr(a, tau, c, ['L' | 'R'], ['N' | 'T'])``: Q c or c Q, with 'T' for Q transposed, from ``geqrf``."""
    return (torch.ormqr(a, tau, c, side == "L", transpose == "T"),)
