"""FISTA: a smooth function plus one that need not be smooth."""

from __future__ import annotations

import math

import torch

from torch7py.console import current
from torch7py.optim.common import dot, plain, settings, value, wrapper
from torch7py.table import Table
from torch7py.tensor.types import default


def FistaLS(f, g, pl, xinit, params=None) -> tuple:
    """Minimise f + g, f smooth, by FISTA or ISTA with a backtracking line search (Beck and Teboulle, 2009).

    f: function of ``y``, or of ``y`` and ``'dx'``, that returns f(y), and with 'dx' its gradient too.
    g: function of ``y`` that returns g(y).
    pl: function of ``y`` and L that moves y, in place, to argmin_x g(x) + L/2 |x - y|^2.
    xinit: a tensor of the solution's shape; the search starts from zero, and the solution is written here.
    params: L (0.1, one over the step size), Lstep (1.5, its growth in the line search), maxiter (50), maxline (20),
        errthres (1e-4), doFistaUpdate (false: plain ISTA), verbose (false). Receives the last L and the vectors
        ``xkm``, ``y``, ``ply`` as memory to use again.

    Returns the solution ``y`` and the history: for each iteration L, F, Fply, Gply, Q and nline.
    """
    params = Table() if params is None else params
    given = settings(params)
    L, growth = given.get("L", 0.1), given.get("Lstep", 1.5)
    maxiter, maxline, threshold = given.get("maxiter", 50), given.get("maxline", 20), given.get("errthres", 1e-4)
    verbose = "verbose" in given
    x, as_given = plain(xinit), wrapper(xinit)
    for name in ("xkm", "y", "ply"):
        if params.get(name) is None:
            params[name] = torch.empty(0, dtype=default.dtype, device=default.device)
        params.get(name).resize_(x.shape).zero_()
    last, y, trial = params.get("xkm"), params.get("y"), params.get("ply")
    # the same memory, as the caller's functions know tensors
    given_y, given_trial = as_given(y), as_given(trial)

    history = Table()
    momentum, F = 1, math.inf
    for iteration in range(1, int(maxiter) + 1):
        fy, gradient = f(given_y, "dx")
        gradient = plain(gradient)
        lines = 0
        while True:
            trial.copy_(y).add_(gradient, alpha=-1 / L)
            pl(given_trial, L)
            x.copy_(trial)
            f_trial = value(f(given_trial))
            trial.sub_(y)
            linear, square = dot(gradient, trial), L / 2 * dot(trial, trial)
            Q = fy + linear + square
            if verbose:
                current.console.print(
                    f"nline={lines} L={L:g} fply={f_trial:g} Q={Q:g} fy={fy:g} Q2={linear:g} Q3={square:g}"
                )
            lines += 1
            if f_trial <= Q:
                break
            if lines > maxline:
                x.copy_(last)  # no better point: stay
                break
            L *= growth

        y.copy_(x)
        if "doFistaUpdate" in given:
            grown = (1 + math.sqrt(1 + 4 * momentum * momentum)) / 2
            y.add_(last.sub_(x), alpha=(1 - momentum) / grown)
            last.copy_(x)
            momentum = grown

        Fply, Gply = value(f(given_y)), value(g(given_y))
        before, F = F, Fply + Gply
        if verbose:
            current.console.print(f"iter={iteration - 1} eold={before:g} enew={F:g}")
        entry = Table(nline=lines, L=L, F=F, Fply=Fply, Gply=Gply, Q=Q)
        if verbose:
            entry["xk"], entry["y"] = as_given(x.clone()), as_given(y.clone())
        history.append(entry)
        params["L"] = L
        if iteration > 1 and abs(F - before) <= threshold:
            break
    x.copy_(y)
    return given_y, history
