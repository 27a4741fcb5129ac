"""How pixels are computed with: bytes as floats, and back again rounded and clamped."""

from __future__ import annotations

from collections.abc import Callable

import torch

Tensor = torch.Tensor


def widen(x: Tensor) -> Tensor:
    """``x`` in the type that is computed in: bytes as floats, floats and doubles as they are."""
    return x.float() if x.dtype is torch.uint8 else x


def narrow(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Computed values as pixels of this type; bytes are rounded, halves up, and clamped."""
    if dtype is torch.uint8:
        return (values + 0.5).clamp_(0, 255).to(dtype)
    return values.to(dtype)


def planes(x: Tensor) -> Tensor:
    """A grey image without planes as one of one plane; others as they are."""
    return x.unsqueeze(0) if x.dim() == 2 else x


def pick(flat: Tensor, index: Tensor) -> Tensor:
    """Pixels of CxN at these places of N, in the shape of ``index`` behind C."""
    picked = flat.gather(1, index.reshape(1, -1).expand(flat.size(0), -1))
    return picked.view(flat.size(0), *index.shape)


_STRIP = 1 << 15  # pixels that are worked on together: as many as fit into a processor's cache


def in_strips(compute: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor) -> Tensor:
    """``compute(x, y)``, CxHxW, for places HxW, some rows at a time."""
    rows = max(1, _STRIP // x.size(1))
    if len(x) <= rows:
        return compute(x, y)
    return torch.cat([compute(*strip) for strip in zip(x.split(rows), y.split(rows))], 1)
