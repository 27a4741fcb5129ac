"""Sequences of nests: a sequence is a tensor, whose first dimension is time, or a Table of the steps."""

from __future__ import annotations

import torch

from torch7py.errors import TorchError
from torch7py.nn import utils
from torch7py.table import Table
from torch7py.tensor.arguments import describe

Tensor = torch.Tensor


def time_steps(sequence) -> list:
    """The steps of a sequence: the elements of a Table, or the slices of a tensor along its first dimension."""
    if isinstance(sequence, Tensor):
        return sequence.tolist() if sequence.dim() == 1 else list(sequence.unbind(0))
    if isinstance(sequence, Table):
        return sequence.list()
    raise TorchError(f"expecting a sequence (a table or tensor), got {describe(sequence)}")


def paired_steps(sequence, other, names: tuple[str, str] = ("input", "gradOutput")) -> tuple[list, list]:
    """The steps of two sequences, which must be of one kind and length."""
    one, two = names
    if isinstance(sequence, Tensor) != isinstance(other, Tensor):
        kind = "Tensor" if isinstance(sequence, Tensor) else "table"
        raise TorchError(f"expecting {two} {kind} since {one} is a {describe(sequence)}, got {describe(other)}")
    steps, others = time_steps(sequence), time_steps(other)
    if len(steps) != len(others):
        raise TorchError(f"{two} should have as many elements as {one}: {len(others)} instead of {len(steps)}")
    return steps, others


def stacked(result, steps: list[Tensor]) -> Tensor:
    """The steps as one tensor, written to ``result`` if that is a tensor."""
    if not isinstance(result, Tensor):
        result = utils.empty_like_type(steps[0])
    return torch.stack(steps, out=result.resize_(len(steps), *steps[0].shape))
