"""Optimisers that minimise a function in one call: cg and lbfgs."""

from __future__ import annotations

import math

import torch

from torch7py.console import current
from torch7py.optim.common import divide, dot, evaluate, plain, settings, sqrt, tables
from torch7py.table import Table
from torch7py.tensor.types import default


def cg(opfunc, x, config=None, state=None) -> tuple:
    """Nonlinear conjugate gradients (Polak-Ribiere) with a line search by cubic interpolation, in place.

    After C. E. Rasmussen's ``minimize``.

    config: maxIter (20), maxEval (1.25 * maxIter), and for the line search rho (0.01), sig (0.5), int (0.1),
        ext (3), ratio (100).
    state: keeps the vectors ``df0`` to ``df3``, ``s`` and ``x0`` as memory to use again.

    Returns x, the values of f (the first before any step, then one for each successful line search), and the number
    of evaluations.
    """
    config, state = tables(config, state)
    given = settings(config)
    rho, sig = given.get("rho", 0.01), given.get("sig", 0.5)
    inner, outer, ratio = given.get("int", 0.1), given.get("ext", 3.0), given.get("ratio", 100)
    maxIter = given.get("maxIter", 20)
    maxEval = given.get("maxEval", maxIter * 1.25)

    w = plain(x)
    for name in ("df0", "df1", "df2", "df3", "s", "x0"):
        if state.get(name) is None:
            state[name] = torch.empty_like(w)
        plain(state.get(name)).resize_(w.shape)
    df0, df1, df2 = plain(state.get("df0")), plain(state.get("df1")), plain(state.get("df2"))
    s, x0 = plain(state.get("s")), plain(state.get("x0"))

    evaluations = 0

    def probe(gradient: torch.Tensor) -> float:
        nonlocal evaluations
        fx, g = evaluate(opfunc, x, w)
        gradient.copy_(g)
        evaluations += 1
        return float(fx)

    f1 = probe(df1)
    values = Table((f1,))
    torch.neg(df1, out=s)
    d1 = -dot(s, s)  # slope along s
    z1 = 1 / (1 - d1)  # step along s

    while evaluations < abs(maxEval):
        x0.copy_(w)
        df0.copy_(df1)
        f0 = f1

        w.add_(s, alpha=z1)
        f2 = probe(df2)
        d2 = dot(df2, s)
        f3, d3, z3 = f1, d1, -z1  # point 3 is where the line search starts; z3 leads to it from point 2
        left = min(maxIter, maxEval - evaluations)
        limit = -1
        while True:
            # too far: interpolate
            while (f2 > f1 + z1 * rho * d1 or d2 > -sig * d1) and left > 0:
                limit = z1
                if f2 > f1:
                    z2 = z3 - divide(0.5 * d3 * z3 * z3, d3 * z3 + f2 - f3)
                else:
                    a, b = _cubic(f2, f3, d2, d3, z3)
                    z2 = divide(sqrt(b * b - a * d2 * z3 * z3) - b, a)
                if not math.isfinite(z2):
                    z2 = z3 / 2
                z2 = max(min(z2, inner * z3), (1 - inner) * z3)
                z1 += z2
                w.add_(s, alpha=z2)
                f2 = probe(df2)
                left -= 1
                d2 = dot(df2, s)
                z3 -= z2
            failed = f2 > f1 + z1 * rho * d1 or d2 > -sig * d1
            if failed or d2 > sig * d1 or left == 0:
                succeeded = not failed and d2 > sig * d1
                break

            # not far enough: extrapolate
            a, b = _cubic(f2, f3, d2, d3, z3)
            z2 = divide(-d2 * z3 * z3, b + sqrt(b * b - a * d2 * z3 * z3))
            bounded = limit > -0.5
            if not math.isfinite(z2) or z2 < 0:
                z2 = (limit - z1) / 2 if bounded else z1 * (outer - 1)
            elif bounded and z2 + z1 > limit:
                z2 = (limit - z1) / 2
            elif not bounded and z2 + z1 > z1 * outer:
                z2 = z1 * (outer - 1)
            elif z2 < -z3 * inner:
                z2 = -z3 * inner
            elif bounded and z2 < (limit - z1) * (1 - inner):
                z2 = (limit - z1) * (1 - inner)
            f3, d3, z3 = f2, d2, -z2
            z1 += z2
            w.add_(s, alpha=z2)
            f2 = probe(df2)
            left -= 1
            d2 = dot(df2, s)

        if not succeeded:
            w.copy_(x0)
            df1.copy_(df0)
            f1 = f0
            break
        f1 = f2
        values.append(f1)
        s.mul_(divide(dot(df2, df2) - dot(df2, df1), dot(df1, df1))).sub_(df2)
        previous = df1.clone()
        df1.copy_(df2)
        df2.copy_(previous)
        d2 = dot(df1, s)
        if d2 > 0:  # no descent: start again from the gradient
            torch.neg(df1, out=s)
            d2 = -dot(s, s)
        z1 *= min(ratio, d1 / (d2 - 1e-320))
        d1 = d2
    return x, values, evaluations


def _cubic(f2: float, f3: float, d2: float, d3: float, z3: float) -> tuple[float, float]:
    """The two coefficients of the cubic through points 2 and 3 that its extremum is made of."""
    return divide(6 * (f2 - f3), z3) + 3 * (d2 + d3), 3 * (f3 - f2) - z3 * (d3 + 2 * d2)


def lbfgs(opfunc, x, config=None, state=None) -> tuple:
    """Limited-memory BFGS (Nocedal, 1980; two-loop recursion), in place.

    config: maxIter (20), maxEval (1.25 * maxIter), tolFun (1e-5, on the sum of the gradient's absolute values),
        tolX (1e-9, on steps and on changes of f), nCorrection (100, the length of the memory), learningRate (1),
        lineSearch (a function such as :func:`lswolfe`; a fixed step without one), lineSearchOptions, verbose (false).
    state: keeps the memory, so that calling again goes on where the last call stopped.

    Returns x, all values of f, and the number of evaluations of this call.
    """
    config, state = tables(config, state)
    given = settings(config)
    maxIter = float(given.get("maxIter", 20))
    maxEval = float(given.get("maxEval", maxIter * 1.25))
    tolFun, tolX = given.get("tolFun", 1e-5), given.get("tolX", 1e-9)
    corrections, rate = int(given.get("nCorrection", 100)), given.get("learningRate", 1)
    search = given.get("lineSearch") if callable(given.get("lineSearch")) else None

    def report(message: str) -> None:
        if "verbose" in given:
            current.console.print("<optim.lbfgs> ", message)

    w = plain(x)
    f, g = evaluate(opfunc, x, w)
    values = Table((f,))
    evaluations = 1
    state["funcEval"] = state.get("funcEval", 0) + 1
    total = state.get("nIter", 0)
    state["nIter"] = total
    if state.get("tmp1") is None:
        state["tmp1"] = torch.zeros_like(g)
    buffer = state.get("tmp1")
    if torch.abs(g, out=buffer).sum().item() <= tolFun:
        report("optimality condition below tolFun")
        return x, values
    if state.get("dir_bufs") is None:
        report("creating recyclable direction/step/history buffers")
        state["dir_bufs"] = Table(g.new_empty(corrections + 1, *g.shape).unbind(0))
        state["stp_bufs"] = Table(g.new_empty(corrections + 1, *g.shape).unbind(0))

    d, t = state.get("d"), state.get("t")
    steps, changes, scale = state.get("old_dirs"), state.get("old_stps"), state.get("Hdiag")
    g_old, f_old = state.get("g_old"), state.get("f_old")
    iteration = 0
    while iteration < maxIter:
        iteration += 1
        total += 1
        if total == 1:
            d, steps, changes, scale = g.neg(), Table(), Table(), 1
        else:
            scale = _remember(state, steps, changes, scale, corrections, g, g_old, d, t)
            _direction(state, steps.list(), changes.list(), scale, corrections, g, buffer, d)
        g_old = g.clone() if g_old is None else g_old.copy_(g)
        f_old = f

        slope = dot(g, d)
        if slope > -tolX:
            break
        t = min(1, 1 / torch.abs(g, out=buffer).sum().item()) * rate if total == 1 else rate

        taken = 0
        if search is not None:
            f, g, _, t, taken = search(opfunc, x, t, d, f, g, slope, given.get("lineSearchOptions"))
            g = plain(g)
            values.append(f)
        else:
            w.add_(d, alpha=t)
            # in the last iteration nobody needs the value, and a stochastic f would change anyway
            if iteration != maxIter:
                f, g = evaluate(opfunc, x, w)
                taken = 1
                values.append(f)
        evaluations += taken
        state["funcEval"] = state.get("funcEval") + taken

        if iteration == maxIter:
            report("reached max number of iterations")
            break
        if evaluations >= maxEval:
            report("max nb of function evals")
            break
        if torch.abs(g, out=buffer).sum().item() <= tolFun:
            report("optimality condition below tolFun")
            break
        if torch.mul(d, t, out=buffer).abs_().sum().item() <= tolX:
            report("step size below tolX")
            break
        if abs(f - f_old) < tolX:
            report("function value changing less than tolX")
            break

    kept = {"nIter": total, "old_dirs": steps, "old_stps": changes, "Hdiag": scale, "g_old": g_old, "f_old": f_old}
    for name, value in {**kept, "t": t, "d": d}.items():
        state[name] = value
    return x, values, evaluations


def _remember(state, steps: Table, changes: Table, scale, corrections: int, g, g_old, d, t):
    """Enter the last step and the change of the gradient into the memory; returns the scale of the first Hessian."""
    free_changes, free_steps = state.get("dir_bufs"), state.get("stp_bufs")
    change, step = free_changes.remove(), free_steps.remove()
    torch.sub(g, g_old, out=change)
    torch.mul(d, t, out=step)
    product = dot(change, step)
    if product <= 1e-10:
        free_changes.append(change)
        free_steps.append(step)
        return scale
    if len(steps) == corrections:
        free_changes.append(steps.remove(1))
        free_steps.append(changes.remove(1))
    steps.append(step)
    changes.append(change)
    return product / dot(change, change)


def _direction(state, steps: list, changes: list, scale: float, corrections: int, g, q, d) -> None:
    """Write minus the approximate inverse Hessian times the gradient into ``d``; ``q`` is a buffer."""
    torch.neg(g, out=q)
    inverses = [1 / dot(change, step) for change, step in zip(changes, steps, strict=True)]
    alphas = [0.0] * len(steps)
    for i in reversed(range(len(steps))):
        alphas[i] = dot(steps[i], q) * inverses[i]
        q.add_(changes[i], alpha=-alphas[i])
    torch.mul(q, scale, out=d)
    for i, step in enumerate(steps):
        d.add_(step, alpha=alphas[i] - dot(changes[i], d) * inverses[i])
    for name, numbers in (("ro", inverses), ("al", alphas)):
        if state.get(name) is None:
            state[name] = torch.zeros(corrections, dtype=default.dtype)
        kept = state.get(name)
        kept[: len(numbers)] = torch.tensor(numbers, dtype=kept.dtype)
