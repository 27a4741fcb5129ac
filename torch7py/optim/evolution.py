"""Optimisers that need no gradient: cmaes and de."""

from __future__ import annotations

import math

import numpy
import torch

from torch7py import random
from torch7py.console import current, tostring
from torch7py.errors import TorchError
from torch7py.optim.common import plain, settings, tables, value, wrapper
from torch7py.table import Table
from torch7py.tensor.types import default


def cmaes(opfunc, x, config=None, state=None) -> tuple:
    """Covariance Matrix Adaptation Evolution Strategy, after Hansen's ``barecmaes2``.

    opfunc: function of a tensor like ``x`` that returns its value; a gradient is ignored.
    x: where to start; it stays as it is.
    state (or config, without one): sigma (the first step size, required), maxEval (1000 * n^2), popsize (4 + 3 ln n),
        ftarget (stop below it), min_iterations (1), verb_disp (0: report every so many iterations).

    Returns the best point found (a vector), the best value of each generation (the value at x first, the best of all
    last), and the number of evaluations.
    """
    config, state = tables(config, state)
    given = settings(state)
    start, as_given = plain(x), wrapper(x)
    if start.dtype not in (torch.float32, torch.float64):
        raise TorchError("cmaes: please use Float- or DoubleTensor for x")
    if "sigma" not in given:
        raise TorchError("cmaes: state.sigma, the initial step size, is missing")
    search = _Search(start.reshape(-1).to("cpu", copy=True), given["sigma"], given.get("popsize"))
    target = given.get("ftarget")
    limit = float(given.get("maxEval", 1e3 * search.n**2))
    every = given.get("verb_disp", 0)
    say = current.console.print

    values = Table((value(opfunc(x)),))
    best, least, found_at = None, None, 0
    iteration = 0
    reasons = {}
    while not reasons or iteration < given.get("min_iterations", 1):
        iteration += 1
        candidates = search.ask()
        found = [float(value(opfunc(as_given(row.view(start.shape).to(start.device))))) for row in candidates]
        fitness, order = torch.tensor(found, dtype=default.dtype).sort(stable=True)
        fitness = fitness.tolist()
        values.append(fitness[0])
        if least is None or fitness[0] < least:
            best, least = candidates[order[0]].to(start.device, copy=True), fitness[0]
            found_at = search.evaluations + search.size
        search.tell(candidates[order])
        reasons = search.stop(fitness)
        if search.evaluations >= limit:
            reasons["evals"] = limit
        if target is not None and fitness[0] <= target:
            reasons["ftarget"] = target
        if every > 0:
            if iteration == 1 or iteration % (10 * every) == 0:
                say("evals:\t ax-ratio max(std)   f-value")
            if iteration <= 2 or iteration % every == 0:
                say(f"{search.evaluations}:  {search.ratio():6.1f} {search.deviation():8.1e} {tostring(fitness[0])}")
    if every > 0:
        for reason, bound in reasons.items():
            say("termination by", reason, "=", bound)
        say("best f-value =", least)
        say("solution = ")
        say(as_given(best))
        say("best found at iteration: ", found_at / search.size, " , total iterations: ", iteration)
    values.append(least)
    return as_given(best), values, search.evaluations


class _Search:
    """The normal distribution that cmaes draws its candidates from."""

    def __init__(self, mean: torch.Tensor, sigma: float, size: int | None):
        n = self.n = mean.numel()
        self.mean, self.sigma = mean, sigma
        self.size = int(size) if size is not None else 4 + math.floor(3 * math.log(n))
        parents = self.size / 2
        weights = [math.log(parents + 0.5) - math.log(rank) for rank in range(1, int(parents) + 1)]
        weights = [weight / sum(weights) for weight in weights]
        self.weights = torch.tensor(weights, dtype=mean.dtype)
        mueff = self.mueff = sum(weights) ** 2 / sum(weight**2 for weight in weights)

        # time constants and learning rates, by Hansen's names
        self.cc = (4 + mueff / n) / (n + 4 + 2 * mueff / n)
        self.cs = (mueff + 2) / (n + mueff + 5)
        self.c1 = 2 / ((n + 1.3) ** 2 + mueff)
        self.cmu = min(1 - self.c1, 2 * (mueff - 2 + 1 / mueff) / ((n + 2) ** 2 + mueff))
        self.damping = 2 * mueff / self.size + 0.3 + self.cs

        self.path, self.sigma_path = torch.zeros_like(mean), torch.zeros_like(mean)
        self.covariance = torch.eye(n, dtype=mean.dtype)
        self.axes, self.lengths = torch.eye(n, dtype=mean.dtype), torch.ones_like(mean)
        self.whitening = torch.eye(n, dtype=mean.dtype)
        self.evaluations = self.decomposed_at = 0

    def ask(self) -> torch.Tensor:
        """New candidates, one per row."""
        if self.evaluations - self.decomposed_at > self.size / (self.c1 + self.cmu) / self.n / 10:
            self.decomposed_at = self.evaluations
            self.covariance = self.covariance.triu() + self.covariance.triu(1).t()
            # numpy's LAPACK gives the axes the signs that Torch7's gave them, and the candidates depend on these
            squares, axes = numpy.linalg.eigh(self.covariance.numpy(), UPLO="U")
            self.lengths, self.axes = torch.from_numpy(squares).sqrt(), torch.from_numpy(axes)
            self.whitening = self.axes @ self.lengths.reciprocal().diag() @ self.axes.t()
        rows = []
        for _ in range(self.size):
            drawn = random.normal(torch.empty_like(self.mean), 0, 1).mul_(self.lengths)
            rows.append(self.mean + torch.mv(self.axes, drawn) * self.sigma)
        return torch.stack(rows)

    def tell(self, ranked: torch.Tensor) -> None:
        """Move towards the best of the candidates, which come sorted."""
        cc, cs, c1, cmu, mueff = self.cc, self.cs, self.c1, self.cmu, self.mueff
        self.evaluations += self.size
        parents = ranked[: len(self.weights)]
        mean = torch.mv(parents.t(), self.weights)
        moved = mean - self.mean

        whitened = torch.mv(self.whitening, moved)
        self.sigma_path = self.sigma_path * (1 - cs) + whitened * (math.sqrt(cs * (2 - cs) * mueff) / self.sigma)
        length = self.sigma_path.square().sum().item() / self.n
        settled = 1 - (1 - cs) ** (2 * self.evaluations / self.size)
        slow = 1.0 if length / settled < 2 + 4 / (self.n + 1) else 0.0
        self.path = self.path * (1 - cc) + moved * (math.sqrt(cc * (2 - cc) * mueff) / self.sigma * slow)

        lost = c1 - (1 - slow) * c1 * cc * (2 - cc)
        spread = parents - self.mean
        update = spread.t() @ (spread * self.weights.unsqueeze(1)) / self.sigma**2
        path_update = torch.outer(self.path, self.path)
        self.covariance = self.covariance * (1 - lost - cmu) + path_update * c1 + update * cmu
        self.sigma *= math.exp(min(0.6, cs / self.damping * (length - 1) / 2))
        self.mean = mean

    def stop(self, fitness: list[float]) -> dict:
        """Which limits of the method are reached."""
        reasons = {}
        if self.ratio() > 1e7:
            reasons["condition"] = 1e7
        if len(fitness) > 1 and fitness[-1] - fitness[0] < 1e-12:
            reasons["tolfun"] = 1e-12
        if self.sigma * self.lengths.max().item() < 1e-11:
            reasons["tolx"] = 1e-11
        return reasons

    def ratio(self) -> float:
        """The longest axis over the shortest."""
        return (self.lengths.max() / self.lengths.min()).item()

    def deviation(self) -> float:
        """The largest standard deviation of a coordinate."""
        return self.sigma * math.sqrt(self.covariance.diagonal().max().item())


def de(opfunc, x, config=None, state=None) -> tuple:
    """Differential Evolution (Storn and Price, 1997), around the best solution so far.

    opfunc: function of a vector that returns its value; a gradient is ignored.
    x: gives the number of elements and the type; it stays as it is.
    config: maxFEs (evaluations, required), scaleFactor and crossoverRate (required), popsize (10 per element),
        minRegion (-30) and maxRegion (30), where the population starts.

    Draws from a generator of its own, with seed 1. Returns the best solution and all values, in order.
    """
    given = settings(config if config is not None else {})
    for name in ("maxFEs", "scaleFactor", "crossoverRate"):
        if name not in given:
            raise TorchError(f"de: config.{name} is missing")
    like, as_given = plain(x), wrapper(x)
    n = like.numel()
    size = int(given.get("popsize", 10 * n))
    scale, rate, limit = given["scaleFactor"], given["crossoverRate"], float(given["maxFEs"])
    draw = random.Generator()
    draw.manualSeed(1)

    population = like.new_empty(size, n)
    draw.fill_uniform(population, given.get("minRegion", -30), given.get("maxRegion", 30))
    fitness = [float(value(opfunc(as_given(row)))) for row in population]
    values = list(fitness)
    # Torch7 begins with the WORST of the population; the numbers that it found depend on it
    worst = max(range(size), key=fitness.__getitem__)
    best, best_fitness = population[worst].clone(), fitness[worst]

    while len(values) < limit - 1:
        rows, target = population.tolist(), best.tolist()
        children = torch.empty_like(population)
        for i in range(size):
            first, second = _two_others(draw, i, size)
            # this element was meant to be crossed in any case; Torch7 compares it with the individual's number
            chosen = draw.random(1, n) - 1
            child = [
                target[j] + scale * (rows[first][j] - rows[second][j])
                if draw.uniform(0, 1) < rate or i == chosen
                else rows[i][j]
                for j in range(n)
            ]
            children[i].copy_(torch.tensor(child, dtype=torch.float64))
            values.append(float(value(opfunc(as_given(children[i])))))
        for i, child_fitness in enumerate(values[-size:]):
            if child_fitness <= fitness[i]:
                population[i] = children[i]
                fitness[i] = child_fitness
                if child_fitness < best_fitness:
                    best_fitness = child_fitness
                    best.copy_(children[i])
    return as_given(best), as_given(torch.tensor(values, dtype=like.dtype))


def _two_others(draw: random.Generator, i: int, size: int) -> tuple[int, int]:
    """Two individuals, other than ``i`` and than each other."""
    if size < 3:
        raise TorchError(f"de: popsize must be at least 3, got {size}")
    first = second = i
    while first == i:
        first = draw.random(1, size) - 1
    while second in (i, first):
        second = draw.random(1, size) - 1
    return first, second
