"""Large products of float matrices on the CPU, by oneDNN.

PyTorch multiplies float matrices with MKL, which leaves the wide vector units of processors of other makers unused;
oneDNN takes half its time there, and the same on MKL's own. Small products are quicker in MKL's hands: oneDNN takes
some 10 microseconds to begin.
"""

from __future__ import annotations

import torch

Tensor = torch.Tensor

# What torch.compile itself uses for torch.nn.Linear; absent in builds without oneDNN.
_linear = getattr(torch.ops.mkldnn, "_linear_pointwise", None) if torch.backends.mkldnn.is_available() else None
# Multiplications from which it pays. A caller compares first, as that takes no time.
LARGE = 2_500_000


def fits(a: Tensor, b: Tensor) -> bool:
    """Whether ``a`` times the transpose of ``b`` is a product for :func:`product`."""
    return (
        _linear is not None
        and a.dtype is torch.float32
        and b.dtype is torch.float32
        and a.is_cpu
        and b.is_cpu
        and a.shape[1] == b.shape[1]
    )


def product(a: Tensor, b: Tensor, bias: Tensor | None = None) -> Tensor:
    """``a`` (n x k) times the transpose of ``b`` (m x k), plus ``bias`` (m) in every row: n x m."""
    return _linear(a, b, bias, "none", [], "")
