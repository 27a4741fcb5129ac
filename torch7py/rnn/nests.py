"""Operations on nests: a nest is a tensor or a Table of nests. Torch7 has them in the table ``rnn``."""

from __future__ import annotations

import torch

from torch7py import random
from torch7py.errors import TorchError
from torch7py.nn import utils
from torch7py.table import Table
from torch7py.tensor.arguments import describe

Tensor = torch.Tensor


def recursiveResizeAs(t1, t2):
    """Make ``t1`` a nest of the structure and sizes of ``t2``, reusing what is there. Returns both."""
    return _each_pair(t1, t2, lambda one, other: one.resize_(other.shape))


def recursiveSet(t1, t2):
    """Let the tensors of ``t1`` be the memory of those of ``t2``. Returns both."""
    return _each_pair(t1, t2, lambda one, other: one.set_(other))


def recursiveCopy(t1, t2):
    """Copy ``t2`` into ``t1``, which is made or resized where it must be. Returns both."""
    return utils.recursiveCopy(t1, t2)


def recursiveAdd(t1, t2):
    """``t1 += t2``. Returns both."""
    return utils.recursiveAdd(t1, t2)


def recursiveTensorEq(t1, t2) -> bool:
    """Whether the elements of two nests are equal to within 0.00001."""
    if isinstance(t2, Table):
        return isinstance(t1, Table) and all(recursiveTensorEq(t1[key], item) for key, item in t2.items())
    if not (isinstance(t1, Tensor) and isinstance(t2, Tensor)):
        raise _unexpected_pair(t1, t2)
    return (t1 - t2.reshape(t1.shape)).abs().max().item() < 0.00001


def recursiveNormal(t2):
    """Draw all elements of the nest from the normal distribution. Returns it."""
    return _each(t2, lambda tensor: random.default().fill_normal(tensor))


def recursiveFill(t2, val):
    """Fill the nest with a number. Returns it."""
    return utils.recursiveFill(t2, val)


def recursiveType(param, type_str: str):
    """The nest converted to a tensor type; its Tables are changed in place."""
    if isinstance(param, Table):
        for position, item in enumerate(list(param), 1):
            param[position] = recursiveType(item, type_str)
        return param
    return utils.recursiveType(param, type_str) if isinstance(param, Tensor) else param


def recursiveSum(t2) -> float:
    """The sum of all elements of the nest."""
    if isinstance(t2, Table):
        return sum(recursiveSum(item) for item in t2.values())
    if not isinstance(t2, Tensor):
        raise _unexpected(t2)
    return t2.sum().item()


def recursiveNew(t2):
    """A nest of that structure with empty tensors."""
    if isinstance(t2, Table):
        return Table({key: recursiveNew(item) for key, item in t2.items()})
    if not isinstance(t2, Tensor):
        raise _unexpected(t2)
    return utils.empty_like_type(t2)


def _each_pair(t1, t2, act):
    if isinstance(t2, Table):
        if not isinstance(t1, Table):
            t1 = Table() if t1 is None else Table([t1])
        for key, item in list(t2.items()):
            t1[key] = _each_pair(t1[key], item, act)[0]
    elif isinstance(t2, Tensor):
        t1 = t1 if isinstance(t1, Tensor) else utils.empty_like_type(t2)
        act(t1, t2)
    else:
        raise _unexpected_pair(t1, t2)
    return t1, t2


def _each(nest, act):
    if isinstance(nest, Table):
        for item in list(nest.values()):
            _each(item, act)
    elif isinstance(nest, Tensor):
        act(nest)
    else:
        raise _unexpected(nest)
    return nest


def _unexpected(nest) -> TorchError:
    return TorchError(f"expecting tensor or table thereof. Got {describe(nest)} instead")


def _unexpected_pair(t1, t2) -> TorchError:
    return TorchError(f"expecting nested tensors or tables. Got {describe(t1)} and {describe(t2)} instead")


def first_tensor(nest) -> Tensor:
    """The first tensor of a nest."""
    while isinstance(nest, Table):
        nest = nest[1]
    if not isinstance(nest, Tensor):
        raise _unexpected(nest)
    return nest


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
