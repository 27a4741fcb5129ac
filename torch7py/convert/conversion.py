"""From a Torch7 network to a PyTorch module, with proof that both compute the same."""

from __future__ import annotations

import linecache
import types
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from torch7py import nn
from torch7py.convert import graphs  # noqa: F401 - gModule's converter
from torch7py.convert.source import Source, source
from torch7py.convert.trace import sample, trace
from torch7py.errors import TorchError
from torch7py.nn._tree import named_modules
from torch7py.table import Table
from torch7py.tensor.handle import unwrap

ALLOWED = {torch.float16: 1e-2}  # other types: 1e-6; it is 0 or near for all but a few kernels


@dataclass
class Conversion:
    """A converted network.

    Attributes:
        module: in evaluation mode, with the original's parameters.
        source: Python text that defines it as the class ``Network``.
        inputs: the random inputs with which both were compared; the module takes them as its arguments.
        difference: the largest difference of their outputs, relative to the largest value.
    """

    module: torch.nn.Module
    source: str
    inputs: tuple
    difference: float


def to_torch(net: nn.Module, *shapes: Sequence[int]) -> torch.nn.Module:
    """The PyTorch module that computes what a Torch7 network does, with a copy of its parameters.

    It takes batches; several inputs (a Table in Torch7) as several arguments, tables further in as lists.

    Arguments:
        net: the network.
        shapes: of each input, without the batch; needed where they cannot be told from the layers.

    Raises:
        TorchError: a module has no equivalent, the shape of the input is unknown, or the results differ.
    """
    return convert(net, *shapes).module


def convert(net: nn.Module, *shapes: Sequence[int], title: str = "A network converted from Torch7.") -> Conversion:
    """Like :func:`to_torch`, with the module's source; ``title`` is its docstring."""
    if not isinstance(net, nn.Module):
        kind = getattr(type(net), "__typename__", None) or type(net).__name__
        raise TorchError(f"only a network can be converted, not a {kind}")
    unknown = sorted({m.__typename__ for _, m in named_modules(net) if not isinstance(m, nn.Module)})
    if unknown:
        raise TorchError(f"cannot convert {', '.join(unknown)}: defined by the program that made the network")
    net = net.clone()
    net.evaluate()
    input = sample(net, [tuple(shape) for shape in shapes])
    flows = trace(net, copied(input))  # modules that work in place change their input
    expected = copied(net.forward(copied(input)))
    written = source(net, flows, title)
    module = build(source(net, flows, title, standalone=False))
    inputs = arguments(input)
    with torch.no_grad():
        got = module(*map(copied, inputs))
    difference = largest_difference(expected, got)
    dtype = next((t.dtype for t in _flat(expected)), torch.float64)
    if not difference <= ALLOWED.get(dtype, 1e-6):
        raise TorchError(f"the converted network computes something else: it differs by {difference:.3g}")
    return Conversion(module, written.text, inputs, difference)


def arguments(input) -> tuple:
    """What a converted network takes for an input of the original."""
    return tuple(map(_lists, input)) if isinstance(input, Table) else (unwrap(input),)


def copied(value):
    """A copy of a tensor, or of all in a Table or list."""
    if isinstance(value, Table):
        return Table([copied(item) for item in value])
    return [copied(item) for item in value] if isinstance(value, list) else value.clone()


def build(written: Source) -> torch.nn.Module:
    """The module that a source defines, with its parameters, in evaluation mode."""
    name = "torch7py_converted"
    home = types.ModuleType(name)
    filename = f"<{name} {id(home)}>"
    linecache.cache[filename] = (len(written.text), None, written.text.splitlines(True), filename)
    exec(compile(written.text, filename, "exec"), home.__dict__)
    dtype = next((t.dtype for t in written.state.values() if t.dtype.is_floating_point), torch.float64)
    module = home.Network().to(dtype)
    state = {name: tensor.detach().clone().contiguous() for name, tensor in written.state.items()}
    for name, kept in module.state_dict().items():
        if name.endswith("num_batches_tracked"):
            state.setdefault(name, kept)
    module.load_state_dict(state)
    return module.eval()


def largest_difference(expected, got) -> float:
    """The largest difference of two results, relative to the largest value of each tensor; inf for other shapes."""
    ours, theirs = list(_flat(expected)), list(_flat(got))
    if [tuple(a.shape) for a in ours] != [tuple(b.shape) for b in theirs]:
        return float("inf")
    worst = 0.0
    for a, b in zip(ours, theirs):
        scale = a.abs().max().item() or 1.0
        worst = max(worst, (a - b).abs().max().item() / scale)
    return worst


def _lists(value):
    return [_lists(item) for item in value] if isinstance(value, Table) else unwrap(value)


def _flat(value):
    if isinstance(value, (Table, list, tuple)):
        for item in value:
            yield from _flat(item)
    else:
        yield unwrap(value)


def from_torch(module: torch.nn.Module) -> nn.Module:
    """The Torch7 network for a PyTorch module made of the usual layers, with a copy of its parameters.

    Raises:
        TorchError: it holds a module that ``nn`` has no equivalent for.
    """
    from torch7py.convert.back import convert_back

    return convert_back(module)
