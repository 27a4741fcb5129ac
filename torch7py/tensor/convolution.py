"""Convolutions and cross-correlations of planes and of volumes, alone or by banks of kernels."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from torch7py.errors import TorchError
from torch7py.tensor.operands import Tensor, invalid, put
from torch7py.tensor.registry import both


def _convolution(name: str, axes: int, flipped: bool) -> None:
    """``NAME([result,] x, kernel, ['V' | 'F'])``: where the kernel lies within x, or wherever they overlap.

    Along ``axes`` dimensions, x and the kernel are both without planes, or both with as many planes, each by its own;
    or x has planes and the kernel is a bank (outputs x planes x ...), whose planes are summed up.
    """
    forms = f"[result] tensor~{axes}D tensor~{axes}D [(V|F)], or {axes + 1}D with {axes + 1}D or {axes + 2}D"

    def convolve(*args):
        while args and args[-1] is None:
            args = args[:-1]
        mode = "V"
        if args and isinstance(args[-1], str):
            *args, mode = args
        if not 2 <= len(args) <= 3 or not all(isinstance(value, Tensor) for value in args) or mode not in ("V", "F"):
            raise invalid(forms, *args)
        *r, x, kernel = args
        ranks = x.dim() - axes, kernel.dim() - axes
        if ranks not in ((0, 0), (1, 1), (1, 2)) or x.dtype is not kernel.dtype:
            raise invalid(forms, *args)
        if ranks != (0, 0) and x.shape[0] != kernel.shape[-axes - 1]:
            raise TorchError(f"{name}: {x.shape[0]} planes in the input, {kernel.shape[-axes - 1]} in the kernel")
        if mode == "V" and any(k > n for k, n in zip(kernel.shape[-axes:], x.shape[-axes:])):
            raise TorchError(f"{name}: Input image is smaller than kernel")
        return put(r[0] if r else None, _apply(x, kernel, axes, flipped, mode == "F"))

    both(name, _convolution, convolve)


def _apply(x: Tensor, kernel: Tensor, axes: int, flipped: bool, full: bool) -> Tensor:
    if flipped:
        kernel = kernel.flip(tuple(range(kernel.dim() - axes, kernel.dim())))
    padding = [k - 1 if full else 0 for k in kernel.shape[-axes:]]
    convolve = F.conv2d if axes == 2 else F.conv3d
    if kernel.dim() == axes + 2:
        return convolve(x[None], kernel, padding=padding)[0]
    planes = [(x, kernel)] if x.dim() == axes else zip(x, kernel)
    # one by one: a grouped convolution sums up in another order, and then equal planes give unequal results
    if axes == 2 and x.shape[-2] * x.shape[-1] >= _LARGE:
        made = [_tap_by_tap(F.pad(plane, (*padding[1:] * 2, *padding[:1] * 2)), weight) for plane, weight in planes]
        return made[0] if x.dim() == axes else torch.stack(made)
    made = [convolve(plane[None, None], weight[None, None], padding=padding)[0] for plane, weight in planes]
    return made[0][0] if x.dim() == axes else torch.cat(made)


_LARGE = 1 << 14  # pixels of a plane from which on F.conv2d loses, as it writes each pixel out for each weight


def _tap_by_tap(plane: Tensor, kernel: Tensor) -> Tensor:
    """The cross-correlation of a plane, as a sum of shifted planes."""
    height, width = (n - k + 1 for n, k in zip(plane.shape, kernel.shape))
    y = plane.new_zeros(height, width)
    for i, row in enumerate(kernel.tolist()):
        for j, weight in enumerate(row):
            y.add_(plane[i : i + height, j : j + width], alpha=weight)
    return y


_convolution("conv2", 2, flipped=True)
_convolution("xcorr2", 2, flipped=False)
_convolution("conv3", 3, flipped=True)
_convolution("xcorr3", 3, flipped=False)
