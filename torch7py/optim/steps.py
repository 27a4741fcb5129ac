"""One step of the optimisers that small models spend their time in, on tensors and numbers alone.

:func:`~torch7py.optim.sgd` and :func:`~torch7py.optim.adam` read their settings and then come here; a caller who has
the settings at hand can do so directly. All work in place; the gradient's memory is used up.
"""

from __future__ import annotations

import math

import torch

from torch7py.optim.common import match, scalar

__all__ = ["adam_step", "sgd_step"]


def sgd_step(w, g, rate: float, decay: float = 0, momentum: float = 0, dampening: float = 0, velocity=None) -> None:
    """w -= rate * v, with v := momentum * v + (1 - dampening) * g, or v = g without momentum; decay * w adds to g."""
    g = match(g, w)
    if decay != 0:
        g.add_(w, alpha=decay)
    if momentum != 0:
        g = velocity.mul_(scalar(momentum, velocity.dtype)).add_(g, alpha=1 - dampening)
    w.add_(g, alpha=-rate)


def adam_step(w, g, rate: float, t: int, beta1: float, beta2: float, epsilon: float, decay: float, m, v, denom) -> None:
    """Step number ``t`` of Adam, with the moving averages ``m`` and ``v``; ``denom`` is a buffer."""
    g = match(g, w)
    if decay != 0:
        g.add_(w, alpha=decay)
    m.mul_(scalar(beta1, m.dtype)).add_(g, alpha=1 - beta1)
    v.mul_(scalar(beta2, v.dtype)).addcmul_(g, g, value=1 - beta2)
    torch.sqrt(v, out=denom).add_(epsilon)
    w.addcdiv_(m, denom, value=-rate * math.sqrt(1 - beta2**t) / (1 - beta1**t))
