"""Words for what goes wrong when tensors do not fit."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ..errors import TorchError
from ..table import Table
from ..tensor import types
from ..tensor.arguments import describe

Tensor = torch.Tensor


def sizes(tensor: Tensor) -> str:
    """``'[2 x 3]'``"""
    return "[" + " x ".join(map(str, tensor.shape)) + "]"


def need_tensor(value, like: Tensor, what: str = "input") -> None:
    """Raise unless ``value`` is a tensor of the same type as ``like``."""
    if not isinstance(value, Tensor):
        raise TorchError(f"{what}: {types.typename(like)} expected, got {describe(value)}")
    if value.dtype is not like.dtype or value.device != like.device:
        raise TorchError(f"{what}: {types.typename(like)} expected, got {types.typename(value)}")


def need_dims(input, like: Tensor, *dims: int) -> None:
    """Raise unless ``input`` is a tensor of the same type as ``like`` with one of these numbers of dimensions."""
    need_tensor(input, like)
    if input.dim() not in dims:
        allowed = " or ".join(f"{number}D" for number in dims)
        raise TorchError(f"{allowed} tensor expected for input, but got: {sizes(input)}")


def need_table(value, what: str = "input") -> Table:
    """``value``, which must be a Table."""
    if not isinstance(value, Table):
        raise TorchError(f"{what}: table expected, got {describe(value)}")
    return value


def need_same_count(input: Tensor, target: Tensor, names: tuple[str, str] = ("input", "target")) -> None:
    """Raise unless both have the same number of elements."""
    if input.numel() != target.numel():
        first, second = names
        raise TorchError(
            f"{first} and {second} have different number of elements: {first}{sizes(input)} has {input.numel()} "
            f"elements, while {second}{sizes(target)} has {target.numel()} elements"
        )


def need_sizes(tensor: Tensor, expected: Sequence[int], what: str = "gradOutput") -> None:
    """Raise unless ``tensor`` has these sizes."""
    if tensor.shape != tuple(expected):
        wanted = "[" + " x ".join(map(str, expected)) + "]"
        raise TorchError(f"{what} of size {wanted} expected, got {sizes(tensor)}")


def product_error(error: Exception, weight: Tensor, given, left, right) -> Exception:
    """What to say when ``left * right`` failed with ``error``; ``given`` is what the caller brought."""
    if isinstance(error, TorchError):
        return error
    try:
        need_tensor(given, weight)
    except TorchError as clearer:
        return clearer
    if left.dim() == right.dim() == 2:
        return TorchError(f"size mismatch, m1: {sizes(left)}, m2: {sizes(right)}")
    return TorchError(f"size mismatch, {sizes(left)}, {sizes(right)}")


def flag(inplace) -> bool:
    """An in-place flag as a boolean; none means no."""
    if inplace is not None and not isinstance(inplace, bool):
        raise TorchError("in-place flag must be boolean")
    return bool(inplace)
