"""Which parameter of a PyTorch network stands for which of the original's."""

from __future__ import annotations

import torch

Shapes = dict[str, tuple[int, ...]]


def match(original: Shapes, port: Shapes, given: dict[str, str]) -> dict[str, str]:
    """Names of the original's parameters, and of the port's that stand for them.

    Those of ``given`` first; then in order, as long as the shapes fit; what is left by shape, where only one fits.
    """
    matched = {name: other for name, other in given.items() if name in original and other in port}
    left = {name: shape for name, shape in original.items() if name not in matched}
    free = {name: shape for name, shape in port.items() if name not in matched.values()}
    if len(left) == len(free) and all(fits(a, b) for a, b in zip(left.values(), free.values())):
        return matched | dict(zip(left, free))
    for name, shape in left.items():
        fitting = next((other for other, theirs in free.items() if fits(shape, theirs)), None)
        if fitting is not None:
            matched[name] = fitting
            del free[fitting]
    return matched


def fits(original: tuple, port: tuple) -> bool:
    """Whether a parameter of one shape can hold what the other does."""
    return torch.Size(original).numel() == torch.Size(port).numel() and (
        len(original) != len(port) or original == port or original == port[::-1]
    )


def in_shape(port: torch.Tensor, shape: tuple) -> torch.Tensor:
    """A PyTorch parameter in the layout of the original's of that shape."""
    if port.shape == shape:
        return port
    if port.dim() == len(shape) == 2:  # x W instead of W x
        return port.t()
    if port.dim() == 3 and len(shape) == 2:  # a convolution over time: frames are the inner dimension in Torch7
        port = port.transpose(1, 2)
    return port.reshape(shape)


def in_port_shape(original: torch.Tensor, shape: tuple) -> torch.Tensor:
    """The reverse of :func:`in_shape`."""
    if original.shape == shape:
        return original
    if original.dim() == len(shape) == 2:
        return original.t()
    if len(shape) == 3 and original.dim() == 2:
        return original.reshape(shape[0], shape[2], shape[1]).transpose(1, 2)
    return original.reshape(shape)
