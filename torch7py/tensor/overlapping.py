"""Writing to tensors of which several elements share one place in memory, as in an expanded one.

PyTorch declines that. Torch7 went through all elements, and so changed a place as often as it came along; on a GPU it
changed all from the old values, and each place got one result.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from . import types


def declined(operation: Callable, error: BaseException) -> bool:
    """Is this how PyTorch declines an operation that :func:`in_layers` can do?"""
    possible = getattr(operation, "by_element", False) and isinstance(error, RuntimeError)
    return possible and "more than one element of the written-to tensor" in str(error)


def in_layers(operation: Callable) -> Callable:
    """An elementwise operation on its first argument, called for one layer after another of an expanded one.

    Other tensors of as many elements are cut alike. For a GPU, or what stands in for one, it is called once.
    """

    def call(x: torch.Tensor, *args):
        repeated = [d for d, (size, step) in enumerate(zip(x.shape, x.stride())) if step == 0 and size > 1]
        if not repeated:
            return operation(x, *args)
        if x.is_cuda or types.cuda_is_cpu():
            place, changed = x, operation(x.contiguous(), *args)
            for d in repeated:
                place, changed = place.narrow(d, 0, 1), changed.narrow(d, -1, 1)
            place.copy_(changed)
            return x
        d = repeated[0]

        def cut(value, i):
            alike = isinstance(value, torch.Tensor) and value.numel() == x.numel()
            return value.reshape(x.shape).narrow(d, i, 1) if alike else value

        for i in range(x.shape[d]):
            call(x.narrow(d, i, 1), *[cut(value, i) for value in args])
        return x

    return call
