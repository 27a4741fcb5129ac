"""Convolutions and cross-correlations of planes and of volumes, alone or by banks of kernels."""

from __future__ import annotations

import torch.nn.functional as F

from torch7py.errors import TorchError
from torch7py.tensor.operands import Tensor, invalid, put
from torch7py.tensor.registry import function, method


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

    method(name, steady=True)(convolve)
    function(name, steady=True)(convolve)


def _apply(x: Tensor, kernel: Tensor, axes: int, flipped: bool, full: bool) -> Tensor:
    if flipped:
        kernel = kernel.flip(tuple(range(kernel.dim() - axes, kernel.dim())))
    planes = 1 if x.dim() == axes else x.shape[0]
    bank = kernel.dim() == axes + 2
    weight = kernel if bank else kernel.reshape(planes, 1, *kernel.shape[-axes:])
    padding = [k - 1 if full else 0 for k in kernel.shape[-axes:]]
    convolve = F.conv2d if axes == 2 else F.conv3d
    batch = x.reshape(1, planes, *x.shape[-axes:])
    y = convolve(batch, weight, padding=padding, groups=1 if bank else planes)[0]
    return y[0] if x.dim() == axes else y


_convolution("conv2", 2, flipped=True)
_convolution("xcorr2", 2, flipped=False)
_convolution("conv3", 3, flipped=True)
_convolution("xcorr3", 3, flipped=False)
