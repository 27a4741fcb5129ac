"""Weight and bias: made and drawn as most modules do it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .. import random
from . import utils

if TYPE_CHECKING:
    from .module import Module


def make(module: Module, weight: tuple[int, ...], bias: tuple[int, ...]) -> None:
    """Give ``module`` parameters of these sizes, and gradient fields for them; their content is not set."""
    for name, size in (("weight", weight), ("bias", bias)):
        setattr(module, name, utils.default_tensor(*size))
        setattr(module, "grad" + name.capitalize(), utils.default_tensor(*size))


def draw(module: Module, bound: float, stdv: float | None = None) -> None:
    """Draw weight and bias, if there is one, uniformly from +-``bound``, or with the standard deviation ``stdv``."""
    if stdv is not None:
        bound = stdv * math.sqrt(3)
    random.default().fill_uniform(module.weight, -bound, bound)
    if module.bias is not None:
        random.default().fill_uniform(module.bias, -bound, bound)
