"""checkgrad: is a gradient right?"""

from __future__ import annotations

import torch

from torch7py.optim.common import divide, evaluate, plain, value, wrapper


def checkgrad(opfunc, x, eps: float = 1e-7) -> tuple:
    """Compare the gradient that ``opfunc`` returns with central differences of its value.

    opfunc: function of x that returns f(x) (a number or a tensor of one element) and df/dx.
    x: the point, a vector; it is moved and put back, element by element.
    eps: how far.

    Returns |d - e| / |d + e| (close to 0 if all is well), the gradient d, and its estimate e.
    """
    w, as_given = plain(x), wrapper(x)
    _, exact = evaluate(opfunc, x, w)
    exact = exact.clone()  # opfunc may write later gradients into the same memory
    estimate = torch.zeros_like(exact)
    flat, slots = w.view(-1), estimate.view(-1)
    for i, kept in enumerate(flat.tolist()):
        flat[i] = kept + eps
        above = float(value(opfunc(x)))
        # from where rounding has put it, as Torch7 did
        flat[i] = flat[i].item() - 2 * eps
        below = float(value(opfunc(x)))
        flat[i] = kept
        slots[i] = (above - below) / (2 * eps)
    difference = divide(torch.dist(exact, estimate).item(), (exact + estimate).norm().item())
    return difference, as_given(exact), as_given(estimate)
