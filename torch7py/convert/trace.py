"""What goes through a network: the shapes of every module's input and output."""

from __future__ import annotations

from typing import NamedTuple

import torch

from torch7py import nn
from torch7py.errors import TorchError
from torch7py.table import Table


class Flow(NamedTuple):
    """What a module was given and gave: a shape, or a list of them for a Table."""

    input: object
    output: object


def trace(net: nn.Module, input) -> dict[int, Flow]:
    """Send an input through the network; the flows of its modules, by their ``id``."""
    flows: dict[int, Flow] = {}

    def watch(module: nn.Module) -> None:
        run = module.updateOutput

        def updateOutput(given):
            shapes = _shapes(given)
            output = run(given)
            flows.setdefault(id(module), Flow(shapes, _shapes(output)))
            return output

        module.__dict__["updateOutput"] = updateOutput

    found = list({id(module): module for module in net.listModules()}.values())
    for module in found:
        watch(module)
    try:
        net.forward(input)
    finally:
        for module in found:
            del module.__dict__["updateOutput"]
    return flows


def _shapes(value):
    if isinstance(value, Table):
        return [_shapes(item) for item in value]
    return tuple(value.shape) if isinstance(value, torch.Tensor) else None


# --- inputs

_SIZES = (224, 32, 28, 227, 64, 231, 96, 128, 256, 299, 48, 16, 40, 36, 20, 24, 8, 12, 10, 14)
_SIZES += tuple(size for size in range(4, 300) if size not in _SIZES)
_LENGTHS = (10, 20, 32, 50, 64, 100, 128, 256, 512, 1014)
BATCH = 2


def sample(net: nn.Module, shapes: list[tuple] | None = None):
    """A random input for a network: of the given shapes (without the batch), or of one that its layers allow.

    Raises:
        TorchError: no shape was given, and none of those that were tried fits.
    """
    torch_type = net_type(net)
    if shapes:
        tensors = [_draw(net, (BATCH, *shape), torch_type) for shape in shapes]
        return tensors[0] if len(tensors) == 1 else Table(tensors)
    for shape in _candidates(net):
        input = _draw(net, (BATCH, *shape), torch_type)
        try:
            output = net.forward(input)
        except Exception:  # noqa: S112 - that shape does not fit
            continue
        if all(size[0] == BATCH for size in _tensors(_shapes(output)) if size):
            return input
    raise TorchError("cannot tell what shape of input the network takes: say it (--input 3x224x224, without the batch)")


def net_type(net: nn.Module) -> torch.dtype:
    """The type of a network's parameters, float or double; double if it has none."""
    for module in net.listModules():
        for value in module.__dict__.values():
            if isinstance(value, torch.Tensor) and value.dtype.is_floating_point:
                return value.dtype
    return torch.float64


def _tensors(shapes):
    for shape in shapes if isinstance(shapes, list) else [shapes]:
        yield from _tensors(shape) if isinstance(shape, list) else [shape]


def _draw(net: nn.Module, shape: tuple, dtype: torch.dtype) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    counts = (m.weight.shape[0] if isinstance(m, nn.LookupTable) else getattr(m, "outputSize", None)
              for m in net.listModules() if isinstance(m, (nn.LookupTable, nn.OneHot)))  # fmt: skip
    rows = next(counts, None)
    if rows is not None and len(shape) <= 2:
        return torch.randint(1, rows + 1, shape, generator=generator).to(dtype)
    return torch.randn(shape, generator=generator, dtype=dtype)


def _candidates(net: nn.Module):
    """Shapes of a sample that the first layers with parameters suggest."""
    last = getattr(net, "gradInput", None)
    if isinstance(last, torch.Tensor) and last.dim() > 1:
        yield tuple(last.shape[1:])
    for module in net.listModules():
        if isinstance(module, nn.Container):
            continue
        if isinstance(module, nn.LookupTable):
            yield from ((length,) for length in _LENGTHS)
        if isinstance(module, nn.Linear):
            width = module.weight.shape[1]
            yield (width,)
            for planes in (1, 3):  # an image that the first layers flatten
                side = round((width / planes) ** 0.5)
                if side * side * planes == width:
                    yield planes, side, side
                    yield side, side
            break
        if isinstance(module, (nn.TemporalConvolution,)):
            yield from ((length, module.inputFrameSize) for length in _LENGTHS)
            break
        planes = getattr(module, "nInputPlane", None)
        if planes is not None and (hasattr(module, "kT") or "Volumetric" in type(module).__name__):
            yield from ((planes, size, size, size) for size in (16, 8, 32, 4, 64))
            break
        if planes is not None:
            yield from ((planes, size, size) for size in _SIZES)
            break
        if isinstance(module, nn.BatchNormalization):
            width = module.running_mean.numel()
            yield (width,)
            yield from ((width, size, size) for size in _SIZES[:4])
            break
    yield from ((10,), (5, 10), (3, 32, 32))
