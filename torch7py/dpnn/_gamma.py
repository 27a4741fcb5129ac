"""Random numbers of the gamma distribution, from Torch7's generator, as package randomkit drew them."""

from __future__ import annotations

import math

import torch

from torch7py import random

_UNIT = 2.0**-53
_spare: dict[int, float] = {}  # the second normal of a pair, by generator


def gamma(shape: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """One number for each element, of that shape and scale (two tensors of equal sizes), in doubles."""
    generator = random.default()
    drawn = [_standard(generator, k) * theta for k, theta in zip(shape.flatten().tolist(), scale.flatten().tolist())]
    return torch.tensor(drawn, dtype=torch.float64).view(shape.shape)


def _double(generator: random.Generator) -> float:
    """A number of [0, 1) with 53 bits."""
    high = generator.random() >> 5
    return (high * 2**26 + (generator.random() >> 6)) * _UNIT


def _exponential(generator: random.Generator) -> float:
    return -math.log(1 - _double(generator))


def _normal(generator: random.Generator) -> float:
    """A normal number by Marsaglia's polar method, which makes two at a time."""
    spare = _spare.pop(id(generator), None)
    if spare is not None:
        return spare
    radius = 1.0
    while radius >= 1 or radius == 0:
        x, y = 2 * _double(generator) - 1, 2 * _double(generator) - 1
        radius = x * x + y * y
    factor = math.sqrt(-2 * math.log(radius) / radius)
    _spare[id(generator)] = factor * x
    return factor * y


def _standard(generator: random.Generator, shape: float) -> float:
    if shape == 1:
        return _exponential(generator)
    return _small(generator, shape) if shape < 1 else _large(generator, shape)


def _small(generator: random.Generator, shape: float) -> float:
    """Shapes below 1: Ahrens and Dieter (1974)."""
    while True:
        u, v = _double(generator), _exponential(generator)
        if u <= 1 - shape:
            x = u ** (1 / shape)
            if x <= v:
                return x
        else:
            y = -math.log((1 - u) / shape)
            x = (1 - shape + shape * y) ** (1 / shape)
            if x <= v + y:
                return x


def _large(generator: random.Generator, shape: float) -> float:
    """Shapes above 1: Marsaglia and Tsang (2000)."""
    b = shape - 1 / 3
    c = 1 / math.sqrt(9 * b)
    while True:
        x = _normal(generator)
        v = 1 + c * x
        if v <= 0:
            continue
        v, u = v * v * v, _double(generator)
        if u < 1 - 0.0331 * x**4 or math.log(u) < 0.5 * x * x + b * (1 - v + math.log(v)):
            return b * v
