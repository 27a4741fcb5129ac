"""Random tensors: Torch7's distributions entered as methods and functions, and what is built on them."""

from __future__ import annotations

import numpy
import torch

from torch7py import random
from torch7py.errors import TorchError
from torch7py.random import Generator
from torch7py.table import Table
from torch7py.tensor.arguments import integer, number
from torch7py.tensor.creation import creation, shape_argument
from torch7py.tensor.operands import REALS, Tensor, check_type, invalid, put, resize
from torch7py.tensor.registry import function, method

for _name in ("seed", "initialSeed", "setRNGState"):
    function(_name, steady=True)(getattr(random, _name))
function("getRNGState")(random.getRNGState)
for _name in ("random", "uniform", "normal", "exponential", "cauchy", "logNormal", "geometric", "bernoulli"):
    _draw = getattr(random, _name)
    function(_name, steady=True)(_draw)
    method(_name, steady=True)(_draw)


@function("manualSeed", steady=True)
def manual_seed(*args) -> tuple[()]:
    """``manualSeed([generator,] seed)``, which has no result, not even nil."""
    *generator, seed = args or (None,)
    random.manualSeed(*generator, number(seed))
    return ()


def _split(args: tuple) -> tuple[Generator, tuple]:
    """The generator that the arguments begin with, or else the default one, and the other arguments."""
    if args and isinstance(args[0], Generator):
        return args[0], args[1:]
    return random.default(), args


@creation("rand", REALS)
def rand(x: Tensor, *args) -> None:
    """``rand([result,] [generator,] sizes...)``: uniform on [0, 1)."""
    generator, sizes = _split(args)
    generator.fill_uniform(resize(x, shape_argument(sizes, "rand")))


@creation("randn", REALS)
def randn(x: Tensor, *args) -> None:
    """``randn([result,] [generator,] sizes...)``: normal with mean 0 and standard deviation 1."""
    generator, sizes = _split(args)
    generator.fill_normal(resize(x, shape_argument(sizes, "randn")))


@creation("randperm")
def randperm(x: Tensor, *args) -> None:
    """``randperm([result,] [generator,] n)``: the numbers 1 .. n in random order."""
    generator, args = _split(args)
    if len(args) != 1:
        raise invalid("[result] [Generator] number", *args)
    n = integer(args[0], 1, "randperm")
    if n <= 0:
        raise TorchError("bad argument #1 (must be strictly positive)")
    order = list(range(1, n + 1))
    # each place in turn is swapped with itself or a later one
    others = generator.words(n - 1) % torch.arange(n, 1, -1) + torch.arange(n - 1)
    for place, other in enumerate(others.tolist()):
        order[place], order[other] = order[other], order[place]
    resize(x, (n,)).copy_(torch.from_numpy(numpy.array(order)))


@function("multinomial", steady=True)
def multinomial(*args) -> Tensor:
    """Indices (from 1) drawn with the probabilities in each row of ``p``, which need not add up to 1.

    ``multinomial([generator,] p, n, [replacement])``: ``p`` is a vector or a matrix of reals, the result a LongTensor
    of n draws for each row. Without replacement, as is the default, no index comes twice.
    """
    return _multinomial(None, *args)


@method("multinomial", steady=True)
def _multinomial(r: Tensor | None, *args) -> Tensor:
    """Torch7 wrapped this as a method of the probabilities that is called with the result: ``p.multinomial(r, p, n)``;
    neither ``p:multinomial(n)`` nor ``torch.multinomial(r, p, n)`` did anything.
    """
    if r is not None and (not isinstance(r, Tensor) or r.dtype is not torch.int64):
        raise invalid("LongTensor [Generator] tensor number [boolean]", r, *args)
    generator, args = _split(args)
    known = 2 <= len(args) <= 3 and isinstance(args[0], Tensor) and all(isinstance(flag, bool) for flag in args[2:])
    if not known or number(args[1]) is None:
        raise invalid("[LongTensor] [Generator] tensor number [boolean]", *args)
    p, count = args[0], integer(args[1], 2, "multinomial")
    replacement = len(args) == 3 and bool(args[2])
    check_type("multinomial", p, REALS)
    rows = p.reshape(-1, p.shape[-1]).cpu().to(torch.float64, copy=True).numpy()
    if count <= 0:
        raise TorchError("bad argument #2 (cannot sample n_sample < 0 samples)")
    if not replacement and count > rows.shape[1]:
        raise TorchError("bad argument #2 (cannot sample n_sample > prob_dist:size(1) samples without replacement)")
    drawn = numpy.array([_draw_indices(row, count, replacement, generator) for row in rows])
    return put(r, torch.from_numpy(drawn + 1).view(*p.shape[:-1], count).to(p.device))


def _draw_indices(weights: numpy.ndarray, count: int, replacement: bool, generator: Generator) -> numpy.ndarray:
    """Indices from 0, by looking uniform numbers up in the cumulated weights."""
    bounds = numpy.cumsum(weights)
    if not bounds[-1] > 0:
        raise TorchError("bad argument #2 (invalid multinomial distribution (sum of probabilities <= 0))")
    bounds /= bounds[-1]
    uniforms = generator.uniforms(count).numpy()
    bounds[-1] = 1
    if replacement:
        return numpy.searchsorted(bounds, uniforms)
    drawn = numpy.empty(count, dtype=numpy.int64)
    for place, uniform in enumerate(uniforms):
        bounds[-1] = 1
        index = drawn[place] = numpy.searchsorted(bounds, uniform)
        # take the index's share out of the distribution
        share = bounds[index] - (bounds[index - 1] if index else 0)
        bounds[index:] -= share
        with numpy.errstate(divide="ignore", invalid="ignore"):  # nothing may be left
            bounds /= 1 - share
    return drawn


# --- the alias method: a table built once, each draw in constant time


@function("multinomialAliasSetup", steady=True)
def alias_setup(p: Tensor, state: Table | None = None) -> Table:
    """``multinomialAliasSetup(p, [state])``: the table of the distribution ``p``, to draw from with multinomialAlias.

    Returns ``{J, q}``, which ``state`` may give to be written: entry i stands for index i with probability q[i], else
    for index J[i].
    """
    check_type("multinomialAliasSetup_", p, REALS)
    n = p.numel()
    shares = (p.reshape(-1) * n).tolist()
    aliases = [0] * n
    small = [i for i, share in enumerate(shares) if share < 1]
    large = [i for i, share in enumerate(shares) if not share < 1]
    element = numpy.dtype(str(p.dtype).removeprefix("torch.")).type
    while small and large:
        poor, rich = small.pop(), large[-1]
        aliases[poor] = rich
        shares[rich] = float(element(shares[rich] - (1.0 - shares[poor])))
        if shares[rich] < 1:
            small.append(large.pop())
    if not min(shares) > 0:
        raise TorchError("bad argument #2 (q_min is less than 0)")
    q = torch.tensor(shares, dtype=p.dtype, device=p.device)
    if max(shares) > 1:
        q.div_(max(shares))
    j = torch.tensor(aliases, dtype=torch.int64, device=p.device)
    q[j <= 0] = 1  # no other index: the entry stands for its own alone
    j.add_(1)
    if isinstance(state, Table):
        state[1], state[2] = put(state[1], j), put(state[2], q)
        return state
    return Table([j, q])


@function("multinomialAlias", steady=True)
def alias_draw(result: Tensor, state: Table) -> Tensor:
    """Fill the LongTensor ``result`` with indices (from 1) drawn from a table of multinomialAliasSetup."""
    if not isinstance(state, Table) or state[2] is None or state[2].dtype is not torch.float64:
        raise invalid("LongTensor {LongTensor, DoubleTensor}", result, state)
    j, q = state[1], state[2]
    # Torch7 takes 1 from J and leaves it so: its draws of other indices are off by one, and so are ours
    j.sub_(1)
    uniforms = random.default().uniforms(2 * result.numel()).to(q.device)
    entries = (uniforms[::2] * j.numel()).long()
    drawn = torch.where(uniforms[1::2] <= q[entries], entries + 1, j[entries])
    result.copy_(drawn.view(result.shape))
    return result
