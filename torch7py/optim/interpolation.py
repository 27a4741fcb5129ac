"""The minimum of a polynomial through points with slopes, and the line search that uses it."""

from __future__ import annotations

import math

import numpy
import torch

from torch7py.console import current
from torch7py.errors import TorchError
from torch7py.optim.common import divide, dot, evaluate, plain, settings, sqrt


def polyinterp(points, xminBound: float | None = None, xmaxBound: float | None = None):
    """Where the polynomial through ``points`` is smallest.

    points: a tensor N x 3 of rows x, f(x), f'(x); the polynomial has degree 2N - 1.
    xminBound, xmaxBound: where to look; between the least and the greatest x by default.

    Returns the position; with bounds or more than two points, the polynomial's value there too (infinite if no
    critical point lies within the bounds; the position is then their middle). Cubic formula: Nocedal and Wright,
    Numerical Optimization, eq. 3.59.
    """
    rows = plain(points).tolist()
    if len(rows) == 2 and xminBound is None and xmaxBound is None:
        return _cubic_minimum(*sorted(rows, key=lambda row: row[0]))
    xs = [row[0] for row in rows]
    low = min(xs) if xminBound is None else xminBound
    high = max(xs) if xmaxBound is None else xmaxBound

    coefficients = _polynomial(rows)
    degree = len(coefficients) - 1
    slopes = [c * (degree - i) for i, c in enumerate(coefficients[:-1])]
    best, least = (low + high) / 2, math.inf
    for x in [low, high, *xs, *_real_roots(slopes)]:
        if low <= x <= high:
            y = sum(c * x ** (degree - i) for i, c in enumerate(coefficients))
            if y < least:
                best, least = x, y
    return best, least


def _cubic_minimum(left: list[float], right: list[float]) -> float:
    (x1, f1, g1), (x2, f2, g2) = left, right
    d1 = g1 + g2 - 3 * divide(f1 - f2, x1 - x2)
    d2 = sqrt(d1**2 - g1 * g2)
    if math.isnan(d2):
        return (x1 + x2) / 2
    x = x2 - (x2 - x1) * divide(g2 + d2 - d1, g2 - g1 + 2 * d2)
    return min(max(x, x1), x2)


def _polynomial(rows: list[list[float]]) -> list[float]:
    """Coefficients, highest power first, of the polynomial with these values and slopes; tiny ones become 0."""
    degree = 2 * len(rows) - 1
    values = [[x ** (degree - i) for i in range(degree + 1)] for x, _, _ in rows]
    slopes = [[(degree - i) * x ** (degree - i - 1) for i in range(degree)] + [0.0] for x, _, _ in rows]
    wanted = [[f] for _, f, _ in rows] + [[g] for _, _, g in rows]
    left = torch.tensor(values + slopes, dtype=torch.float64)
    right = torch.tensor(wanted, dtype=torch.float64)
    if not (left.isfinite().all() and right.isfinite().all()):
        raise TorchError("polyinterp: the points hold infinite values or nan")
    found = torch.linalg.lstsq(left, right, driver="gels").solution.view(-1).tolist()
    return [0.0 if abs(c) <= 1e-12 else c for c in found]


def _real_roots(coefficients: list[float]) -> list[float]:
    """The real roots of a polynomial, highest power first: eigenvalues of its companion matrix."""
    coefficients = numpy.trim_zeros([0.0 if abs(c) < 1e-12 else c for c in coefficients], "f")
    return [root.real for root in numpy.roots(coefficients).tolist() if root.imag == 0]


def lswolfe(opfunc, x, t: float, d, f: float, g, gtd: float, options=None) -> tuple:
    """A line search for the strong Wolfe conditions (Nocedal and Wright, Numerical Optimization, algorithms 3.5, 3.6).

    opfunc: function of x that returns f(x) and df/dx.
    x, t, d: the start, the first step length to try, and the direction; x ends at the chosen point.
    f, g, gtd: f(x), its gradient, and the slope g . d at the start.
    options: c1 (1e-4), c2 (0.9), tolX (1e-9), maxIter (20), verbose (false).

    Returns f and gradient at the new point, x, the step length, and the number of evaluations.
    """
    given = settings(options if options is not None else {})
    c1, c2 = given.get("c1", 1e-4), given.get("c2", 0.9)
    tolX, maxIter = given.get("tolX", 1e-9), given.get("maxIter", 20)
    w, d, g = plain(x), plain(d), plain(g)
    start = w.clone()

    def probe(t: float) -> list:
        """f, gradient and slope after a step t; a copy of the gradient, since opfunc may reuse its memory."""
        w.copy_(start).add_(d, alpha=t)
        f_new, g_new = evaluate(opfunc, x, w)
        return [t, float(f_new), g_new.clone(), dot(g_new, d)]

    # move right until an interval holds a point that satisfies the conditions
    previous = [0, f, g.clone(), gtd]
    new = probe(t)
    evaluations, rounds, done = 1, 0, False
    while rounds < maxIter:
        if new[1] > f + c1 * new[0] * gtd or (rounds > 1 and new[1] >= previous[1]):
            bracket = [previous, new]
            break
        if abs(new[3]) <= -c2 * gtd:
            bracket = [new]
            done = True
            break
        if new[3] >= 0:
            bracket = [previous, new]
            break
        t, before = new[0], previous[0]
        points = torch.tensor([_point(previous), _point(new)], dtype=torch.float64)
        t, _ = polyinterp(points, t + 0.01 * (t - before), t * 10)
        previous, new = new, probe(t)
        evaluations += 1
        rounds += 1
    else:
        bracket = [[0, f, g, gtd], new]

    # narrow the interval down
    stalled = False
    while not done and rounds < maxIter:
        low = 0 if bracket[0][1] <= bracket[1][1] else 1
        high = 1 - low
        t = polyinterp(torch.tensor([_point(end) for end in bracket], dtype=torch.float64))
        t, stalled = _kept_off_the_ends(t, bracket[0][0], bracket[1][0], stalled)
        new = probe(t)
        evaluations += 1
        rounds += 1
        if new[1] > f + c1 * t * gtd or new[1] >= bracket[low][1]:
            bracket[high] = new
        else:
            if abs(new[3]) <= -c2 * gtd:
                done = True
            elif new[3] * (bracket[high][0] - bracket[low][0]) >= 0:
                bracket[high] = bracket[low]
            bracket[low] = new
        if not done and abs((bracket[0][0] - bracket[1][0]) * new[3]) < tolX:
            break

    if rounds == maxIter and "verbose" in given:
        current.console.print("<optim.lswolfe> ", "reached max number of iterations")
    t, f, g, _ = min(bracket, key=lambda end: end[1])
    w.copy_(start).add_(d, alpha=t)
    return f, g, x, t, evaluations


def _point(end: list) -> list[float]:
    """The row of polyinterp for one end of a bracket."""
    return [end[0], end[1], end[3]]


def _kept_off_the_ends(t: float, a: float, b: float, stalled: bool) -> tuple[float, bool]:
    """``t`` moved inwards if it fell near an end of the interval for the second time, or on it; whether it is near."""
    low, high = min(a, b), max(a, b)
    if divide(min(high - t, t - low), high - low) >= 0.1:
        return t, False
    if not (stalled or t >= high or t <= low):
        return t, True
    margin = 0.1 * (high - low)
    return (high - margin if abs(t - high) < abs(t - low) else low + margin), False
